"""A compensation plan: for whom it counts, and how deals turn into pay. Money in whole cents, rates as fractions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Literal

from core.contracts.opportunities import OPPORTUNITY_TYPES

TYPES = tuple(OPPORTUNITY_TYPES)
CENTS = 100


@dataclass(frozen=True)
class Tier:
    """A band of quota and what is paid in it.

    Attributes
    ----------
    up_to : Fraction or None
        Where the band ends, as a share of quota; None for the last one, which has no end.
    rate : Fraction
        Of the credit in the band.
    """

    up_to: Fraction | None
    rate: Fraction


@dataclass(frozen=True)
class Spiff:
    """A bonus for single deals: an amount for each, or a share of its credit.

    Attributes
    ----------
    begin, end : date
        First and last day a deal must close on.
    types, families : tuple of str
        Types of deals and families of products it is paid for; empty for all.
    least_cents : int
        Credit a deal must at least have.
    """

    name: str
    begin: date
    end: date
    types: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    least_cents: int = 0
    amount_cents: int = 0
    rate: Fraction = Fraction(0)


@dataclass(frozen=True)
class Clawback:
    """What is taken back when the contract of a deal ends soon: a share of what was paid for the deal."""

    within_days: int
    share: Fraction
    types: tuple[str, ...]


@dataclass(frozen=True)
class Draw:
    """An amount of variable pay that is paid in any quarter; what a recoverable one adds is taken from later pay."""

    amount_cents: int
    is_recoverable: bool


@dataclass(frozen=True)
class Plan:
    """How some people are paid from one quarter on.

    Attributes
    ----------
    begin, end : date and date or None
        The plan counts for quarters that begin within these days, the last one included.
    roles, teams, regions, people : tuple of str
        For whom; empty for everybody. A plan that names a person goes before those that do not.
    base_cents, variable_cents : int
        A year's fixed pay, and a year's variable pay at full quota as agreed; the latter is only shown.
    counts : {"own", "team"}
        Whether the deals of the person count, or those of everybody below.
    credits : tuple of (str, Fraction)
        By type of deal: the share of its amount that counts, for quota and pay alike.
    factors : tuple of (str, Fraction)
        By type of deal: what the rate is multiplied by.
    method : {"marginal", "whole"}
        Whether each band pays its own rate, or all credit the rate of the band that was reached.
    order : {"shared", "by close date"}
        Of bands: whether all deals have one average rate, so that their order does not matter, or each has the rate
        of the bands it falls into.
    without_quota : Fraction or None
        The rate where somebody has no quota; None pays no commission then.
    cap_cents : int or None
        The most that commission and bonuses of a quarter come to.
    may_be_negative : bool
        Whether a statement may come to less than nothing; else what is missing is carried into the next quarter.
    """

    name: str
    begin: date
    currency: str
    tiers: tuple[Tier, ...]
    end: date | None = None
    roles: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    base_cents: int = 0
    variable_cents: int = 0
    counts: Literal["own", "team"] = "own"
    credits: tuple[tuple[str, Fraction], ...] = ()
    factors: tuple[tuple[str, Fraction], ...] = ()
    method: Literal["marginal", "whole"] = "marginal"
    order: Literal["shared", "by close date"] = "shared"
    without_quota: Fraction | None = None
    clawback: Clawback | None = None
    draw: Draw | None = None
    spiffs: tuple[Spiff, ...] = ()
    cap_cents: int | None = None
    may_be_negative: bool = False

    def credit_share(self, kind: str) -> Fraction:
        """Return the share of a deal's amount that counts, by its type."""
        return dict(self.credits).get(kind, Fraction(1))

    def factor(self, kind: str) -> Fraction:
        """Return what the rate of a deal is multiplied by, by its type."""
        return dict(self.factors).get(kind, Fraction(1))

    def counts_in(self, begin: date) -> bool:
        """Say whether the plan counts for the quarter that begins on a day."""
        return self.begin <= begin and (self.end is None or begin <= self.end)

    def is_for(self, rep_id: str, role: str, team: str, region: str) -> bool:
        """Say whether the plan is for somebody with a role, team and region."""
        if self.people:
            return rep_id in self.people
        wanted = ((self.roles, role), (self.teams, team), (self.regions, region))
        return all(not names or own in names for names, own in wanted)


@dataclass(frozen=True)
class Split:
    """A deal of which several people have a part; shares add up to at most 1."""

    opportunity_id: str
    shares: tuple[tuple[str, Fraction], ...]


@dataclass(frozen=True)
class Plans:
    """All plans of a file, in its order, the deals that are split, and who of the sales team signs in by which name."""

    plans: tuple[Plan, ...] = ()
    splits: tuple[Split, ...] = ()
    sign_ins: tuple[tuple[str, str], ...] = ()

    def plan_of(self, rep_id: str, begin: date, standing: tuple[str, str, str]) -> Plan | None:
        """Return the plan somebody has in the quarter that begins on a day; None where no plan is for them.

        Of several, one that names the person counts, then the one that began last, then the first of the file.

        Parameters
        ----------
        rep_id : str
        begin : date
        standing : tuple of str
            Role, team and region; empty where not known.
        """
        fitting = [plan for plan in self.plans if plan.counts_in(begin) and plan.is_for(rep_id, *standing)]
        return max(fitting, key=lambda plan: (bool(plan.people), plan.begin), default=None)


def rounded(amount: Fraction) -> int:
    """Round to whole cents, half a cent away from zero.

    Examples
    --------
    >>> rounded(Fraction(5, 2)), rounded(Fraction(-5, 2)), rounded(Fraction(7, 3))
    (3, -3, 2)
    """
    size = abs(amount)
    whole = (2 * size.numerator + size.denominator) // (2 * size.denominator)
    return whole if amount >= 0 else -whole


def in_cents(amount: float) -> int:
    """Return an amount of data in whole cents, as it is written to two decimals.

    Examples
    --------
    >>> in_cents(1234.565), in_cents(-0.1)
    (123457, -10)
    """
    return rounded(Fraction(repr(float(amount))) * CENTS)
