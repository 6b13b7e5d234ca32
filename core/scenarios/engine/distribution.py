"""The distribution of a quarter's bookings, computed and not sampled.

Given a shock that all deals share, deals are independent: the characteristic function of their sum is a
product, known to any accuracy. It is inverted for a few values of the shock, and the distribution is
averaged over the shock.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np

from core.artifacts import SLIDER, memoized
from core.scenarios.data.arrays import Books
from core.scenarios.data.correlation import Correlation
from core.scenarios.engine.cumulants import sums
from core.scenarios.engine.quarter_fit import QuarterFit
from core.scenarios.levers import Scenario

NODES, FREQUENCIES, GRID, REACH = 9, 48, 241, 8.0
FINE, SHOCKS, MOST_SHOCKS = 801, 31, 601
APART, MOST_APART, FEW = 2.5, 5, 6
LARGE = 0.086
TAIL = 0.1
HAIR = 1e-9
U = np.linspace(-REACH, REACH, GRID)
T = np.arange(1, FREQUENCIES + 1) * (np.pi / REACH)
_SMOOTH = np.exp(-20 * (np.arange(1, FREQUENCIES + 1) / FREQUENCIES) ** 10)
_WAVE = np.exp(-1j * np.outer(U, T)) / T


@dataclass(frozen=True)
class Window:
    """What a quarter's bookings are made of.

    Attributes
    ----------
    amount, chance : np.ndarray
        Open deals: what they bring, and the chance of a win in the window.
    size, square, count : np.ndarray
        Deals to come by cell: mean amount, mean squared amount, expected number won in the window.
    won : float
        What is already certain.
    segment, owner : np.ndarray
        Numbers of each open deal's segment and rep.
    kind : np.ndarray, optional
        Number of each cell: those of one number have the same size and square.
    steady : np.ndarray, optional
        Rows of `amount` that the shared shock leaves alone.
    fit : QuarterFit, optional
        Carries the computed outcomes to the forecast's number and range.
    """

    amount: np.ndarray
    chance: np.ndarray
    size: np.ndarray
    square: np.ndarray
    count: np.ndarray
    won: float
    segment: np.ndarray
    owner: np.ndarray
    kind: np.ndarray | None = None
    steady: np.ndarray | None = None
    fit: QuarterFit | None = None


@dataclass(frozen=True)
class Spread:
    """A distribution on a grid of money.

    Attributes
    ----------
    at, below : np.ndarray
        Amounts, rising, and the probability of not more than each.
    correlation : float
        The shared shock it was worked out with.
    """

    at: np.ndarray
    below: np.ndarray
    mean: float
    target: float | None
    p_target: float | None
    correlation: float = 0.0

    def quantile(self, share: float) -> float:
        """Return the amount that is not exceeded with this probability."""
        return float(np.interp(share, self.below, self.at))

    def chance_of(self, amount: float) -> float:
        """Return the probability of reaching an amount."""
        if amount <= self.at[0]:
            return 1.0
        return float(1 - np.interp(_just_below(amount, self.at), self.at, self.below, left=0.0, right=1.0))

    @cached_property
    def tail_mean(self) -> float:
        """Return the mean of the worst tenth of outcomes (expected shortfall at 10 %)."""
        level = self.quantile(TAIL)
        low = self.at < level
        at, below = np.append(self.at[low], level), np.append(self.below[low], TAIL)
        return level - float(np.trapezoid(below, at)) / TAIL

    @property
    def summary(self) -> dict[str, float | None]:
        """Return p10, p50, p90, mean, p_target and tail_mean."""
        p10, p50, p90 = (self.quantile(q) for q in (0.1, 0.5, 0.9))
        return {
            "p10": p10,
            "p50": p50,
            "p90": p90,
            "mean": self.mean,
            "p_target": self.p_target,
            "tail_mean": self.tail_mean,
        }

    def bins(self, count: int = 40) -> tuple[np.ndarray, np.ndarray]:
        """Return the edges of bins over the middle 99 %, and the probability of each."""
        edges = np.linspace(self.quantile(0.005), self.quantile(0.995), count + 1)
        return edges, np.diff(np.interp(edges, self.at, self.below))


def work_out(
    window: Window, correlation: Correlation, quarter: float | None = None, target: float | None = None
) -> Spread:
    """Work out the distribution of a window's bookings.

    Given the shock z, a deal with chance p is won with Φ((Φ⁻¹(p) + √ρ z) / √(1 - ρ)), which is p on the
    mean (Vasicek 2002), and deals to come are as many more or fewer as the typical open deal is likelier.
    Deals are then independent: the characteristic function of their sum is the product of theirs; deals to
    come are a compound Poisson with gamma amounts; what deals of one segment or rep share is added as a
    normal. Deals so large that they stand apart are taken as won and as lost in turn. The function is
    inverted as a Fourier series at nine Gauss-Hermite nodes of the shock, and mean, width and shape are
    carried between the nodes for the average over it. No random numbers are drawn.

    Parameters
    ----------
    window : Window
    correlation : Correlation
        As measured; `quarter` puts another one in the place of its shared part.
    target : float, optional
        An amount whose probability is wanted.
    """
    rho = correlation.quarter if quarter is None else quarter
    live = (window.amount > 0) & (window.chance > 0)
    amount, chance = window.amount[live], np.minimum(window.chance[live], 1.0)
    mean = float(amount @ chance + window.size @ window.count)
    apart = _standing_apart(amount, chance, window)
    z, weight = _nodes(rho)
    steady = np.zeros(len(chance), bool) if window.steady is None else window.steady[live]
    given, factor = _given(chance, z, rho, steady)
    shared = _clusters(amount[~apart], chance[~apart], window, live, apart, correlation)
    rest = sums(
        amount[~apart],
        given[~apart],
        window.size,
        window.square,
        window.count[:, None] * factor,
        shared,
        T,
        LARGE,
        window.kind,
    )
    fine_z, fine_weight = (z, weight) if rho == 0 else _fine(z, rest.mean, rest.width)
    middle, width = (np.exp(_carried(z, np.log(np.maximum(v, 1e-12)), fine_z)) for v in (rest.mean, rest.width))
    shapes = _inverted(rest.log)
    combos = _combinations(amount[apart], chance[apart], fine_z, rho, steady[apart])
    at = _grid(mean, middle, width, fine_weight, amount[apart], chance[apart])
    below = _mixed(at, z, fine_z, fine_weight, middle, width, shapes, combos)
    shift = 0.0
    if window.fit is not None:
        shift = window.fit.shift
        at = window.fit.carried(at + window.won, below, window.won + mean, window.won) - window.won
    hit = None
    if target is not None:
        reach = np.interp(_just_below(target - window.won, at), at, below, left=0.0, right=1.0)
        hit = 1.0 if target <= window.won else float(1 - reach)
    return Spread(np.maximum(at, 0.0) + window.won, below, window.won + mean + shift, target, hit, rho)


def _just_below(amount: float, at: np.ndarray) -> float:
    """Return a hair less than an amount, so that an outcome of exactly it counts as reached."""
    return amount - 2 * HAIR * float(at[-1])


def _nodes(rho: float) -> tuple[np.ndarray, np.ndarray]:
    return (np.zeros(1), np.ones(1)) if rho <= 0 else _gauss(NODES)


@cache
def _gauss(nodes: int) -> tuple[np.ndarray, np.ndarray]:
    z, weight = np.polynomial.hermite_e.hermegauss(nodes)
    return z, weight / weight.sum()


def _fine(nodes: np.ndarray, mean: np.ndarray, width: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return shocks so close together that the means of neighbours differ by less than the width."""
    steep = float(np.abs(np.diff(mean) / np.diff(nodes)).max())
    narrow = float(np.median(width))
    wanted = SHOCKS if narrow <= 0 else int(9 * steep / narrow)
    z = np.linspace(-4.5, 4.5, min(max(wanted, SHOCKS), MOST_SHOCKS))
    weight = np.exp(-(z**2) / 2)
    return z, weight / weight.sum()


