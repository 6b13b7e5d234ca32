"""The months behind and the months ahead on one line: actual, forecast with its range, target."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import polars as pl

from core import marts
from core.config import Settings, windows
from core.config.calendar import add_months, quarter_start
from core.contracts import Dataset
from core.contracts.errors import ContractError
from core.localization import joined, message
from core.metrics import bookings, pipeline
from core.metrics.attainment import quota_of_reps
from core.metrics.measure import counted, money
from core.models.revenue import forecast
from core.scenarios.engine import expectation

if TYPE_CHECKING:
    from core.models.bundle import Bundle

MEASURES = ("Revenue", "Bookings")
KINDS = {"Revenue": ("billing", "refund"), "Bookings": ("booking",)}
BACK, AHEAD = 18, 6
SHAPE = {
    "month": pl.Date,
    "amount": pl.Float64,
    "lower": pl.Float64,
    "upper": pl.Float64,
    "is_forecast": pl.Boolean,
    "so_far_amount": pl.Float64,
    "target_amount": pl.Float64,
}


@dataclass(frozen=True)
class Trend:
    """A measure month by month, past and to come.

    Attributes
    ----------
    frame : pl.DataFrame
        [month, amount, lower, upper, is_forecast, so_far_amount, target_amount]; no range for past months.
        The running month is a forecast of the whole month, with what has come so far beside it.
    """

    measure: str
    frame: pl.DataFrame
    currency: str
    record: str = ""

    def sentence(self) -> str:
        """Say the running month, the last month ahead with its range, and the change on the same month a year ago."""
        ahead = self.frame.filter("is_forecast")
        if ahead.is_empty():
            return message("There is nothing to forecast {measure} from.", measure=self.measure.lower())
        first, last = ahead.row(0, named=True), ahead.row(-1, named=True)
        reach = message(
            "likely range {lower} to {upper}",
            lower=money(last["lower"], self.currency),
            upper=money(last["upper"], self.currency),
        )
        now, then = (money(row["amount"], self.currency) for row in (first, last))
        text = message(
            "{measure} forecast: {now} in {month:%B %Y} ({so_far_amount} so far) and {then} in "
            "{month_2:%B %Y} ({reach}",
            measure=self.measure,
            now=now,
            month=first["month"],
            so_far_amount=money(first["so_far_amount"], self.currency),
            then=then,
            month_2=last["month"],
            reach=reach,
        )
        before = self.frame.filter(pl.col("month") == add_months(last["month"], -12))["amount"].to_list()
        if before and before[0] and before[0] > 0:
            text += message("; last year {before}", before=money(before[0], self.currency))
        text += ")"
        missed = ahead.filter(pl.col("target_amount").is_not_null() & (pl.col("amount") < pl.col("target_amount")))
        aimed = ahead["target_amount"].drop_nulls().len()
        fall = "falls" if missed.height == 1 else "fall"
        text += (
            message(
                ". {height} of the {months} ahead {fall} short of target.",
                height=missed.height,
                months=counted(aimed, "month"),
                fall=fall,
            )
            if aimed
            else "."
        )
        return joined(text, self.record).strip()


def measures(data: Dataset) -> list[str]:
    """Return what a trend can be drawn of: revenue where invoices were loaded, and bookings."""
    kinds = set(marts.of(data).bookings_daily["kind"].unique())
    return [name for name in MEASURES if name == "Bookings" or kinds & set(KINDS[name])]


def trend(data: Dataset, settings: Settings, bundle: Bundle, measure: str = "Revenue") -> Trend:
    """The last eighteen months and the forecast with its likely range.

    Revenue ahead is `forecast.revenue`: the running month and as many after it as the settings say.
    Bookings ahead, the running month and five more, are those of the scenario page with no lever moved: what
    is closed, open deals by their chance, and deals to come. The target of a month is a third of the reps'
    quota of its quarter; revenue has none.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    bundle : Bundle
        The company's models.
    measure : {"Revenue", "Bookings"}

    Returns
    -------
    Trend

    Raises
    ------
    ContractError
        When there is no such measure.
    ModelError
        When there is no complete month of revenue to forecast from.
    """
    if measure not in MEASURES:
        raise ContractError(
            message("There is no trend of {measure!r}.", measure=measure),
            mend=message("Known: {measures}.", measures=", ".join(MEASURES)),
        )
    running, record = windows.running_month(data.as_of), ""
    actual = bookings.monthly(data, KINDS[measure], settings)
    if measure == "Revenue":
        revenue = forecast.revenue(data, settings, bundle)
        ahead = revenue.frame.filter("is_forecast")
        if revenue.coverage is not None:
            record = message(
                "Track record: {coverage:.0f} % of {n_replayed} past months were in their range.",
                coverage=revenue.coverage * 100,
                n_replayed=revenue.n_replayed,
            )
    else:
        ahead = expectation.start(data, settings, bundle).by_month.filter(pl.col("month") >= running).head(AHEAD)
    ahead = ahead.filter(pl.col("month") >= running).select("month", "amount", "lower", "upper", is_forecast=True)
    past = actual.filter(pl.col("month") < running).tail(BACK).with_columns(is_forecast=False)
    so_far = actual.filter(pl.col("month") == running).select("month", so_far_amount="amount")
    if past.is_empty() and not ahead["amount"].sum():
        return Trend(measure, pl.DataFrame(schema=SHAPE), settings.currency)
    frame = pl.concat([past, ahead], how="diagonal").join(so_far, on="month", how="left")
    frame = frame.with_columns(
        so_far_amount=pl.when(pl.col("month") == running).then(pl.col("so_far_amount").fill_null(0.0)),
        target_amount=pl.Series(_targets(frame, data, settings, measure), dtype=pl.Float64),
    )
    return Trend(measure, frame.select(list(SHAPE)).cast(SHAPE), settings.currency, record)  # type: ignore[arg-type]


def _targets(frame: pl.DataFrame, data: Dataset, settings: Settings, measure: str) -> list[float | None]:
    """Return a third of the quota of each month's quarter; None without one, and for revenue."""
    if measure != "Bookings":
        return [None] * frame.height
    begins = [quarter_start(month, settings) for month in frame["month"]]
    quotas = {begin: quota_of_reps(data, begin) for begin in set(begins)}
    return [quotas[begin] / 3 if quotas[begin] > 0 else None for begin in begins]


