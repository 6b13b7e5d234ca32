"""Won, lost or still open: the chances of a deal's three ends, day by day, from one model.

Time ahead is cut into periods. In each the model asks, of a deal still open at its start, whether it
is won, and if not, whether it is lost. Everything else follows by multiplying along the way, so that
won, lost and open always sum to 1 and won and lost only ever grow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.models.close.quarter_pace import QuarterPace, left_in_quarter
from core.models.close.risk_intervals import CALENDAR, PERIOD_DAYS, each_period, rows_of
from core.models.estimators import contenders
from core.models.estimators.calibration import Calibrator
from core.models.estimators.contenders import Floats, sigmoid

ShareOf = Callable[[int, float], Floats]
AT_ONCE = 8_192
NODES = 12


@dataclass(frozen=True)
class Periods:
    """Past deals spread over the periods they were still open in.

    Attributes
    ----------
    landmark : ndarray of int
        Row of the landmark.
    period : ndarray of int
    won, lost : ndarray of 0 and 1
        How the period ended; both 0 when still open.
    when, known_on : ndarray
        Day numbers of the landmark, and of the day the period's end was known.
    """

    landmark: NDArray[np.intp]
    period: NDArray[np.intp]
    won: Floats
    lost: Floats
    when: Floats
    known_on: Floats

    @staticmethod
    def of(marks: pl.DataFrame, n_periods: int) -> Periods:
        """Spread landmarks with their ends (`features.deals.ends`) over periods already over."""
        follow = marks["follow_days"].to_numpy()
        end = marks["end_days"].fill_null(10**6).to_numpy()
        won = marks["is_won"].to_numpy()
        day = marks["as_of"].to_physical().to_numpy().astype(np.float64)
        parts = []
        for k in range(n_periods):
            begin, stop = k * PERIOD_DAYS, (k + 1) * PERIOD_DAYS
            here = np.flatnonzero((end > begin) & (follow >= stop))
            closed = end[here] <= stop
            parts.append((here, np.full(len(here), k), closed & won[here], closed & ~won[here], day[here] + stop))
        landmark, period, w, lo, known_on = (np.concatenate([p[i] for p in parts]) for i in range(5))
        return Periods(landmark, period, w.astype(np.float64), lo.astype(np.float64), day[landmark], known_on)


@dataclass(frozen=True)
class Risks:
    """The fitted chances of won and lost per period.

    Attributes
    ----------
    win, lose : Contender
        Log odds of being won in a period; of being lost in it when not won.
    win_map, lose_map : Calibrator
        Lines that correct these log odds, learnt from later deals.
    names : tuple of str
        The features, without those of the calendar.
    vocabulary : dict of str to tuple of str
    n_periods : int
    typical : ndarray, shape (2, periods, features)
        The mean contribution of each feature over past deals, by cause and period, against which a
        deal's own is counted.
    card : dict
    pace : QuarterPace
        How the ends of a period fall on its days, where a window ends inside one.
    """

    win: Any
    lose: Any
    win_map: Calibrator
    lose_map: Calibrator
    names: tuple[str, ...]
    vocabulary: dict[str, tuple[str, ...]]
    n_periods: int
    typical: Floats
    base: Floats
    card: dict[str, Any] = field(default_factory=dict)
    pace: QuarterPace = field(default_factory=QuarterPace)

    @cached_property
    def homes(self) -> NDArray[np.intp]:
        """Return which feature each column of the period's matrix is counted with."""
        stage = self.names.index("stage_rank") if "stage_rank" in self.names else 0
        quarter = self.names.index("days_to_quarter_end") if "days_to_quarter_end" in self.names else stage
        due = self.names.index("days_to_close") if "days_to_close" in self.names else stage
        moving = {"period": stage, "period_log": stage, "due_in_period": due, "overdue": due}
        return np.array([*range(len(self.names)), *(moving.get(name, quarter) for name in CALENDAR)])

    def margins(self, x: Floats, periods: int | None = None) -> Floats:
        """Return calibrated log odds, shape (2, rows, periods): won, and lost when not won."""
        n = self.n_periods if periods is None else periods
        parts = [x[i : i + AT_ONCE] for i in range(0, len(x), AT_ONCE)]
        return np.concatenate([self._margins(part, n) for part in parts], axis=1) if parts else np.zeros((2, 0, n))

    def _margins(self, x: Floats, n: int) -> Floats:
        out = each_period((self.win, self.lose), x, self.names, n)
        for cause, line in enumerate((self.win_map, self.lose_map)):
            out[cause] = line.slope * out[cause] + line.shift
        return out

    def share_of(self, x: Floats) -> ShareOf:
        """Return what says, for a period and days ahead that end in it, which share of it lies within them."""
        left = left_in_quarter(x, self.names)
        return lambda period, days: self.pace.share(left, period * PERIOD_DAYS, days - period * PERIOD_DAYS)

    def shares(self, x: Floats, days: float, periods: int) -> Floats:
        """Return which share of each period lies within some days, shape (rows, periods)."""
        return self.pace.shares(left_in_quarter(x, self.names), days, periods)

    def contributions(self, x: Floats, periods: int) -> tuple[Floats, Floats]:
        """Return each feature's part of the log odds, shape (2, rows, periods, features), and the base.

        The base, shape (2, periods), is a typical past deal's; base and parts add up to `margins`.
        """
        out = np.zeros((2, len(x), periods, len(self.names)))
        for k in range(periods):
            rows = rows_of(x, self.names, k)
            for cause, (model, line) in enumerate(((self.win, self.win_map), (self.lose, self.lose_map))):
                raw = line.slope * np.asarray(model.predict(rows, pred_contrib=True), dtype=np.float64)[:, :-1]
                for column, home in enumerate(self.homes):
                    out[cause, :, k, home] += raw[:, column]
        return out - self.typical[:, None, :periods], self.base[:, :periods]

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {
            "win": self.win.to_dict(),
            "lose": self.lose.to_dict(),
            "win_map": self.win_map.to_dict(),
            "lose_map": self.lose_map.to_dict(),
            "names": list(self.names),
            "vocabulary": {k: list(v) for k, v in self.vocabulary.items()},
            "n_periods": self.n_periods,
            "typical": self.typical.tolist(),
            "base": self.base.tolist(),
            "card": self.card,
            "pace": list(self.pace.weights),
        }

    @staticmethod
    def from_dict(saved: Mapping[str, Any]) -> Risks:
        """Return what `to_dict` wrote."""
        return Risks(
            contenders.from_dict(saved["win"]),
            contenders.from_dict(saved["lose"]),
            Calibrator.from_dict(saved["win_map"]),
            Calibrator.from_dict(saved["lose_map"]),
            tuple(saved["names"]),
            {k: tuple(v) for k, v in saved["vocabulary"].items()},
            int(saved["n_periods"]),
            np.array(saved["typical"]),
            np.array(saved["base"]),
            saved["card"],
            QuarterPace(tuple(saved["pace"])) if "pace" in saved else QuarterPace(),
        )


