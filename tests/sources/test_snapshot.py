from __future__ import annotations

import multiprocessing
import os

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from core import contracts
from core.artifacts import SNAPSHOTS, forget_all, open_cache
from core.contracts.dataset import FRAMES
from core.sources import load_data, load_sample, loading

HEAD = "opportunity_id,stage,amount,created_on,close_on\n"


@pytest.fixture
def own(settings, tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    rows = "X1,Discovery,1000,2026-01-05,2026-06-30\nX2,Discovery,abc,2026-01-05,\n,Discovery,1,2026-01-05,\n"
    (folder / "opportunities.csv").write_text(HEAD + rows)
    source = settings.source.model_copy(update={"folder": str(folder)})
    return settings.model_copy(update={"home": tmp_path / "home", "source": source}), folder


def test_the_second_load_reads_no_file_and_gives_the_same(own, monkeypatch):
    settings, _ = own
    first = load_data(settings)
    forget_all()
    monkeypatch.setattr("core.sources.folder._reading", lambda *_: pytest.fail("read again"))
    again = load_data(settings)
    for name in FRAMES:
        assert_frame_equal(first.frame(name), again.frame(name))
    assert_frame_equal(first.rejected, again.rejected)
    assert_frame_equal(first.emptied, again.emptied)
    assert (first.missing, first.as_of, first.source) == (again.missing, again.as_of, again.source)
    assert first.fingerprint == again.fingerprint
    assert (again.rejected.height, again.emptied.height) == (1, 1)


def test_a_changed_file_is_read_anew(own):
    settings, folder = own
    assert load_data(settings).opportunities.height == 2
    file = folder / "opportunities.csv"
    file.write_text(HEAD + "X1,Discovery,1000,2026-01-05,2026-06-30\nX3,Discovery,5,2026-01-05,2026-06-30\n")
    os.utime(file, (1, 1))
    assert load_data(settings).opportunities["opportunity_id"].to_list() == ["X1", "X3"]


def test_a_snapshot_knows_the_fingerprint_of_its_rows(own):
    found = load_data(own[0])
    assert found.known_fingerprint == found.with_frames().fingerprint


def test_only_the_newest_are_kept(own):
    settings, folder = own
    for stamp in range(SNAPSHOTS.entries + 2):
        os.utime(folder / "opportunities.csv", (stamp, stamp))
        load_data(settings)
    assert len(open_cache(settings.home).entries(SNAPSHOTS)) == SNAPSHOTS.entries


@pytest.mark.parametrize("damage", [b"", b"PAR1 no more", None], ids=["empty", "other", "missing"])
def test_a_damaged_snapshot_is_read_anew_with_a_notice_and_mended(own, damage):
    settings, _ = own
    first = load_data(settings)
    cache = open_cache(settings.home)
    (entry,) = cache.entries(SNAPSHOTS)
    file = settings.home / "artifacts" / "snapshots" / entry.key / "opportunities.parquet"
    file.unlink() if damage is None else file.write_bytes(damage)
    forget_all()
    assert_frame_equal(load_data(settings).opportunities, first.opportunities)
    assert [notice.kind for notice in cache.notices()] == ["snapshots"]
    assert not cache.entries(SNAPSHOTS)[0].is_damaged


def test_the_sample_is_generated_once_and_its_truth_kept_beside_it(settings, sample, monkeypatch):
    forget_all()
    monkeypatch.setattr("core.sample.generate", lambda *_, **__: pytest.fail("generated again"))
    again = load_sample(settings)
    assert (again.fingerprint, again.source) == (sample.fingerprint, "Sample company")
    files = loading.sample_files(settings)
    assert {"accounts.parquet", "meta.yaml", "truth/drivers.yaml"} <= files.keys()


def test_data_is_ready_where_a_folder_is_named_or_the_sample_is_there(own, settings, sample, tmp_path):
    assert loading.is_ready(own[0])
    assert loading.is_ready(settings)
    assert not loading.is_ready(settings.model_copy(update={"home": tmp_path / "new"}))


def test_where_nothing_can_be_kept_the_data_is_read_all_the_same(own, tmp_path):
    settings, _ = own
    wall = tmp_path / "wall"
    wall.write_text("a file where a folder should be")
    assert load_data(settings.model_copy(update={"home": wall})).opportunities.height == 2


def test_names_that_are_not_there_are_attribute_errors():
    import core.charts
    import core.sources

    for module in (contracts, core.charts, core.sources):
        with pytest.raises(AttributeError):
            _ = module.nonsense
    assert isinstance(contracts.empty("accounts"), pl.DataFrame)


def _load(home, folder):
    from core.config import load

    return load_data(load(environ={"QUARTERDECK_HOME": home, "QUARTERDECK_DATA": folder})).opportunities.height


@pytest.mark.slow
def test_processes_that_start_together_do_not_disturb_each_other(own):
    settings, folder = own
    context = multiprocessing.get_context("spawn")
    with context.Pool(4) as pool:
        assert pool.starmap(_load, [(str(settings.home), str(folder))] * 8) == [2] * 8


def test_another_database_needs_no_other_snapshot(own):
    settings, _ = own
    load_data(settings)
    load_data(settings.model_copy(update={"database_url": "sqlite:///elsewhere.db"}))
    assert len(open_cache(settings.home).entries(SNAPSHOTS)) == 1
