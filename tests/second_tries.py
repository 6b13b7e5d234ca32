"""Gives tests in a browser one second try, and says at the end of a run which of them needed it.

A machine under load can keep a browser waiting for longer than any test has patience for, which says nothing of the
app. Only what drives Chromium is tried again, once; every other test fails at once, and so does one in a browser that
fails twice.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Set

import pytest

TRIES = pytest.mark.flaky(reruns=1)


def sentence(again: Mapping[str, str], failed: Set[str]) -> str:
    """Return the line for the tests that were tried again and did not fail in the end; empty where there are none.

    Parameters
    ----------
    again : mapping
        Each test that was tried again, and what failed the first time.
    failed : set of str
        The tests that failed for good.

    Examples
    --------
    >>> sentence({"tests/browser/test_a.py::test_one": "no heading", "test_two": "no"}, {"test_two"})
    'passed on the second try: tests/browser/test_a.py::test_one (no heading)'
    """
    names = [f"{name} ({reason})" if reason else name for name, reason in sorted(again.items()) if name not in failed]
    return f"passed on the second try: {', '.join(names)}" if names else ""


def reason(message: str) -> str:
    """Return the first line of what failed, and what a browser waited for.

    Examples
    --------
    >>> reason("AssertionError: not visible\\nCall log:\\n  - waiting for get_by_text(1)")
    'AssertionError: not visible, waiting for get_by_text(1)'
    """
    lines = [line.strip(" -") for line in message.strip().splitlines()]
    waited = next((line for line in lines[1:] if line.startswith("waiting for ")), "")
    return ", ".join(part for part in (*lines[:1], waited) if part)


class SecondTries:
    """Notes which tests were tried again, in the process that prints, and prints them when all else is printed."""

    def __init__(self) -> None:
        self.again: dict[str, str] = {}
        self.failed: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note that a test is tried again and why, or that it has failed for good."""
        name = report.nodeid.partition("@")[0]  # without the group that pytest-xdist adds
        if str(report.outcome) == "rerun":
            crash = getattr(report.longrepr, "reprcrash", None)
            self.again[name] = reason(str(crash.message)) if crash else ""
        elif report.failed:
            self.failed.add(name)

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self, config: pytest.Config) -> None:
        """Print the line; workers are silent."""
        line = sentence(self.again, self.failed)
        if line and "PYTEST_XDIST_WORKER" not in os.environ:
            sys.stdout.write(f"\n{line}\n")
