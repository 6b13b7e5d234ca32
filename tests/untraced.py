"""Stops counting lines around whole tests that need not be counted, and writes down which those are.

Tracing doubles what a test takes. Whole folders are marked `untraced` (`tests/conftest.py`), with their fixtures: what
`no_cover` of pytest-cov leaves out is the test alone. Of other folders `tests/untraced.txt` names the tests that run
through no line and no branch that no test before them has been through; `make untraced` works it out anew. A test that
is not named there is counted.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from coverage import Coverage

LIST = Path(__file__).with_name("untraced.txt")
# Names the folder in which a run writes down what each test adds to the lines that were counted.
FOLDER = "QUARTERDECK_COUNT_GAINS"


def plain(nodeid: str) -> str:
    """Return a test's file and function, without its case and the group that pytest-xdist adds.

    Examples
    --------
    >>> plain("tests/a/test_b.py::test_c[x::y]@tests/a/test_b.py")
    'tests/a/test_b.py::test_c'
    """
    return nodeid.partition("[")[0].partition("@")[0]


def listed() -> frozenset[str]:
    """Return the tests that add nothing."""
    return frozenset(LIST.read_text(encoding="utf-8").split()) if LIST.exists() else frozenset()


class Untraced:
    """Runs every test that is marked `untraced` without tracing, and those that are listed but for their fixtures.

    What many tests share is made in the set-up of whichever comes first, so that a listed one may have to count.
    """

    def __init__(self) -> None:
        self.names = frozenset() if FOLDER in os.environ else listed()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[Any]:
        """Run one test with its fixtures."""
        return (yield from without_tracing(item.get_closest_marker("untraced") is not None))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[Any]:
        """Run one test without its fixtures."""
        is_listed = item.get_closest_marker("untraced") is None and plain(item.nodeid) in self.names
        return (yield from without_tracing(is_listed))


def without_tracing(is_wanted: bool) -> Iterator[Any]:
    """Let whatever is waited for run untraced, where that is wanted and something traces."""
    tracing = Coverage.current()
    if tracing is None or not is_wanted:
        return (yield)
    tracing.stop()
    try:
        return (yield)
    finally:
        tracing.start()


class Gains:
    """Notes how many lines and branches each test adds in its process, and what it takes; written at the end."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.rows = folder, list[tuple[str, int, float]]()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[Any]:
        """Note one test."""
        before, begin = counted(), os.times().user
        try:
            return (yield)
        finally:
            if item.get_closest_marker("untraced") is None:
                self.rows.append((plain(item.nodeid), counted() - before, os.times().user - begin))

    def pytest_sessionfinish(self) -> None:
        """Write down what this process has run."""
        if self.rows:
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / f"{os.getpid()}.json").write_text(json.dumps(self.rows), encoding="utf-8")


def counted() -> int:
    """Return how many lines and branches were counted so far in this process; 0 where nothing traces."""
    tracing = Coverage.current()
    collector = None if tracing is None else tracing._collector
    return 0 if collector is None else sum(len(lines) for lines in list(collector.data.values()))
