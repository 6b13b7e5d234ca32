"""Three sentences a chief revenue officer could read aloud, each computed, the most money first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from core.config import Settings, windows
from core.config.calendar import quarter_label, quarter_start
from core.contracts import Dataset
from core.contracts.amount_visibility import needs_amounts
from core.localization import joined, message
from core.metrics import money
from core.metrics.bookings import by_region_and_family, daily
from core.metrics.flow import flow
from core.metrics.recurring import mrr_at
from core.models import outlook
from core.models.bundle import Bundle

TOLD = 3
QUARTER, REGIONS, FAMILIES, CHANGE, TODAY = (
    "Will we make the quarter?",
    "Which regions are driving the quarter?",
    "Products by region",
    "What changed since last week?",
    "Key figures",
)


@dataclass(frozen=True)
class Headlines:
    """The sentences, most money first.

    Attributes
    ----------
    frame : pl.DataFrame
        [text, amount, cell]: the sentence, the money it speaks of, and the question it is worked out
        under. All that were worked out; the first three are told.
    """

    frame: pl.DataFrame

    def told(self) -> list[tuple[str, str]]:
        """Return the three sentences, each with the question it belongs to."""
        return list(self.frame.head(TOLD).select("text", "cell").iter_rows())

    def sentence(self) -> str:
        """Return the three sentences, one a line."""
        if self.frame.is_empty():
            return "There is not enough data for a headline yet."
        return joined(*(text for text, _ in self.told()), by="\n")


@needs_amounts
def headlines(data: Dataset, settings: Settings, bundle: Bundle) -> Headlines:
    """Up to three headlines of the day, the most money first.

    Formula: candidates are the quarter's forecast against quota (money: the gap); how the pipeline
    due this quarter changed in a week (the change); the region and the product family whose bookings
    moved most against the same dates, or months, a year ago (the move), those that sold on one side only
    among them; recurring revenue since the quarter's first day (twelve times the move). At most one of region
    and family is kept, the larger. The three of the most money are told.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    bundle : Bundle

    Returns
    -------
    Headlines
    """
    rows = [
        *_quarter(data, settings, bundle),
        *_change(data, settings),
        *max((list(_region(data, settings)), list(_family(data, settings))), key=_size),
        *_recurring(data, settings),
    ]
    schema = {"text": pl.String, "amount": pl.Float64, "cell": pl.String}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return Headlines(frame.sort("amount", descending=True, maintain_order=True))


Statement = tuple[str, float, str]


def _size(statements: list[Statement]) -> float:
    return statements[0][1] if statements else 0.0


def _quarter(data: Dataset, settings: Settings, bundle: Bundle) -> Iterator[Statement]:
    """Tell the forecast against quota."""
    current = outlook.current(data, settings, bundle)
    if not current.is_known:
        return
    row, unit = current.frame.row(-1, named=True), settings.currency
    heading = message("{window} forecast: {amount}", window=row["window"], amount=money(row["amount"], unit))
    reach = message("likely range {lower} to {upper}", lower=money(row["lower"], unit), upper=money(row["upper"], unit))
    if not row["quota_amount"]:
        yield message("{heading}; {reach}.", heading=heading, reach=reach), row["upper"] - row["lower"], QUARTER
        return
    gap = row["amount"] - row["quota_amount"]
    share = row["amount"] / row["quota_amount"]
    yield (
        message("{heading}, {share:.0f} % of quota; {reach}.", heading=heading, share=share * 100, reach=reach),
        abs(gap),
        QUARTER,
    )


def _change(data: Dataset, settings: Settings) -> Iterator[Statement]:
    """Tell how the pipeline due this quarter changed in a week, and what did most of it."""
    since = data.as_of - timedelta(days=7)
    week_flow = flow(data, settings, since, data.as_of, due="this quarter")
    moved = week_flow.amount("Closing") - week_flow.amount("Opening")
    top = week_flow.largest()
    if not moved or top is None:
        return
    word = "grew" if moved > 0 else "shrank"
    amount = money(abs(moved), settings.currency)
    most = money(abs(week_flow.amount(top)), settings.currency)
    label = quarter_label(data.as_of, settings)
    text = message(
        "The pipeline due in {label} {word} by {amount} in a week; the largest move was {move}.",
        label=label,
        word=word,
        amount=amount,
        move=joined(most, top.lower()),
    )
    yield text, abs(moved), CHANGE


def _region(data: Dataset, settings: Settings) -> Iterator[Statement]:
    """Tell the region whose bookings of the quarter moved most against the same dates of last year's."""
    booked, case = daily(data), windows.quarter_on_last_years(data.as_of, settings)
    now, then = (_by_region(booked, side) for side in (case.now, case.then))
    if then.is_empty():
        return
    both = now.join(then, on="region", how="full", coalesce=True, suffix="_then").fill_null(0.0)
    moved = both.with_columns(move=(pl.col("amount") - pl.col("amount_then")).round(2))
    row = moved.sort(pl.col("move").abs(), "region", descending=[True, False]).row(0, named=True)
    if not row["move"]:
        return
    word, label = "more" if row["move"] > 0 else "less", quarter_label(data.as_of, settings)
    other = "in all of the same quarter" if case.is_finished else "by the same day"
    text = message(
        "{region} has booked {amount} in {label}, {move} {word} than {other} last year, the largest "
        "move of any region.",
        region=row["region"],
        amount=money(row["amount"], settings.currency),
        label=label,
        move=money(abs(row["move"]), settings.currency),
        word=word,
        other=other,
    )
    yield text, abs(row["move"]), REGIONS


def _by_region(booked: pl.DataFrame, window: windows.Days) -> pl.DataFrame:
    rows = booked.filter(window.holds()).with_columns(pl.col("region").fill_null("No region"))
    return rows.group_by("region").agg(pl.col("amount").sum())


def _family(data: Dataset, settings: Settings) -> Iterator[Statement]:
    """Tell the product family whose bookings of twelve months moved most."""
    frame = by_region_and_family(data, settings).frame
    if not frame["earlier_amount"].drop_nulls().len():
        return
    sums = frame.group_by("family").agg(pl.col("amount").sum(), pl.col("earlier_amount").sum())
    sums = sums.with_columns(move=(pl.col("amount") - pl.col("earlier_amount")).round(2))
    row = sums.sort(pl.col("move").abs(), "family", descending=[True, False]).row(0, named=True)
    if not row["move"]:
        return
    word = "up" if row["move"] > 0 else "down"
    text = message(
        "{family} is {word} {move} vs the twelve months before, at {amount}: the largest move of any product family.",
        family=row["family"],
        word=word,
        move=money(abs(row["move"]), settings.currency),
        amount=money(row["amount"], settings.currency),
    )
    yield text, abs(row["move"]), FAMILIES


def _recurring(data: Dataset, settings: Settings) -> Iterator[Statement]:
    """Tell what recurring revenue a year gained or lost since the quarter began: the first day's own is no gain."""
    begin = quarter_start(data.as_of, settings)
    if not data.has("subscriptions"):
        return
    moved = 12 * (mrr_at(data, data.as_of) - mrr_at(data, begin))
    if not moved:
        return
    word = "up" if moved > 0 else "down"
    label = quarter_label(data.as_of, settings)
    amount = money(abs(moved), settings.currency)
    yield (
        message("ARR is {word} {amount} since {label} began.", word=word, amount=amount, label=label),
        abs(moved),
        TODAY,
    )
