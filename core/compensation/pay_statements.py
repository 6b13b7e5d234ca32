"""Statements per person and quarter: every line with the deal behind it, adding up to the cent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import polars as pl

from core.compensation import pay_credits, pay_lines
from core.compensation.pay_credits import Team, WonDeal
from core.compensation.pay_lines import CLAWBACK, COMMISSION, KINDS, SPIFF, Credit, Quarter, Statement
from core.compensation.pay_plan import CENTS, Plan, Plans, rounded
from core.config import Settings
from core.config.calendar import add_quarters, quarter_label, quarter_start
from core.contracts import Dataset
from core.contracts.errors import ContractError
from core.localization import joined, message
from core.marts.as_of import rewind
from core.metrics.measure import counted, percent

MOST_QUARTERS = 40
LINES = {
    "rep_id": pl.String,
    "rep_name": pl.String,
    "kind": pl.String,
    "label": pl.String,
    "opportunity_id": pl.String,
    "opportunity_name": pl.String,
    "credit_amount": pl.Float64,
    "rate": pl.Float64,
    "amount": pl.Float64,
    "cents": pl.Int64,
}
SUMMARY = {
    "rep_id": pl.String,
    "rep_name": pl.String,
    "role": pl.String,
    "team": pl.String,
    "plan": pl.String,
    "quota_amount": pl.Float64,
    "credit_amount": pl.Float64,
    "attainment_rate": pl.Float64,
    "base_amount": pl.Float64,
    "variable_amount": pl.Float64,
    "amount": pl.Float64,
    "cents": pl.Int64,
    "owed_amount": pl.Float64,
}
Granted = tuple[tuple[str, date, str, int], ...]


@dataclass(frozen=True)
class Payroll:
    """All statements of a quarter.

    Attributes
    ----------
    frame : pl.DataFrame
        One row per person with a plan, the columns of `SUMMARY`, highest pay first. Quota and attainment are null
        without a quota; what is owed is taken from later quarters.
    lines : pl.DataFrame
        The columns of `LINES`: by person, in the order of the kinds and of close dates.
    label : str
        Of the quarter.
    basis : mapping of str to (Plan, Quarter)
        By person: what the statement was worked out from.
    """

    frame: pl.DataFrame
    lines: pl.DataFrame
    begin: date
    label: str
    currency: str
    is_over: bool = True
    n_without: int = 0
    n_no_amount: int = 0
    basis: Mapping[str, tuple[Plan, Quarter]] = field(default_factory=dict)

    @property
    def so_far(self) -> str:
        """Return what is said beside a quarter that is not over."""
        return "" if self.is_over else " so far"

    def of(self, people: frozenset[str] | set[str]) -> Payroll:
        """Return the statements of some people alone."""
        wanted = pl.col("rep_id").is_in(sorted(people))
        basis = {rep: basis for rep, basis in self.basis.items() if rep in people}
        frame, lines = self.frame.filter(wanted), self.lines.filter(wanted)
        return replace(self, frame=frame, lines=lines, basis=basis, n_without=0, n_no_amount=0)

    def sentence(self) -> str:
        """Say what is paid, to how many, and that it reconciles."""
        if self.frame.is_empty():
            return message("No plan is for anybody here in {label}.", label=self.label)
        total = int(self.frame["cents"].sum())
        adds_up = total == int(self.lines["cents"].sum())
        people = counted(self.frame.height, "person", "people")
        variable = round(float(self.frame["variable_amount"].sum()) * CENTS)
        parts = [
            message(
                "{exact} for {label}{so_far} to {people}",
                exact=exact(total, self.currency),
                label=self.label,
                so_far=self.so_far,
                people=people,
            )
        ]
        parts.append(message("{exact} of it variable", exact=exact(variable, self.currency)))
        proof = "the lines add up to it to the cent" if adds_up else "the lines do not add up to it"
        text = message("{parts}; {proof}.", parts=joined(*parts, by=", "), proof=proof)
        if self.n_without:
            text += message(
                " {people} of the team {has} no plan.",
                people=counted(self.n_without, "person", "people"),
                has=_has(self.n_without),
            )
        if self.n_no_amount:
            text += message(
                " {wons} without an amount {value} left out.",
                wons=counted(self.n_no_amount, "won deal"),
                value=_is(self.n_no_amount),
            )
        return text


def _has(n: int) -> str:
    return "has" if n == 1 else "have"


def _is(n: int) -> str:
    return "is" if n == 1 else "are"


def exact(cents: int, currency: str) -> str:
    """Write an amount to the cent.

    Examples
    --------
    >>> exact(-123456789, "USD")
    'USD -1,234,567.89'
    """
    whole, rest = divmod(abs(cents), CENTS)
    return f"{currency} {'-' if cents < 0 else ''}{whole:,}.{rest:02}"


@dataclass(frozen=True)
class OneStatement:
    """One person's statement of a quarter, with its lines as `LINES`."""

    frame: pl.DataFrame
    summary: dict[str, Any]
    label: str
    currency: str
    so_far: str = ""

    def sentence(self) -> str:
        """Say what is paid and for what share of quota."""
        if not self.summary:
            return message("No plan counts for this person in {label}.", label=self.label)
        reached = self.summary["attainment_rate"]
        part = message(" at {reached} of quota", reached=percent(reached)) if reached is not None else ""
        total, base, variable, balance = (
            exact(round(self.summary[name] * CENTS), self.currency)
            for name in ("amount", "base_amount", "variable_amount", "owed_amount")
        )
        text = message(
            "{rep_name} earns {total} for {label}{so_far}{part}: {base} fixed and {variable} "
            "variable, by the plan {plan}.",
            rep_name=self.summary["rep_name"],
            total=total,
            label=self.label,
            so_far=self.so_far,
            part=part,
            base=base,
            variable=variable,
            plan=self.summary["plan"],
        )
        owed = self.summary["owed_amount"] > 0
        return (
            message("{text} {balance} is still to be taken from later quarters.", text=text, balance=balance)
            if owed
            else text
        )


