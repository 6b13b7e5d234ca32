"""Weekly revenue: the monthly forecast laid over the days of each month, so that weeks and months agree."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import numpy as np
import polars as pl

from core import marts
from core.config import Settings, windows
from core.config.calendar import add_months
from core.contracts import Dataset
from core.contracts.amount_visibility import needs_amounts
from core.contracts.errors import ModelError
from core.localization import message
from core.marts.exact import exact_sum
from core.metrics import money, percent
from core.models.bundle import Bundle
from core.models.revenue import forecast
from core.models.revenue.panel_forecaster import quantile, rising

LEARNT_MONTHS = 24
EVEN_MONTHS = 6
SHOWN_WEEKS = 52


@dataclass(frozen=True)
class Weeks:
    """Weekly revenue, past and forecast.

    Attributes
    ----------
    frame : pl.DataFrame
        [week, amount, lower, upper, billed_amount, is_forecast], week being its Monday; amount is what was billed
        less refunds, or what is expected; billed_amount is the part of a running week already billed; no range
        for past weeks.
    coverage : float or None
        Share of replayed weeks in their range; null where the history is too short.
    error_rate, plain_error_rate : float or None
        Sum of misses over sum of revenue in replayed weeks: of this forecast a month ahead, and of saying the mean
        of the last 13 weeks.
    """

    frame: pl.DataFrame
    coverage: float | None
    n_replayed: int
    error_rate: float | None
    plain_error_rate: float | None
    currency: str
    rate: float

    def sentence(self) -> str:
        """Say what comes in this week and next, and how such ranges held."""
        ahead = self.frame.filter("is_forecast")
        if ahead.height < 2:
            return "There is no revenue to forecast from."
        now, after = ahead.row(0, named=True), ahead.row(1, named=True)
        text = message(
            "Week of {day} {week:%B}: {amount}{billed}. Week of {day_2} {week_2:%B}: {amount_2}, "
            "likely range {lower} to {upper}.",
            day=now["week"].day,
            week=now["week"],
            amount=money(now["amount"], self.currency),
            billed=self._billed(now),
            day_2=after["week"].day,
            week_2=after["week"],
            amount_2=money(after["amount"], self.currency),
            lower=money(after["lower"], self.currency),
            upper=money(after["upper"], self.currency),
        )
        if self.coverage is None or self.error_rate is None or self.plain_error_rate is None:
            return text + " The history is too short to check such ranges."
        return message(
            "{text} Track record: {coverage} of {n_replayed} past weeks were in their range; the "
            "typical miss is {error_rate} of revenue ({plain_error_rate} if the average of the weeks "
            "before were used).",
            text=text,
            coverage=percent(self.coverage),
            n_replayed=self.n_replayed,
            error_rate=percent(self.error_rate),
            plain_error_rate=percent(self.plain_error_rate),
        )

    def _billed(self, row: dict[str, object]) -> str:
        billed = row["billed_amount"]
        return (
            message(", {billed} of it invoiced", billed=money(billed, self.currency))
            if isinstance(billed, float) and billed
            else ""
        )


@needs_amounts
def weekly(dataset: Dataset, settings: Settings, bundle: Bundle) -> Weeks:
    """Weekly revenue forecast with its likely range, in line with the monthly one.

    Each month's forecast (`revenue`) is laid over its days by how billing less refunds was spread over the days
    of the last 24 months: by day of the month, times day of the week, mixed with six months of an even spread. Days
    gone by count as billed. The range holds the set share of the misses of past weeks, forecast in the same way
    from the months before them as many months ahead.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
        `models.interval_rate` sets the range.
    bundle : Bundle

    Returns
    -------
    Weeks

    Raises
    ------
    ModelError
        When there is no complete month of revenue.
    """
    whole = forecast.revenue(dataset, settings, bundle)
    days = daily(dataset)
    ahead = whole.frame.filter("is_forecast").sort("month")
    spread = profile(days, windows.running_month(dataset.as_of))
    by_day = laid(list(ahead.select("month", "amount").iter_rows()), spread)
    future = by_day.filter(pl.col("day") > dataset.as_of)
    begin = dataset.as_of - timedelta(days=dataset.as_of.weekday())
    gone = days.filter(pl.col("day") <= dataset.as_of)
    past = _by_week(gone.filter(pl.col("day") < begin)).with_columns(is_forecast=pl.lit(value=False)).tail(SHOWN_WEEKS)
    billed = _by_week(gone.filter(pl.col("day") >= begin)).rename({"amount": "billed_amount"})
    coming = _by_week(future).join(billed, on="week", how="full", coalesce=True).sort("week")
    coming = coming.with_columns(pl.sum_horizontal(pl.col("amount", "billed_amount").fill_null(0.0)).alias("amount"))
    replays = _replayed_weeks(whole.replays, days)
    width = _widths(replays, settings, ahead.height)
    months = [(week + timedelta(days=3)) for week in coming["week"]]
    months_ahead = [max(0, min(len(width) - 1, forecast.months_apart(dataset.as_of, day))) for day in months]
    half = pl.Series([width[k] if width else None for k in months_ahead], dtype=pl.Float64)
    least = whole.frame.filter(~pl.col("is_forecast"))["amount"].min()
    floor = 0.0 if isinstance(least, float) and least >= 0 else float("-inf")
    coming = coming.with_columns(
        lower=pl.max_horizontal(pl.col("amount") - half, pl.col("billed_amount").fill_null(floor), pl.lit(floor)),
        upper=pl.col("amount") + half,
        is_forecast=pl.lit(value=True),
    )
    last = add_months(ahead["month"][-1], 1)
    coming = coming.filter(pl.col("week") + pl.duration(days=6) < last)
    return _weeks(pl.concat([past, coming], how="diagonal"), replays, width, days, settings)


def daily(dataset: Dataset) -> pl.DataFrame:
    """Return revenue [day, amount] by day, from the first day to `as_of`, 0 where nothing was billed."""
    lines = marts.of(dataset).bookings_daily.filter(pl.col("kind").is_in(["billing", "refund"]))
    sums = lines.group_by(day=pl.col("booked_on")).agg(exact_sum("amount")).sort("day")
    if sums.is_empty():
        raise ModelError("There is no revenue to forecast from.", mend="Load transactions of kind billing.")
    every = pl.DataFrame({"day": pl.date_range(sums["day"][0], dataset.as_of, eager=True)})
    return every.join(sums, on="day", how="left").with_columns(pl.col("amount").fill_null(0.0))


def profile(days: pl.DataFrame, before: date) -> tuple[np.ndarray, np.ndarray]:
    """Return the weight of each day of the month (31) and of the week (7), from the 24 months before a day.

    Parameters
    ----------
    days : pl.DataFrame
        [day, amount], every day.
    before : date
        The first day of a month.

    Returns
    -------
    tuple of ndarray
        Shares of a month by day of the month, mixed with six months of an even spread; and by day of the week how
        much above (more than 1) or below what the days of the month alone would give. A month whose revenue is
        not above 0 does not count.
    """
    recent = days.filter((pl.col("day") < before) & (pl.col("day") >= add_months(before, -LEARNT_MONTHS)))
    month = pl.col("day").dt.truncate("1mo")
    shares = (
        recent.with_columns(total=exact_sum("amount").over(month), length=pl.len().over(month))
        .filter(pl.col("total") > 0)
        .with_columns(share=pl.col("amount") / pl.col("total"), dom=pl.col("day").dt.day() - 1)
    )
    own, n = np.zeros(31), np.zeros(31)
    day_index = shares["dom"].to_numpy().astype(int)
    np.add.at(own, day_index, shares["share"].to_numpy())
    np.add.at(n, day_index, 1.0)
    of_month = np.maximum((own + EVEN_MONTHS / 30.4) / (n + EVEN_MONTHS), 0.0)
    week = shares["day"].dt.weekday().to_numpy().astype(int) - 1
    got, expected = np.zeros(7), np.zeros(7)
    np.add.at(got, week, shares["share"].to_numpy())
    np.add.at(expected, week, of_month[day_index])
    even = EVEN_MONTHS / 7
    return of_month, np.maximum((got + even) / (expected + even), 0.0)


def laid(months: list[tuple[date, float]], spread: tuple[np.ndarray, np.ndarray]) -> pl.DataFrame:
    """Lay each month's amount over its days: [day, amount], summing to the month."""
    parts = []
    for month, amount in months:
        every = pl.date_range(month, add_months(month, 1), "1d", closed="left", eager=True).alias("day")
        weight = spread[0][every.dt.day().to_numpy() - 1] * spread[1][every.dt.weekday().to_numpy() - 1]
        weight = weight / weight.sum() if weight.sum() > 0 else np.full(len(every), 1 / len(every))
        parts.append(pl.DataFrame({"day": every, "amount": amount * weight}))
    return pl.concat(parts) if parts else pl.DataFrame(schema={"day": pl.Date, "amount": pl.Float64})


