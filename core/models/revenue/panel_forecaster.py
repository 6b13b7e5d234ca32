"""Forecasts of many monthly series at once, with ranges measured on past months."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from core.config import Settings
from core.config.calendar import add_months
from core.contracts.constants import Z80
from core.contracts.errors import ModelError
from core.localization import message
from core.marts.exact import exact_sum
from core.models.revenue import ensemble_weights, local_models, worker_pool
from core.models.revenue.bookings_signal import Past, surprise
from core.models.revenue.series import Floats

ERRORS_WANTED = 300
MOST_ORIGINS = 24
MATURE, YOUNG = 24, 12
MOST_PAST = 36
FEWEST_ERRORS = 6
JUMP_MONTHS, MOST_TO_WATCH = 12, 60
ALONE_SHARE = 0.5
YEARLY_MONTHS, YEARLY_SHARE = 36, 0.8


class RevenueForecaster:
    """Forecast monthly amounts of one or many units, with a range.

    The forecast is a weighted mean of five members: AutoETS, AutoTheta and AutoCES of each unit alone, and two
    LightGBMs on the changes of all units, from the month before and from the year before. Weights are fixed
    beforehand (`weighing.beforehand`) and, with at most 60 units, moved by how near each member came from
    earlier months (`weighing.learnt`). The range is a conformal one: the ensemble is run again from earlier
    months, its misses at each number of months ahead are measured in units of how unsteady each unit was by
    then, and the wanted quantile of them, times how unsteady the unit is now, is the half-width. A unit's own
    misses serve where it has six or more, else those of all units together, in panels of more than 60 units scaled by
    how far each came from its own year before. A miss of the last months keeps a range open: it is no narrower than
    the latest miss over one more than the months since. A unit that was never below 0 is not forecast below it, neither
    itself nor its range.

    Parameters
    ----------
    settings : Settings
        `models.interval_rate` is the share of months the range is to hold.

    Attributes
    ----------
    n_errors_ : int
        Past misses per month ahead behind the range.
    left_out_ : dict of str to dict of str to str
        Per unit the members that could not forecast it, and why; the others serve.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._forecasts: dict[tuple[int, int], Floats] = {}
        self._shares: dict[tuple[int, int], Floats] = {}
        self._missed: dict[tuple[int, int], Floats] = {}
        self._past: dict[int, Past] = {}
        self._moved: dict[tuple[int, int], Floats] = {}
        self._pool: worker_pool.WorkerPool | None = None

    def fit(self, frame: pl.DataFrame, won: pl.DataFrame | None = None, whole: str | None = None) -> RevenueForecaster:
        """Learn from [unit, month, amount], one row per unit and complete month.

        Each unit is forecast from its own last month. Months missing between a unit's first and last
        count as 0.

        Parameters
        ----------
        frame : pl.DataFrame
        won : pl.DataFrame, optional
            [unit, month, won_amount]: what was won lately at the end of each month (`models.leads`). The forecast is
            moved by it where past forecasts would have come nearer.
        whole : str, optional
            The unit that is the sum of the others; how far to move is learnt from the others.

        Raises
        ------
        ModelError
            When there is no month at all, or a column is missing.
        """
        lacking = [name for name in ("unit", "month", "amount") if name not in frame.columns]
        if lacking:
            raise ModelError(
                message("The column {lacking} is missing.", lacking=lacking[0]), mend="Give unit, month and amount."
            )
        if frame.is_empty():
            raise ModelError("There is no revenue to forecast from.", mend="Load transactions of kind billing.")
        self.units_, self.last_months_, self.series_ = _series(frame)
        self._forecasts, self._shares, self._missed, self._past, self._moved = {}, {}, {}, {}, {}
        self.left_out_: dict[str, dict[str, str]] = {}
        self.surprises_ = None if won is None else _surprises(won, self.units_, self.last_months_, self.series_)
        self.whole_ = whole
        return self

    def predict(self, h: int | None = None) -> pl.DataFrame:
        """Return [unit, month, amount, lower, upper] for the next `h` months of each unit."""
        steps = h or self.settings.models.forecast_months
        middle, width = self.ahead(steps)
        months = [add_months(last, i + 1) for last in self.last_months_ for i in range(steps)]
        lower = self.bounded(middle - width).ravel()
        columns = {"amount": middle.ravel(), "lower": lower, "upper": (middle + width).ravel()}
        return pl.DataFrame({"unit": np.repeat(self.units_, steps), "month": months, **columns})

    @property
    def floors_(self) -> Floats:
        """Return how far down each unit can go: to 0, or without end where a month of it was below 0."""
        return np.array([-np.inf if len(y) and y.min() < 0 else 0.0 for y in self.series_])

    def bounded(self, values: Floats) -> Floats:
        """Return values, units by months, none below what its unit can go down to."""
        return np.asarray(np.maximum(values, self.floors_[:, None]), dtype=np.float64)

    def ahead(self, h: int, back: int = 0) -> tuple[Floats, Floats]:
        """Return forecast and half-width, units by h, as they would have been `back` months ago.

        From 100 units on, the models of each unit alone are fitted by processes of their own, side by side.
        """
        with worker_pool.pool_for(len(self.units_)) as pool:
            self._pool = pool
            try:
                return self._ahead(h, back)
            finally:
                self._pool = None

    def _ahead(self, h: int, back: int) -> tuple[Floats, Floats]:
        middle = self._mixed(h, back)
        past, scale = self._misses(h, back), self._scale(back)
        self.n_errors_ = int((~np.isnan(past[:, 1])).sum()) if len(past) else 0
        rate, n = self.settings.models.interval_rate, len(self.units_)
        pooled = rising([quantile(past[:, 1 + s], rate) for s in range(h)], h)
        own = np.tile(pooled, (n, 1))
        for i in range(n if len(past) >= FEWEST_ERRORS * n else 0):
            mine = past[past[:, 0] == i]
            if len(mine) and (~np.isnan(mine)).sum(axis=0).min() >= FEWEST_ERRORS:
                own[i] = rising([quantile(mine[:, 1 + s], rate) for s in range(h)], h)
        return self.bounded(middle), np.maximum(own * scale[:, None], self._jumps(h, back)[:, None])

    def _jumps(self, h: int, back: int) -> Floats:
        """Return how wide the range of each unit must be after what it was last missed by, a month ahead.

        The largest of the last twelve misses, each over one more than the months since. Panels of many units have
        other units' misses to go by.
        """
        out = np.zeros(len(self.units_))
        if len(self.units_) > MOST_TO_WATCH:
            return out
        for since in range(1, JUMP_MONTHS + 1):
            usable = [i for i, y in enumerate(self.series_) if len(y) - back - since >= local_models.FEWEST_MONTHS]
            if not usable:
                break
            forecasts = self._mixed(h, back + since)
            for i in usable:
                actual = self.series_[i][len(self.series_[i]) - back - since]
                out[i] = max(out[i], abs(actual - forecasts[i, 0]) / (since + 1))
        return out

    def _members(self, h: int, back: int) -> Floats:
        """Return the members' forecasts `back` months ago; units too young then have none."""
        if (h, back) not in self._forecasts:
            cut = [y[: len(y) - back] for y in self.series_]
            old = [i for i, y in enumerate(cut) if len(y)]
            out = np.full((len(local_models.MEMBERS), len(cut), h), np.nan)
            if old:
                problems: local_models.Problems = {}
                seed = self.settings.models.seed
                out[:, old] = local_models.members([cut[i] for i in old], h, seed, self._pool, problems)
                if not back:
                    self._note(problems, old)
            self._forecasts[h, back] = out
        return self._forecasts[h, back]

    def _note(self, problems: local_models.Problems, units: list[int]) -> None:
        for (member, index), reason in problems.items():
            self.left_out_.setdefault(self.units_[units[index]], {})[member] = reason

    def _mixed(self, h: int, back: int) -> Floats:
        """Return the forecast of each unit, units by h; a replay asks for the same month again and again."""
        if (h, back) not in self._moved:
            self._moved[h, back] = self.base(h, back) * (1 + self.lift(h, back))
            self._moved[h, back].flags.writeable = False
        return self._moved[h, back]

    def lift(self, h: int, back: int = 0) -> Floats:
        """Return by what share each unit's forecast is moved for what was won lately, units by h."""
        if self.surprises_ is None:
            return np.zeros((len(self.units_), h))
        if h not in self._past:
            longest = min(max(map(len, self.series_)) - YOUNG, MOST_PAST)
            learns = [unit != self.whole_ for unit in self.units_]
            origins = range(max(longest, 0) + 1)
            self._past[h] = Past.of(lambda o: self.base(h, o), self.series_, self.surprises_, learns, origins, h)
        past = self._past[h]
        return past.lift(back) if back < len(past.surprise) else np.zeros((len(self.units_), h))

    def base(self, h: int, back: int = 0, shares: Floats | None = None) -> Floats:
        """Return the weighted mean of the members `back` months ago, before anything won lately moves it."""
        by = self.shares(h, back) if shares is None else shares
        return np.asarray((by[:, :, None] * self._members(h, back)).sum(axis=0), dtype=np.float64)

    def shares(self, h: int, back: int = 0) -> Floats:
        """Return each member's weight for each unit, members by units, learnt from what was over `back` months ago."""
        if (h, back) not in self._shares:
            fixed = np.stack([ensemble_weights.beforehand(len(y) - back) for y in self.series_], axis=1)
            is_few = len(self.units_) <= ensemble_weights.MOST_UNITS
            origins = range(back + h, back + h + ensemble_weights.ORIGINS) if is_few else ()
            oldest = max(map(len, self.series_)) - ensemble_weights.YOUNGEST
            misses = [self._members_missed(h, origin) for origin in origins if origin <= oldest]
            self._shares[h, back] = ensemble_weights.learnt(fixed, np.array(misses))
        return self._shares[h, back]

    def _members_missed(self, h: int, origin: int) -> Floats:
        """Return each member's mean miss over its `h` months in units of unrest, units by members; NaN if too young."""
        if (h, origin) not in self._missed:
            forecasts, scale = self._members(h, origin), self._unrest(origin)
            out = np.full((len(self.units_), len(forecasts)), np.nan)
            for i, y in enumerate(self.series_):
                begin = len(y) - origin
                if begin >= ensemble_weights.YOUNGEST:
                    out[i] = np.abs(forecasts[:, i] - y[begin : begin + h]).mean(axis=1) / scale[i]
            self._missed[h, origin] = out
        return self._missed[h, origin]

    def _unrest(self, back: int) -> Floats:
        """Return how unsteady each unit was: its mean monthly change over the last three years.

        A single month says nothing of it: half its size serves.
        """
        out = []
        for y in self.series_:
            values = y[: len(y) - back]
            moves, size = np.abs(np.diff(values[-37:])), float(np.abs(values).mean()) if len(values) else 0.0
            out.append(max(float(moves.mean()) if len(moves) else ALONE_SHARE * size, 1e-9 + 1e-4 * size))
        return np.array(out)

    def _scale(self, back: int) -> Floats:
        """Return what each unit's misses are measured by: its unrest, and among many units its own yearly changes too.

        With one past origin to go by, the misses of all units make the range, and the months' changes alone say too
        little of how far a unit strays: changes against the year before count four fifths in the geometric mean.
        """
        unrest = self._unrest(back)
        if len(self.units_) <= MOST_TO_WATCH:
            return unrest
        cut = [y[: len(y) - back][-YEARLY_MONTHS:] for y in self.series_]
        yearly = np.array([np.abs(y[YOUNG:] - y[:-YOUNG]).mean() if len(y) > YOUNG + 2 else np.nan for y in cut])
        ratio = yearly / unrest
        usual = 0.0 if np.isnan(ratio).all() else float(np.nanmedian(ratio))
        if usual <= 0:
            return unrest
        own = np.where(np.isnan(ratio), usual, np.maximum(ratio, usual / 20))
        return np.asarray(unrest * (own / usual) ** YEARLY_SHARE, dtype=np.float64)

    def _misses(self, h: int, back: int) -> Floats:
        """Return past misses in units of unrest: unit, then months ahead; null beyond what is known.

        Only origins with two full years behind them count, for before that the members have not seen
        the seasons; where there are fewer than six of those, the latest six serve, however young.
        """
        mature = self._misses_from(h, back, MATURE, MOST_ORIGINS)
        if len(mature) and min((~np.isnan(mature)).sum(axis=0)) >= FEWEST_ERRORS * self._least(mature):
            return mature
        return self._misses_from(h, back, YOUNG, FEWEST_ERRORS)

    def _least(self, misses: Floats) -> int:
        """Return of how many units misses are wanted: of each, where several origins of each are looked at."""
        return len(np.unique(misses[:, 0])) if len(misses) > len(self.series_) else 1

    def _misses_from(self, h: int, back: int, youngest: int, most: int) -> Floats:
        lengths = np.array([len(y) for y in self.series_])
        wanted = min(max(-(-ERRORS_WANTED // len(lengths)), 1), most)
        first = h if wanted == 1 else 1
        rows = []
        for more in range(first, first + wanted + (0 if wanted == 1 else h - 1)):
            origin = back + more
            usable = np.flatnonzero(lengths - origin >= youngest)
            if not len(usable):
                break
            forecasts, scale = self._mixed(h, origin), self._scale(origin)
            for i in usable:
                end = lengths[i] - origin
                actual = self.series_[i][end : end + min(h, more)]
                miss = np.full(h + 1, np.nan)
                miss[0] = i
                miss[1 : 1 + len(actual)] = np.abs(actual - forecasts[i, : len(actual)]) / scale[i]
                rows.append(miss)
        return np.array(rows) if rows else np.zeros((0, h + 1))


def quantile(misses: Floats, rate: float) -> float | None:
    """Return the conformal quantile: place rate × (n + 1) of n, between two by the straight line; null below six.

    Examples
    --------
    >>> quantile(np.arange(1.0, 10.0), 0.8)
    8.0
    >>> quantile(np.arange(1.0, 13.0), 0.8)
    10.4
    """
    ordered = np.sort(misses[~np.isnan(misses)])
    if len(ordered) < FEWEST_ERRORS:
        return None
    return float(np.interp(rate * (len(ordered) + 1), np.arange(1, len(ordered) + 1), ordered))


def rising(widths: list[float | None], h: int) -> Floats:
    """Return half-widths that never shrink; where nothing was measured they grow with the root of time."""
    out = np.empty(h)
    for s in range(h):
        given = widths[s]
        if given is None:
            given = out[s - 1] * np.sqrt((s + 1) / s) if s else Z80
        out[s] = max(given, out[s - 1]) if s else given
    return out


def _series(frame: pl.DataFrame) -> tuple[list[str], list[date], list[Floats]]:
    sums = (
        frame.select(
            pl.col("unit").cast(pl.String),
            pl.col("month").cast(pl.Date).dt.truncate("1mo"),
            pl.col("amount").cast(pl.Float64),
        )
        .group_by("unit", "month")
        .agg(exact_sum("amount"))
    )
    units, lasts, out = [], [], []
    for part in sums.sort("unit", "month").partition_by("unit", maintain_order=True):
        full = part.upsample("month", every="1mo").with_columns(pl.col("amount").fill_null(0.0))
        units.append(str(part["unit"][0]))
        lasts.append(part["month"][-1])
        out.append(full["amount"].to_numpy().astype(np.float64).copy())
    return units, lasts, out


def _surprises(won: pl.DataFrame, units: list[str], lasts: list[date], series: list[Floats]) -> list[Floats]:
    """Return each unit's surprises month by month, NaN where nothing is known of what was won."""
    won_amounts = {
        (unit, month): amount for unit, month, amount in won.select("unit", "month", "won_amount").iter_rows()
    }
    out = []
    for unit, last, y in zip(units, lasts, series, strict=True):
        months = [add_months(last, k + 1 - len(y)) for k in range(len(y))]
        out.append(surprise(np.array([won_amounts.get((unit, month), np.nan) for month in months]), y))
    return out


def agreed(middle: Floats, variance: Floats, floors: Floats) -> Floats:
    """Make a whole and its parts agree as `reconciled` does, none below what it can go down to.

    Parameters
    ----------
    middle, variance : ndarray, shape (1 + parts, h)
    floors : ndarray, shape (1 + parts,)
        The lowest value of each; minus infinity where there is none.

    Returns
    -------
    ndarray
        Parts that would fall below stand at their floor, and the others take up what is left.

    Examples
    --------
    >>> agreed(np.array([[84.0], [100.0], [0.0]]), np.array([[1.0], [0.0], [1.0]]), np.zeros(3)).ravel().tolist()
    [100.0, 100.0, 0.0]
    """
    out = middle.copy()
    for month in range(middle.shape[1]):
        values, spread = middle[:, month : month + 1].copy(), variance[:, month : month + 1].copy()
        for _ in range(len(middle)):
            column = reconciled(values, spread)
            low = (column[:, 0] < floors - 1e-9) & (spread[:, 0] > 0)
            if not low.any():
                break
            values[low, 0], spread[low, 0] = floors[low], 0.0
        out[:, month] = column[:, 0]
    return out


def reconciled(middle: Floats, variance: Floats) -> Floats:
    """Make a whole and its parts agree, by changing each as little as its own uncertainty allows.

    Parameters
    ----------
    middle : ndarray, shape (1 + parts, h)
        Forecasts, the whole first.
    variance : ndarray, shape (1 + parts, h)
        How uncertain each is.

    Returns
    -------
    ndarray
        The same with the parts summing to the whole. Minimum trace with a diagonal covariance
        (Wickramasuriya and others 2019): the gap is shared out in proportion to the variances.

    Examples
    --------
    >>> reconciled(np.array([[10.0], [4.0], [4.0]]), np.array([[1.0], [0.5], [0.5]])).ravel().tolist()
    [9.0, 4.5, 4.5]
    """
    gap = middle[0] - middle[1:].sum(axis=0)
    share = variance / np.maximum(variance.sum(axis=0), 1e-12)
    sign = np.where(np.arange(len(middle)) == 0, -1.0, 1.0)[:, None]
    return np.asarray(middle + sign * share * gap, dtype=np.float64)
