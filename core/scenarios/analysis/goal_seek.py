"""Goal seek: how far a lever has to go for a target, and the cheapest mix of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from core.contracts.errors import ScenarioError
from core.localization import joined, message
from core.metrics.measure import money
from core.scenarios.analysis.whatif import Ground
from core.scenarios.engine import distribution, expectation
from core.scenarios.levers import LEVERS, LIMITS, LeverSetting, Scenario

SOUGHT = ("win_rate", "deal_size", "cycle", "creation", "price", "expansion", "hires")
FARTHEST = {"percent": 3.0, "count": 200.0}
NOT_ALONE = "not reachable by this lever alone"
CLOSE, TRIES, ROUNDS = 1e-4, 8, 3
MET_WITHIN = 1e-3  # of the goal: below this difference no amount on a page looks different
TICK = {True: 1e-3, False: 1.0}  # what a mix is rounded to: 0.1 % of a relative lever, whole pieces of others
SHAPE = {
    "lever": pl.String,
    "label": pl.String,
    "value": pl.Float64,
    "shown": pl.String,
    "rank": pl.String,
    "is_seen": pl.Boolean,
    "effort": pl.Float64,
}


@dataclass(frozen=True)
class Goal:
    """A wanted amount of a quarter's bookings, and how sure of it one wants to be."""

    amount: float
    sure: float = 0.5
    window: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be sought."""
        if not (np.isfinite(self.amount) and self.amount >= 0 and 0.05 <= self.sure <= 0.95):
            raise ScenarioError("The goal must be an amount from 0 and a confidence from 5 to 95 %.", mend="Change it.")


@dataclass(frozen=True)
class Sought:
    """What each lever alone would have to do, and the cheapest mix.

    Attributes
    ----------
    frame : pl.DataFrame
        [lever, label, value, shown, rank, is_seen, effort], value null where the lever alone does not reach
        the goal; `rank` says where the value would stand among the company's own quarters, and `is_seen` whether
        one of them was as good.
    mix : Scenario
        The settings of the cheapest mix within the seen ranges; no levers where nothing is needed.
    cost : float
        Its effort; `reached` says whether it reaches the goal.
    """

    goal: Goal
    now: float
    frame: pl.DataFrame
    mix: Scenario
    cost: float
    reached: bool
    currency: str

    @property
    def is_there(self) -> bool:
        """Say whether the goal is met as things are set."""
        return self.reached and not self.mix.levers

    def sentence(self) -> str:
        """Say where the goal stands and what reaches it."""
        wanted = money(self.goal.amount, self.currency)
        here = message(
            "As set, there is a {sure:.0f} % chance of at least {now}",
            sure=self.goal.sure * 100,
            now=money(self.now, self.currency),
        )
        if self.is_there:
            return message("{here}: {wanted} is already reached.", here=here, wanted=wanted)
        solutions = self.frame.filter(pl.col("value").is_not_null())
        if solutions.is_empty():
            return message("{here}; no lever alone reaches {wanted}.", here=here, wanted=wanted)
        parts = (
            message("{label} {shown} ({rank})", label=r["label"], shown=r["shown"], rank=joined(r["rank"]))
            for r in solutions.head(3).iter_rows(named=True)
        )
        named = joined(*parts, by="; ")
        return message(
            "{here}. For {wanted} one of these alone would do: {named}.", here=here, wanted=wanted, named=named
        )

    def mix_sentence(self) -> str:
        """Say the cheapest mix."""
        if not self.mix.levers:
            return "Nothing has to change." if self.reached else "No lever has room within its past range."
        named = joined(*(s.words() for s in self.mix.levers), by=", ")
        if not self.reached:
            return message("Even with all levers at your past best ({named}) the goal is not reached.", named=named)
        return message(
            "The easiest mix within past range: {named} (effort score {cost:,.0f}).", named=named, cost=self.cost
        )


def seek(start: Ground, plan: Scenario, goal: Goal, efforts: Mapping[str, float] | None = None) -> Sought:
    """Find what each lever alone needs for a goal, and the mix of least effort.

    The goal is met when the amount that is reached with the wanted certainty equals it: at 50 % the median,
    at 70 % the 30th percentile of the quarter's distribution. Each lever is sought by secants on mean and
    width and set right by one step on the full distribution. The mix is a linear programme, least effort
    subject to the goal, solved greedily as one constraint allows and repeated on slopes taken at its own
    solution; levers stay within the range seen in the company's past, or their slider's where there is none.

    Parameters
    ----------
    start : Ground
    plan : Scenario
        What is set already; the levers sought come on top.
    goal : Goal
    efforts : mapping, optional
        Cost of one unit (1 %, or one piece) per lever; the levers' own defaults otherwise.
    """
    costs = {name: LEVERS[name].effort for name in SOUGHT} | dict(efforts or {})
    if any(not np.isfinite(c) or c <= 0 for c in costs.values()):
        raise ScenarioError("The effort of a lever must be a number above 0.", mend="Use 1 where unsure.")
    reach = _Reach(start, plan, goal)
    short = goal.amount - reach.exact({})
    short = 0.0 if abs(short) <= MET_WITHIN * goal.amount else short
    rows = [_alone(start, reach, name, short, costs[name]) for name in SOUGHT]
    frame = pl.DataFrame(rows, schema=SHAPE).sort("effort", nulls_last=True)
    mix, reached = _mix(start, reach, costs, short)
    mix = _on_ticks(start, mix)
    cost = sum(abs(v) * _units(n) * costs[n] for n, v in mix.items())
    settings = tuple(LeverSetting(n, round(v, 6)) for n, v in mix.items() if abs(v) > 1e-6)
    return Sought(goal, reach.exact({}), frame, Scenario("Easiest mix", settings), cost, reached, start.base.currency)


class _Reach:
    """The amount reached with the wanted certainty, quickly by mean and width, or exactly."""

    def __init__(self, start: Ground, plan: Scenario, goal: Goal) -> None:
        self._start, self._plan, self._goal = start, plan, goal
        self._quantiles: dict[tuple[tuple[str, float], ...], float] = {}
        mean, width = self._shape({})
        self._z = (self.exact({}) - mean) / width if width > 0 else 0.0

    def with_(self, moves: Mapping[str, float]) -> Scenario:
        more = tuple(LeverSetting(n, v) for n, v in moves.items() if v)
        return replace(self._plan, levers=(*self._plan.levers, *more))

    def quick(self, moves: Mapping[str, float]) -> float:
        mean, width = self._shape(moves)
        return mean + self._z * width

    def exact(self, moves: Mapping[str, float]) -> float:
        key = tuple(sorted(moves.items()))
        if key not in self._quantiles:
            after = expectation.run(self._start.base, self.with_(moves), self._goal.window)
            self._quantiles[key] = after.spread.quantile(1 - self._goal.sure)
        return self._quantiles[key]

    def _shape(self, moves: Mapping[str, float]) -> tuple[float, float]:
        computed = expectation.parts(self._start.base, self.with_(moves))
        w = computed.window(self._goal.window)
        mean = w.won + float(w.amount @ w.chance + w.size @ w.count)
        own = float((w.amount**2) @ (w.chance * (1 - w.chance)) + w.square @ w.count)
        new = np.array([float(w.size @ w.count)])
        shared = distribution.shared_variance(computed.books, computed.plan, w.amount, w.chance[:, None], new)
        return mean, float(np.sqrt(max(own + float(shared[0]), 0.0)))


def _units(name: str) -> float:
    return 100.0 if LEVERS[name].is_relative else 1.0


def _alone(start: Ground, reach: _Reach, name: str, short: float, cost: float) -> dict[str, object]:
    lever = LEVERS[name]
    end = lever.better * FARTHEST.get(lever.unit, 1.0)
    end = max(end, -0.95) if lever.unit == "percent" and end < 0 else end
    empty: dict[str, object] = dict.fromkeys(SHAPE)
    empty |= {"lever": name, "label": lever.label, "shown": NOT_ALONE, "rank": "", "is_seen": False}
    if short <= 0:
        return {**empty, "value": 0.0, "shown": "nothing needed", "is_seen": True, "effort": 0.0}
    value = _root(lambda v: reach.quick({name: v}) - reach.quick({}) - short, end)
    if value is None:
        return empty
    value = _corrected(reach, name, value, short, end)
    if value is None:
        return empty
    value = float(np.ceil(value - 1e-9)) if lever.unit == "count" else value
    return {
        "lever": name,
        "label": lever.label,
        "value": value,
        "shown": lever.shown(value),
        "rank": start.seen.rank(name, value, lever.better),
        "is_seen": start.seen.has_reached(name, value, lever.better),
        "effort": abs(value) * _units(name) * cost,
    }


def _root(gap: Callable[[float], float], end: float) -> float | None:
    """Find where a rising gap is closed between 0 and `end`; None where it is not (regula falsi, Illinois)."""
    low, high, below, above = 0.0, end, gap(0.0), gap(end)
    if above < 0:
        return None
    side = 0
    for _ in range(TRIES * 3):
        middle = (low * above - high * below) / (above - below) if above != below else high
        residual = gap(middle)
        if abs(residual) <= CLOSE * max(above - below, 1.0) or abs(high - low) < 1e-7:
            return middle
        if residual < 0:
            low, below = middle, residual
            above = above / 2 if side < 0 else above
            side = -1
        else:
            high, above = middle, residual
            below = below / 2 if side > 0 else below
            side = 1
    return middle


def _corrected(reach: _Reach, name: str, value: float, short: float, end: float) -> float | None:
    """Set a value right by steps on the full distribution."""
    base, quick = reach.exact({}), reach.quick({})
    for _ in range(2):
        miss = short - (reach.exact({name: value}) - base)
        if abs(miss) <= 2e-4 * max(abs(short), 1.0):
            break
        slope = (reach.quick({name: value}) - quick) / value if value else 0.0
        if slope == 0:
            return None
        value = value + miss / slope
        if abs(value) > abs(end):
            return None
    return value


def _room(start: Ground, name: str) -> float:
    """Return how far a lever may go in a mix: the better end of what was seen, else of its slider."""
    lever = LEVERS[name]
    seen_range = start.seen.range(name) or (lever.low, lever.high)
    edge = seen_range[1] if lever.better > 0 else seen_range[0]
    low, high = LIMITS[lever.unit]
    return float(min(max(edge, low), high))


def _mix(start: Ground, reach: _Reach, costs: Mapping[str, float], short: float) -> tuple[dict[str, float], bool]:
    """Fill levers in the order of effect per effort until the goal is met; slopes are taken anew each round."""
    room = {n: _room(start, n) for n in SOUGHT if _room(start, n)}
    mix: dict[str, float] = {}
    if short <= 0:
        return mix, True
    for _ in range(ROUNDS):
        here = reach.quick(mix)
        slopes = {n: _slope(reach, mix, n, end, here) for n, end in room.items()}
        start_gap = short + reach.quick({}) - here + sum(slopes[n] * v for n, v in mix.items())
        order = sorted(room, key=lambda n: -slopes[n] * np.sign(room[n]) / (costs[n] * _units(n)))
        mix = {}
        for name in order:
            gain = slopes[name] * room[name]
            if start_gap <= 0 or gain <= 0:
                continue
            mix[name] = room[name] * min(start_gap / gain, 1.0)
            start_gap -= gain
    return _exactly_met(reach, mix, room, short)


def _slope(reach: _Reach, mix: Mapping[str, float], name: str, end: float, here: float) -> float:
    step = end * 0.2
    there = mix.get(name, 0.0)
    step = -step if abs(there + step) > abs(end) else step
    return (reach.quick({**mix, name: there + step}) - here) / step


def _exactly_met(
    reach: _Reach, mix: dict[str, float], room: Mapping[str, float], short: float
) -> tuple[dict[str, float], bool]:
    """Move the last lever of the mix until the full distribution meets the goal."""
    goal = reach.exact({}) + short
    for name in (*reversed(list(mix)), *(n for n in room if n not in mix)):
        others = {n: v for n, v in mix.items() if n != name}
        if reach.exact(others) >= goal:
            mix = others
            continue
        if reach.exact({**others, name: room[name]}) < goal:
            mix = {**others, name: room[name]}
            continue
        low, high = 0.0, room[name]
        value = mix.get(name, high)
        for _ in range(6):
            miss = reach.exact({**others, name: value}) - goal
            low, high = (low, value) if miss >= 0 else (value, high)
            if abs(miss) <= 2e-4 * goal:
                break
            value = (low + high) / 2
        return {**others, name: value}, True
    return mix, reach.exact(mix) >= goal * (1 - MET_WITHIN)


def _on_ticks(start: Ground, mix: Mapping[str, float]) -> dict[str, float]:
    """Round each lever away from 0, so that the mix on the sliders reads as it is set and still meets the goal."""
    rounded: dict[str, float] = {}
    for name, value in mix.items():
        tick, room = TICK[LEVERS[name].is_relative], _room(start, name)
        steps = float(np.ceil(abs(value) / tick - 1e-6))
        rounded[name] = float(np.sign(value) * min(steps * tick, abs(room)))
    return rounded