def along(margins: Floats, days: float, share_of: ShareOf | None = None) -> tuple[Floats, Floats]:
    """Multiply along the periods: the chances of won and of lost within some days.

    Parameters
    ----------
    margins : ndarray, shape (2, rows, periods)
        As `Risks.margins`; it must reach as far as `days`.
    days : float
    share_of : callable, optional
        As `Risks.share_of`; without it the ends of a period come evenly.

    Returns
    -------
    won, lost : ndarray
        Still open is 1 less both.

    Examples
    --------
    >>> even = np.zeros((2, 1, 2))
    >>> [w.tolist() for w in along(even, 30)]
    [[0.625], [0.3125]]
    """
    return paths(margins, (days,), share_of)[0]


def paths(margins: Floats, horizons: Sequence[float], share_of: ShareOf | None = None) -> list[tuple[Floats, Floats]]:
    """Return `along` for several days, rising, in one walk."""
    win = sigmoid(margins[0])
    lose = (1 - win) * sigmoid(margins[1])
    won, lost, out = np.zeros(len(win)), np.zeros(len(win)), []
    at, n = 0, win.shape[1]
    for days in horizons:
        while at < n and (at + 1) * PERIOD_DAYS <= days:
            open_ = 1 - won - lost
            won, lost, at = won + open_ * win[:, at], lost + open_ * lose[:, at], at + 1
        is_inside = at < n and days > at * PERIOD_DAYS
        share = share_of(at, days) if share_of is not None and is_inside else days / PERIOD_DAYS - at
        step = share * (1 - won - lost) if is_inside else None
        out.append((won, lost) if step is None else (won + step * win[:, at], lost + step * lose[:, at]))
    return out


