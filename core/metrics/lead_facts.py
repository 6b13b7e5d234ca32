"""What became of each lead, as of the last day of the data."""

from __future__ import annotations

import polars as pl

from core.contracts import Dataset
from core.contracts.constants import NOT_KNOWN

MONTHS, RIPE_DAYS = 24, 90
# Words of a status, folded, after which nobody works a lead any more.
ENDED_WORDS = ("unqualified", "disqualified", "notqualified", "closed", "lost", "dead", "junk", "recycled", "archived")


def facts(data: Dataset) -> pl.DataFrame:
    """Return the leads that came in up to the as-of date, with their deal.

    A lead is one day old at the end of the day it came in. What happened after the as-of date did not.

    Returns
    -------
    pl.DataFrame
        The columns of leads, lead_source (NOT_KNOWN where there is none) and, of its deal, deal_amount (null unless
        won), became_on (the day it became a deal: converted_on, else the day the deal began), is_deal, is_won, won_on,
        is_open: neither a deal nor ended by its status.
    """
    deals = data.opportunities.select(
        "opportunity_id",
        _created="created_on",
        _won="is_won",
        _closed=pl.col("close_on"),
        _amount="amount",
    )
    rows = data.leads.filter(pl.col("created_on") <= data.as_of).join(
        deals, on="opportunity_id", how="left", maintain_order="left"
    )
    day = pl.coalesce("converted_on", "_created")
    became = pl.when(day.is_not_null()).then(pl.max_horizontal(day, "created_on"))
    is_deal = pl.col("is_converted").fill_null(value=False) & (day.is_null() | (became <= data.as_of))
    won = is_deal & pl.col("_won").fill_null(value=False) & (pl.col("_closed") <= data.as_of)
    plain = pl.col("status").str.to_lowercase().str.replace_all(r"[^a-z]", "")
    ended = plain.str.contains_any(list(ENDED_WORDS)).fill_null(value=False)
    named = pl.col("lead_source").str.strip_chars().replace("", None).fill_null(NOT_KNOWN)
    return (
        rows.with_columns(lead_source=named, is_deal=is_deal, is_won=won.fill_null(value=False))
        .with_columns(
            became_on=pl.when("is_deal").then(became),
            won_on=pl.when("is_won").then("_closed"),
            deal_amount=pl.when("is_won").then("_amount"),
            is_open=~pl.col("is_deal") & ~ended,
        )
        .drop("_created", "_won", "_closed", "_amount")
    )


def ripe(data: Dataset, months: int = MONTHS) -> pl.DataFrame:
    """Return the leads of the last months that had 90 days to become a deal: [..., is_deal_90].

    `is_deal_90` says whether they did within these 90 days. Leads that became a deal on a day nobody knows are left
    out.
    """
    first, last = data.as_of - pl.duration(days=RIPE_DAYS), pl.lit(data.as_of).dt.offset_by(f"-{months}mo")
    rows = facts(data).filter(pl.col("created_on") <= first, pl.col("created_on") > last)
    dated = rows.filter(~pl.col("is_deal") | pl.col("became_on").is_not_null())
    days = (pl.col("became_on") - pl.col("created_on")).dt.total_days()
    return dated.with_columns(is_deal_90=(days <= RIPE_DAYS).fill_null(value=False))
