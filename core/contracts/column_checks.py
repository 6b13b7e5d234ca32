"""Column checks that several contracts share."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import polars as pl


def one_of(choices: Sequence[str]) -> Callable[[pl.Expr], pl.Expr]:
    """Return a check that a column holds only some values; null passes.

    Parameters
    ----------
    choices : sequence of str
        The values allowed.
    """

    def is_known(column: pl.Expr) -> pl.Expr:
        return column.is_in(list(choices))

    return is_known
