from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from core.artifacts import ALARMS, CHARTS, KINDS, MEASURES, MODELS, RESULTS, Kind, listing
from core.artifacts.kinds import kind_named
from core.cli import app
from core.contracts.errors import StoreError


@pytest.fixture
def filled(cache):
    for name in ("a", "b"):
        cache.put(RESULTS, name, "x" * 2_000)
    cache.put(MODELS, "m", 1)
    cache.pin(MODELS, "m")
    cache.put(CHARTS, "c", 1)
    (cache.tier.root / "charts" / "c" / "manifest.json").write_text("{}", encoding="utf-8")
    return cache


def later(cache, **span: float) -> datetime:
    return datetime.fromisoformat(cache.entries(RESULTS)[0].written_at) + timedelta(**span)


def test_every_kind_is_summed_up(filled):
    rows = {row.name: row for row in listing.summaries(filled)}
    assert set(rows) == set(KINDS)
    assert (rows["results"].entries, rows["results"].most) == (2, 512)
    assert 4_000 < rows["results"].n_bytes < 4_100
    assert rows["models"].pinned == 1
    assert rows["charts"].damaged == 1
    assert (rows["measures"].entries, rows["measures"].most, rows["measures"].in_memory) == (0, 0, 48)
    assert rows["replays"].newest_at == ""


def test_the_table_says_number_size_and_age(filled):
    lines = listing.text(listing.summaries(filled), later(filled, hours=3, minutes=59)).splitlines()
    (results,) = [line for line in lines if line.startswith("results")]
    assert "2 of 512" in results
    assert "3.9 kB" in results
    assert results.count("3 hours ago") == 2
    assert "(1 pinned)" in "".join(line for line in lines if line.startswith("models"))
    assert "(1 damaged)" in "".join(line for line in lines if line.startswith("charts"))
    assert "in memory" in "".join(line for line in lines if line.startswith("slider"))
    assert lines[-1].endswith("in all.")


@pytest.mark.parametrize(
    ("span", "words"),
    [
        ({"seconds": -5}, "just now"),
        ({"seconds": 59}, "just now"),
        ({"seconds": 60}, "1 minute ago"),
        ({"hours": 23.9}, "23 hours ago"),
        ({"days": 400}, "400 days ago"),
    ],
)
def test_ages(span, words):
    now = datetime(2026, 8, 14, 12, tzinfo=UTC)
    assert listing.age_text((now - timedelta(**span)).isoformat(), now) == words
    assert listing.age_text("", now) == ""


def test_the_artefacts_of_one_kind(filled):
    text = listing.entries_text(RESULTS, filled.entries(RESULTS), later(filled, days=1))
    assert [line.split()[0] for line in text.splitlines()] == ["b", "a"]
    assert "1 day ago" in text
    assert listing.entries_text(ALARMS, [], later(filled)) == "No model alarms are kept."
    assert "in memory only" in listing.entries_text(MEASURES, [], later(filled))
    assert "damaged" in listing.entries_text(CHARTS, filled.entries(CHARTS), later(filled))


def test_pruning_one_kind_leaves_the_others(filled):
    assert listing.pruned(filled, "results", everything=False) == "Deleted 2 artefacts, 3.9 kB."
    assert filled.entries(RESULTS) == []
    assert len(filled.entries(MODELS)) == 1


def test_pruning_all_leaves_what_is_pinned(filled):
    assert listing.pruned(filled, "", everything=True).endswith("1 stay: pinned, or in use just now.")
    assert [kind.name for kind in KINDS.values() if filled.entries(kind)] == ["models"]


@pytest.mark.parametrize(("name", "everything"), [("", False), ("results", True)])
def test_pruning_wants_to_be_told_what(cache, name, everything):
    with pytest.raises(StoreError, match="Name one kind, or give --all"):
        listing.pruned(cache, name, everything)


def test_an_unknown_kind_is_named_with_the_closest():
    with pytest.raises(StoreError, match="Did you mean results"):
        kind_named("resluts")
    with pytest.raises(StoreError, match="Known: sample, correspondence, snapshots"):
        kind_named("zzz")


def test_the_kinds_are_those_of_the_documentation():
    text = (Path(__file__).resolve().parents[2] / "docs" / "artifacts.md").read_text(encoding="utf-8")
    rows = {cells[1].strip(" `"): cells for line in text.splitlines() if len(cells := line.split("|")) == 7}
    for kind in KINDS.values():
        disk, memory = (int(rows[kind.name][column].replace(",", "").split()[0]) for column in (4, 5))
        assert (disk, memory) == (kind.entries, kind.in_memory), kind.name


def test_a_kind_with_no_number_is_not_kept_on_disk():
    assert not Kind("x", "x", 0, 1, "x").is_kept_on_disk
    assert MODELS.is_kept_on_disk


def test_the_command_lists_and_prunes(filled, monkeypatch):
    monkeypatch.setenv("QUARTERDECK_HOME", str(filled.tier.root.parent))
    run = CliRunner()
    assert "2 of 512" in run.invoke(app, ["artifacts"]).stdout
    rows = json.loads(run.invoke(app, ["artifacts", "--json"]).stdout)
    assert {row["name"]: row["entries"] for row in rows}["results"] == 2
    assert [row["name"] for row in json.loads(run.invoke(app, ["artifacts", "models", "--json"]).stdout)] == ["models"]
    assert "just now" in run.invoke(app, ["artifacts", "results"]).stdout
    assert run.invoke(app, ["artifacts", "--prune", "results"]).stdout.startswith("Deleted 2 artefacts")
    assert "1 stay" in run.invoke(app, ["artifacts", "--prune", "--all"]).stdout
    assert isinstance(run.invoke(app, ["artifacts", "--prune"]).exception, StoreError)
