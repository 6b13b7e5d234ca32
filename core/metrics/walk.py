"""The weekly walk: from what was due this quarter a week ago to what is due now, to the cent."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from core.config import Settings
from core.config.calendar import quarter_end, quarter_label
from core.contracts import Dataset
from core.metrics.measure import Measure, money
from core.metrics.pipeline import open_deals

ORDER = (
    "Opening", "New", "Pulled in", "Increased", "Decreased", "Pushed out", "Won", "Lost", "Removed", "Closing"
)  # fmt: skip


def week(data: Dataset, settings: Settings, days: int = 7) -> Measure:
    """Walk from the open pipeline due this quarter some days ago to that of today.

    Formula: opening + new + pulled in + increased − decreased − pushed out − won − lost − removed =
    closing, counted in whole cents. Due are open deals expected to close by the end of the fiscal
    quarter; deals without an expected close are not. Won, lost and pushed deals leave with the amount
    they had at the start, new and pulled-in ones come with the amount they have now; a missing amount
    counts as nothing. The two ends are compared: a deal that came and went inside the window is in
    neither.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    days : int
        Length of the window that ends on the as-of date.

    Returns
    -------
    Measure
        Unit money: the closing amount, None when nothing was due at either end. Frame: step, n_deals,
        amount (signed), in the order of the walk.
    """
    label = quarter_label(data.as_of, settings)
    deals = _deals(data, settings, days)
    opening, closing = int(deals["cents"].sum()), int(deals["cents_now"].sum())
    moves = deals.group_by("step").agg(n_deals=pl.len(), cents=(pl.col("cents_now") - pl.col("cents")).sum())
    ends = pl.DataFrame(
        {
            "step": ["Opening", "Closing"],
            "n_deals": [int(deals["due"].sum()), int(deals["due_now"].sum())],
            "cents": [opening, closing],
        },
        schema_overrides={"n_deals": pl.get_index_type(), "cents": pl.Int64},
    )
    rank = {step: k for k, step in enumerate(ORDER)}
    frame = (
        pl.concat([ends, moves.filter(pl.col("step") != "Unchanged")])
        .sort(pl.col("step").replace_strict(rank, return_dtype=pl.Int64))
        .select("step", "n_deals", amount=pl.col("cents") / 100)
    )
    if deals.is_empty():
        return Measure("Weekly walk", None, "money", frame, f"No open deal is due in {label}.")
    left = opening + int(moves["cents"].sum()) - closing
    began, ends_at = money(opening / 100, settings.currency), money(closing / 100, settings.currency)
    text = (
        f"The pipeline due in {label} went from {began} to {ends_at} in {days} days. "
        f"The moves explain all of it but {settings.currency} {left / 100:.2f}."
    )
    return Measure("Weekly walk", closing / 100, "money", frame, text)


def _deals(data: Dataset, settings: Settings, days: int) -> pl.DataFrame:
    """Return every deal due at either end with its step and its cents at both ends."""
    last = quarter_end(data.as_of, settings)
    before = open_deals(data, data.as_of - timedelta(days=days), settings)
    after = open_deals(data, data.as_of, settings)
    ends = data.opportunities.filter("is_closed").select("opportunity_id", "is_won")
    both = before.join(after, on="opportunity_id", how="full", coalesce=True, suffix="_now")
    both = both.join(ends, on="opportunity_id", how="left").with_columns(
        due=(pl.col("close_on") <= last).fill_null(value=False),
        due_now=(pl.col("close_on_now") <= last).fill_null(value=False),
    )
    cents = {
        f"cents{end}": pl.when(f"due{end}").then((pl.col(f"amount{end}") * 100).round().cast(pl.Int64)).fill_null(0)
        for end in ("", "_now")
    }
    fresh, gone = pl.col("stage").is_null(), pl.col("stage_now").is_null()
    move = pl.col("cents_now") - pl.col("cents")
    step = (
        pl.when(fresh).then(pl.lit("New"))
        .when(gone & pl.col("is_won")).then(pl.lit("Won"))
        .when(gone & ~pl.col("is_won")).then(pl.lit("Lost"))
        .when(gone).then(pl.lit("Removed"))
        .when(~pl.col("due")).then(pl.lit("Pulled in"))
        .when(~pl.col("due_now")).then(pl.lit("Pushed out"))
        .when(move > 0).then(pl.lit("Increased"))
        .when(move < 0).then(pl.lit("Decreased"))
        .otherwise(pl.lit("Unchanged"))
    )  # fmt: skip
    return both.filter(pl.col("due") | pl.col("due_now")).with_columns(**cents).with_columns(step=step)
