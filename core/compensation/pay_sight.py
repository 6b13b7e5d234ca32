"""Whose pay somebody may see: their own and that of those below them; all of it only with the right to write."""

from __future__ import annotations

from dataclasses import dataclass

from core.access import Identity, can
from core.access.row_scope import rep_of_mail, reports
from core.config import Settings
from core.contracts import Dataset

READ, WRITE = "pay:read", "pay:write"


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


def sight(visible: Dataset, settings: Settings, who: Identity) -> Sight:
    """Return whose pay somebody may see.

    Who may write pay sees everybody's of the people within their rows. Who may read it sees their own, and that of
    everybody who reports to them on the as-of date, at any depth, whatever rows of deals they see. Who somebody is, the
    setting `pay.people` says, else the mail address of a user of the CRM; neither a team nor a name is enough.

    Parameters
    ----------
    visible : Dataset
        All rows the person may see, whatever is looked at.
    settings : Settings
    who : Identity
    """
    if visible.is_masked or "amounts" in who.hidden:
        return Sight(frozenset(), why="Pay is not shown while names or amounts are hidden.")
    company = visible.company
    everybody = frozenset(visible.sales_team["rep_id"])
    own = own_id(company, settings, who)
    if can(who, WRITE, settings.roles):
        return Sight(everybody, own)
    if not can(who, READ, settings.roles):
        return Sight(frozenset(), why="Your role does not see pay.")
    if not own:
        why = (
            "Nobody in the sales team has your mail address, so there is no pay of yours to show. Ask your administrator "
            "to name you under pay.people."
        )
        return Sight(frozenset(), why=why)
    return Sight(frozenset(reports(company.sales_team, own, company.as_of)), own)


def own_id(company: Dataset, settings: Settings, who: Identity) -> str:
    """Return the id of the person of the sales team who is signed in; empty where nobody is for certain."""
    named = {mail.lower(): rep for mail, rep in settings.pay.people.items()}
    rep = named.get(who.user.lower()) or rep_of_mail(company, who.user)
    return rep if rep in set(company.sales_team["rep_id"]) else ""
