"""What earlier versions left is told and can be deleted; what they did not write is never touched."""

from __future__ import annotations

import pytest

from core.artifacts import leftovers, listing

OLD = (
    f"snapshots/{'a' * 24}/about.json",
    f"snapshots/{'a' * 24}.lock",
    f"results/{'b' * 32}/result.json",
    f"charts/{'c' * 32}/chart.json",
    f"models/{'e' * 24}/bundle.json",
    f"models/{'e' * 24}.lock",
    f"customers/{'e' * 24}/customers.json",
    f"replays/{'f' * 24}/about.json",
    "capability_vectors.npz",
    "sample/.complete-1",
    "sample/accounts.parquet",
    "sample_truth/drivers.yaml",
    "sample.lock",
)
STRANGE = (
    "results/minutes.docx",
    f"charts/{'d' * 32}/mine.png",
    "snapshots/about.json",
    "quarterdeck.db",
    "artifacts/results/x/manifest.json",
)


def write(home, names):
    for name in names:
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_bytes(b"x" * 100)


def files(home):
    return {path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_file()}


def test_only_what_an_earlier_version_wrote_is_deleted(tmp_path):
    write(tmp_path, (*OLD, *STRANGE))
    assert leftovers.remove(tmp_path) == 100 * len(OLD)
    assert files(tmp_path) == set(STRANGE)
    assert leftovers.left_behind(tmp_path) == []


def test_a_folder_called_sample_that_quarterdeck_did_not_write_stays(tmp_path):
    write(tmp_path, ("sample/accounts.csv", "sample_truth/x"))
    assert leftovers.left_behind(tmp_path) == []


def test_empty_folders_go_too(tmp_path):
    write(tmp_path, OLD)
    leftovers.remove(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_listing_names_them_and_pruning_all_deletes_them(tmp_path, cache):
    assert listing.leftovers_text(tmp_path) == ""
    write(tmp_path, OLD)
    words = listing.leftovers_text(tmp_path)
    assert (
        "capability_vectors.npz, charts, customers, models, replays, results, sample, sample.lock, sample_truth, "
        "snapshots (1.3 kB)" in words
    )
    assert "Of earlier versions" not in listing.pruned(cache, "results", False, tmp_path)
    assert "Of earlier versions: 1.3 kB." in listing.pruned(cache, "", True, tmp_path)


@pytest.mark.parametrize("name", ["nowhere", "file"])
def test_a_home_that_is_not_there_has_none(tmp_path, name):
    (tmp_path / "file").write_text("x")
    assert leftovers.left_behind(tmp_path / name) == []
