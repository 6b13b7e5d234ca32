"""Monthly revenue for the next months, with a range that has been measured on past months."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.config import Settings
from core.config.calendar import add_months, month_start
from core.contracts import Dataset
from core.contracts.errors import ModelError

Floats = NDArray[np.float64]
ORIGINS = 18
FEWEST_ROWS = 60


class RevenueForecaster:
    """Forecast monthly amounts of one or many units.

    Members are the last value, drift, last year's season carried to today's level, and LightGBM
    on differences and lags across all units; they are weighted by how well each did at earlier
    origins. The range is the conformal quantile of the mix's own errors at past origins,
    each measured in units of how unsteady the months before it were. With a
    short history only the simple members serve.

    Parameters
    ----------
    settings : Settings
        `models.interval_rate` is the share of months the range is to hold.

    Attributes
    ----------
    weights_ : ndarray
        Weight of last value, drift, season, LightGBM.
    last_month_ : date
    n_errors_ : int
        Past errors per unit behind the range.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def fit(self, frame: pl.DataFrame) -> RevenueForecaster:
        """Learn from [unit, month, amount], one row per unit and complete month.

        Months missing between a unit's first and the last month count as 0.

        Raises
        ------
        ModelError
            When there is no month at all.
        """
        if frame.is_empty():
            raise ModelError("There is no revenue to forecast from.", mend="Load transactions of kind billing.")
        self.units_, self.last_month_, self.grid_ = _grid(frame)
        tail = np.abs(self.grid_[:, -12:])
        self.scale_ = np.maximum(np.nanmean(tail, axis=1, keepdims=True), 1e-9) / 10
        self.z_ = np.arcsinh(self.grid_ / self.scale_)
        return self

    def predict(self, h: int | None = None) -> pl.DataFrame:
        """Return [unit, month, amount, lower, upper] for the next `h` months."""
        steps = h or self.settings.models.forecast_months
        width = self.z_.shape[1]
        origins = list(range(max(width - 1 - ORIGINS - steps, min(1, width - 1)), width))
        members = {o: self._members(o, steps) for o in origins}
        middle, spread = self._mix(members, steps, width - 1)
        point, low, high = (np.sinh(m) * self.scale_ for m in (middle, middle - spread, middle + spread))
        months = [add_months(self.last_month_, i + 1) for i in range(steps)]
        columns = {"amount": point.ravel(), "lower": low.ravel(), "upper": high.ravel()}
        ids = {"unit": np.repeat(self.units_, steps), "month": months * len(self.units_)}
        return pl.DataFrame({**ids, **columns})

    def _members(self, origin: int, steps: int) -> Floats:
        """Return members by units by steps, knowing months up to `origin` only."""
        z = self.z_[:, : origin + 1]
        last = z[:, -1:]
        ahead = np.arange(1, steps + 1)
        back = min(6, origin)
        drift = last + ahead * (last - z[:, -1 - back : origin + 1 - back]) / max(back, 1)
        if origin < 14:
            season = drift
        else:
            level = z[:, -3:].mean(axis=1, keepdims=True) - z[:, -15:-12].mean(axis=1, keepdims=True)
            season = np.stack([z[:, origin + s - 12] if s <= 12 else z[:, -1] for s in ahead], axis=1) + level
        out = np.stack([np.repeat(last, steps, axis=1), drift, season, _boosted(z, steps, self.settings, drift)])
        return np.where(np.isnan(out), last[None], out)

    def _mix(self, members: dict[int, Floats], steps: int, now: int) -> tuple[Floats, Floats]:
        errors: list[Floats] = []
        for origin in sorted(members):
            if origin + steps > now:
                continue
            actual = self.z_[:, origin + 1 : origin + 1 + steps]
            mixed = np.tensordot(self._weights(members, steps, origin), members[origin], axes=1)
            errors.append(np.abs(actual - mixed) / _unrest(self.z_, origin))
        self.n_errors_ = len(errors)
        self.weights_ = self._weights(members, steps, now)
        middle = np.tensordot(self.weights_, members[now], axes=1)
        if len(errors) < 3:
            moves = np.nanstd(np.diff(self.z_, axis=1), axis=1, keepdims=True) if self.z_.shape[1] > 2 else 0.5
            return middle, np.maximum(moves, 0.1) * 1.28 * np.sqrt(np.arange(1, steps + 1)) * np.ones_like(middle)
        width = _quantile(errors[-ORIGINS:], self.settings.models.interval_rate) * _unrest(self.z_, now)
        return middle, np.maximum.accumulate(width, axis=1)

    def _weights(self, members: dict[int, Floats], steps: int, origin: int) -> Floats:
        known = [o for o in members if o + steps <= origin]
        if len(known) < 3:
            return np.full(4, 0.25)
        misses = [np.nanmean(np.abs(members[o] - self.z_[None, :, o + 1 : o + 1 + steps]), axis=(1, 2)) for o in known]
        strength = 1 / np.maximum(np.mean(misses, axis=0), 1e-6) ** 2
        weights: Floats = strength / strength.sum()
        return weights


