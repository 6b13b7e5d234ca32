"""How likely each person reaches quota, under the distribution that the forecast and the scenarios rest on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from core.compensation import pay_credits
from core.compensation.pay_credits import Team
from core.compensation.pay_plan import CENTS, TYPES
from core.config import Settings
from core.config.calendar import add_months, add_quarters, quarter_label, quarter_start
from core.contracts import Dataset
from core.localization import message
from core.metrics.measure import counted, likely, money
from core.models.bundle import Bundle
from core.scenarios.data.baseline import build
from core.scenarios.engine import distribution, expectation
from core.scenarios.engine.distribution import Spread, Window
from core.scenarios.engine.parts import Parts
from core.scenarios.levers import Scenario

STEPS = 60
NARROW, WIDE = 0.2, 0.8
CHANCES = {
    "rep_id": pl.String,
    "rep_name": pl.String,
    "team": pl.String,
    "quota_amount": pl.Float64,
    "won_amount": pl.Float64,
    "expected_amount": pl.Float64,
    "low_amount": pl.Float64,
    "high_amount": pl.Float64,
    "chance": pl.Float64,
}


@dataclass(frozen=True)
class Prospect:
    """What somebody may book in a quarter.

    Attributes
    ----------
    spread : Spread
        The distribution of bookings.
    won : float
        What is booked already.
    by_type : mapping of str to float
        Expected bookings by type of deal; they add up to the spread's mean.
    """

    spread: Spread
    won: float
    by_type: Mapping[str, float]


@dataclass(frozen=True)
class QuotaChances:
    """The chance of quota of each person with a quota of their own.

    Attributes
    ----------
    frame : pl.DataFrame
        The columns of `CHANCES`, lowest chance first; low and high hold four outcomes of five.
    prospects : mapping of str to Prospect
        By person; a leader's are those of everybody below.
    expected : float
        What all together are expected to book, whoever owns it.
    """

    frame: pl.DataFrame
    prospects: Mapping[str, Prospect]
    label: str
    currency: str
    expected: float

    def of(self, people: frozenset[str]) -> QuotaChances:
        """Return the chances of some people alone."""
        rows = self.frame.filter(pl.col("rep_id").is_in(sorted(people)))
        own = {rep: prospect for rep, prospect in self.prospects.items() if rep in people}
        expected = float(rows["expected_amount"].sum())
        return QuotaChances(rows, own, self.label, self.currency, expected)

    def sentence(self) -> str:
        """Say how far the chances lie apart, and for how many quota is out of reach or all but certain."""
        n = self.frame.height
        if not n:
            return message("Nobody has a quota in {label}.", label=self.label)
        first, last = self.frame.row(0, named=True), self.frame.row(-1, named=True)
        if n == 1:
            quota = money(first["quota_amount"], self.currency)
            name, chance = first["rep_name"], likely(first["chance"])
            return message(
                "The chance that {name} reaches the quota of {quota} in {label} is {chance}.",
                name=name,
                quota=quota,
                label=self.label,
                chance=chance,
            )
        low, high = (self.frame.filter(edge).height for edge in _EDGES)
        return message(
            "In {label} the chance of quota runs from {chance} ({rep_name}) to {chance_2} "
            "({rep_name_2}) over {people}: {low:,} under {narrow:.0%}, {high:,} over {wide:.0%}.",
            label=self.label,
            chance=likely(first["chance"]),
            rep_name=first["rep_name"],
            chance_2=likely(last["chance"]),
            rep_name_2=last["rep_name"],
            people=counted(n, "person", "people"),
            low=low,
            narrow=NARROW,
            high=high,
            wide=WIDE,
        )


_EDGES = (pl.col("chance") < NARROW, pl.col("chance") > WIDE)


def chances(
    data: Dataset, settings: Settings, bundle: Bundle, plan: Scenario | None = None, quarter: int = 0
) -> QuotaChances:
    """Chance of each person to reach quota, under the distribution of the forecast.

    Formula: what is won, plus each open deal with its chance of a win in the quarter, plus deals still to come, as the
    scenarios' baseline has them, as one distribution per person (`distribution.work_out`). Deals to come of a team go
    to its reps in step with the deals each opened over the last year. What the forecast page puts right in the running
    quarter is added to everybody's expectation alike, so that expectations add up to the forecast's number; the
    width of each person's own distribution is that of their deals, and was not itself checked against the past.

    Parameters
    ----------
    data : Dataset
        The company's, whoever looks.
    settings : Settings
    bundle : Bundle
    plan : Scenario, optional
        Levers to move first.
    quarter : int
        0 for the running one, 1 for the next.

    Returns
    -------
    QuotaChances
    """
    company = data.company
    base = build(company, settings, bundle)
    parts = expectation.parts(base, plan)
    begin = add_quarters(quarter_start(company.as_of, settings), quarter, settings)
    team = pay_credits.team_of(company)
    desk = _Desk.of(company, parts, team, begin, quarter)
    quotas = {rep: cents / CENTS for rep, cents in pay_credits.quotas(company, begin, team).items()}
    leaders = _below(team, company.as_of)
    people = sorted({*desk.reps, *leaders, *quotas})
    prospects = {rep: desk.prospect(leaders.get(rep, frozenset()) | {rep}) for rep in people}
    everybody = desk.prospect(None)
    called = dict(company.sales_team.select("rep_id", "rep_name").iter_rows())
    rows = []
    for rep in people:
        quota, spread = quotas.get(rep, 0.0), prospects[rep].spread
        if rep in leaders or quota <= 0:
            continue
        span = team.place(rep, begin, add_quarters(begin, 1, settings))
        ends = (spread.mean, spread.quantile(0.1), spread.quantile(0.9), spread.chance_of(quota))
        rows.append((rep, called.get(rep, rep), span.team if span else None, quota, prospects[rep].won, *ends))
    frame = pl.DataFrame(rows, schema=CHANCES, orient="row").sort("chance", "rep_id")
    return QuotaChances(frame, prospects, quarter_label(begin, settings), settings.currency, everybody.spread.mean)


@dataclass(frozen=True)
class FairQuotas:
    """Quotas that give everybody the same chance.

    Attributes
    ----------
    frame : pl.DataFrame
        [rep_id, rep_name, team, quota_amount, chance, fair_amount, change_amount], most relieved first.
    chance : float or None
        The chance everybody has of the fair quota; None where there is nobody.
    """

    frame: pl.DataFrame
    chance: float | None
    label: str
    currency: str

    def sentence(self) -> str:
        """Say at which chance the same total would be fair, and who would be relieved most."""
        if self.chance is None:
            return message("Nobody has a quota in {label}.", label=self.label)
        total, moved = float(self.frame["fair_amount"].sum()), float(self.frame["change_amount"].abs().sum()) / 2
        text = message(
            "Spread so that everybody has the same chance, {total} for {label} gives each {chance}; "
            "{moved} of quota would change hands.",
            total=money(total, self.currency),
            label=self.label,
            chance=likely(self.chance),
            moved=money(moved, self.currency),
        )
        first = self.frame.row(0, named=True)
        if first["change_amount"] >= 0:
            return text
        return message(
            "{text} {rep_name} would be relieved most, by {change_amount}.",
            text=text,
            rep_name=first["rep_name"],
            change_amount=money(-first["change_amount"], self.currency),
        )


def fair_quotas(now: QuotaChances, total: float | None = None) -> FairQuotas:
    """Divide a total of quota so that everybody has the same chance of it.

    Formula: each quota is the amount a person exceeds with the same chance, which is found by halving until the quotas
    add up to the total. Rounded to a thousand, the rest is with the largest.

    Parameters
    ----------
    now : QuotaChances
    total : float, optional
        Default what the quotas come to today.
    """
    shape = ["rep_id", "rep_name", "team", "quota_amount", "chance"]
    wanted = float(now.frame["quota_amount"].sum()) if total is None else total
    if now.frame.is_empty() or wanted <= 0:
        none = now.frame.select(shape).with_columns(
            fair_amount=pl.lit(None, pl.Float64), change_amount=pl.lit(None, pl.Float64)
        )
        return FairQuotas(none.clear(), None, now.label, now.currency)
    spreads = [now.prospects[rep].spread for rep in now.frame["rep_id"]]
    low, high = 0.0, 1.0
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if sum(s.quantile(middle) for s in spreads) < wanted else (low, middle)
    fair = np.array([s.quantile(high) for s in spreads])
    fair *= wanted / fair.sum() if fair.sum() > 0 else 0.0
    fair = np.round(fair / 1000) * 1000
    fair[int(np.argmax(fair))] += wanted - fair.sum()
    rows = now.frame.select(shape).with_columns(fair_amount=pl.Series(fair))
    rows = rows.with_columns(change_amount=pl.col("fair_amount") - pl.col("quota_amount"))
    return FairQuotas(rows.sort("change_amount", "rep_id"), 1 - high, now.label, now.currency)


def _below(team: Team, day: date) -> dict[str, frozenset[str]]:
    """Return everybody below each leader on a day."""
    below: dict[str, set[str]] = {}
    for rep in team.spans:
        for boss in team.above(rep, day):
            below.setdefault(boss, set()).add(rep)
    return {boss: frozenset(people) for boss, people in below.items()}


@dataclass(frozen=True)
class _Desk:
    """A quarter's deals by owner, and who gets which part of the deals to come."""

    parts: Parts
    window: Window
    lift: float
    owners: np.ndarray
    types: np.ndarray
    cell_types: np.ndarray
    shares: Mapping[str, np.ndarray]
    won: Mapping[str, Mapping[str, float]]
    reps: frozenset[str]

    @staticmethod
    def of(data: Dataset, parts: Parts, team: Team, begin: date, quarter: int) -> _Desk:
        """Lay a quarter of a scenario out by owner."""
        base, window = parts.books.base, parts.window(quarter)
        ahead = float(window.amount @ window.chance + window.size @ window.count)
        lift = max(1 + window.fit.shift / ahead, 0.0) if window.fit is not None and ahead > 0 else 1.0
        last = base.months[3 * quarter + 2]
        done = data.opportunities.filter(
            pl.col("is_won"), pl.col("close_on") >= begin, pl.col("close_on") < add_months(last, 1)
        )
        won: dict[str, dict[str, float]] = {}
        for owner, kind, amount in done.select("owner_id", "opportunity_type", "amount").iter_rows():
            mine = won.setdefault(owner or "", {})
            mine[kind] = mine.get(kind, 0.0) + (amount or 0.0)
        reps, shares = _shares(data, team, base.to_come["team"].to_list())
        owners = base.open_deals["owner_id"].fill_null("").to_numpy().astype(str)
        types, cell_types = (
            frame["opportunity_type"].to_numpy().astype(str) for frame in (base.open_deals, base.to_come)
        )
        return _Desk(parts, window, lift, owners, types, cell_types, shares, won, reps)

    def prospect(self, people: frozenset[str] | None) -> Prospect:
        """Return what some people together, or all, may book in the quarter."""
        window = self.window
        mine = np.ones(len(self.owners), bool) if people is None else np.isin(self.owners, sorted(people))
        share = self._share(people)
        by_type = dict.fromkeys(TYPES, 0.0)
        for owner, sums in self.won.items():
            for kind, amount in sums.items() if people is None or owner in people else ():
                by_type[kind] += amount
        won = sum(by_type.values())
        expected = window.amount * window.chance * mine
        to_come = window.size * window.count * share
        for kind in TYPES:
            ahead = expected[self.types == kind].sum() + to_come[self.cell_types == kind].sum()
            by_type[kind] += float(ahead) * self.lift
        own = Window(
            window.amount[mine],
            window.chance[mine],
            window.size[share > 0],
            window.square[share > 0],
            (window.count * share)[share > 0],
            0.0,
            window.segment[mine],
            window.owner[mine],
        )
        base = self.parts.books.base
        spread = distribution.work_out(own, base.correlation, self.parts.plan.correlation)
        mean = won + spread.mean * self.lift
        return Prospect(Spread(won + spread.at * self.lift, spread.below, mean, None, None), won, by_type)

    def _share(self, people: frozenset[str] | None) -> np.ndarray:
        none = np.zeros(len(self.window.count))
        if people is None:
            return none + 1.0
        return np.minimum(sum((self.shares[rep] for rep in sorted(people & self.reps)), none), 1.0)


