"""When open deals are won, and how many deals to come, after the levers."""

from __future__ import annotations

import numpy as np

from core.scenarios.data.arrays import Books
from core.scenarios.data.factors import Factor, Side, alike, is_one, over_rows
from core.scenarios.data.win_curves import DAYS
from core.scenarios.levers import LeverSetting, Scenario

PACE = ("cycle",)
MODEL = ("meetings", "contacts", "response")
CHANCE = ("win_rate", "discount", "macro")
NAMED = ("deal_won", "deal_lost", "deal_moved")
OPEN = (*PACE, *MODEL, *CHANCE, *NAMED, "slip", "gap_closed", "handover")
ARRIVING = (*PACE, *CHANCE, "creation", "lead_mix", "hires", "leavers")
STEP_DAYS, MONTH_DAYS = 5, 365 / 12


def open_chance(books: Books, plan: Scenario) -> np.ndarray:
    """Return each open deal's chance of being won in each month [deal, month].

    The deal's curve is stretched by the cycle, moved by weeks, multiplied by the win rate and the
    discount's elasticity up to certainty, raised from the date a gap is closed, lowered from the one it is handed
    over, shifted in its odds by a
    market shock; a deal taken as won or lost comes last. The order of these steps is fixed, and within a
    step settings multiply or add, so the order of levers in a scenario does not matter.
    """
    settings = plan.of(*OPEN)
    chances: np.ndarray = books.memo.get("open", settings, lambda: _open_chance(books, plan))
    return chances


def _open_chance(books: Books, plan: Scenario) -> np.ndarray:
    share = _read(books, plan)
    chance = np.asarray(np.maximum(_chance(books.deals, plan), 0.0))
    if not is_one(chance if chance.ndim else float(chance)):
        share = np.minimum(share * over_rows(chance if chance.ndim else float(chance)), 1.0)
    step = np.diff(share, axis=1, prepend=0.0)
    for s in plan.of("gap_closed"):
        step = _unblocked(books, step, s)
    for s in plan.of("handover"):
        step = _handed_over(books, step, s)
    odds = books.deals.factor(plan.of("macro"))
    if not is_one(odds):
        share = np.cumsum(step, axis=1)
        odds = over_rows(np.maximum(odds, 0.0) if isinstance(odds, np.ndarray) else max(odds, 0.0))
        step = np.diff(share * odds / np.maximum(1 - share + share * odds, 1e-12), axis=1, prepend=0.0)
    for s in plan.of("deal_lost"):
        step = np.where(books.deals.mask(s.scope)[:, None], step * (1 - s.value), step)
    for s in plan.of("deal_won"):
        step = _won(books, step, s)
    return step


def _read(books: Books, plan: Scenario) -> np.ndarray:
    """Read the curves at the months' ends: cycle, slip and moved deals."""
    own = _rescored(books, plan.of(*MODEL))
    pace = books.deals.factor(plan.of(*PACE))
    paces = np.maximum(pace, 0.01)
    slips, moves = plan.of("slip"), plan.of("deal_moved")
    weeks = books.deals.total(moves)

    def at(days: np.ndarray) -> np.ndarray:
        return _at(own, books.base.days, days, paces)

    ends = books.ends
    if isinstance(weeks, np.ndarray):
        share = np.empty((len(ends), own.shape[1])).T
        for shift in np.unique(weeks):
            rows = weeks == shift
            here = paces[rows] if isinstance(paces, np.ndarray) and paces.ndim else paces
            moved = ends - shift * 7 if shift else ends
            share[rows] = _at(own[:, rows], books.base.days, np.where(ends > 0, np.maximum(moved, 0.0), 0.0), here)
    else:
        share = at(ends)
    quarter = ends[2]
    for s in slips:
        part = books.deals.mask(s.scope)[:, None] * s.value if s.scope != "all" else s.value
        inside = at(np.minimum(ends, quarter))
        later = at(np.clip(np.minimum(ends - s.amount * 7, quarter), 0.0, None))
        share = share - part * (inside - later)
    return np.clip(share, 0.0, 1.0) if slips else share


def _rescored(books: Books, settings: tuple[LeverSetting, ...]) -> np.ndarray:
    """Return the open deals' curves after the model levers; the baseline's own where none is moved."""
    score = books.base.rescore
    if not settings or score is None:
        return books.own
    curves: np.ndarray = books.memo.get("rescored", settings, lambda: score(books.deals, books.own, settings))
    return curves


