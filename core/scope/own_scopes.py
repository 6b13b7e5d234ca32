"""My deals and my team: the person of the sales team behind an identity, and the scopes that follow."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from core.access import Identity, masking, row_scope
from core.config import Settings
from core.contracts import Dataset
from core.scope.definition import Scope
from core.scope.narrowing import choices

DEALS, TEAM = "My deals", "My team"


def person_of(data: Dataset, settings: Settings, identity: Identity) -> str:
    """Return the id, in these data, of the person of the sales team who is signed in; empty where nobody is.

    Parameters
    ----------
    data : Dataset
        As the person sees them; where names are hidden, the id is the invented one.
    settings : Settings
    identity : Identity
        The mail address of a user of the CRM counts first, then the head of the team the identity is bound to, then
        a name that one person of the sales team alone has.
    """
    company = data.company
    team = company.sales_team.select("rep_id", "rep_name").unique("rep_id", keep="last", maintain_order=True)
    rep = row_scope.rep_of_mail(company, identity.user) or identity.team_of or _by_name(team, identity.name)
    if rep not in set(team["rep_id"]):
        return ""
    shown = masking.person_id(rep, company, settings) if data.is_masked else rep
    return shown if shown in set(data.sales_team["rep_id"]) else ""


def presets(data: Dataset, settings: Settings, rep: str, scope: Scope) -> dict[str, Scope]:
    """Return the presets of a person: their own deals, and their team's where somebody reports to them.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    rep : str
        The person's id; empty where nobody is chosen, and then there are no presets.
    scope : Scope
        The one in force; period and currency are taken over.
    """
    if not rep:
        return {}
    bare = Scope(scope.period, scope.begin, scope.end, currency=scope.currency)
    out = {DEALS: replace(bare, rep=rep)}
    if rep in choices(data, settings)["team"]:
        out[TEAM] = replace(bare, team=rep)
    return out


def _by_name(team: pl.DataFrame, name: str) -> str:
    rows = team.filter(pl.col("rep_name").str.to_lowercase() == name.strip().lower())
    return str(rows["rep_id"][0]) if rows.height == 1 else ""
