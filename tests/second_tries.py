"""Gives tests in a browser one second try, and says at the end of a run which of them needed it.

A machine under load can keep a browser waiting for longer than any test has patience for, which says nothing of the
app. Only what drives Chromium is tried again, once; every other test fails at once, and so does one in a browser that
fails twice.
"""

from __future__ import annotations

import os
import sys

import pytest

TRIES = pytest.mark.flaky(reruns=1)


def sentence(again: set[str], failed: set[str]) -> str:
    """Return the line for the tests that were tried again and did not fail in the end; empty where there are none.

    Examples
    --------
    >>> sentence({"tests/browser/test_scope.py::test_a", "tests/browser/test_scope.py::test_b"}, {"x"})
    'passed on the second try: tests/browser/test_scope.py::test_a, tests/browser/test_scope.py::test_b'
    """
    names = sorted(again - failed)
    return f"passed on the second try: {', '.join(names)}" if names else ""


class SecondTries:
    """Notes which tests were tried again, in the process that prints, and prints them when all else is printed."""

    def __init__(self) -> None:
        self.again: set[str] = set()
        self.failed: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note that a test is tried again, or has failed for good."""
        if str(report.outcome) == "rerun":
            self.again.add(report.nodeid)
        elif report.failed:
            self.failed.add(report.nodeid)

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self, config: pytest.Config) -> None:
        """Print the line; workers are silent."""
        line = sentence(self.again, self.failed)
        if line and "PYTEST_XDIST_WORKER" not in os.environ:
            sys.stdout.write(f"\n{line}\n")