def _by_week(days: pl.DataFrame) -> pl.DataFrame:
    return days.group_by(week=pl.col("day").dt.truncate("1w")).agg(exact_sum("amount")).sort("week")


def _replayed_weeks(replays: pl.DataFrame, days: pl.DataFrame) -> pl.DataFrame:
    """Return replayed weeks [week, ahead, amount, actual], each from months forecast so many months before."""
    parts = []
    spread = cache(lambda month: profile(days, month))
    for key, rows in replays.group_by("ahead", maintain_order=True) if replays.height else []:
        ahead = int(str(key[0]))
        by_day = pl.concat(
            [
                laid([(month, amount)], spread(add_months(month, 1 - ahead)))
                for month, amount in rows.sort("month").select("month", "amount").iter_rows()
            ]
        )
        both = by_day.join(days.rename({"amount": "actual"}), on="day")
        weeks = both.group_by(week=pl.col("day").dt.truncate("1w")).agg(
            exact_sum("amount"), exact_sum("actual"), n=pl.len()
        )
        parts.append(weeks.filter(pl.col("n") == 7).drop("n").with_columns(ahead=pl.lit(ahead)))
    return pl.concat(parts).sort("ahead", "week") if parts else pl.DataFrame()


def _widths(replays: pl.DataFrame, settings: Settings, h: int) -> list[float]:
    """Return half the range of a week by months ahead; none where the history is too short."""
    if replays.is_empty():
        return []
    misses = replays.with_columns(miss=(pl.col("actual") - pl.col("amount")).abs())
    widths = [
        quantile(misses.filter(pl.col("ahead") == k)["miss"].to_numpy(), settings.models.interval_rate)
        for k in range(1, h + 1)
    ]
    return [] if widths[0] is None else rising(widths, h).tolist()