def payroll(data: Dataset, settings: Settings, plans: Plans, begin: date, exceptions: Granted = ()) -> Payroll:
    """Statements of everybody for a quarter: what is paid, for what, by which deal.

    Formula: fixed pay of the quarter by days employed, commission per deal, bonuses, less what is above the cap, less
    what is taken back for contracts that ended too soon, plus approved exceptions; then balances and draws as
    `pay_lines.statement` says. Deals count by close date for whoever owns them, or by their split; for managers those
    of everybody below them on that day. Tiers are shares of the quarter's own quota; of leaders without one, of what
    those below have together. The statements of earlier quarters are worked out first, for balances and for what was
    paid on deals that are taken back.

    Parameters
    ----------
    data : Dataset
        The company's, whoever looks: a part of somebody's deals would give another pay.
    settings : Settings
    plans : Plans
    begin : date
        First day of the quarter.
    exceptions : tuple of (str, date, str, int)
        Approved ones: person, first day of the quarter, words, cents.

    Returns
    -------
    Payroll

    Raises
    ------
    ContractError
        When a plan of the quarter is in another currency than the data.
    """
    company = data.company
    last = quarter_start(begin, settings)
    first = _first(plans, settings, last)
    foreign = next((plan for plan in plans.plans if plan.currency != settings.currency), None)
    if foreign is not None:
        raise ContractError(
            message(
                "The plan {name!r} is in {currency}, and the data are in {currency_2}.",
                name=foreign.name,
                currency=foreign.currency,
                currency_2=settings.currency,
            ),
            mend=message("Write the plan's amounts in {currency}.", currency=settings.currency),
        )
    team = pay_credits.team_of(company)
    deals = pay_credits.won_deals(company, plans, first)
    granted = _granted(exceptions)
    run = _Run(company, settings, plans, team, _by_person(deals, team), granted)
    quarter = first
    while quarter <= last:
        results = run.quarter(quarter)
        quarter = add_quarters(quarter, 1, settings)
    end = add_quarters(last, 1, settings)
    n_team = sum(team.place(rep, last, end) is not None for rep in team.spans)
    unpriced = company.opportunities.filter(
        pl.col("is_won"), pl.col("amount").is_null(), pl.col("close_on").is_between(last, end, closed="left")
    ).height
    frame, lines = _frames(results, company)
    label = quarter_label(last, settings)
    basis = {r.rep_id: (r.plan, r.quarter) for r in results}
    n_without = n_team - frame.height
    return Payroll(frame, lines, last, label, settings.currency, end <= company.as_of, n_without, unpriced, basis=basis)


