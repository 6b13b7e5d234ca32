"""Deals to come: how many are created where, how large, how many of them are won and how soon."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import polars as pl

from core import marts
from core.artifacts import remembered
from core.config import Settings, windows
from core.config.calendar import quarter_end
from core.config.stages import is_open
from core.contracts import Dataset
from core.contracts.amount_visibility import needs_amounts
from core.contracts.constants import NOT_KNOWN
from core.contracts.errors import ModelError, closest
from core.localization import message
from core.marts.exact import exact_mean, exact_sum
from core.metrics import money, percent
from core.models.close.late_arrivals import in_past_quarters

PARTS = {"lead_source": "Source", "segment": "Segment", "region": "Region", "opportunity_type": "Type"}
AGES = tuple(range(0, 361, 15))
YEAR, LOOK_BACK_DAYS = 365, 1_095
PRIOR_DEALS, PRIOR_QUARTERS = 40, 2
MARK_DAYS = 180


@dataclass(frozen=True)
class Arrivals:
    """New deals by source, segment, region or type, and what they will add.

    Attributes
    ----------
    frame : pl.DataFrame
        [part, n_created, monthly_count, change_rate, mean_amount, won_rate, expected_amount, share_rate],
        one row per part, what adds most first. Counts are of the last 365 days, change_rate against the
        365 before (null without any), mean_amount of the deals won of the last three years (null without any),
        won_rate the share won within 180 days, expected_amount what deals not yet created add by the
        end of the window.
    curves : pl.DataFrame
        [part, age_days, won_rate], the share won by each age, in steps of 15 days to 360.
    by : str
        The column that was split by.
    days : int
        Days of the window.
    """

    frame: pl.DataFrame
    curves: pl.DataFrame
    by: str
    days: int
    currency: str

    @property
    def value(self) -> float | None:
        """Return what deals to come add in all; None without any created in the last year."""
        return float(self.frame["expected_amount"].sum()) if self.frame.height else None

    def sentence(self) -> str:
        """Say what deals to come add, and which part adds most."""
        if self.value is None:
            return "No deal was created in the last year, so none is expected."
        count = float(self.frame["monthly_count"].sum())
        text = message(
            "About {count:,.0f} new deals are created a month; those still to come add {amount} within {days} days.",
            count=count,
            amount=money(self.value, self.currency),
            days=self.days,
        )
        top = self.frame.row(0, named=True)
        if self.frame.height == 1 or not self.value:
            return text
        size = (
            message(", {mean_amount} each when won", mean_amount=money(top["mean_amount"], self.currency))
            if top["mean_amount"] is not None
            else ""
        )
        return message(
            "{text} Most comes from {part} ({share_rate}): {monthly_count:,.0f} a month, {won_rate} "
            "of them won in {mark_days} days{size}.",
            text=text,
            part=top["part"],
            share_rate=percent(top["share_rate"]),
            monthly_count=top["monthly_count"],
            won_rate=percent(top["won_rate"]),
            mark_days=MARK_DAYS,
            size=size,
        )


@needs_amounts
def arrivals(dataset: Dataset, settings: Settings, by: str = "lead_source", days: int | None = None) -> Arrivals:
    """What deals not yet created will add, by source, segment, region or type.

    In all it is the part "create-and-close" of the forecast above: deals created per day over the last
    year × the share of them won by each age × the amount won. Each part is worked out alike from its own
    deals, mixed with 40 deals like all others so that a few do not decide; the parts are then scaled
    to sum to the whole. The curve is the share won by each age among the deals of the last three years,
    deals still open counted for as long as they were watched (Aalen-Johansen, lost deals leave).

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    by : {"lead_source", "segment", "region", "opportunity_type"}
    days : int, optional
        Default to the end of the running quarter.

    Returns
    -------
    Arrivals

    Raises
    ------
    ModelError
        When deals cannot be split by such a column.
    """
    if by not in PARTS:
        raise ModelError(
            message("New deals cannot be split by {by}.", by=by),
            mend=message("Did you mean {closest}?", closest=closest(by, list(PARTS))),
        )
    as_of = dataset.as_of
    ahead = (quarter_end(as_of, settings) - as_of).days if days is None else days
    deals = _parted(dataset, settings, by)
    year = deals.filter(pl.col("created_on") > as_of - timedelta(days=YEAR))
    if year.is_empty():
        return Arrivals(pl.DataFrame(schema=_SHAPE), pl.DataFrame(), by, ahead, settings.currency)
    whole, _ = worth(deals, as_of, ahead, settings)
    parts = _counted(deals, as_of).join(_sized(deals, as_of), on="part", how="left")
    names, usual = parts["part"], _cumulative(deals, as_of)[1]
    curves = pl.concat([won_by_age(deals.filter(pl.col("part") == part), as_of, part, usual) for part in names])
    mark = curves.filter(pl.col("age_days") == MARK_DAYS).select("part", "won_rate")
    typical = _per_deal(deals, as_of, ahead)
    each = pl.DataFrame({"part": names, "each": [_each(deals, part, as_of, ahead, typical) for part in names]})
    table = (
        parts.join(mark, on="part")
        .join(each, on="part")
        .sort("part")
        .with_columns(raw=pl.col("each") * pl.col("n_created"))
    )
    total = float(table["raw"].sum())
    share = pl.col("raw") / total if total > 0 else pl.lit(None, dtype=pl.Float64)
    table = table.with_columns(share_rate=share).with_columns(
        expected_amount=pl.col("share_rate").fill_null(0.0) * whole
    )
    table = table.select(*_SHAPE).sort("expected_amount", "n_created", "part", descending=[True, True, False])
    return Arrivals(table, curves, by, ahead, settings.currency)


_SHAPE = {
    "part": pl.String,
    "n_created": pl.Int64,
    "monthly_count": pl.Float64,
    "change_rate": pl.Float64,
    "mean_amount": pl.Float64,
    "won_rate": pl.Float64,
    "expected_amount": pl.Float64,
    "share_rate": pl.Float64,
}


def tracks(dataset: Dataset, settings: Settings) -> pl.DataFrame:
    """Return every deal's states with how it ended, from history where there is one.

    A deal that was never open on any day, closed on the day it was created, has a state of no length.
    """
    deals = dataset.opportunities.filter(pl.col("created_on").is_not_null())
    segments = dataset.accounts.select("account_id", "segment")
    ends = deals.join(segments, on="account_id", how="left").select(
        "opportunity_id",
        "created_on",
        pl.col("segment").fill_null(NOT_KNOWN),
        ended_on=pl.when(pl.col("is_closed")).then(pl.col("close_on")),
        is_won="is_won",
        end_amount="amount",
    )
    tables = marts.of(dataset)
    if not tables.has("opportunity_history"):
        states = deals.select(
            "opportunity_id",
            valid_from="created_on",
            valid_to=pl.when(pl.col("is_closed")).then(pl.col("close_on")),
            stage=pl.lit("Open"),
            amount="amount",
            close_on=pl.when(~pl.col("is_closed")).then(pl.col("close_on")),
        )
    else:
        history = tables.deal_states.filter(is_open(settings))
        states = history.select("opportunity_id", "valid_from", "valid_to", "stage", "amount", "close_on")
        states = pl.concat([states, _never_open(deals, states)], how="vertical_relaxed", rechunk=True)
    return states.join(ends, on="opportunity_id", maintain_order="left").filter(pl.col("valid_from") <= dataset.as_of)


def _never_open(deals: pl.DataFrame, states: pl.DataFrame) -> pl.DataFrame:
    """Return a state of no length for each closed deal that the history never shows open."""
    closed = deals.filter("is_closed").join(states, on="opportunity_id", how="anti", maintain_order="left")
    return closed.select(
        "opportunity_id",
        valid_from="close_on",
        valid_to="close_on",
        stage=pl.lit("Open"),
        amount="amount",
        close_on="close_on",
    )


def worth(history: pl.DataFrame, as_of: date, days: int, settings: Settings | None = None) -> tuple[float, float]:
    """Return expectation and variance of what deals created after `as_of` will win within `days`.

    Parameters
    ----------
    history : pl.DataFrame
        [opportunity_id, created_on, ended_on, is_won, end_amount], one or more rows per deal.
    as_of : date
    days : int
    settings : Settings, optional
        With it, deals to come follow the calendar they land in: what deals created as late in past quarters won in as
        many days counts beside the even spread, which has the weight of two quarters.
    """
    if days <= 0:
        return 0.0, 0.0
    once = history.unique("opportunity_id", keep="first", maintain_order=True)
    mean, square = _evenly(once.filter(windows.last_days(as_of, YEAR).holds("created_on")), as_of, days)
    if settings is None:
        return mean, square
    n, late_mean, late_square = in_past_quarters(once, as_of, days, settings)
    share = n / (n + PRIOR_QUARTERS)
    return share * late_mean + (1 - share) * mean, share * late_square + (1 - share) * square


def _evenly(deals: pl.DataFrame, as_of: date, days: int) -> tuple[float, float]:
    """Spread what deals of the last year won by each age evenly over the days to come."""
    age = pl.col("ended_on") - pl.col("created_on")
    seen = pl.col("is_won") & (pl.col("ended_on") <= as_of) & (age <= timedelta(days=days))
    observed = deals.filter(pl.col("created_on") <= as_of - timedelta(days=days))
    won = observed.filter(seen).with_columns(left=(days - age.dt.total_days()).clip(0))
    if not observed.height:
        return 0.0, 0.0
    per_day = deals.height / YEAR / observed.height
    mean = won.select(exact_sum(pl.col("left") * pl.col("end_amount"))).item()
    square = won.select(exact_sum(pl.col("left") * pl.col("end_amount") ** 2)).item()
    return float(mean) * per_day, float(square) * per_day


def _parted(dataset: Dataset, settings: Settings, by: str) -> pl.DataFrame:
    """Return one row per deal known on the day: the part it belongs to, how and when it ended."""
    places = dataset.accounts.select("account_id", "segment", "region")
    named = dataset.opportunities.select("opportunity_id", "account_id", "lead_source", "opportunity_type")
    if by in places.columns:
        named = named.join(places, on="account_id", how="left")
    part = pl.col(by).cast(pl.String).fill_null(NOT_KNOWN).alias("part")
    return _created_deals(dataset, settings).join(
        named.select("opportunity_id", part), on="opportunity_id", how="left", maintain_order="left"
    )


@remembered(2)
def _created_deals(dataset: Dataset, settings: Settings) -> pl.DataFrame:
    """Return one row per deal created by the day, with how and when it ended, kept for every way to split them."""
    once = tracks(dataset, settings).unique("opportunity_id", keep="first", maintain_order=True)
    created = once.filter(pl.col("created_on") <= dataset.as_of)
    return created.select("opportunity_id", "created_on", "ended_on", "is_won", "end_amount")


def _counted(deals: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Count the deals of the last year and the year before by part; parts without any lately are left out."""
    age = (pl.lit(as_of) - pl.col("created_on")).dt.total_days()
    counts = deals.group_by("part").agg(
        n_created=(age < YEAR).sum().cast(pl.Int64), n_before=((age >= YEAR) & (age < 2 * YEAR)).sum().cast(pl.Int64)
    )
    before = pl.when(pl.col("n_before") > 0).then(pl.col("n_before"))
    return (
        counts.filter(pl.col("n_created") > 0)
        .sort("part")
        .select(
            "part",
            "n_created",
            monthly_count=pl.col("n_created") / 12,
            change_rate=pl.col("n_created") / before - 1,
        )
    )


