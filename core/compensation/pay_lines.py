"""The lines of one statement, worked out in whole cents: base, commission, bonuses, what is taken back, draw."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from core.compensation.pay_plan import Plan, Spiff, rounded
from core.localization import message

BASE, COMMISSION, SPIFF, CAP = "Base", "Commission", "SPIF", "Cap"
CLAWBACK, ADJUSTMENT, RECOVERY, CARRIED, DRAW = "Clawback", "Exception", "Recovery", "Carried forward", "Draw"
KINDS = (BASE, COMMISSION, SPIFF, CAP, CLAWBACK, ADJUSTMENT, RECOVERY, CARRIED, DRAW)
VARIABLE = frozenset(KINDS) - {BASE}


class Credit(NamedTuple):
    """A deal, or a share of one, that counts for somebody; credit in whole cents."""

    opportunity_id: str
    close_on: date
    kind: str
    family: str
    cents: int


class Line(NamedTuple):
    """One line of a statement; rate and credit are None and 0 where it has none."""

    kind: str
    label: str
    opportunity_id: str
    credit_cents: int
    rate: Fraction | None
    cents: int


@dataclass(frozen=True)
class Quarter:
    """What one statement is worked out from.

    Attributes
    ----------
    credits : tuple of Credit
    quota_cents : int
        0 where there is no quota.
    base_cents : int
        Fixed pay of the quarter.
    reversed_pay : tuple of (str, int)
        Deals whose contract ended too soon, and what earlier quarters had paid for each; what this one pays is added.
    exceptions : tuple of (str, int)
        Approved exceptions: words and cents.
    balance_cents : int
        Brought forward: below 0 for what is still to be taken back.
    """

    credits: tuple[Credit, ...] = ()
    quota_cents: int = 0
    base_cents: int = 0
    reversed_pay: tuple[tuple[str, int], ...] = ()
    exceptions: tuple[tuple[str, int], ...] = ()
    balance_cents: int = 0


@dataclass(frozen=True)
class Statement:
    """The lines of a statement and the balance it leaves; the total is their sum."""

    lines: tuple[Line, ...]
    balance_cents: int

    @property
    def total_cents(self) -> int:
        """Return the sum of all lines."""
        return sum(line.cents for line in self.lines)

    def of(self, kinds: Iterable[str]) -> int:
        """Return the sum of the lines of some kinds."""
        wanted = set(kinds)
        return sum(line.cents for line in self.lines if line.kind in wanted)


def statement(plan: Plan, quarter: Quarter) -> Statement:
    """Work out a statement.

    Each line is rounded to whole cents by itself, half a cent away from zero, and the total is the sum of the lines.
    First what was earned: commission, bonuses, the cap on both, what is taken back, exceptions. Of what is earned
    beyond the draw a balance is recovered; what is earned below nothing is carried forward, unless the plan may be
    negative; what is missing to the draw is added, and carried as a balance where the draw is recoverable.

    Parameters
    ----------
    plan : Plan
    quarter : Quarter

    Returns
    -------
    Statement
        Lines in the order of `KINDS`.
    """
    lines = [*commission(plan, quarter.credits, quarter.quota_cents), *_spiffs(plan.spiffs, quarter.credits)]
    lines += _capped(plan.cap_cents, sum(line.cents for line in lines))
    lines += _clawbacks(plan, quarter.reversed_pay, lines)
    lines += [Line(ADJUSTMENT, words, "", 0, None, cents) for words, cents in quarter.exceptions]
    settled, balance = _settled(plan, sum(line.cents for line in lines), quarter.balance_cents)
    base = [Line(BASE, "Fixed pay of the quarter", "", 0, None, quarter.base_cents)] if quarter.base_cents else []
    return Statement((*base, *lines, *settled), balance)


def commission(plan: Plan, credits: Sequence[Credit], quota_cents: int) -> list[Line]:
    """Return a commission line for each credit, by close date and id.

    Parameters
    ----------
    plan : Plan
    credits : sequence of Credit
    quota_cents : int
        Without one, or one of 0, the plan's rate without a quota counts; none is paid where it has none.
    """
    ordered = sorted(credits, key=lambda credit: (credit.close_on, credit.opportunity_id))
    total = sum(credit.cents for credit in ordered)
    before, lines = 0, []
    for credit in ordered:
        if quota_cents <= 0:
            rate = plan.without_quota or Fraction(0)
        elif plan.method == "whole":
            rate = _rate_at(plan, Fraction(total, quota_cents))
        elif plan.order == "shared":
            rate = earned(plan, total, quota_cents) / total if total else Fraction(0)
        else:
            step = earned(plan, before + credit.cents, quota_cents) - earned(plan, before, quota_cents)
            rate = step / credit.cents if credit.cents else Fraction(0)
        rate *= plan.factor(credit.kind)
        before += credit.cents
        words = "Commission" if quota_cents > 0 else "Commission without a quota"
        lines.append(Line(COMMISSION, words, credit.opportunity_id, credit.cents, rate, rounded(rate * credit.cents)))
    return lines


def earned(plan: Plan, credit_cents: int | Fraction, quota_cents: int) -> Fraction:
    """Return what the bands pay on a sum of credit, before the factors of types, in cents not yet rounded.

    Examples
    --------
    Half of a quota of 1,000.00 at 4 %, the next 300.00 at 10 %:

    >>> from core.compensation.pay_plan import Tier
    >>> tiers = (Tier(Fraction(1, 2), Fraction(4, 100)), Tier(None, Fraction(10, 100)))
    >>> plan = Plan("AE", date(2026, 1, 1), "USD", tiers)
    >>> earned(plan, 80_000, 100_000)
    Fraction(5000, 1)
    """
    credit = Fraction(credit_cents)
    if plan.method == "whole":
        return credit * _rate_at(plan, credit / quota_cents)
    if credit < 0:
        return credit * plan.tiers[0].rate
    pay = low = Fraction(0)
    for tier in plan.tiers:
        high = credit if tier.up_to is None else min(credit, tier.up_to * quota_cents)
        if high > low:
            pay += (high - low) * tier.rate
            low = high
    return pay


def _rate_at(plan: Plan, attainment: Fraction) -> Fraction:
    """Return the rate of the band an attainment has reached; a band is reached where the one before it ends."""
    rate = plan.tiers[0].rate
    for tier, following in zip(plan.tiers, plan.tiers[1:], strict=False):
        if tier.up_to is not None and attainment >= tier.up_to:
            rate = following.rate
    return rate


def _spiffs(spiffs: Sequence[Spiff], credits: Sequence[Credit]) -> list[Line]:
    ordered = sorted(credits, key=lambda credit: (credit.close_on, credit.opportunity_id))
    return [
        Line(
            SPIFF,
            spiff.name,
            credit.opportunity_id,
            credit.cents,
            spiff.rate if not spiff.amount_cents else None,
            spiff.amount_cents or rounded(spiff.rate * credit.cents),
        )
        for spiff in spiffs
        for credit in ordered
        if earns(spiff, credit)
    ]


def earns(spiff: Spiff, credit: Credit) -> bool:
    """Say whether a deal earns a bonus."""
    return (
        spiff.begin <= credit.close_on <= spiff.end
        and (not spiff.types or credit.kind in spiff.types)
        and (not spiff.families or credit.family in spiff.families)
        and credit.cents >= max(spiff.least_cents, 1)
    )


def _capped(cap_cents: int | None, cents: int) -> list[Line]:
    if cap_cents is None or cents <= cap_cents:
        return []
    return [Line(CAP, "Above the most the plan pays in a quarter", "", 0, None, cap_cents - cents)]


def _clawbacks(plan: Plan, reversed_pay: Iterable[tuple[str, int]], lines: Sequence[Line]) -> list[Line]:
    clawback = plan.clawback
    if clawback is None:
        return []
    now: dict[str, int] = {}
    for line in lines:
        now[line.opportunity_id] = now.get(line.opportunity_id, 0) + line.cents
    words = message("Contract ended within {within_days} days", within_days=clawback.within_days)
    back = [(deal, rounded(clawback.share * (paid + now.get(deal, 0)))) for deal, paid in sorted(reversed_pay)]
    return [Line(CLAWBACK, words, deal, 0, None, -cents) for deal, cents in back if cents > 0]


def _settled(plan: Plan, variable: int, balance: int) -> tuple[list[Line], int]:
    """Return the lines that recover a balance, carry one forward and fill up to the draw, and the balance left."""
    lines, floor = [], plan.draw.amount_cents if plan.draw else 0
    recovered = min(-balance, max(variable - floor, 0)) if balance < 0 else 0
    if recovered:
        lines.append(Line(RECOVERY, "Balance of earlier quarters taken back", "", 0, None, -recovered))
        variable, balance = variable - recovered, balance + recovered
    if variable < 0 and not plan.may_be_negative:
        lines.append(Line(CARRIED, "Taken from the pay of later quarters", "", 0, None, -variable))
        variable, balance = 0, balance + variable
    missing = floor - max(variable, 0)
    if plan.draw and missing > 0:
        words = "Recoverable draw" if plan.draw.is_recoverable else "Guaranteed draw"
        lines.append(Line(DRAW, words, "", 0, None, missing))
        balance -= missing if plan.draw.is_recoverable else 0
    return lines, balance
