"""Whose pay somebody may see: their own and that of those below them; all of it only with the right to write."""

from __future__ import annotations

from dataclasses import dataclass, replace

import polars as pl

from core.access import Identity, can
from core.access.row_scope import rep_of_mail, reports
from core.compensation.pay_plan import Plans
from core.compensation.pay_statements import Payroll
from core.config import Settings
from core.contracts import Dataset

READ, WRITE = "pay:read", "pay:write"
OUTSIDE = "A deal outside your rows"


@dataclass(frozen=True)
class Sight:
    """Whose pay somebody may see.

    Attributes
    ----------
    people : frozenset of str
        Ids of the sales team.
    own : str
        Their own id; empty where nobody of the sales team is signed in.
    why : str
        Why nobody's is seen, in a sentence; empty where somebody's is.
    """

    people: frozenset[str]
    own: str = ""
    why: str = ""


def sight(visible: Dataset, settings: Settings, who: Identity, plans: Plans) -> Sight:
    """Return whose pay somebody may see.

    Who may write pay sees everybody's of the people within their rows. Who may read it sees their own, and that of
    everybody who reports to them on the as-of date, at any depth, whatever rows of deals they see. Who somebody is,
    plan file's `sign_ins` say, else the mail address of a user of the CRM; neither a team nor a name is enough.

    Parameters
    ----------
    visible : Dataset
        All rows the person may see, whatever is looked at.
    settings : Settings
    who : Identity
    plans : Plans
    """
    if visible.is_masked or "amounts" in who.hidden:
        return Sight(frozenset(), why="Pay is not shown while names or amounts are hidden.")
    company = visible.company
    everybody = frozenset(visible.sales_team["rep_id"])
    own = own_id(company, who, plans)
    if can(who, WRITE, settings.roles):
        return Sight(everybody, own)
    if not can(who, READ, settings.roles):
        return Sight(frozenset(), why="Your role does not see pay.")
    if not own:
        why = (
            "Nobody in the sales team has your mail address, so there is no pay of yours to show. Ask whoever keeps "
            "the plans to name you under sign_ins."
        )
        return Sight(frozenset(), why=why)
    return Sight(frozenset(reports(company.sales_team, own, company.as_of)), own)


def own_id(company: Dataset, who: Identity, plans: Plans) -> str:
    """Return the id of the person of the sales team who is signed in; empty where nobody is for certain."""
    rep = dict(plans.sign_ins).get(who.user.lower()) or rep_of_mail(company, who.user)
    return rep if rep in set(company.sales_team["rep_id"]) else ""


def shown(payroll: Payroll, visible: Dataset) -> Payroll:
    """Return statements in which deals outside somebody's rows have no name; what is paid for them stays."""
    mine = payroll.lines["opportunity_id"].is_in(visible.opportunities["opportunity_id"].implode())
    lines = payroll.lines.with_columns(
        pl.when(pl.col("opportunity_id").is_null() | mine)
        .then(pl.col("opportunity_name"))
        .otherwise(pl.lit(OUTSIDE))
        .alias("opportunity_name"),
        pl.when(mine).then("opportunity_id").alias("opportunity_id"),
    )
    return replace(payroll, lines=lines)
