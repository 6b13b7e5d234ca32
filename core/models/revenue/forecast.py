"""Monthly revenue for the next months, with a range that has been measured on past months."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import numpy as np
import polars as pl

from core import marts
from core.artifacts import remembered
from core.config import Settings, windows
from core.config.calendar import add_months
from core.contracts import Dataset
from core.contracts.amount_visibility import needs_amounts
from core.contracts.constants import NOT_KNOWN
from core.contracts.errors import ModelError
from core.localization import joined, message
from core.marts.exact import exact_sum
from core.metrics.measure import money
from core.models.bundle import Bundle
from core.models.revenue import bookings_signal
from core.models.revenue.panel_forecaster import RevenueForecaster, agreed
from core.models.revenue.series import SEASON, Floats

ALL = "All"


def monthly_revenue(dataset: Dataset, by: str | None = None) -> pl.DataFrame:
    """Return revenue [unit, month, amount] of complete months with lines: billing less refunds.

    Parameters
    ----------
    dataset : Dataset
    by : str, optional
        A column of `Marts.revenue_months` to split by, as "region"; default one unit, "All".
    """
    return monthly(marts.of(dataset).revenue_months, by)


def filled(months: pl.DataFrame, last: date) -> pl.DataFrame:
    """Return [unit, month, amount] with every month from a unit's first to a last one, 0 where it has no lines."""
    if months.is_empty():
        return months
    spans = months.group_by("unit").agg(pl.col("month").min())
    every = spans.select("unit", month=pl.date_ranges("month", pl.lit(last), "1mo")).explode("month")
    joined = every.drop_nulls("month").join(months, on=["unit", "month"], how="left")
    return joined.with_columns(pl.col("amount").fill_null(0.0)).select(months.columns).sort("unit", "month")


def last_known_month(months: pl.DataFrame, as_of: date, settings: Settings) -> date:
    """Return the last month revenue is known of: the last complete one, or the last with lines where they come late.

    Parameters
    ----------
    months : pl.DataFrame
        [unit, month, amount], at least one row.
    as_of : date
    settings : Settings
        `source.months_without_rows` says which.
    """
    last = months["month"].max()
    complete = add_months(windows.running_month(as_of), -1)
    is_late = settings.source.months_without_rows == "unknown"
    return last if is_late and isinstance(last, date) else complete


def monthly(months: pl.DataFrame, by: str | None = None) -> pl.DataFrame:
    """Return revenue [unit, month, amount] from months of revenue that lie split further."""
    unit = pl.lit(ALL) if by is None else pl.col(by).fill_null(NOT_KNOWN)
    return months.group_by(unit=unit, month="month").agg(exact_sum("amount")).sort("unit", "month")


def revenue_panel(dataset: Dataset, settings: Settings, by: str = "region") -> pl.DataFrame:
    """Return monthly revenue of the whole, as unit "All", and of each part, all up to the same last month.

    Months without lines count as 0, up to the last complete one; where lines come late, up to the last with any.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    by : str
        A column of `Marts.revenue_months`.
    """
    whole = monthly_revenue(dataset)
    if whole.is_empty():
        return whole
    parts = monthly_revenue(dataset, by).filter(pl.col("unit") != ALL)
    last = last_known_month(whole, dataset.as_of, settings)
    return filled(pl.concat([whole, parts.select(whole.columns)]), last)


def replay(frame: pl.DataFrame, settings: Settings, months: int = 24, h: int = 1) -> pl.DataFrame:
    """Forecast past months as they would have been forecast then.

    Returns
    -------
    pl.DataFrame
        [unit, month, amount, lower, upper, actual, is_inside], for the last `months` months, each
        forecast `h` months ahead from earlier months only.
    """
    return replayed(RevenueForecaster(settings).fit(frame), months, h)


