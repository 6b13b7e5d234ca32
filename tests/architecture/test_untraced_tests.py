"""Tests that are not traced are there; a listed one is run without tracing, a marked one with its fixtures."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from tests import untraced
from tools import untraced as choosing

ROOT = Path(__file__).resolve().parents[2]


def test_every_listed_test_is_there():
    for name in untraced.listed():
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
    monkeypatch.setattr(untraced, "listed", lambda: frozenset({"a.py::two"}))
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


def test_what_adds_nothing_is_chosen_and_little_is_lost():
    rows = [(f"few{k}", 12, 5.0) for k in range(4)] + [("none", 0, 0.3), ("quick", 0, 0.05), ("much", 500, 60.0)]
    assert choosing.chosen(rows) == ["few0", "few1", "none"]