def statement(
    data: Dataset,
    settings: Settings,
    plans: Plans,
    rep_id: str,
    begin: date,
    exceptions: Granted = (),
) -> OneStatement:
    """One person's statement of a quarter, as `payroll` works it out; no rows where no plan is for them."""
    whole = payroll(data, settings, plans, begin, exceptions)
    return one_of(whole, rep_id)


def one_of(whole: Payroll, rep_id: str) -> OneStatement:
    """Return one person's statement out of all."""
    rows = whole.frame.filter(pl.col("rep_id") == rep_id)
    summary = rows.row(0, named=True) if rows.height else {}
    return OneStatement(
        whole.lines.filter(pl.col("rep_id") == rep_id), summary, whole.label, whole.currency, whole.so_far
    )


def as_of(data: Dataset, settings: Settings, day: date) -> Dataset:
    """Return the company's data as they were known at the end of a day; themselves from their own day on."""
    company = data.company
    return company if day >= company.as_of else rewind(company, day, settings)


def difference(now: Payroll, then: Payroll) -> pl.DataFrame:
    """Return what changed between two workings-out of a quarter.

    Returns
    -------
    pl.DataFrame
        [rep_id, rep_name, then_amount, amount, difference_amount], of people whose pay differs, the largest first.
    """
    both = now.frame.select("rep_id", "rep_name", "cents").join(
        then.frame.select("rep_id", "rep_name", then_cents="cents"),
        on=["rep_id", "rep_name"],
        how="full",
        coalesce=True,
    )
    cents, then_cents = pl.col("cents").fill_null(0), pl.col("then_cents").fill_null(0)
    return (
        both.filter(cents != then_cents)
        .select(
            "rep_id",
            "rep_name",
            then_amount=then_cents / CENTS,
            amount=cents / CENTS,
            difference_amount=(cents - then_cents) / CENTS,
        )
        .sort(pl.col("difference_amount").abs(), "rep_id", descending=[True, False])
    )


def _first(plans: Plans, settings: Settings, last: date) -> date:
    """Return the quarter in which the earliest plan begins to count, but not more than ten years back."""
    begins = [quarter_start(plan.begin, settings) for plan in plans.plans]
    earliest = add_quarters(last, -MOST_QUARTERS, settings)
    return max(min([*begins, last]), earliest)


def _granted(exceptions: Granted) -> dict[tuple[str, date], list[tuple[str, int]]]:
    granted: dict[tuple[str, date], list[tuple[str, int]]] = defaultdict(list)
    for rep, period, words, cents in exceptions:
        granted[rep, period].append((words, cents))
    return granted


def _by_person(deals: list[WonDeal], team: Team) -> dict[str, dict[str, list[tuple[WonDeal, int]]]]:
    """Return deals by person and by whose they are, "own" or "team", with the cents that count."""
    out: dict[str, dict[str, list[tuple[WonDeal, int]]]] = defaultdict(lambda: {"own": [], "team": []})
    for deal in deals:
        shared: dict[str, int] = defaultdict(int)
        for person, cents in deal.owners:
            out[person]["own"].append((deal, cents))
            for boss in {person, *team.above(person, deal.close_on)}:
                shared[boss] += cents
        for boss, cents in shared.items():
            out[boss]["team"].append((deal, cents))
    return out


@dataclass
class _Result:
    rep_id: str
    span: pay_credits.Span
    plan: Plan
    quarter: Quarter
    statement: Statement