@dataclass(frozen=True)
class Behind:
    """What stands behind one month of a trend, and what it is."""

    frame: pl.DataFrame
    text: str

    def sentence(self) -> str:
        """Say what the rows are."""
        return self.text


def behind(data: Dataset, settings: Settings, bundle: Bundle, measure: str, month: str) -> Behind:
    """Return what stands behind a month: its lines, the latest first; ahead, what the forecast rests on.

    For a month of bookings ahead these are the open deals expected to close in it, for one of revenue the
    regions' forecasts, which add up to the whole.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    bundle : Bundle
        The company's models.
    measure : {"Revenue", "Bookings"}
    month : str
        Its first day, as YYYY-MM-DD.
    """
    begin = date.fromisoformat(month)
    end = add_months(begin, 1) - timedelta(days=1)
    if begin <= data.as_of:
        lines = bookings.dated(data, begin, end, KINDS[measure])
        n_lines = bookings.n_lines(data, begin, end, KINDS[measure])
        return Behind(lines, message("{lines} in {begin:%B %Y}", lines=counted(n_lines, "line"), begin=begin))
    if measure == "Revenue":
        parts = forecast.revenue(data, settings, bundle).parts
        rows = parts.filter(pl.col("month") == begin).select(pl.col("unit").alias("region"), "amount", "lower", "upper")
        return Behind(
            rows, message("Forecast of {begin:%B %Y} by region; the amounts add up to the total.", begin=begin)
        )
    due = pipeline.deals(data, settings).filter(pl.col("close_on").is_between(begin, end))
    return Behind(
        due,
        message(
            "{opens} expected to close in {begin:%B %Y}, not won yet",
            opens=counted(due.height, "open deal"),
            begin=begin,
        ),
    )