def _sized(deals: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Return the mean amount of the deals won of each part over the last three years."""
    won = deals.filter(
        pl.col("is_won") & (pl.col("ended_on") <= as_of) & (pl.col("ended_on") > as_of - timedelta(days=LOOK_BACK_DAYS))
    )
    return won.group_by("part").agg(mean_amount=exact_mean("end_amount"))


def _each(deals: pl.DataFrame, part: str, as_of: date, days: int, typical: float) -> float:
    """Return what one deal of a part is worth on average by the end of the window, shrunk toward a typical one."""
    own = deals.filter(pl.col("part") == part)
    old = windows.Days(windows.last_days(as_of, YEAR).begin, as_of - timedelta(days=days - 1))
    n = own.filter(old.holds("created_on")).height
    return (n * _per_deal(own, as_of, days) + PRIOR_DEALS * typical) / (n + PRIOR_DEALS)


def _per_deal(deals: pl.DataFrame, as_of: date, days: int) -> float:
    n = deals.filter(windows.last_days(as_of, YEAR).holds("created_on")).height
    return worth(deals, as_of, days)[0] / n if n else 0.0


def won_by_age(deals: pl.DataFrame, as_of: date, part: str, usual: np.ndarray | None = None) -> pl.DataFrame:
    """Return the share won by each age, deals still open counted for as long as they were watched.

    Parameters
    ----------
    deals : pl.DataFrame
        [created_on, ended_on, is_won].
    as_of : date
    part : str
        Its name.
    usual : ndarray, optional
        The shares of all deals; the part's are mixed with them as if 40 of all deals belonged to it.

    Returns
    -------
    pl.DataFrame
        [part, age_days, won_rate]; not falling with age.
    """
    n, own = _cumulative(deals, as_of)
    if usual is not None:
        own = (n * own + PRIOR_DEALS * usual) / (n + PRIOR_DEALS)
    return pl.DataFrame({"part": [part] * len(AGES), "age_days": AGES, "won_rate": own})


def _cumulative(deals: pl.DataFrame, as_of: date) -> tuple[int, np.ndarray]:
    recent = deals.filter(pl.col("created_on") > as_of - timedelta(days=LOOK_BACK_DAYS))
    created = pl.col("created_on")
    age = (pl.col("ended_on") - created).dt.total_days().clip(0).fill_null(10**6)
    watched = (pl.lit(as_of) - created).dt.total_days()
    rows = recent.select(end=pl.when(age <= watched).then(age).otherwise(10**6), watched=watched, won="is_won")
    end, seen, won = rows["end"].to_numpy(), rows["watched"].to_numpy(), rows["won"].to_numpy().astype(bool)
    alive, share, out = 1.0, 0.0, [0.0]
    for low, high in pairwise(AGES):
        risk = (seen >= high) & ((end > low) if low else (end >= 0))
        n, ended = int(risk.sum()), risk & (end <= high)
        if n:
            share += alive * int((ended & won).sum()) / n
            alive *= 1 - int(ended.sum()) / n
        out.append(share)
    return recent.height, np.asarray(out)
