"""What one change of a deal does to a pipeline: the kinds of move, in a fixed order, and what each is worth."""

from __future__ import annotations

import polars as pl

from core.contracts.stage_words import UNKNOWN_STAGE
from core.metrics.deal_events import DELETED, LOST, OPEN, WON
from core.metrics.deal_scope import Cut

COMING = ("New", "Transferred in", "Pulled in", "Increased")
GOING = ("Decreased", "Pushed out", "Pulled out", "Transferred out", "Won", "Lost", "Deleted")
MOVES = (*COMING, *GOING)
HELD = ("state", "cents", "close_on", "owner_id", "team", "region")
NEEDED = ("deal", *HELD, *(f"prev_{name}" for name in HELD), "prev_stage", "segment", "family")


def classified(rows: pl.DataFrame, scope: Cut) -> pl.DataFrame:
    """Put beside each change which moves it makes in a scope: one boolean column per kind.

    Parameters
    ----------
    rows : pl.DataFrame
        Of `tracks`.
    scope : Cut

    Returns
    -------
    pl.DataFrame
        The rows that change anything, with a column per kind of move, before, after and rise (cents, 0
        without an amount), is_put_off: the expected close of a deal in the scope went to a later day, and
        is_unknown: see there.
    """
    marked = rows.with_columns(
        is_from=(pl.col("prev_state") == OPEN).fill_null(value=False),
        is_to=pl.col("state") == OPEN,
        is_win=(pl.col("state") == WON) & pl.col("prev_state").ne_missing(WON),
        s0=scope.before,
        s1=scope.after,
        d0=scope.dates.holds("prev_close_on"),
        d1=scope.dates.holds("close_on"),
        before=pl.col("prev_cents").fill_null(0),
        is_unknown=is_unknown(),
    ).with_columns(after=pl.when("is_unknown").then("before").otherwise(pl.col("cents").fill_null(0)))
    s0, s1, d0, d1, win = (pl.col(name) for name in ("s0", "s1", "d0", "d1", "is_win"))
    moved = (pl.col("is_from") != pl.col("is_to")) | win | (s0 != s1) | (d0 != d1)
    other = (pl.col("after") != pl.col("before")) | (pl.col("close_on") != pl.col("prev_close_on"))
    marked = marked.filter(moved | other.fill_null(value=False))
    stays = pl.col("is_from") & (pl.col("is_to") | win)
    goes = pl.col("is_from") & ~pl.col("is_to") & ~win & s0 & d0
    rise = pl.col("after") - pl.col("before")
    put_off = (pl.col("close_on") > pl.col("prev_close_on")).fill_null(value=False)
    leaves = stays & s0 & d0 & ~d1
    return marked.with_columns(
        (~pl.col("is_from") & (pl.col("is_to") | win) & s1 & d1).alias("New"),
        (stays & ~s0 & s1 & d1).alias("Transferred in"),
        (stays & s0 & ~d0 & d1).alias("Pulled in"),
        (stays & s0 & d0 & (rise > 0)).alias("Increased"),
        (stays & s0 & d0 & (rise < 0)).alias("Decreased"),
        (leaves & (put_off | pl.col("close_on").is_null())).alias("Pushed out"),
        (leaves & ~put_off & pl.col("close_on").is_not_null()).alias("Pulled out"),
        (stays & s0 & ~s1 & d1).alias("Transferred out"),
        (win & s1 & d1).alias("Won"),
        (goes & (pl.col("state") == LOST)).alias("Lost"),
        (goes & (pl.col("state") == DELETED)).alias("Deleted"),
        is_put_off=stays & pl.col("is_to") & s0 & put_off & (d0 | d1),
        rise=rise,
    )


def is_unknown() -> pl.Expr:
    """Say whether a change ends a deal nobody wrote down while it was open: what it was worth then moves nothing."""
    was_unknown = (pl.col("prev_stage").cast(pl.String) == UNKNOWN_STAGE) & pl.col("prev_cents").is_null()
    return (was_unknown & (pl.col("state") != OPEN)).fill_null(value=False)


def worth(move: str) -> pl.Expr:
    """Return the signed cents of a change under one kind of move."""
    if move in ("Increased", "Decreased"):
        return pl.col("rise")
    whole = pl.col("before") if move in ("Lost", "Deleted") else pl.col("after")
    return whole if move in COMING else -whole


def summed(steps: pl.DataFrame) -> tuple[dict[str, int], dict[str, int]]:
    """Return the signed cents and the number of different deals of each kind of move."""
    sums = steps.select(
        *(worth(move).filter(pl.col(move)).sum().alias(f"cents {move}") for move in MOVES),
        *(pl.col("deal").filter(pl.col(move)).n_unique().alias(f"deals {move}") for move in MOVES),
    ).row(0, named=True)
    return {m: int(sums[f"cents {m}"]) for m in MOVES}, {m: int(sums[f"deals {m}"]) for m in MOVES}
