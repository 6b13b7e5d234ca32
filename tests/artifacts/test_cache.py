"""What the cache promises whatever tier lies behind it: a folder, or a stand-in for an object store."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl
import pytest

from core.artifacts import (
    ALARMS,
    CHARTS,
    JSON,
    MEASURES,
    MODELS,
    REPLAYS,
    RESULTS,
    TEXT,
    Kind,
    Notice,
    all_notices,
    forget_all,
    open_cache,
    process_shelf,
)
from core.artifacts.cache import ArtifactCache
from core.artifacts.memory import Memory
from core.config import load

FEW = Kind("few", "few things", 3, 2, "For tests.")


class Counter:
    """Makes a value and counts how often."""

    def __init__(self, value: object = "value") -> None:
        self.value, self.calls = value, 0

    def __call__(self) -> object:
        self.calls += 1
        return self.value


def restarted(tier) -> ArtifactCache:
    return ArtifactCache(tier, Memory())


def keys(cache: ArtifactCache, kind: Kind = FEW) -> list[str]:
    return [entry.key for entry in cache.entries(kind)]


def test_made_once_in_memory_and_once_on_disk(any_tier):
    make = Counter((1, pl.DataFrame({"a": [1]})))
    cache = restarted(any_tier)
    first = cache.get(RESULTS, "key", make)
    assert cache.get(RESULTS, "key", make) is first
    again = restarted(any_tier).get(RESULTS, "key", make)
    assert make.calls == 1
    assert again[1].equals(first[1])
    assert cache.notices() == ()


def test_a_sessions_own_data_is_never_written_or_read_from_disk(any_tier):
    make = Counter()
    cache = restarted(any_tier)
    cache.get(RESULTS, "key", make, keep=False)
    assert cache.get(RESULTS, "key", make, keep=False) == "value"
    assert make.calls == 1
    assert cache.entries(RESULTS) == []
    restarted(any_tier).get(RESULTS, "key", make)
    restarted(any_tier).get(RESULTS, "key", make, keep=False)
    assert make.calls == 3


def test_kinds_that_are_not_written_stay_in_memory_and_take_any_key(any_tier):
    cache = restarted(any_tier)
    assert cache.get(MEASURES, ("a", 1), object) is cache.get(MEASURES, ("a", 1), object)
    assert cache.entries(MEASURES) == []


def test_the_newest_are_kept(any_tier):
    cache = restarted(any_tier)
    for name in "abcde":
        cache.get(FEW, name, lambda: 1)
    assert keys(cache) == ["c", "d", "e"]
    assert cache.is_kept(FEW, "c")
    assert not restarted(any_tier).is_kept(FEW, "a")


def test_what_was_read_lately_stays(any_tier):
    for name in "abc":
        restarted(any_tier).get(FEW, name, lambda: 1)
    restarted(any_tier).get(FEW, "a", lambda: 1)
    restarted(any_tier).get(FEW, "d", lambda: 1)
    assert keys(restarted(any_tier)) == ["c", "a", "d"]


def test_kinds_do_not_push_each_other_out(any_tier):
    cache = restarted(any_tier)
    cache.get(REPLAYS, "only", lambda: 1)
    for number in range(5):
        cache.get(FEW, f"k{number}", lambda: 1)
    assert keys(cache, REPLAYS) == ["only"]


def test_a_pinned_artefact_outlives_retention_and_pruning(any_tier):
    cache = restarted(any_tier)
    cache.get(FEW, "a", lambda: 1)
    cache.pin(FEW, "a", scheduled=True)
    for name in "bcdef":
        restarted(any_tier).get(FEW, name, lambda: 1)
    cache = restarted(any_tier)
    assert cache.pinned(FEW) == {"a": {"scheduled": True}}
    assert keys(cache) == ["a", "d", "e", "f"]
    cache.prune(FEW)
    assert keys(cache) == ["a"]
    cache.unpin(FEW)
    assert cache.pinned(FEW) == {}
    cache.prune(FEW)
    assert keys(cache) == []


def test_pruning_forgets_the_memory_too_and_can_leave_the_last(any_tier):
    cache, make = restarted(any_tier), Counter()
    for name in "abc":
        cache.get(FEW, name, make)
    assert [entry.key for entry in cache.prune(FEW, keep=1)] == ["a", "b"]
    cache.get(FEW, "b", make)
    assert make.calls == 4


def test_notes_are_listed_beside_the_artefact(any_tier):
    cache = restarted(any_tier)
    cache.get(MODELS, "key", lambda: {"auc": 0.8}, JSON, about=lambda value: {"card": value, "source": "sample"})
    (entry,) = restarted(any_tier).entries(MODELS)
    assert (entry.key, dict(entry.about)) == ("key", {"card": {"auc": 0.8}, "source": "sample"})
    assert entry.n_bytes > 10


def test_reading_makes_nothing(any_tier):
    cache = restarted(any_tier)
    assert cache.read(ALARMS, "key") is None
    cache.put(ALARMS, "key", ("an alarm",))
    assert cache.read(ALARMS, "key") == restarted(any_tier).read(ALARMS, "key") == ("an alarm",)


def test_put_and_update_replace_what_is_there(any_tier):
    cache = restarted(any_tier)
    cache.put(ALARMS, "key", 1)
    assert restarted(any_tier).update(ALARMS, "key", lambda old: (old or 0) + 1) == 2
    assert restarted(any_tier).update(ALARMS, "other", lambda old: (old or 0) + 1) == 1
    assert restarted(any_tier).read(ALARMS, "key") == 2


def test_updates_of_many_threads_lose_nothing(any_tier):
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: restarted(any_tier).update(ALARMS, "key", lambda old: (old or 0) + 1), range(24)))
    assert restarted(any_tier).read(ALARMS, "key") == 24


def test_what_is_handed_out_is_what_a_later_process_reads(any_tier):
    class Rounded:
        def write(self, value: float, folder: Path) -> None:
            (folder / "value").write_text(f"{value:.1f}", encoding="utf-8")

        def read(self, folder: Path) -> float:
            return float((folder / "value").read_text(encoding="utf-8"))

    assert restarted(any_tier).get(MODELS, "key", lambda: 0.123, Rounded()) == 0.1
    assert restarted(any_tier).get(RESULTS, "key", lambda: 0.123, Rounded()) == 0.123


def test_a_value_of_a_type_that_is_not_written_is_handed_out_without_a_notice(any_tier):
    cache, value = restarted(any_tier), object()
    assert cache.get(RESULTS, "key", lambda: value) is value
    assert cache.entries(RESULTS) == []
    assert cache.notices() == ()


def test_an_error_of_the_work_is_raised_and_nothing_kept(any_tier):
    cache = restarted(any_tier)

    def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        cache.get(RESULTS, "key", fail)
    assert cache.entries(RESULTS) == []
    assert cache.get(RESULTS, "key", lambda: 1) == 1


def test_a_codec_that_cannot_write_leaves_what_was_there(any_tier):
    class Breaks:
        def write(self, value: str, folder: Path) -> None:
            TEXT.write(value, folder)
            raise OSError(28, "No space left on device")

        def read(self, folder: Path) -> str:
            return TEXT.read(folder)

    restarted(any_tier).put(CHARTS, "key", "old", TEXT)
    cache = restarted(any_tier)
    cache.put(CHARTS, "key", "new", Breaks())
    assert restarted(any_tier).read(CHARTS, "key", TEXT) == "old"
    assert cache.notices()[0].what.startswith("The disk is full, so new charts are not kept")


def test_a_nested_artefact_is_made_within_another(any_tier):
    cache = restarted(any_tier)
    inner = Counter(2)
    outer = cache.get(RESULTS, "outer", lambda: ("outer", cache.get(RESULTS, "inner", inner)))
    assert outer == ("outer", 2)
    assert restarted(any_tier).get(RESULTS, "inner", inner) == 2
    assert inner.calls == 1


def test_eight_threads_in_one_process_write_once(cache, tier):
    make = Counter()

    def slow() -> object:
        time.sleep(0.05)
        return make()

    with ThreadPoolExecutor(8) as pool:
        values = list(pool.map(lambda _: cache.get(RESULTS, "key", slow), range(8)))
    assert make.calls == 1
    assert len(set(map(id, values))) == 1
    assert cache.entries(RESULTS)[0].number == 1


def test_one_cache_per_home_and_one_process_wide_shelf(tmp_path):
    assert open_cache(tmp_path / "a") is open_cache(tmp_path / "a")
    assert open_cache(tmp_path / "a") is not open_cache(tmp_path / "b")
    assert process_shelf(MEASURES) is process_shelf(MEASURES)
    assert not (tmp_path / "a").exists()
    open_cache(tmp_path / "a").put(ALARMS, "key", 1)
    assert (tmp_path / "a" / "artifacts" / "alarms" / "key" / "manifest.json").exists()
    process_shelf(MEASURES).put("x", 1)
    forget_all()
    assert "x" not in process_shelf(MEASURES)
    assert open_cache(tmp_path / "a").read(ALARMS, "key") == 1


def test_notices_of_all_homes_come_together(tmp_path):
    (tmp_path / "artifacts").write_text("a file where the folder should be", encoding="utf-8")
    cache = open_cache(tmp_path)
    cache.put(ALARMS, "key", 1)
    assert set(cache.notices()) <= set(all_notices())
    cache.clear_notices()
    assert cache.notices() == ()


def test_a_notice_reads_as_a_sentence():
    assert Notice("models", "They are gone.", "Do this.").sentence() == "They are gone. Do this."
    assert Notice("models", "They are gone.").sentence() == "They are gone."


def test_settings_of_a_home_name_its_cache():
    settings = load(environ={"QUARTERDECK_HOME": os.path.join(os.sep, "nowhere", "home")})
    assert open_cache(settings.home) is open_cache(Path(os.sep) / "nowhere" / "home")
