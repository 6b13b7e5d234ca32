"""Which deals count for whom: by owner or split, and for everybody above on the day a deal closed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

import polars as pl

from core.compensation.pay_plan import Plans, in_cents
from core.config import Settings
from core.config.calendar import add_quarters
from core.contracts import Dataset
from core.contracts.spans import NEVER
from core.metrics.quotas import own_quotas

BEGINS_WITHIN = timedelta(days=92)


@dataclass(frozen=True)
class WonDeal:
    """A won deal with an amount; cents of the whole deal.

    Attributes
    ----------
    owners : tuple of (str, int)
        People with a part, and its cents; they add up to the deal unless a split leaves something to nobody.
    ended_on : date or None
        When the contract the deal brought ended, with nothing of its product going on.
    """

    opportunity_id: str
    close_on: date
    kind: str
    family: str
    cents: int
    owners: tuple[tuple[str, int], ...]
    ended_on: date | None


@dataclass(frozen=True)
class Span:
    """Somebody's place in the team for a time, [begin, end)."""

    begin: date
    end: date
    role: str
    team: str
    region: str
    manager_id: str


@dataclass(frozen=True)
class Team:
    """The sales team by person.

    Attributes
    ----------
    spans : mapping of str to list of Span
        By person, the earliest first.
    employed : mapping of str to (date or None, date or None)
        By person: first day, and last day where they left.
    """

    spans: Mapping[str, list[Span]]
    employed: Mapping[str, tuple[date | None, date | None]]

    def place(self, rep_id: str, begin: date, end: date) -> Span | None:
        """Return where somebody was when a quarter began, or where they first joined in it."""
        touching = [span for span in self.spans.get(rep_id, []) if span.begin < end and span.end > begin]
        return touching[0] if touching else None

    def above(self, rep_id: str, day: date) -> list[str]:
        """Return everybody above somebody on a day, the nearest first; a circle is walked once."""
        chain: list[str] = []
        boss = self._manager(rep_id, day)
        while boss and boss not in chain and boss != rep_id:
            chain.append(boss)
            boss = self._manager(boss, day)
        return chain

    def _manager(self, rep_id: str, day: date) -> str:
        spans = self.spans.get(rep_id, [])
        return next((span.manager_id for span in spans if span.begin <= day < span.end), "")


def team_of(data: Dataset) -> Team:
    """Return the sales team by person."""
    spans: dict[str, list[Span]] = defaultdict(list)
    employed: dict[str, tuple[date | None, date | None]] = {}
    for row in data.sales_team.sort("valid_from", "rep_id").iter_rows(named=True):
        words = [row[name] or "" for name in ("role", "team", "region", "manager_id")]
        spans[row["rep_id"]].append(Span(row["valid_from"], row["valid_to"] or NEVER, *words))
        employed[row["rep_id"]] = (row["hired_on"], row["left_on"])
    return Team(spans, employed)


def won_deals(data: Dataset, plans: Plans, since: date) -> list[WonDeal]:
    """Return the deals won from a day on, with who has which part; deals without an amount or owner are left out.

    Parameters
    ----------
    data : Dataset
        The company's.
    plans : Plans
        With the deals that are split; a split replaces the owner.
    since : date
    """
    splits = {split.opportunity_id: split.shares for split in plans.splits}
    closed_by_now = pl.col("is_won") & (pl.col("close_on") >= since) & (pl.col("close_on") <= data.as_of)
    families = data.products.select("product_id", "family")
    rows = (
        data.opportunities.filter(closed_by_now, pl.col("amount").is_not_null())
        .join(families, on="product_id", how="left")
        .join(contract_ends(data, since), on="opportunity_id", how="left")
        .sort("close_on", "opportunity_id")
    )
    names = ("opportunity_id", "close_on", "opportunity_type", "family", "amount", "owner_id", "ended_on")
    out = []
    for deal, day, kind, family, amount, owner, ended_on in rows.select(names).iter_rows():
        cents = in_cents(amount)
        shares = splits.get(deal, ((owner, Fraction(1)),) if owner else ())
        out.append(WonDeal(deal, day, kind, family or "", cents, divided(cents, shares), ended_on))
    return out