def replayed(model: RevenueForecaster, months: int, h: int) -> pl.DataFrame:
    """Replay the last `months` months `h` months ahead, with a model that holds them.

    Raises
    ------
    ModelError
        When the history is too short.
    """
    last, steps = max(model.last_months_), max(h, model.settings.models.forecast_months)
    parts = []
    for back in range(h, min(months + h, max(map(len, model.series_)))):
        middle, width = ahead(model, steps, back)
        for index, (unit, own_last) in enumerate(zip(model.units_, model.last_months_, strict=True)):
            n = len(model.series_[index])
            if own_last != last or back >= n:
                continue
            amount, half = float(middle[index, h - 1]), float(width[index, h - 1])
            actual, lower = float(model.series_[index][n - back + h - 1]), max(amount - half, model.floors_[index])
            parts.append((unit, add_months(own_last, h - back), amount, lower, amount + half, actual))
    if not parts:
        raise ModelError("The history is too short to replay.", mend="Load more months of transactions.")
    shape = {"unit": pl.String, "month": pl.Date, **dict.fromkeys(("amount", "lower", "upper", "actual"), pl.Float64)}
    table = pl.DataFrame(parts, schema=shape, orient="row").sort("unit", "month")
    return table.with_columns(is_inside=pl.col("actual").is_between("lower", "upper"))


def ahead(model: RevenueForecaster, h: int, back: int = 0) -> tuple[Floats, Floats]:
    """Return forecast and half-width, units by h, parts summing to the whole where there is one."""
    middle, width = model.ahead(h, back)
    if ALL not in model.units_ or len(model.units_) < 3 or np.isnan(middle).any():
        return middle, width
    top = model.units_.index(ALL)
    order = [top, *(i for i in range(len(model.units_)) if i != top)]
    out = middle.copy()
    out[order] = agreed(middle[order], width[order] ** 2, model.floors_[order])
    return out, width


@dataclass(frozen=True)
class RevenueOutlook:
    """Monthly revenue, past and forecast.

    Attributes
    ----------
    frame : pl.DataFrame
        [month, amount, lower, upper, is_forecast]; no range for past months.
    parts : pl.DataFrame
        The same by region, with a column unit; they sum to the whole.
    replays : pl.DataFrame
        [month, amount, lower, upper, actual, is_inside, ahead], past months as they were forecast so
        many months before.
    reasons : pl.DataFrame
        [unit, month, level, trend, season, won_lately, agreement, amount] of the months ahead, the whole as unit
        "All"; the five add up to the amount. Empty where models of an earlier version serve.
    note : str
        What is to be said of months without lines, and of models that could not forecast a unit; mostly empty.
    """

    frame: pl.DataFrame
    currency: str
    rate: float
    coverage: float | None
    n_replayed: int
    parts: pl.DataFrame = field(default_factory=pl.DataFrame)
    replays: pl.DataFrame = field(default_factory=pl.DataFrame)
    reasons: pl.DataFrame = field(default_factory=pl.DataFrame)
    note: str = ""

    def sentence(self) -> str:
        """Say next months' revenue, its range, and how past ranges held."""
        coming = self.frame.filter("is_forecast")
        first, last = coming.row(0, named=True), coming.row(-1, named=True)
        text = message(
            "Revenue forecast: {amount} in {month:%B %Y}, {amount_2} in {month_2:%B %Y} (likely "
            "range {lower} to {upper}).",
            amount=money(first["amount"], self.currency),
            month=first["month"],
            amount_2=money(last["amount"], self.currency),
            month_2=last["month"],
            lower=money(last["lower"], self.currency),
            upper=money(last["upper"], self.currency),
        )
        if self.coverage is None:
            text += " The history is too short to check such ranges."
        else:
            text += message(
                " Track record: {coverage:.0f} % of {n_replayed} past months were in their range.",
                coverage=self.coverage * 100,
                n_replayed=self.n_replayed,
            )
        return joined(text, self.note).strip()


