"""Revenue by region, segment, family or team: forecasts of the parts that sum to that of the whole."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from core import marts
from core.config import Settings
from core.config.calendar import add_months
from core.contracts import Dataset
from core.contracts.amount_visibility import needs_amounts
from core.contracts.constants import NOT_KNOWN
from core.contracts.errors import ModelError, closest
from core.localization import message
from core.marts.exact import exact_sum
from core.metrics.measure import counted, money, percent
from core.models.bundle import Bundle
from core.models.revenue import forecast
from core.models.revenue.forecast import ALL
from core.models.revenue.panel_forecaster import RevenueForecaster, agreed

BY = {"region": "Region", "segment": "Segment", "family": "Product family", "team": "Team"}


@dataclass(frozen=True)
class Parts:
    """Monthly revenue of the parts, past and forecast.

    Attributes
    ----------
    frame : pl.DataFrame
        [unit, month, amount, lower, upper, is_forecast], the unit with most revenue ahead first; no range
        for past months.
    by : str
    """

    frame: pl.DataFrame
    by: str
    currency: str

    def sentence(self) -> str:
        """Say which part carries most of the months ahead, and which grows fastest on the same time last year."""
        ahead = self.frame.filter("is_forecast")
        if ahead.is_empty():
            return "There is no revenue to forecast from."
        sums = ahead.group_by("unit", maintain_order=True).agg(exact_sum("amount"))
        total, top = float(sums["amount"].sum()), sums.row(0, named=True)
        n = ahead["month"].n_unique()
        text = message(
            "{unit} is forecast at {amount} for the next {months}, {amount_2} of the total.",
            unit=top["unit"],
            amount=money(top["amount"], self.currency),
            months=counted(n, "month"),
            amount_2=percent(top["amount"] / total) if total else message("none"),
        )
        grown = self.growth().drop_nulls("growth_rate")
        if grown.height < 2:
            return text
        best, worst = grown.row(0, named=True), grown.row(-1, named=True)
        return message(
            "{text} Vs last year, {unit} grows most ({growth_rate}) and {unit_2} least ({growth_rate_2}).",
            text=text,
            unit=best["unit"],
            growth_rate=percent(best["growth_rate"], sign=True),
            unit_2=worst["unit"],
            growth_rate_2=percent(worst["growth_rate"], sign=True),
        )

    def table(self) -> pl.DataFrame:
        """Return [unit, a column per month ahead, growth_rate], the largest first."""
        ahead = self.frame.filter("is_forecast").with_columns(name=pl.col("month").dt.strftime("%B %Y"))
        if ahead.is_empty():
            return ahead.select("unit")
        wide = ahead.pivot("name", index="unit", values="amount", maintain_order=True)
        return wide.join(self.growth(), on="unit", how="left", maintain_order="left")

    def growth(self) -> pl.DataFrame:
        """Return [unit, growth_rate] of the months ahead on the same months a year ago, the fastest first."""
        ahead = self.frame.filter("is_forecast").with_columns(before=pl.col("month").dt.offset_by("-1y"))
        past = self.frame.filter(~pl.col("is_forecast")).select("unit", before="month", earlier="amount")
        both = (
            ahead.join(past, on=["unit", "before"], how="left")
            .group_by("unit", maintain_order=True)
            .agg(exact_sum("amount"), exact_sum("earlier"), n=pl.col("earlier").count(), months=pl.len())
        )
        is_complete = (pl.col("n") == pl.col("months")) & (pl.col("earlier") > 0)
        return both.select(
            "unit", growth_rate=pl.when(is_complete).then(pl.col("amount") / pl.col("earlier") - 1)
        ).sort("growth_rate", "unit", descending=[True, False], nulls_last=True)


@needs_amounts
def parts(dataset: Dataset, settings: Settings, bundle: Bundle, by: str = "region") -> Parts:
    """Monthly revenue forecast of each region, segment, product family or team; they add up to the total.

    Each part is forecast like the whole (`revenue`) from its own months, boosted trees over all of them; then the
    parts are changed as little as their own uncertainty allows so that they sum to the whole shown above (minimum
    trace with a diagonal covariance, the whole held fixed). A line counts for the segment of its account, the
    family of its product and the team in which its rep, else the owner of its account, is today.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    bundle : Bundle
    by : {"region", "segment", "family", "team"}

    Returns
    -------
    Parts

    Raises
    ------
    ModelError
        When revenue cannot be split by such a column, or there is no complete month of revenue.
    """
    if by not in BY:
        raise ModelError(
            message("Revenue cannot be split by {by}.", by=by),
            mend=message("Did you mean {closest}?", closest=closest(by, list(BY))),
        )
    whole = forecast.revenue(dataset, settings, bundle)
    if by == "region":
        return _sorted(whole.parts, by, settings)
    return _sorted(_forecast(placed(dataset, by), whole.frame, settings), by, settings)


def placed(dataset: Dataset, by: str) -> pl.DataFrame:
    """Return monthly revenue [unit, month, amount] of complete months by a column that may lie beside the lines."""
    lines = marts.of(dataset).revenue_months
    if by == "family":
        lines = lines.join(dataset.products.select("product_id", "family"), on="product_id", how="left")
    elif by == "team":
        today = dataset.sales_team.filter(pl.col("valid_from") <= dataset.as_of).sort("valid_from")
        teams = today.unique("rep_id", keep="last").select("rep_id", "team")
        lines = lines.join(teams, on="rep_id", how="left")
    named = lines.with_columns(pl.col(by).cast(pl.String).fill_null(NOT_KNOWN))
    return forecast.monthly(named, by)


def _forecast(lines: pl.DataFrame, whole: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Forecast the parts, held to the whole's forecast."""
    target = whole.filter("is_forecast").sort("month")["amount"].to_numpy()
    last = whole.filter(~pl.col("is_forecast"))["month"].max()
    full = forecast.filled(lines, last) if isinstance(last, date) else lines
    model, h = RevenueForecaster(settings).fit(full), len(target)
    first = whole.filter("is_forecast")["month"].min()
    skipped = forecast.months_apart(last, first) - 1 if isinstance(last, date) and isinstance(first, date) else 0
    middle, width = (part[:, skipped:] for part in model.ahead(h + skipped))
    fixed = np.vstack([np.zeros(h), width**2])
    middle = agreed(np.vstack([target, middle]), fixed, np.array([-np.inf, *model.floors_]))[1:]
    months = [add_months(day, skipped + i + 1) for day in model.last_months_ for i in range(h)]
    lower = model.bounded(middle - width).ravel()
    columns = {"amount": middle.ravel(), "lower": lower, "upper": (middle + width).ravel()}
    forecasts = pl.DataFrame({"unit": np.repeat(model.units_, h), "month": months, **columns})
    past = full.sort("unit", "month").with_columns(is_forecast=pl.lit(value=False))
    return pl.concat([past, forecasts.with_columns(is_forecast=pl.lit(value=True))], how="diagonal")


def _sorted(frame: pl.DataFrame, by: str, settings: Settings) -> Parts:
    if frame.is_empty():
        return Parts(frame, by, settings.currency)
    shape = ["unit", "month", "amount", "lower", "upper", "is_forecast"]
    ahead = frame.filter("is_forecast").group_by("unit").agg(ahead=exact_sum("amount"))
    ranked = frame.filter(pl.col("unit") != ALL).join(ahead, on="unit")
    return Parts(
        ranked.sort("ahead", "unit", "month", descending=[True, False, False]).select(shape), by, settings.currency
    )
