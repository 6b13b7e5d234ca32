"""Rows left in the engine that holds them, with what has been asked of them so far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

Step = Callable[[pl.LazyFrame], pl.LazyFrame]


@dataclass(frozen=True)
class WarehouseTable:
    """A table of a database or a lake that holds raw rows in the shape of their contract.

    Attributes
    ----------
    name : str
        With its schema, as the engine takes it.
    columns : tuple of str
        Those of the contract that it has; the others count as empty.
    """

    name: str
    columns: tuple[str, ...]


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
    table : WarehouseTable, optional
        The table of an engine that holds exactly these rows; None after any step.
    made : callable, optional
        Lets that engine, or another one on the file, work a function of `core.marts` out; None where only Polars can.

    Examples
    --------
    >>> rows = RawRows(pl.DataFrame({"n": [1, 2, 3]})).then(lambda frame: frame.filter(pl.col("n") > 1))
    >>> rows.collect()["n"].to_list()
    [2, 3]
    """

    source: pl.DataFrame | pl.LazyFrame | RawRows
    steps: tuple[Step, ...] = ()
    file: Path | None = None
    table: WarehouseTable | None = None
    made: Callable[[Callable[..., Any]], pl.DataFrame] | None = None

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