@needs_amounts
def revenue(dataset: Dataset, settings: Settings, bundle: Bundle) -> RevenueOutlook:
    """Monthly revenue forecast with its likely range, in total and by region.

    Revenue is billing less refunds, in complete months. The forecast is the weighted mean of ETS, Theta and CES
    of each series and boosted trees over the changes of all of them, moved by what deals won in the last 60 days add
    where that would have brought past forecasts nearer (`bookings_signal`); whole and regions are made to agree. The
    range holds the set share of the forecast's own past misses as many months ahead. The running month is
    forecast as a whole, months that are over never. Months without lines count as 0 up to the as-of date, or are
    not known and skipped where `source.months_without_rows` says so. Amounts stay above 0 where no month was below.

    Parameters
    ----------
    dataset : Dataset
        Where rows are cut or names hidden, its own months are forecast now; else the forecast is the bundle's.
    settings : Settings
        `models.forecast_months` and `models.interval_rate` set length and range.
    bundle : Bundle

    Raises
    ------
    ModelError
        When there is no complete month of revenue.
    """
    if dataset.company is not dataset:
        return _of_part(dataset, settings)
    if bundle.revenue.is_empty():
        raise ModelError(bundle.problems.get("revenue", "There is no revenue to forecast from: load invoices."))
    return outlook_of(bundle.revenue, bundle.revenue_held, settings)


@remembered(4)
def _of_part(dataset: Dataset, settings: Settings) -> RevenueOutlook:
    return forecast_revenue(dataset, settings)


def forecast_revenue(dataset: Dataset, settings: Settings) -> RevenueOutlook:
    """Work the forecast of `revenue` out anew."""
    past, h = revenue_panel(dataset, settings), settings.models.forecast_months
    model = fitted(dataset, past, settings)
    skipped = _unknown_months(past, dataset.as_of)
    h += skipped
    middle, width = ahead(model, h)
    months = [add_months(last, i + 1) for last in model.last_months_ for i in range(h)]
    lower = model.bounded(middle - width).ravel()
    columns = {"amount": middle.ravel(), "lower": lower, "upper": (middle + width).ravel()}
    reasons = {name: part.ravel() for name, part in reckoned(model, middle, settings).items()}
    forecasts = pl.DataFrame({"unit": np.repeat(model.units_, h), "month": months, **columns, **reasons})
    left_out = [_left_out(model.left_out_.get(unit, {})) for unit in model.units_ for _ in range(h)]
    forecasts = forecasts.with_columns(left_out=pl.Series(left_out, dtype=pl.String))
    forecasts = forecasts.filter(pl.col("month") >= windows.running_month(dataset.as_of))
    replays = pl.DataFrame()
    if past["month"].n_unique() > settings.models.min_months:
        asked = range(1, h + 1 - skipped)
        each = [replayed(model, 24, k).filter(pl.col("unit") == ALL).with_columns(ahead=pl.lit(k)) for k in asked]
        replays = pl.concat(each)
    both = pl.concat([past.with_columns(is_forecast=False), forecasts.with_columns(is_forecast=True)], how="diagonal")
    return outlook_of(both, replays, settings)


def _unknown_months(past: pl.DataFrame, as_of: date) -> int:
    """Return how many complete months nothing is known of lie after the last one that is known."""
    last = past["month"].max()
    return max(months_apart(last, windows.running_month(as_of)) - 1, 0) if isinstance(last, date) else 0


def months_apart(first: date, later: date) -> int:
    """Return how many months lie between the months of two days."""
    return (later.year - first.year) * 12 + later.month - first.month


def _left_out(problems: dict[str, str]) -> str | None:
    """Write out the members that could not forecast a unit, and why."""
    return (
        joined(
            *(
                message("{member} ({reason})", member=member, reason=reason)
                for member, reason in sorted(problems.items())
            ),
            by="; ",
        )
        or None
    )


def fitted(dataset: Dataset, past: pl.DataFrame, settings: Settings) -> RevenueForecaster:
    """Return the forecaster of the whole and its regions, which knows what was won lately where deals are loaded."""
    won = None
    if dataset.has("opportunities") and not past.is_empty():
        won = bookings_signal.of_deals(dataset, "region", past["month"].unique().sort().to_list(), ALL)
    return RevenueForecaster(settings).fit(past, won, ALL)


REASONS = ("level", "trend", "season", "won_lately", "agreement")


