"""Stops counting lines around whole tests that need not be counted, with their fixtures.

What `no_cover` of pytest-cov leaves out is the test alone: its fixtures are traced still, and tracing costs half as
much again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from coverage import Coverage


class Untraced:
    """Runs every test that is marked `untraced` without tracing."""

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[Any]:
        """Run one test with its fixtures."""
        tracing = Coverage.current()
        if tracing is None or item.get_closest_marker("untraced") is None:
            return (yield)
        tracing.stop()
        try:
            return (yield)
        finally:
            tracing.start()
