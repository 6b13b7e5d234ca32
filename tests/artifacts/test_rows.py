from __future__ import annotations

import numpy as np
import pytest

from core.artifacts import VECTORS, Memory
from core.artifacts.cache import ArtifactCache
from core.artifacts.named_rows import rows_by_name


@pytest.fixture
def encoder():
    calls: list[list[str]] = []

    def make(names: list[str]) -> np.ndarray:
        calls.append(names)
        return np.array([[len(name), ord(name[0])] for name in names], np.float32)

    return make, calls


def test_rows_are_made_once_and_come_in_the_order_asked(cache, encoder):
    make, calls = encoder
    rows = rows_by_name(cache, VECTORS, "w1", ["bb", "a", "bb"], make, keep=["a", "bb"])
    assert rows.tolist() == [[2, 98], [1, 97], [2, 98]]
    assert rows.dtype == np.float32
    assert rows_by_name(cache, VECTORS, "w1", ["a", "ccc"], make).tolist() == [[1, 97], [3, 99]]
    assert calls == [["bb", "a"], ["ccc"]]


def test_only_those_that_may_be_kept_are_written(cache, restart, encoder):
    make, calls = encoder
    rows_by_name(cache, VECTORS, "w1", ["ours", "theirs"], make, keep=["ours"])
    rows_by_name(cache, VECTORS, "w1", ["theirs"], make)
    rows_by_name(restart(), VECTORS, "w1", ["ours", "theirs"], make)
    assert calls == [["ours", "theirs"], ["theirs"]]
    files = [path.read_bytes() for path in cache.tier.root.rglob("*") if path.is_file()]
    assert any(b"ours" in content for content in files)
    assert not any(b"theirs" in content for content in files)


def test_new_rows_are_added_and_the_oldest_go(cache, restart, encoder):
    make, calls = encoder
    for names in (["a", "b"], ["c"], ["d"]):
        rows_by_name(restart(), VECTORS, "w1", names, make, keep=names, most=3)
    assert restart().read(VECTORS, "w1").names == ("b", "c", "d")
    assert rows_by_name(restart(), VECTORS, "w1", ["d", "b"], make).tolist() == [[1, 100], [1, 98]]
    assert len(calls) == 3


def test_two_processes_add_to_what_the_other_wrote(cache, restart, encoder):
    make, _ = encoder
    left, right = restart(), restart()
    rows_by_name(left, VECTORS, "w1", ["a"], make, keep=["a"])
    rows_by_name(right, VECTORS, "w1", ["b"], make, keep=["b"])
    rows_by_name(left, VECTORS, "w1", ["c"], make, keep=["c"])
    assert restart().read(VECTORS, "w1").names == ("a", "b", "c")


def test_other_weights_have_other_rows(cache, encoder):
    make, calls = encoder
    for key in ("w1", "w2"):
        rows_by_name(cache, VECTORS, key, ["a"], make, keep=["a"])
    assert len(calls) == 2


def test_without_a_cache_rows_stay_in_memory(encoder):
    make, calls = encoder
    for _ in range(2):
        rows_by_name(None, VECTORS, "only here", ["a"], make, keep=["a"])
    assert len(calls) == 1
    assert rows_by_name(None, VECTORS, "only here", [], make).shape == (0, 0)


def test_a_place_that_cannot_be_written_makes_them_once_all_the_same(tmp_path, encoder):
    from core.artifacts.folder_tier import FolderTier

    (tmp_path / "home").write_text("x", encoding="utf-8")
    make, calls = encoder
    cache = ArtifactCache(FolderTier(tmp_path / "home"), Memory())
    for _ in range(2):
        assert rows_by_name(cache, VECTORS, "w1", ["a"], make, keep=["a"]).tolist() == [[1, 97]]
    assert len(calls) == 1
    assert len(cache.notices()) == 1