class _Run:
    """Works statements out quarter by quarter, carrying balances and what was paid for each deal."""

    def __init__(
        self,
        company: Dataset,
        settings: Settings,
        plans: Plans,
        team: Team,
        deals: dict[str, dict[str, list[tuple[WonDeal, int]]]],
        granted: dict[tuple[str, date], list[tuple[str, int]]],
    ) -> None:
        self.company, self.settings, self.plans, self.team = company, settings, plans, team
        self.deals, self.granted = deals, granted
        self.balances: dict[str, int] = defaultdict(int)
        self.paid: dict[tuple[str, str], int] = defaultdict(int)

    def quarter(self, begin: date) -> list[_Result]:
        """Return the statements of a quarter; quarters are asked for one after the other."""
        end = add_quarters(begin, 1, self.settings)
        quotas = pay_credits.quotas(self.company, begin, self.team)
        out = []
        for rep in sorted(self.team.spans):
            span = self.team.place(rep, begin, end)
            plan = self.plans.plan_of(rep, begin, (span.role, span.team, span.region)) if span else None
            if plan is not None and span is not None:
                out.append(self._one(rep, span, plan, begin, end, quotas.get(rep, 0)))
        return out

    def _one(self, rep: str, span: pay_credits.Span, plan: Plan, begin: date, end: date, quota_cents: int) -> _Result:
        mine = self.deals.get(rep, {"own": [], "team": []})[plan.counts]
        credits = tuple(
            Credit(d.opportunity_id, d.close_on, d.kind, d.family, rounded(plan.credit_share(d.kind) * cents))
            for d, cents in mine
            if begin <= d.close_on < end
        )
        quarter = Quarter(
            credits,
            quota_cents,
            pay_credits.base_cents(plan.base_cents, begin, self.settings, self.team.employed[rep], self.company.as_of),
            tuple(self._reversed(rep, plan, mine, begin, end)),
            tuple(self.granted.get((rep, begin), [])),
            self.balances[rep],
        )
        worked = pay_lines.statement(plan, quarter)
        self.balances[rep] = worked.balance_cents
        for line in worked.lines:
            if line.kind in (COMMISSION, SPIFF):
                self.paid[rep, line.opportunity_id] += line.cents
        return _Result(rep, span, plan, quarter, worked)

    def _reversed(
        self, rep: str, plan: Plan, mine: list[tuple[WonDeal, int]], begin: date, end: date
    ) -> list[tuple[str, int]]:
        """Return the deals whose contract ended in this quarter too soon, with what was paid before."""
        clawback = plan.clawback
        if clawback is None:
            return []
        return [
            (deal.opportunity_id, self.paid[rep, deal.opportunity_id])
            for deal, _ in mine
            if deal.ended_on is not None
            and begin <= deal.ended_on < end
            and deal.kind in clawback.types
            and (deal.ended_on - deal.close_on).days <= clawback.within_days
        ]


def _frames(results: list[_Result], company: Dataset) -> tuple[pl.DataFrame, pl.DataFrame]:
    called = dict(company.sales_team.select("rep_id", "rep_name").iter_rows())
    named = company.opportunities.select("opportunity_id", "opportunity_name")
    rows, lines = [], []
    for r in results:
        base = r.statement.of([pay_lines.BASE])
        asked, counted_cents = r.quarter.quota_cents, sum(credit.cents for credit in r.quarter.credits)
        quota = asked / CENTS if asked else None
        rate = counted_cents / asked if asked else None
        total = r.statement.total_cents
        who = (r.rep_id, called[r.rep_id], r.span.role, r.span.team or None, r.plan.name)
        sums = (base / CENTS, (total - base) / CENTS, total / CENTS, total, -r.statement.balance_cents / CENTS)
        rows.append((*who, quota, counted_cents / CENTS, rate, *sums))
        for line in r.statement.lines:
            rate_of = None if line.rate is None else float(line.rate)
            has_deal = line.opportunity_id or None
            credit = line.credit_cents / CENTS if has_deal and line.kind != CLAWBACK else None
            lines.append((r.rep_id, who[1], line.kind, line.label, has_deal, credit, rate_of, line.cents))
    frame = pl.DataFrame(rows, schema=SUMMARY, orient="row").sort("cents", "rep_id", descending=[True, False])
    shape = {name: kind for name, kind in LINES.items() if name not in ("opportunity_name", "amount")}
    listed = pl.DataFrame(lines, schema=shape, orient="row").with_columns(amount=pl.col("cents") / CENTS)
    order = pl.col("kind").replace_strict({kind: k for k, kind in enumerate(KINDS)}, return_dtype=pl.Int64)
    listed = listed.join(named, on="opportunity_id", how="left", maintain_order="left").sort(
        "rep_id", order, maintain_order=True
    )
    return frame, listed.select(list(LINES))