def reckoned(model: RevenueForecaster, middle: Floats, settings: Settings) -> dict[str, Floats]:
    """Split each forecast into parts that add up to it, each units by months ahead.

    level is the mean of the unit's last twelve months; season is what the forecast loses where the history is cleared
    of its seasons (STL, Cleveland and others 1990; two years are needed, else 0); trend is what is left of the forecast
    without seasons beyond the level; won_lately is what deals won lately move it by; agreement is what whole and
    parts were changed by to agree.
    """
    h = middle.shape[1]
    level = np.array([y[-SEASON:].mean() for y in model.series_])[:, None] * np.ones((1, h))
    base = model.base(h)
    calm = RevenueForecaster(settings)
    calm.units_, calm.last_months_, calm.left_out_ = model.units_, model.last_months_, {}
    calm.series_ = [unseasoned(y) for y in model.series_]
    plain = calm.base(h, shares=model.shares(h))
    moved = base * model.lift(h)
    parts = (level, plain - level, base - plain, moved, middle - base - moved)
    return dict(zip(REASONS, parts, strict=True))


def unseasoned(y: Floats) -> Floats:
    """Return a monthly series without its seasons; as it is with less than two years."""
    if len(y) < 2 * SEASON or np.ptp(y) == 0:
        return y
    from statsmodels.tsa.seasonal import STL

    return np.asarray(y - STL(y, period=SEASON, robust=True).fit().seasonal, dtype=np.float64)


def outlook_of(frame: pl.DataFrame, replays: pl.DataFrame, settings: Settings) -> RevenueOutlook:
    """Put forecast and replays together as the page shows them."""
    first = replays.filter(pl.col("ahead") == 1) if replays.height else replays
    coverage = float(first["is_inside"].cast(pl.Float64).mean()) if first.height else None  # type: ignore[arg-type]
    shape = ["month", "amount", "lower", "upper", "is_forecast"]
    whole = frame.filter(pl.col("unit") == ALL).select(shape)
    parts = frame.filter(pl.col("unit") != ALL).select("unit", *shape)
    rate = settings.models.interval_rate
    has_reasons = set(REASONS) <= set(frame.columns)
    more = [name for name in ("left_out",) if name in frame.columns]
    why = pl.DataFrame()
    if has_reasons:
        why = frame.filter("is_forecast").select("unit", "month", *REASONS, *more, "amount")
    notes = (_gap_note(whole), _failure_note(why))
    note = joined(*(text for text in notes if text))
    return RevenueOutlook(whole, settings.currency, rate, coverage, first.height, parts, replays, why, note)


def _gap_note(whole: pl.DataFrame) -> str:
    """Say that revenue has stopped, or that months after the last line are not known; empty where neither is so."""
    past, coming = whole.filter(~pl.col("is_forecast")).sort("month"), whole.filter("is_forecast")
    if past.is_empty() or coming.is_empty():
        return ""
    last, first = past["month"][-1], coming["month"].min()
    if isinstance(first, date) and add_months(last, 1) < first:
        return message(
            "Nothing is known of the months after {last:%B %Y}, for the lines come late; they are left out.", last=last
        )
    runs = pl.DataFrame({"is_empty": past["amount"] == 0}).with_columns(run=pl.col("is_empty").rle_id())
    lengths = runs.group_by("run", maintain_order=True).agg(pl.col("is_empty").first(), n=pl.len())
    trailing = int(lengths["n"][-1]) if lengths["is_empty"][-1] else 0
    longest = lengths.head(-1).filter("is_empty")["n"].max()
    if trailing <= (longest if isinstance(longest, int) else 0) or trailing == past.height:
        return ""
    stopped = add_months(last, 1 - trailing)
    return message(
        "There are no lines since {stopped:%B %Y}: these months count as 0. If lines come late, set "
        "source.months_without_rows to unknown.",
        stopped=stopped,
    )


def _failure_note(why: pl.DataFrame) -> str:
    """Say which models could not forecast a unit and why; empty where all could."""
    if "left_out" not in why.columns:
        return ""
    problems = why.filter(pl.col("left_out").is_not_null()).select("unit", "left_out").unique(maintain_order=True)
    if problems.is_empty():
        return ""
    named = joined(*(message("of {unit} {text}", unit=unit, text=text) for unit, text in problems.iter_rows()), by=", ")
    return message("Some models could not be fitted, and the others serve: {named}.", named=named)
