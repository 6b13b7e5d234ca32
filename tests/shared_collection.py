"""Shares among the workers what each of them would do alone when tests are collected.

Every worker imports every test. In a fresh clone it also compiles them, with their assertions rewritten, compiles all
of `core`, and takes for Hypothesis the constants out of it: 15 s of the processor in each. All of that is left on disk,
so each worker begins in another place and comes to what the others have made already. As all import the same, the
lines that run meanwhile are counted in one of them, the first.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tests.untraced import without_tracing

TESTS = Path(__file__).parent
T = TypeVar("T")


def from_turn(rows: Sequence[T], turn: int, turns: int) -> list[T]:
    """Return all of some rows, begun where it is a worker's turn.

    Examples
    --------
    >>> from_turn("abcdef", 1, 3)
    ['c', 'd', 'e', 'f', 'a', 'b']
    """
    begin = len(rows) * turn // turns
    return [*rows[begin:], *rows[:begin]]


def folders(tests: Path) -> list[Path]:
    """Return the folders of tests; empty where some test stands in none, for that one would be missed."""
    if any(tests.glob("test_*.py")):
        return []
    return sorted(path for path in tests.iterdir() if path.is_dir() and next(path.rglob("test_*.py"), None))


class SharedCollection:
    """Collects in a worker's own order, and hands on the order of all.

    Parameters
    ----------
    worker : str
        Its name, such as gw0.
    n : int
        How many workers there are.
    """

    def __init__(self, worker: str, n: int) -> None:
        self.is_first, self.n = worker == "gw0", n
        self.turn = int(worker.removeprefix("gw")) % n
        self.order: dict[Path, int] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_collection(self, session: pytest.Session) -> Iterator[Any]:
        """Begin in another folder where all are to be collected, and count no lines a second time."""
        config, every = session.config, folders(TESTS)
        if config.args_source is pytest.Config.ArgsSource.TESTPATHS and config.option.markexpr != "quick" and every:
            self.order = {folder: rank for rank, folder in enumerate(every)}
            config.args = [str(folder) for folder in from_turn(every, self.turn, self.n)]
        return (yield from without_tracing(not self.is_first))

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Put the tests in the order of all workers, and take the constants out of the code in one's own."""
        if self.order:
            n_parts = len(TESTS.parts) + 1
            items.sort(key=lambda item: self.order[Path(*item.path.parts[:n_parts])])
        from hypothesis.internal.constants_ast import constants_from_module, is_local_module_file

        for module in from_turn(list(sys.modules.values()), self.turn, self.n):
            file = getattr(module, "__file__", None)
            if file is not None and is_local_module_file(file):
                constants_from_module(module)