def divided(cents: int, shares: Iterable[tuple[str, Fraction]]) -> tuple[tuple[str, int], ...]:
    """Divide an amount by shares in whole cents, so that the parts add up to what the shares together come to.

    Each part ends where the shares up to it end, rounded down; what nobody has stays out.

    Examples
    --------
    >>> divided(100, [("A", Fraction(1, 3)), ("B", Fraction(1, 3)), ("C", Fraction(1, 3))])
    (('A', 33), ('B', 33), ('C', 34))
    """
    parts, reached, sum_of_shares = [], 0, Fraction(0)
    for person, share in shares:
        sum_of_shares += share
        end = int(cents * sum_of_shares // 1)
        parts.append((person, end - reached))
        reached = end
    return tuple(parts)


def contract_ends(data: Dataset, since: date) -> pl.DataFrame:
    """Return when the contracts of won deals ended.

    A deal's contract lines are those of its account and product that began within 92 days of the close. It has
    ended where all of them have, and no line of that account and product runs on that day; a contract that is
    replaced by another one goes on.

    Parameters
    ----------
    data : Dataset
    since : date
        Deals won before it are left out.

    Returns
    -------
    pl.DataFrame
        [opportunity_id, ended_on], of ended ones only.
    """
    deals = data.opportunities.filter(pl.col("is_won"), pl.col("close_on") >= since).select(
        "opportunity_id", "account_id", "product_id", "close_on"
    )
    lines = data.subscriptions.select("account_id", "product_id", "started_on", "ended_on")
    begun = pl.col("started_on").is_between(pl.col("close_on"), pl.col("close_on") + BEGINS_WITHIN)
    ended = (
        deals.join(lines, on=["account_id", "product_id"])
        .filter(begun)
        .group_by("opportunity_id", "account_id", "product_id")
        .agg(ended_on=pl.col("ended_on").max(), is_running=pl.col("ended_on").is_null().any())
        .filter(~pl.col("is_running"))
        .drop("is_running")
    )
    going_on = (
        ended.join(lines.rename({"ended_on": "other_end"}), on=["account_id", "product_id"])
        .filter(
            pl.col("started_on") <= pl.col("ended_on"),
            pl.col("other_end").is_null() | (pl.col("other_end") > pl.col("ended_on")),
        )
        .select("opportunity_id")
    )
    return ended.join(going_on, on="opportunity_id", how="anti").select("opportunity_id", "ended_on")


def quotas(data: Dataset, begin: date, team: Team) -> dict[str, int]:
    """Return everybody's quota of a quarter in cents: their own, else what those below have together."""
    out = {rep: in_cents(amount) for rep, _, amount in own_quotas(data, begin).iter_rows()}
    below: dict[str, int] = defaultdict(int)
    for rep, cents in out.items():
        first = team.spans.get(rep, [])
        day = max(begin, first[0].begin) if first else begin
        for boss in team.above(rep, day):
            below[boss] += cents
    return {**below, **out}


def base_cents(
    year_cents: int, begin: date, settings: Settings, employed: tuple[date | None, date | None], as_of: date
) -> int:
    """Return a quarter's part of a year's fixed pay, by the days somebody was with the company in it.

    Whoever leaves is paid through the last day. Of the running quarter the whole is shown.

    Parameters
    ----------
    year_cents : int
    begin : date
        First day of the quarter.
    settings : Settings
    employed : tuple of date or None
        First day, and last day of whoever left by the as-of date.
    as_of : date
    """
    end = add_quarters(begin, 1, settings)
    hired, left = employed
    until = left + timedelta(days=1) if left is not None and left <= as_of else end
    days = (min(end, until) - max(begin, hired or begin)).days
    whole = (end - begin).days
    return year_cents * max(min(days, whole), 0) // (4 * whole)
