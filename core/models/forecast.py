"""Monthly revenue for the next months, with a range that has been measured on past months."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from core.config import Settings
from core.config.calendar import add_months, month_start
from core.contracts import Dataset
from core.contracts.errors import ModelError
from core.models.panel import RevenueForecaster


def monthly_revenue(dataset: Dataset, by: str | None = None) -> pl.DataFrame:
    """Return revenue [unit, month, amount] of complete months: billing less refunds.

    Parameters
    ----------
    dataset : Dataset
    by : str, optional
        A column of transactions to split by, as "region"; default one unit, "All".
    """
    unit = pl.lit("All") if by is None else pl.col(by).fill_null("Not known")
    lines = dataset.transactions.filter(
        pl.col("kind").is_in(["billing", "refund"]) & (pl.col("booked_on") < month_start(dataset.as_of))
    )
    month = pl.col("booked_on").dt.truncate("1mo")
    return lines.group_by(unit=unit, month=month).agg(pl.col("amount").sum()).sort("unit", "month")


def replay(frame: pl.DataFrame, settings: Settings, months: int = 24, h: int = 1) -> pl.DataFrame:
    """Forecast past months as they would have been forecast then.

    Returns
    -------
    pl.DataFrame
        [unit, month, amount, lower, upper, actual, is_inside], for the last `months` months, each
        forecast `h` months ahead from earlier months only.
    """
    model = RevenueForecaster(settings).fit(frame)
    last = max(model.last_months_)
    parts = []
    for place, (unit, own_last) in enumerate(zip(model.units_, model.last_months_, strict=True)):
        n = len(model.series_[place])
        for back in range(h, min(months + h, n)):
            if own_last != last:
                continue
            middle, width = model.ahead(h, back)
            amount, half = float(middle[place, h - 1]), float(width[place, h - 1])
            actual = float(model.series_[place][n - back + h - 1])
            parts.append((unit, add_months(own_last, h - back), amount, amount - half, amount + half, actual))
    if not parts:
        raise ModelError("The history is too short to replay.", mend="Load more months of transactions.")
    shape = {"unit": pl.String, "month": pl.Date, **dict.fromkeys(("amount", "lower", "upper", "actual"), pl.Float64)}
    found = pl.DataFrame(parts, schema=shape, orient="row").sort("unit", "month")
    return found.with_columns(is_inside=pl.col("actual").is_between("lower", "upper"))


@dataclass(frozen=True)
class RevenueOutlook:
    """Monthly revenue, past and forecast.

    Attributes
    ----------
    frame : pl.DataFrame
        [month, amount, lower, upper, is_forecast]; no range for past months.
    """

    frame: pl.DataFrame
    currency: str
    rate: float
    coverage: float | None
    n_replayed: int

    def sentence(self) -> str:
        """Say next months' revenue, its range, and how past ranges held."""
        ahead = self.frame.filter("is_forecast")
        first, last = ahead.row(0, named=True), ahead.row(-1, named=True)
        text = (
            f"Revenue of {self.currency} {first['amount'] / 1e6:,.1f} M in {first['month']:%B %Y}, "
            f"and {self.currency} {last['amount'] / 1e6:,.1f} M in {last['month']:%B %Y}, "
            f"between {last['lower'] / 1e6:,.1f} and {last['upper'] / 1e6:,.1f} M in {self.rate * 100:.0f} % of cases."
        )
        if self.coverage is None:
            return text + " The history is too short to say how well such ranges held."
        return text + f" Of {self.n_replayed} past months, {self.coverage * 100:.0f} % fell in their range."


def revenue(dataset: Dataset, settings: Settings) -> RevenueOutlook:
    """Forecast monthly revenue with its range, and replay past months.

    Revenue is billing less refunds, in complete months. The forecast weighs the last value, drift,
    last year's season and LightGBM by their past errors; the range is the conformal quantile of
    the mix's own past errors. The running month is forecast as a whole.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
        `models.forecast_months` and `models.interval_rate` set length and range.

    Raises
    ------
    ModelError
        When there is no complete month of revenue.
    """
    past = monthly_revenue(dataset)
    ahead = RevenueForecaster(settings).fit(past).predict()
    coverage, n = None, 0
    if past.height > settings.models.min_months:
        held = replay(past, settings)
        coverage, n = float(held["is_inside"].cast(pl.Float64).mean()), held.height  # type: ignore[arg-type]
    frame = pl.concat([past.with_columns(is_forecast=False), ahead.with_columns(is_forecast=True)], how="diagonal")
    return RevenueOutlook(frame.drop("unit"), settings.currency, settings.models.interval_rate, coverage, n)