def _quantile(errors: list[Floats], rate: float) -> Floats:
    """Return the split-conformal quantile of past errors, over origins: place ceil(rate × (n + 1)) of n."""
    past = np.stack(errors)
    past = np.sort(np.nan_to_num(past, nan=float(np.nanmax(past))), axis=0)
    found: Floats = past[min(int(np.ceil(rate * (len(past) + 1))), len(past)) - 1]
    return found


def _unrest(z: Floats, origin: int) -> Floats:
    """Return how unsteady each unit's monthly changes were in the year up to `origin`, as a column."""
    moves = np.diff(z[:, max(origin - 12, 0) : origin + 1], axis=1)
    spread = np.nanstd(np.nan_to_num(moves), axis=1, keepdims=True) if moves.shape[1] else np.zeros((len(z), 1))
    return np.asarray(np.maximum(spread, 1e-4), dtype=np.float64)


def _grid(frame: pl.DataFrame) -> tuple[list[str], date, Floats]:
    ends = frame.select(first=pl.col("month").min(), last=pl.col("month").max())
    months = ends.select(month=pl.date_ranges("first", "last", "1mo").explode()).to_series()
    units = frame["unit"].unique().sort()
    first = frame.group_by("unit").agg(first=pl.col("month").min())
    sums = frame.group_by("unit", "month").agg(pl.col("amount").sum())
    full = units.to_frame().join(months.to_frame(), how="cross").join(sums, on=["unit", "month"], how="left")
    full = full.join(first, on="unit").sort("unit", "month")
    amount = pl.when(pl.col("month") >= pl.col("first")).then(pl.col("amount").fill_null(0.0))
    values = full.select(amount.cast(pl.Float64)).to_series().to_numpy().reshape(len(units), len(months))
    last: date = months[-1]
    return units.to_list(), last, np.asarray(values, dtype=np.float64)


def _inputs(z: Floats, origin: int, step: int) -> Floats:
    now = z[:, origin]
    lags = [now - z[:, origin - k] for k in (1, 2, 3, 6, 12)]
    season = z[:, origin + step - 12] - z[:, origin - 12] if step <= 12 else now * 0
    return np.stack([*lags, season, np.full(len(z), (origin + step) % 12), np.full(len(z), float(step))], axis=1)


def _boosted(z: Floats, steps: int, settings: Settings, instead: Floats) -> Floats:
    """Return LightGBM's forecast of the change from the last month, or `instead` when history is short."""
    last = z.shape[1] - 1
    past = [(o, s) for s in range(1, steps + 1) for o in range(12, last + 1 - s)]
    if len(past) * len(z) < FEWEST_ROWS:
        return instead
    import lightgbm as lgb

    x = np.concatenate([_inputs(z, o, s) for o, s in past])
    y = np.concatenate([z[:, o + s] - z[:, o] for o, s in past])
    good = ~np.isnan(y)
    if good.sum() < FEWEST_ROWS:
        return instead
    params: dict[str, Any] = {
        "objective": "regression_l1", "num_leaves": 7, "min_data_in_leaf": 8, "learning_rate": 0.1, "verbose": -1,
        "num_threads": 1, "deterministic": True, "force_row_wise": True, "seed": settings.models.seed,
    }  # fmt: skip
    booster = lgb.train(params, lgb.Dataset(x[good], y[good]), 40)
    moves = [np.asarray(booster.predict(_inputs(z, last, s))) for s in range(1, steps + 1)]
    out: Floats = z[:, -1:] + np.stack(moves, axis=1)
    return out


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
    ends = frame["month"].unique().sort().to_list()
    out = []
    for target in ends[max(h, len(ends) - months) :]:
        known = frame.filter(pl.col("month") <= add_months(target, -h))
        if known.is_empty():
            continue
        out.append(RevenueForecaster(settings).fit(known).predict(h).filter(pl.col("month") == target))
    if not out:
        raise ModelError("The history is too short to replay.", mend="Load more months of transactions.")
    both = pl.concat(out).join(frame.rename({"amount": "actual"}), on=["unit", "month"])
    return both.with_columns(is_inside=pl.col("actual").is_between("lower", "upper"))


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
