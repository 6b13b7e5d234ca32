"""Counts the processor's time of every test, names the dearest files at the end, and fails a test that takes too much.

Time that passes says nothing on a machine with other work. Counted are this process and what it started and waited for;
a server that runs on counts when it ends. What many tests share is made in the set-up of the first of them, so only the
test itself has a limit. Whoever needs more is marked `slow` and belongs to a part in `tools/slow.py`.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

# Twice what the dearest takes, for it is more on a machine that is busy.
LIMIT_SECONDS = 30.0
# Each with its reason; to become fewer.
ALLOWED = {
    "tests/architecture/test_standards.py::test_standard": "types of all of core, from nothing in a fresh clone",
}
SHOWN = 10


def spent() -> float:
    """Return the seconds of the processor so far."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def too_dear(name: str, seconds: float) -> str:
    """Return what is wrong with a test that took some seconds; empty where nothing is.

    Examples
    --------
    >>> too_dear("tests/test_a.py::test_one[x]", 12.0)
    ''
    >>> too_dear("tests/test_a.py::test_one[x]", 42.4)
    'tests/test_a.py::test_one took 42 s of the processor, and 30 are allowed: make it cheaper or mark it `slow`.'
    """
    plain = name.partition("[")[0].partition("@")[0]  # A worker adds the group.
    if seconds <= LIMIT_SECONDS or plain in ALLOWED:
        return ""
    return (
        f"{plain} took {seconds:.0f} s of the processor, and {LIMIT_SECONDS:.0f} are allowed: "
        "make it cheaper or mark it `slow`."
    )


class ProcessorTime:
    """Counts in the process that runs a test, adds up in the one that prints."""

    def __init__(self, clock: Callable[[], float] = spent) -> None:
        self.clock, self.before = clock, 0.0
        self.by_file: Counter[str] = Counter()

    def pytest_runtest_logstart(self) -> None:
        """Begin to count."""
        self.before = self.clock()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Iterator[None]:
        """Write the seconds of set-up, test or tidying up into its report, and fail a test that took too many."""
        report = yield
        now = self.clock()
        report.processor_seconds, self.before = now - self.before, now
        if report.when == "call" and report.passed and item.get_closest_marker("slow") is None:
            sentence = too_dear(item.nodeid, report.processor_seconds)
            if sentence:
                report.outcome, report.longrepr = "failed", sentence
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add a report's seconds to its file's."""
        self.by_file[report.nodeid.partition("::")[0]] += getattr(report, "processor_seconds", 0.0)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Name the dearest files where many ran."""
        if len(self.by_file) > SHOWN:
            rows = self.by_file.most_common(SHOWN)
            words = "; ".join(f"{file.removeprefix('tests/')} {seconds:.0f}" for file, seconds in rows)
            total = sum(self.by_file.values())
            terminalreporter.write_line(f"Seconds of the processor: {total:.0f}. The dearest files: {words}.")