def slopes(margins: Floats, days: float, shares: Floats | None = None) -> tuple[Floats, Floats]:
    """Return the log odds of won within some days, and their derivative by each margin.

    Returns
    -------
    log_odds : ndarray, shape (rows,)
    derivative : ndarray, shape (2, rows, periods)
    """
    n, periods = margins.shape[1], margins.shape[2]
    share = np.clip(days / PERIOD_DAYS - np.arange(periods), 0.0, 1.0) if shares is None else shares
    win = sigmoid(margins[0])
    lose = (1 - win) * sigmoid(margins[1])
    stay = 1 - share * (win + lose)
    before = np.concatenate([np.ones((n, 1)), np.cumprod(stay, axis=1)[:, :-1]], axis=1)
    gain = share * win
    later = np.zeros((n, periods + 1))
    for k in range(periods - 1, -1, -1):
        later[:, k] = gain[:, k] + stay[:, k] * later[:, k + 1]
    total = later[:, 0]
    by_win = before * share * (1 - later[:, 1:]) * win * (1 - win)
    out = np.empty_like(margins)
    lost_share = sigmoid(margins[1])
    out[0] = by_win + before * share * later[:, 1:] * lost_share * win * (1 - win)
    out[1] = -before * share * later[:, 1:] * (1 - win) * lost_share * (1 - lost_share)
    safe = np.clip(total, 1e-12, 1 - 1e-12)
    return np.asarray(np.log(safe / (1 - safe)), dtype=np.float64), out / (safe * (1 - safe))[None, :, None]


def shared(base: Floats, parts: Floats, days: float, shares: Floats | None = None) -> tuple[Floats, Floats, Floats]:
    """Split the log odds of won within some days over the features, exactly.

    The log odds are a smooth function of the periods' margins, which are sums of the features'
    parts; integrating its derivative along the straight path from the base to the deal splits the
    difference. What the twelve nodes of the integral leave over is spread in proportion.

    Parameters
    ----------
    base : ndarray, shape (2, periods)
    parts : ndarray, shape (2, rows, periods, features)

    Returns
    -------
    phi : ndarray, shape (rows, features)
    base, end : ndarray, shape (rows,)
        Log odds of the typical deal and of each deal; end = base + sum of phi.
    """
    whole = parts.sum(axis=3)
    start = np.broadcast_to(base[:, None, :], whole.shape)
    mean = np.zeros_like(whole)
    for node, height in zip(*np.polynomial.legendre.leggauss(NODES), strict=True):
        mean += height / 2 * slopes(start + (node + 1) / 2 * whole, days, shares)[1]
    phi = np.einsum("crk,crkf->rf", mean, parts)
    ends = [np.asarray(slopes(m, days, shares)[0], dtype=np.float64) for m in (start, start + whole)]
    left = ends[1] - ends[0] - phi.sum(axis=1)
    weight = np.abs(phi) + 1e-12
    return phi + left[:, None] * weight / weight.sum(axis=1, keepdims=True), ends[0], ends[1]
