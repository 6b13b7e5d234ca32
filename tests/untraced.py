"""Stops counting lines around whole tests that need not be counted, and writes down which those are.

Tracing doubles what a test takes. Whole folders are marked `untraced` (`tests/conftest.py`), with their fixtures: what
`no_cover` of pytest-cov leaves out is the test alone. Of those folders `tests/traced.txt` names the tests that are
counted all the same; of the others `tests/untraced.txt` names those that are not, for they run through next to nothing
the counted ones do not. `make untraced` works both out anew. A new test outside those folders is counted.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from coverage import Coverage

UNTRACED, TRACED = Path(__file__).with_name("untraced.txt"), Path(__file__).with_name("traced.txt")
# Names the folder in which a run writes down what each test adds to the lines that were counted.
FOLDER = "QUARTERDECK_COUNT_GAINS"
# Spreads numbers of lines over 64 bits, so that two files' lines do not meet.
ODD = np.uint64(0x9E3779B97F4A7C15)


def plain(nodeid: str) -> str:
    """Return a test's file and function, without its case and the group that pytest-xdist adds.

    Examples
    --------
    >>> plain("tests/a/test_b.py::test_c[x::y]@tests/a/test_b.py")
    'tests/a/test_b.py::test_c'
    """
    return nodeid.partition("[")[0].partition("@")[0]


def listed(file: Path) -> frozenset[str]:
    """Return the tests that a list names."""
    return frozenset(file.read_text(encoding="utf-8").split()) if file.exists() else frozenset()


class Untraced:
    """Runs every test that is marked `untraced` without tracing, and those that are listed but for their fixtures.

    What many tests share is made in the set-up of whichever comes first, so that a listed one may have to count.
    """

    def __init__(self) -> None:
        self.names = frozenset() if FOLDER in os.environ else listed(UNTRACED)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Let a worker trace once, and what only waits for workers not at all.

        pytest-cov begins to trace before it knows that it is in a worker, then begins again, and keeps what the second
        finds: where that stops for an untraced test, the first would go on instead.
        """
        tracing = Coverage.current()
        is_shared = hasattr(session.config, "workerinput") or session.config.pluginmanager.hasplugin("dsession")
        if tracing is not None and is_shared:
            tracing.stop()

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


def analyse_once() -> None:
    """Hold what was counted against a file once: pytest-cov asks for the total, then for the table; each takes 9 s."""
    plain, analyses = Coverage._analyze, dict[tuple[int, str], Any]()

    def analyse(tracing: Coverage, morf: Any, file_reporter: Any = None) -> Any:
        key = id(tracing), str(morf)
        if key not in analyses:
            analyses[key] = plain(tracing, morf, file_reporter)
        return analyses[key]

    Coverage._analyze = analyse


class Gains:
    """Notes which lines and branches each test runs through, and what it takes; written at the end.

    Attributes
    ----------
    folder : Path
        Where the notes go.
    unless_named : collection of str
        Folders of tests that are not traced unless they are named.
    """

    def __init__(self, folder: Path, unless_named: Collection[str]) -> None:
        self.folder, self.unless_named = folder, unless_named
        self.names, self.seconds, self.marks = list[str](), list[float](), list[np.ndarray]()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[Any]:
        """Note one test; what its fixtures ran through is always counted and left aside."""
        for lines in _counted().values():
            lines.clear()
        begin = os.times().user
        try:
            return (yield)
        finally:
            if item.get_closest_marker("untraced") is None:
                self.names.append(plain(item.nodeid))
                self.seconds.append(os.times().user - begin)
                self.marks.append(marks(_counted()))

    def pytest_sessionfinish(self) -> None:
        """Write down what this process has run."""
        if self.names:
            self.folder.mkdir(parents=True, exist_ok=True)
            sizes = [len(own) for own in self.marks]
            unless_named = [name for name in self.names if name.split("/")[1] in self.unless_named]
            np.savez_compressed(
                self.folder / f"{os.getpid()}.npz",
                names=np.array(self.names),
                seconds=np.array(self.seconds),
                sizes=np.array(sizes),
                marks=np.concatenate(self.marks),
                unless_named=np.array(unless_named, dtype=str),
            )


def marks(counted: Mapping[str, Iterable[int]]) -> np.ndarray:
    """Return one number for each line or branch of each file, the same in every process; [uint64].

    Examples
    --------
    >>> marks({"a.py": [1, 2], "b.py": [1]}).size
    3
    """
    parts = [
        np.fromiter(lines, dtype=np.uint64) * ODD ^ (np.uint64(zlib.crc32(file.encode())) << np.uint64(32))
        for file, lines in list(counted.items())
    ]
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.uint64)


def _counted() -> dict[str, set[int]]:
    """Return the lines and branches counted in this process since they were last taken away."""
    tracing = Coverage.current()
    collector = None if tracing is None else tracing._collector
    return {} if collector is None else dict(collector.data)