def _weeks(
    frame: pl.DataFrame, replays: pl.DataFrame, width: list[float], days: pl.DataFrame, settings: Settings
) -> Weeks:
    names = ["week", "amount", "lower", "upper", "billed_amount", "is_forecast"]
    shown = frame.select(names)
    rate = settings.models.interval_rate
    near = replays.filter(pl.col("ahead") == 1) if replays.height else replays
    total = float(near["actual"].abs().sum()) if near.height else 0.0
    if not width or not total:
        return Weeks(shown, None, 0, None, None, settings.currency, rate)
    usual = _by_week(days).with_columns(usual=pl.col("amount").rolling_mean(13).shift(5)).select("week", "usual")
    both = near.join(usual, on="week", how="left")
    inside = _inside(near["actual"].to_numpy() - near["amount"].to_numpy(), rate)
    return Weeks(
        shown,
        inside,
        near.height,
        float((both["actual"] - both["amount"]).abs().sum()) / total,
        float((both["actual"] - both["usual"]).abs().sum()) / total,
        settings.currency,
        rate,
    )


def _inside(misses: np.ndarray, rate: float) -> float:
    """Return the share of weeks inside a range made of all other weeks' misses."""
    size = np.abs(misses)
    is_inside = [size[i] <= (quantile(np.delete(size, i), rate) or 0.0) for i in range(len(size))]
    return float(np.mean(is_inside))
