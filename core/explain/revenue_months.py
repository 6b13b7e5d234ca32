"""Why the revenue forecast of a month is what it is: level, trend, season, deals won lately."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.contracts.amount_visibility import needs_amounts
from core.contracts.errors import ModelError
from core.localization import joined, message
from core.metrics.measure import left_over, money
from core.models.bundle import Bundle
from core.models.revenue import forecast

LABELS = {
    "level": "Average of the last 12 months",
    "trend": "Trend",
    "season": "Season",
    "won_lately": "Recently won deals",
    "agreement": "Rounding between regions and total",
}


@dataclass(frozen=True)
class MonthReasons:
    """The parts of one month's revenue forecast.

    Attributes
    ----------
    frame : pl.DataFrame
        [label, contribution], in the currency; they add up to the amount.
    unit : str
        The region, or "All".
    month : date
    amount : float
    """

    frame: pl.DataFrame
    unit: str
    month: date
    amount: float
    currency: str

    def sentence(self) -> str:
        """Say what the forecast is made of."""
        where = "" if self.unit == forecast.ALL else message(" of {unit}", unit=self.unit)
        level, *others = self.frame.iter_rows()
        parts = [
            message("{part} from {names}", part=money(part, self.currency, sign=True), names=NAMES[label])
            for label, part in others
            if abs(part) >= 0.5
        ]
        effects = joined(*parts, by=", ") or "nothing else moves it"
        level_amount = money(level[1], self.currency)
        return message(
            "{amount}{where} in {month:%B %Y}: {level_amount} is the average of the last twelve months, {effects}.",
            amount=money(self.amount, self.currency),
            where=where,
            month=self.month,
            level_amount=level_amount,
            effects=effects,
        )

    def check(self) -> str:
        """Say that the parts add up to the forecast."""
        left = self.amount - float(self.frame["contribution"].sum())
        return message(
            "Adds up to {amount}: {left_over}.",
            amount=money(self.amount, self.currency, 2),
            left_over=left_over(left, self.currency),
        )


NAMES = {
    LABELS["trend"]: "the trend",
    LABELS["season"]: "the season",
    LABELS["won_lately"]: "recently won deals",
    LABELS["agreement"]: "rounding between regions and total",
}


@needs_amounts
def month(
    dataset: Dataset, settings: Settings, bundle: Bundle, chosen: date | None = None, unit: str = forecast.ALL
) -> MonthReasons:
    """One month's revenue forecast split into recent average, trend, season and recently won deals.

    The level is the mean of the last twelve complete months. Season: the forecast less the forecast from the same
    history without its seasons (STL; 0 with less than two years). Trend: that forecast less the level. Deals won
    lately: amounts won in the 60 days before the last complete month ended, beyond what is usual for the year
    before, times what past forecasts missed by such surprises; 0 where that would not have brought them nearer. Open
    pipeline was tried in the same way and did not. Last, what whole and regions were changed by to agree.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    bundle : Bundle
    chosen : date, optional
        The first day of a month ahead; default the first.
    unit : str
        A region; default the whole.

    Raises
    ------
    ModelError
        When there is no revenue, or no such month or region is forecast, or the models that serve are of an earlier
        version, which kept no reasons.
    """
    reasons = forecast.revenue(dataset, settings, bundle).reasons
    if reasons.is_empty():
        raise ModelError("The models that serve kept no reasons.", mend="Return to the newest on the Models page.")
    rows = reasons.filter(pl.col("unit") == unit).sort("month")
    rows = rows.filter(pl.col("month") == chosen) if chosen is not None else rows.head(1)
    if rows.is_empty():
        raise ModelError(message("No such month of {unit} is forecast.", unit=unit), mend="Choose one that is listed.")
    row = rows.row(0, named=True)
    frame = pl.DataFrame({"label": list(LABELS.values()), "contribution": [row[name] for name in LABELS]})
    return MonthReasons(frame, unit, row["month"], row["amount"], settings.currency)