def _shares(data: Dataset, team: Team, teams: list[str]) -> tuple[frozenset[str], dict[str, np.ndarray]]:
    """Return the reps of today, and which part of each cell of deals to come is theirs."""
    tomorrow = data.as_of.replace(year=data.as_of.year + 1) if data.as_of < date(9000, 1, 1) else data.as_of
    places = {rep: team.place(rep, data.as_of, tomorrow) for rep in team.spans}
    reps = {
        rep: span.team
        for rep, span in places.items()
        if span is not None and span.role == "rep" and not _has_left(team, rep, data.as_of)
    }
    year = data.opportunities.filter(pl.col("created_on") > add_months(data.as_of, -12))
    opened = dict(year.drop_nulls("owner_id").group_by("owner_id").len().iter_rows())
    weight = {rep: opened.get(rep, 0) + 1.0 for rep in reps}
    cells = np.array(teams, str)
    shares = {rep: np.zeros(len(cells)) for rep in reps}
    for name in sorted(set(teams)):
        members = [rep for rep, own in reps.items() if own == name] or list(reps)
        total = sum(weight[rep] for rep in members)
        for rep in members:
            shares[rep][cells == name] = weight[rep] / total
    return frozenset(reps), shares


def _has_left(team: Team, rep: str, day: date) -> bool:
    left = team.employed[rep][1]
    return left is not None and left <= day