def _at(own: np.ndarray, knots: np.ndarray, days: np.ndarray, pace: Factor) -> np.ndarray:
    """Read curves [knot, deal] at days [month], on the straight line between knots, as [deal, month]."""
    if not isinstance(pace, np.ndarray) or pace.ndim == 0:
        day = np.minimum(days / float(pace), knots[-1])
        low = np.minimum(np.searchsorted(knots, day, side="right") - 1, len(knots) - 2)
        share = ((day - knots[low]) / (knots[low + 1] - knots[low]))[:, None]
        return np.asarray(own[low] * (1 - share) + own[low + 1] * share).T
    out = np.empty((len(days), own.shape[1])).T
    for value in np.unique(pace):
        rows = pace == value
        out[rows] = _at(own[:, rows], knots, days, float(value))
    return out


def _chance(side: Side, plan: Scenario) -> Factor:
    """Return what multiplies the chance of winning: win rate, and demand where a discount has an elasticity."""
    win: Factor = side.factor(plan.of("win_rate"))
    demand: Factor = side.factor(plan.of("discount"), lambda s: max(1 + s.amount * s.value, 0.0))
    return win * demand


def _unblocked(books: Books, step: np.ndarray, s: LeverSetting) -> np.ndarray:
    waits = books.base.unblocked[s.detail]
    share = dict(zip(waits["opportunity_id"].to_list(), waits["share"].to_list(), strict=True))
    ids = books.deals.columns["opportunity_id"]
    part = np.array([min(max(float(share.get(i) or 0.0), 0.0), 1.0) for i in ids])
    if s.scope != "all":
        part = part * books.deals.mask(s.scope)
    begin = books.month_of(s.at)
    more = step.copy()
    more[:, begin:] *= 1 + s.value * part[:, None]
    total = np.minimum(np.cumsum(more, axis=1), 1.0)
    return np.diff(total, axis=1, prepend=0.0)


def _handed_over(books: Books, step: np.ndarray, s: LeverSetting) -> np.ndarray:
    """Lower the chance of deals that get a new owner, from the month on in which they do."""
    part = s.value * (1.0 if s.scope == "all" else books.deals.mask(s.scope).astype(float)[:, None])
    out = step.copy()
    out[:, books.month_of(s.at) :] *= 1 - np.clip(part, 0.0, 1.0)
    return out


def _won(books: Books, step: np.ndarray, s: LeverSetting) -> np.ndarray:
    """Put the whole chance of the deals named into the month they are due, or the quarter's last."""
    now, last = books.month_of(""), 2
    due = books.base.open_deals["close_on"].to_list()
    first = books.base.months[0]
    out = step * (1 - s.value * books.deals.mask(s.scope)[:, None])
    for i in np.flatnonzero(books.deals.mask(s.scope)):
        day = due[i]
        month = last if day is None else (day.year - first.year) * 12 + day.month - first.month
        out[i, min(max(month, now), last)] += s.value
    return out


def arrivals(books: Books, plan: Scenario) -> np.ndarray:
    """Return deals to come that are won, [cell, month]."""
    settings = plan.of(*ARRIVING)
    counts: np.ndarray = books.memo.get("arrivals", settings, lambda: _arrivals(books, plan))
    return counts


def _arrivals(books: Books, plan: Scenario) -> np.ndarray:
    counts = _by_curve(books, plan)
    counts[:, :3] *= books.memo.get("near", (), lambda: _near(books))
    return counts


def _near(books: Books) -> float:
    """Return what makes deals to come bring, with no lever moved, the forecast page's amount within the quarter."""
    wanted = books.base.new_amount
    if wanted is None or not books.cells.n:
        return 1.0
    amount = float(books.size @ _by_curve(books, Scenario())[:, :3].sum(axis=1))
    return wanted / amount if amount > 0 else 1.0


def _by_curve(books: Books, plan: Scenario) -> np.ndarray:
    """Return the wins of deals to come as their curves alone give them, [cell, month]."""
    cells, n = books.cells, books.cells.n
    if not n:
        return np.zeros((0, len(books.ends)))
    rate = books.rate * cells.factor(plan.of("creation")) * np.maximum(cells.factor(plan.of("macro")), 0.0)
    rate = _mixed(books, plan, rate)
    pace = np.broadcast_to(np.maximum(cells.factor(plan.of(*PACE)), 0.01), n)
    win = np.broadcast_to(np.maximum(_chance(cells, plan), 0.0), n)
    profile, which = _profiles(books, plan)
    rows, inverse = alike(books.cell_curve, pace, win, which)
    steps = np.arange(0, int(max(books.ends[-1], 0)) + 1, STEP_DAYS)
    won = np.stack(
        [
            profile[int(w), : len(steps)] @ np.minimum(_came(books, int(c), float(p), steps) * x, 1.0)
            for c, p, x, w in zip(books.cell_curve[rows], pace[rows], win[rows], which[rows], strict=True)
        ]
    )
    total = won[inverse] * (rate * (STEP_DAYS / MONTH_DAYS))[:, None]
    return np.asarray(np.diff(total, axis=1, prepend=0.0))


