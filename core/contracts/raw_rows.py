"""Rows left in the engine that holds them, with what has been asked of them so far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl

Step = Callable[[pl.LazyFrame], pl.LazyFrame]


@dataclass(frozen=True)
class RawRows:
    """A table of which no row has been read, and the steps that cut or change it.

    Attributes
    ----------
    source : pl.DataFrame, pl.LazyFrame or RawRows
        Where the rows are; it is not touched before `lazy` is called.
    steps : tuple of callable
        Each takes a lazy frame and returns one, in the order they are to be done. A filter that a step adds is pushed
        down to the source by the engine.
    file : Path, optional
        The Parquet file that holds exactly these rows, for engines that read files themselves; None after any step.

    Examples
    --------
    >>> rows = RawRows(pl.DataFrame({"n": [1, 2, 3]})).then(lambda frame: frame.filter(pl.col("n") > 1))
    >>> rows.collect()["n"].to_list()
    [2, 3]
    """

    source: pl.DataFrame | pl.LazyFrame | RawRows
    steps: tuple[Step, ...] = ()
    file: Path | None = None

    def then(self, step: Step) -> RawRows:
        """Return the rows with one more step to be done; nothing is read."""
        return RawRows(self.source, (*self.steps, step))

    def lazy(self) -> pl.LazyFrame:
        """Return the rows as a lazy frame with all steps planned; they are planned once."""
        return self._plan

    @cached_property
    def _plan(self) -> pl.LazyFrame:
        plan = self.source.lazy()
        for step in self.steps:
            plan = step(plan)
        return plan

    def collect(self) -> pl.DataFrame:
        """Read the rows."""
        return self.lazy().collect()
