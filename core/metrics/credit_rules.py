"""How much of a deal each touch gets by the usual rules: first, last, linear, by position, by time."""

from __future__ import annotations

import polars as pl

FIRST, LAST, LINEAR, POSITION, DECAY = "first_touch", "last_touch", "linear", "position", "time_decay"
RULES = (FIRST, LAST, LINEAR, POSITION, DECAY)
ENDS_SHARE, HALF_LIFE_DAYS = 0.4, 30.0


def weights(touches: pl.DataFrame, rule: str) -> pl.Series:
    """Return each touch's share of its deal.

    Formula: the first touch, or the last, has 1; linear has 1/n; by position the first and the last have 0.4 each and
    those between share 0.2 (of two touches each has a half); by time a touch has half as much as one 30 days later.

    Parameters
    ----------
    touches : pl.DataFrame
        [opportunity_id, touched_at], in the order of time within each deal.
    rule : str
        One of `RULES`.

    Returns
    -------
    pl.Series
        Shares in [0, 1] that add up to 1 in each deal.

    Examples
    --------
    >>> from datetime import datetime
    >>> days = [datetime(2026, 1, 1), datetime(2026, 1, 31), datetime(2026, 3, 2)]
    >>> rows = pl.DataFrame({"opportunity_id": ["a"] * 3, "touched_at": days})
    >>> for rule in RULES:
    ...     print(rule, [round(w, 3) for w in weights(rows, rule)])
    first_touch [1.0, 0.0, 0.0]
    last_touch [0.0, 0.0, 1.0]
    linear [0.333, 0.333, 0.333]
    position [0.4, 0.2, 0.4]
    time_decay [0.143, 0.286, 0.571]
    """
    number, n = pl.int_range(pl.len()).over("opportunity_id"), pl.len().over("opportunity_id")
    is_first, is_last = number == 0, number == n - 1
    raw = {
        FIRST: is_first.cast(pl.Float64),
        LAST: is_last.cast(pl.Float64),
        LINEAR: pl.lit(1.0),
        POSITION: pl.when(n <= 2)
        .then(1.0)
        .when(is_first | is_last)
        .then(ENDS_SHARE)
        .otherwise((1 - 2 * ENDS_SHARE) / (n - 2)),
        DECAY: 0.5 ** (_days_before_last() / HALF_LIFE_DAYS),
    }[rule]
    rows = touches.with_columns(_raw=raw)
    return rows.select((pl.col("_raw") / pl.col("_raw").sum().over("opportunity_id")).alias("weight"))["weight"]


def _days_before_last() -> pl.Expr:
    """Days from a touch to the last one of its deal: the shares are those of the days to its end."""
    gap = pl.col("touched_at").last().over("opportunity_id") - pl.col("touched_at")
    return gap.dt.total_seconds() / 86_400
