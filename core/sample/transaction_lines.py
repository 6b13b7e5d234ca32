"""Transactions: a booking per won deal, invoices for running contracts, a few refunds; written in chunks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np
import polars as pl

from core.contracts.spans import line_runs

CHUNK = 500_000


def bookings(rng: np.random.Generator, won: pl.DataFrame, regions: pl.DataFrame) -> pl.DataFrame:
    """Make one booking line per won deal, on the day it closed, for its amount to the cent."""
    n = won.height
    return _shape(
        won.join(regions, on="account_id", how="left").with_columns(
            rep_id="owner_id",
            booked_on="close_on",
            kind=pl.lit("booking"),
            discount_rate=pl.Series(np.round(rng.beta(2, 12, n), 3)),
            share=pl.Series(rng.uniform(0.14, 0.24, n)),
        )
    )


def invoices(
    rng: np.random.Generator,
    lines: pl.DataFrame,
    months: list[date],
    regions: pl.DataFrame,
    n_wanted: int,
    as_of: date,
    usage: pl.DataFrame | None = None,
) -> Iterator[pl.DataFrame]:
    """Yield billing and refund lines, at most about half a million at a time.

    Each running contract line is invoiced each month; the month's amount is split into as many
    usage lines as are needed to reach `n_wanted` lines in all, and the split sums to the cent. With `usage`
    ([account, month, usage]) a month's amount follows what the account used, against its own average so far.
    """
    factors = _usage_factors(usage) if usage is not None else None
    running = [lines.filter(line_runs(m)) for m in months]
    total = max(1, sum(f.height for f in running))
    pieces = max(1.0, n_wanted / total / 1.004)
    parts: list[pl.DataFrame] = []
    rows = 0
    for month, frame in zip(months, running, strict=True):
        billed = frame if factors is None else _by_usage(frame, month, factors)
        parts.append(_invoice(rng, billed, month, pieces, regions, as_of))
        rows += parts[-1].height
        if rows >= CHUNK:
            yield pl.concat(parts)
            parts, rows = [], 0
    if parts:
        yield pl.concat(parts)


def _usage_factors(usage: pl.DataFrame) -> pl.DataFrame:
    """Return each month's usage of an account over its own average up to then: [account_id, month, factor]."""
    average = pl.col("usage").cum_sum().over("account") / pl.int_range(1, pl.len() + 1).over("account")
    rows = usage.sort("account", "month").with_columns(factor=(pl.col("usage") / average).clip(0.3, 3.0))
    account = pl.format("A{}", pl.col("account").cast(pl.String).str.zfill(5))
    return rows.select("month", "factor", account_id=account)


def _by_usage(lines: pl.DataFrame, month: date, factors: pl.DataFrame) -> pl.DataFrame:
    now = factors.filter(pl.col("month") == month).drop("month")
    joined = lines.join(now, on="account_id", how="left", maintain_order="left")
    return joined.with_columns(mrr_amount=(pl.col("mrr_amount") * pl.col("factor").fill_null(1.0)).round(2)).drop(
        "factor"
    )


def _invoice(
    rng: np.random.Generator,
    lines: pl.DataFrame,
    month: date,
    pieces: float,
    regions: pl.DataFrame,
    as_of: date,
) -> pl.DataFrame:
    n = lines.height
    cents = (lines["mrr_amount"].to_numpy() * 100).round().astype(np.int64)
    parts = int(pieces) + (rng.random(n) < pieces - int(pieces)).astype(np.int64)
    each, rest = cents // parts, cents % parts
    index = np.repeat(np.arange(n), parts)
    part_index = np.arange(len(index)) - np.repeat(np.cumsum(parts) - parts, parts)
    amount = (each[index] + (part_index < rest[index])) / 100
    day = rng.integers(0, 26, len(index)) if pieces > 1 else np.zeros(len(index), dtype=int)
    billed = (
        lines[index]
        .with_columns(
            amount=pl.Series(amount, dtype=pl.Float64),
            booked_on=pl.lit(month) + pl.duration(days=pl.lit(pl.Series(day, dtype=pl.Int64))),
            kind=pl.lit("billing"),
            rep_id=pl.lit(None, pl.String),
            discount_rate=pl.lit(None, pl.Float64),
            share=pl.Series(rng.uniform(0.15, 0.23, len(index)), dtype=pl.Float64),
        )
        .join(regions, on="account_id", how="left")
    )
    back = billed.filter(pl.Series(rng.random(billed.height) < 0.004)).with_columns(
        amount=(-pl.col("amount") * 0.5).round(2), kind=pl.lit("refund")
    )
    return _shape(pl.concat([billed, back])).filter(pl.col("booked_on") <= as_of)


def _shape(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(
        "account_id",
        "product_id",
        "rep_id",
        "region",
        pl.col("booked_on").cast(pl.Date),
        "kind",
        quantity=pl.lit(1.0),
        amount="amount",
        cost_amount=(pl.col("amount") * pl.col("share")).round(2),
        discount_rate="discount_rate",
    )
