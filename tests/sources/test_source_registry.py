"""Sources of a workspace: kept files are read back as they were, bounded, and gone when nobody can go back to them."""

from __future__ import annotations

import json

import pytest

from core.config import load
from core.contracts.errors import ConflictError, SourceError
from core.sources import load_data, loading, source_files, source_registry
from core.sources.folder import reading_of_files

HEAD = b"opportunity_id,stage,amount,created_on,close_on\n"
FILES = {"deals.csv": HEAD + b"1,Discovery,10,2026-01-02,2026-05-01\n2,Closed Won,20,2026-01-03,2026-02-01\n"}


@pytest.fixture
def settings(tmp_path):
    return load(environ={"QUARTERDECK_HOME": str(tmp_path / "home")})


@pytest.fixture
def store(settings):
    with source_registry.opened(settings) as opened:
        yield opened


def keep(store, settings, files=FILES, name="CRM", version=0):
    reading = reading_of_files(files, None, settings)
    return source_registry.keep(store, settings, name, files, reading.as_map(), reading.dataset, "ana", version)


def n_kept(settings):
    return len([p for p in (settings.home / "sources").iterdir() if p.name != ".lock"])


def test_a_kept_source_serves_everybody_and_is_the_same_data(store, settings):
    assert source_registry.in_force(settings) == ("settings", 0)
    keep(store, settings)
    assert source_registry.in_force(settings) == source_registry.in_force(settings, store) == ("CRM", 1)
    assert loading.is_ready(settings)
    data = load_data(settings)
    assert data.source == "CRM"
    assert data.fingerprint == reading_of_files(FILES, None, settings).dataset.fingerprint
    assert load_data(settings, source="CRM", version=1).fingerprint == data.fingerprint
    mapping = store.sources.version("CRM").mapping
    assert json.loads(json.dumps(mapping))["opportunities"]["file"] == "deals.csv"


def test_the_same_content_lies_once_and_old_versions_lose_their_files(store, settings):
    keep(store, settings)
    keep(store, settings, name="Copy")
    assert n_kept(settings) == 1
    for version in range(1, 9):
        keep(
            store,
            settings,
            {"deals.csv": FILES["deals.csv"] + b"3,Discovery,%d,2026-01-02,2026-05-01\n" % version},
            "CRM",
            version,
        )
    assert n_kept(settings) == 1 + source_registry.MOST_VERSIONS
    assert [v.version for v in source_registry.returnable(store, "CRM")] == [9, 8, 7, 6, 5, 4]
    source_registry.choose(store, settings, "Copy", "ana")
    source_registry.remove(store, settings, "CRM", "ana")
    assert n_kept(settings) == 1
    assert [s.name for s in source_registry.listed(settings, store)] == ["sample", "Copy"]


def test_what_serves_everybody_and_what_every_workspace_has_is_not_removed(store, settings):
    keep(store, settings)
    with pytest.raises(SourceError, match="is used for everybody"):
        source_registry.remove(store, settings, "CRM", "ana")
    with pytest.raises(SourceError, match="cannot be removed"):
        source_registry.remove(store, settings, "sample", "ana")
    for name in ("sample", " Settings "):
        with pytest.raises(SourceError, match="every workspace has"):
            keep(store, settings, name=name)


def test_two_who_keep_the_same_name_at_once_lose_nothing(store, settings):
    keep(store, settings)
    with pytest.raises(ConflictError, match="Nothing was overwritten"):
        keep(store, settings)


def test_nothing_read_is_not_kept(store, settings):
    reading = reading_of_files({"deals.csv": HEAD}, {"as_of": "2026-01-01"}, settings)
    with pytest.raises(SourceError, match="Nothing was read"):
        source_registry.keep(store, settings, "CRM", {"deals.csv": HEAD}, {}, reading.dataset, "ana")
    assert store.sources.chosen() is None


@pytest.mark.parametrize(
    ("content", "words"), [(None, "is gone: deals.csv"), (b"other", "has been changed: deals.csv")]
)
def test_a_file_that_is_no_longer_what_was_kept_is_told(store, settings, content, words):
    saved = keep(store, settings)
    path = settings.home / "sources" / str(saved.files[0]["digest"])
    path.unlink() if content is None else path.write_bytes(content)
    with pytest.raises(SourceError, match=words):
        load_data(settings)


def test_all_kept_files_together_are_bounded(store, settings, monkeypatch):
    monkeypatch.setattr(source_files, "MOST_BYTES", 100)
    with pytest.raises(SourceError, match="more than"):
        keep(store, settings)
    assert store.sources.versions() == []


def test_a_folder_of_the_settings_is_a_source_among_the_others(store, tmp_path, settings):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "deals.csv").write_bytes(FILES["deals.csv"])
    own = settings.model_copy(update={"source": settings.source.model_copy(update={"folder": str(folder)})})
    keep(store, settings)
    shown = {s.name: (s.title, s.is_in_force) for s in source_registry.listed(own, store)}
    assert shown["settings"] == ("Folder of the settings: mine", False)
    assert load_data(own).source == "CRM"
    source_registry.choose(store, own, "settings", "ana")
    assert load_data(own).source == "mine"
    assert load_data(own, source="CRM", version=1).source == "CRM"
    with pytest.raises(SourceError, match="Did you mean 'CRM'"):
        source_registry.choose(store, own, "CRMs", "ana")