def _given(chance: np.ndarray, z: np.ndarray, rho: float, steady: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return each deal's chance given the shock [deal, node], and by how much deals to come change."""
    if rho <= 0:
        return chance[:, None], np.ones(1)
    from scipy.special import ndtr, ndtri

    moved = chance[~steady]
    usual = float(np.clip(moved.mean() if len(moved) else 0.2, 0.01, 0.99))
    both = np.append(chance, usual)
    conditional = ndtr((ndtri(both)[:, None] + np.sqrt(rho) * z) / np.sqrt(1 - rho))
    conditional[:-1][steady] = chance[steady, None]
    return conditional[:-1], conditional[-1] / usual


def _standing_apart(amount: np.ndarray, chance: np.ndarray, window: Window) -> np.ndarray:
    """Mark the few deals larger than the width of all the rest together, and all where there are few."""
    out = np.zeros(len(amount), bool)
    if len(amount) <= FEW:
        return ~out
    own = amount**2 * chance * (1 - chance)
    order = np.argsort(amount)[::-1][: MOST_APART + 1]
    left = float(own.sum() + window.square @ window.count)
    for i in order[:MOST_APART]:
        left -= own[i]
        if amount[i] <= APART * np.sqrt(max(left, 0.0)):
            break
        out[i] = True
    return out


def _clusters(
    amount: np.ndarray,
    chance: np.ndarray,
    window: Window,
    live: np.ndarray,
    apart: np.ndarray,
    correlation: Correlation,
) -> float:
    """Return the variance that deals of one segment, and of one rep, add by sharing a fate."""
    if not len(amount) or correlation.segment + correlation.rep <= 0:
        return 0.0
    pull = amount * _density(chance)
    if window.steady is not None:
        pull = np.where(window.steady[live][~apart], 0.0, pull)
    out = 0.0
    for codes, share in ((window.segment, correlation.segment), (window.owner, correlation.rep)):
        if share > 0:
            out += share * float((np.bincount(codes[live][~apart], weights=pull) ** 2).sum())
    return out


def _density(chance: np.ndarray) -> np.ndarray:
    """Return the normal density at a chance's quantile: how far the chance moves with the hidden score."""
    from scipy.special import ndtri

    cut = ndtri(np.clip(chance, 1e-12, 1 - 1e-12))
    return np.asarray(np.exp(-(cut**2) / 2) / np.sqrt(2 * np.pi))


def shared_variance(
    books: Books, plan: Scenario, amount: np.ndarray, chance: np.ndarray, new: np.ndarray
) -> np.ndarray:
    """Return by month the variance of bookings that comes from fates deals share, to first order."""
    correlation = books.base.correlation
    rho = correlation.quarter if plan.correlation is None else plan.correlation
    pull = amount[:, None] * _density(chance) if len(amount) else np.zeros(chance.shape)
    usual = np.clip(chance.mean(0) if len(chance) else np.full(len(books.ends), 0.05), 0.002, 0.99)
    all_ = pull.sum(0) + new * _density(usual) / usual
    out = rho * all_**2
    for codes, share in ((books.segment, correlation.segment), (books.owner, correlation.rep)):
        if share > 0 and len(amount):
            months = pull.size // len(codes)
            places = (codes[:, None] * months + np.arange(months)).ravel()
            grouped = np.bincount(places, weights=pull.ravel()).reshape(-1, months)
            out = out + share * (grouped**2).sum(0)
    return np.asarray(out)


def _carried(z: np.ndarray, values: np.ndarray, fine: np.ndarray) -> np.ndarray:
    """Carry a smooth quantity from the nodes to a fine grid of shocks, on the polynomial through them."""
    return np.asarray(_carriers(len(z), tuple(z), len(fine), float(fine[0]), float(fine[-1])) @ values)


@memoized(SLIDER, 64)
def _carriers(n: int, z: tuple[float, ...], count: int, low: float, high: float) -> np.ndarray:
    """Return the matrix [fine, node] of Lagrange's polynomials."""
    fine = np.linspace(low, high, count)
    if n == 1:
        return np.ones((count, 1))
    out = np.ones((count, n))
    for i in range(n):
        for j in range(n):
            if i != j:
                out[:, i] *= (fine - z[j]) / (z[i] - z[j])
    return out


def _inverted(log: np.ndarray) -> np.ndarray:
    """Return the standardised distribution function on U per node, from the log of its characteristic function."""
    phi = np.exp(log) * _SMOOTH
    below = U / (2 * REACH) - (phi @ _WAVE.T).imag / REACH
    below = np.maximum.accumulate(np.clip(below - below[:, :1], 0.0, 1.0), axis=1)
    return np.asarray(below / np.maximum(below[:, -1:], 1e-12))


def _combinations(
    amount: np.ndarray, chance: np.ndarray, z: np.ndarray, rho: float, steady: np.ndarray
) -> list[tuple[float, np.ndarray]]:
    """Return what the deals standing apart bring together, with its probability per shock, for every outcome."""
    given = np.broadcast_to(_given(chance, z, rho, steady)[0], (len(chance), len(z)))
    out = [(0.0, np.ones(len(z)))]
    for a, p in zip(amount, given, strict=True):
        out = [(s + more, q * part) for s, q in out for more, part in ((0.0, 1 - p), (float(a), p))]
    return [(s, q) for s, q in out if q.max() > 1e-12]


def _grid(
    mean: float, middle: np.ndarray, width: np.ndarray, weight: np.ndarray, amount: np.ndarray, chance: np.ndarray
) -> np.ndarray:
    """Return amounts from the least to the most the quarter can reasonably bring."""
    center = float(weight @ middle)
    wide = float(np.sqrt(weight @ (width**2 + (middle - center) ** 2)))
    low, high = center - REACH * wide, center + REACH * wide + float(amount.sum())
    points = np.linspace(max(low, 0.0) if low < 0 < high else low, max(high, 1e-9), FINE)
    if len(amount):
        steps = {0.0}
        for a in amount:
            steps |= {s + float(a) for s in steps}
        tiny = max(high, 1.0) * HAIR
        near = np.linspace(max(-REACH * wide, -center), REACH * wide, 25) + center
        near = np.concatenate([near, [center - tiny, center]])
        points = np.concatenate([points, *(near + s for s in sorted(steps))])
    return np.unique(np.maximum(points, 0.0))


def _mixed(
    at: np.ndarray,
    z: np.ndarray,
    fine: np.ndarray,
    weight: np.ndarray,
    middle: np.ndarray,
    width: np.ndarray,
    shapes: np.ndarray,
    combos: list[tuple[float, np.ndarray]],
) -> np.ndarray:
    """Average over the shock: the shape lies between those of the two nodes beside it."""
    interval = np.clip(np.searchsorted(z, fine) - 1, 0, max(len(z) - 2, 0))
    below = np.zeros(len(at))
    for j, w in enumerate(weight):
        k = int(interval[j])
        shape = shapes[k]
        if len(z) > 1:
            share = min(max((fine[j] - z[k]) / (z[k + 1] - z[k]), 0.0), 1.0)
            shape = shape * (1 - share) + shapes[k + 1] * share
        for sure, chance in combos:
            if width[j] > 1e-9:
                part = np.interp((at - sure - middle[j]) / width[j], U, shape, left=0.0, right=1.0)
            else:
                part = (at >= sure + middle[j]).astype(float)
            below += w * chance[j] * part
    below = np.maximum.accumulate(np.clip(below, 0.0, 1.0))
    return below / below[-1] if below[-1] > 0 else np.ones(len(at))