def _came(books: Books, curve: int, pace: float, steps: np.ndarray) -> np.ndarray:
    """Return the share of deals created at each step that is won by each month's end [step, month]."""

    def read() -> np.ndarray:
        left = np.maximum(books.ends[None, :] - steps[:, None], 0.0)
        return np.asarray(np.interp(left / pace, DAYS, books.base.came[curve]))

    shares: np.ndarray = books.memo.get("came", (curve, pace), read)
    return shares


def _mixed(books: Books, plan: Scenario, rate: np.ndarray) -> np.ndarray:
    """Move shares of new deals between lead sources; the number of deals stays."""
    settings = plan.of("lead_mix")
    if not settings or not rate.sum():
        return rate
    source = books.cells.columns["lead_source"].astype(str)
    for scope in dict.fromkeys(s.scope for s in settings):
        rows = books.cells.mask(scope) if scope != "all" else np.ones(len(rate), bool)
        total = rate[rows].sum()
        if not total:
            continue
        shares = {name: rate[rows & (source == name)].sum() / total for name in np.unique(source[rows])}
        wanted = dict(shares)
        for name in shares:
            wanted[name] += sum(s.value for s in settings if s.scope == scope and s.detail == name)
        wanted = {name: max(value, 0.0) for name, value in wanted.items()}
        named = {s.detail for s in settings if s.scope == scope}
        fixed = sum(v for k, v in wanted.items() if k in named)
        rest = sum(v for k, v in wanted.items() if k not in named)
        over = max(fixed, 1e-12)
        scale = {k: (min(1.0, 1 / over) if k in named else max(1 - fixed, 0.0) / rest if rest else 0.0) for k in wanted}
        if not rest and fixed:
            scale = dict.fromkeys(wanted, 1 / fixed)
        for name, share in shares.items():
            if share > 0:
                rate = np.where(rows & (source == name), rate * wanted[name] * scale[name] / share, rate)
    return rate


def _profiles(books: Books, plan: Scenario) -> tuple[np.ndarray, np.ndarray]:
    """Return profiles of new pipeline over time [profile, step] and which of them each cell follows."""
    settings = plan.of("hires", "leavers")
    days = np.arange(0, int(max(books.ends[-1], 0)) + 1 + STEP_DAYS, STEP_DAYS)
    if not settings:
        return np.ones((1, len(days))), np.zeros(books.cells.n)
    scopes = list(dict.fromkeys(s.scope for s in settings))
    masks = np.stack([books.cells.mask(c) if c != "all" else np.ones(books.cells.n, bool) for c in scopes], 1)
    kinds, inverse = np.unique(masks, axis=0, return_inverse=True)
    out = []
    for kind in kinds:
        line = np.ones(len(days))
        for scope, reached in zip(scopes, kind, strict=True):
            if reached:
                parts = tuple(s for s in settings if s.scope == scope)
                reps = _reps(books, scope)
                line = line + sum(productive(books, s, days) for s in parts) / reps
        out.append(np.maximum(line, 0.0))
    return np.stack(out), inverse.reshape(-1).astype(float)


def _reps(books: Books, scope: str) -> float:
    """Return the reps behind a scope's new pipeline, in proportion to the deals they create."""
    every = max(books.base.n_reps, 1)
    total = books.rate.sum()
    if scope == "all" or not total:
        return float(every)
    return max(every * float(books.rate[books.cells.mask(scope)].sum() / total), 1e-9)


def productive(books: Books, s: LeverSetting, days: np.ndarray) -> np.ndarray:
    """Return by how many fully productive reps a setting changes the team on each day from today."""
    month = books.month_of(s.at)
    begin = books.base.months[min(month, len(books.base.months) - 1)] if s.at else books.base.as_of
    since = days - max((begin - books.base.as_of).days, 0)
    if month >= len(books.base.months):
        return np.zeros(len(days))
    if s.lever == "leavers":
        return np.where(since >= 0, -s.value, 0.0)
    ramp = max(s.amount, 0.0) * MONTH_DAYS
    share = np.ones(len(days)) if ramp <= 0 else np.clip(since / ramp, 0.0, 1.0)
    return np.where(since >= 0, s.value * share, 0.0)
