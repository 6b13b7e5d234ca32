"""Tests that are not traced are there; a listed one is run without tracing, a marked one with its fixtures."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from coverage import Coverage

from tests import shared_collection, untraced
from tools import untraced as choosing

ROOT = Path(__file__).resolve().parents[2]


def test_every_listed_test_is_there():
    for name in untraced.listed(untraced.UNTRACED) | untraced.listed(untraced.TRACED):
        file, _, function = name.partition("::")
        text = (ROOT / file).read_text(encoding="utf-8")
        assert f"def {function.rpartition('::')[2]}(" in text, f"{name} is gone: run `make untraced`."


@pytest.mark.parametrize(
    ("mark", "name", "whole", "call"),
    [
        (None, "a.py::one", [], []),
        (None, "a.py::two", [], ["stop", "start"]),
        ("untraced", "a.py::one", ["stop", "start"], []),
        ("untraced", "a.py::two", ["stop", "start"], []),
    ],
)
def test_a_listed_test_is_untraced_and_a_marked_one_with_its_fixtures(monkeypatch, mark, name, whole, call):
    did = []
    tracing = SimpleNamespace(stop=lambda: did.append("stop"), start=lambda: did.append("start"))
    monkeypatch.setattr(untraced, "Coverage", SimpleNamespace(current=lambda: tracing))
    monkeypatch.setattr(untraced, "listed", lambda _: frozenset({"a.py::two"}))
    monkeypatch.delenv(untraced.FOLDER, raising=False)
    plugin, item = untraced.Untraced(), SimpleNamespace(nodeid=f"{name}[x]@a.py", get_closest_marker=lambda _: mark)
    for hook, expected in ((plugin.pytest_runtest_protocol, whole), (plugin.pytest_runtest_call, call)):
        did.clear()
        running = hook(item)
        next(running)
        assert did == expected[:1]
        with pytest.raises(StopIteration):
            running.send(None)
        assert did == expected


def test_nothing_else_traces_what_is_untraced():
    assert Coverage.current() is None


def test_workers_begin_elsewhere_and_leave_nothing_out(tmp_path):
    rows = list(range(10))
    assert [shared_collection.from_turn(rows, turn, 3)[0] for turn in range(3)] == [0, 3, 6]
    assert all(sorted(shared_collection.from_turn(rows, turn, 3)) == rows for turn in range(3))
    for name in ("b/deep", "a", "without"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "b" / "deep" / "test_b.py").touch()
    (tmp_path / "a" / "test_a.py").touch()
    assert [folder.name for folder in shared_collection.folders(tmp_path)] == ["a", "b"]
    (tmp_path / "test_alone.py").touch()
    assert shared_collection.folders(tmp_path) == []


def test_what_others_run_through_is_not_traced_and_little_is_lost():
    marks = {f"few{k}": np.arange(1000 + 12 * k, 1012 + 12 * k) for k in range(4)}
    marks |= {"much": np.arange(500), "half": np.arange(250), "quick": np.arange(100, 110)}
    seconds = dict.fromkeys(marks, 5.0) | {"much": 60.0, "quick": 0.01}
    # "half" brings more for its time than "much", which then brings the rest; 24 of what is few may be lost.
    assert choosing.chosen(marks, seconds, loss=30 / 548) == ["few2", "few3"]
    assert choosing.chosen(marks, seconds | {"much": 2.0}, loss=30 / 548) == ["few2", "few3", "half"]
    assert choosing.chosen({}, {}) == []


def test_notes_of_several_processes_are_put_together(tmp_path):
    lines = {"a.py": {1, 2}, "b.py": {1}}
    own = untraced.marks(lines)
    assert np.unique(own).size == 3
    for k, cases in enumerate([["t.py::one", "t.py::two"], ["t.py::one"]]):
        np.savez_compressed(
            tmp_path / f"{k}.npz",
            names=np.array(cases),
            seconds=np.array([1.0] * len(cases)),
            sizes=np.array([3] * len(cases)),
            marks=np.concatenate([own] * len(cases)),
            unless_named=np.array(cases[1:], dtype=str),
        )
    marks, seconds, unless_named = choosing.read(tmp_path)
    assert unless_named == {"t.py::two"}
    assert seconds == {"t.py::one": 2.0, "t.py::two": 1.0}
    assert set(marks["t.py::one"]) == set(own)
