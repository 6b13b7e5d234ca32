"""Says whose numbers a page shows, where they are not the whole company's."""

from __future__ import annotations

import polars as pl

from core.access import Identity, View
from core.access.identity import OWN
from core.contracts import Dataset
from core.localization import message
from core.metrics.measure import counted


def sentence(who: Identity, view: View, data: Dataset) -> str:
    """Return whose rows these are, with how many open deals; empty for the whole company's.

    Parameters
    ----------
    who : Identity
    view : View
        What the rows were cut to.
    data : Dataset
        The rows this person may see.
    """
    if not (view.regions or view.team):
        return ""
    deals = counted(data.opportunities.filter(~pl.col("is_closed")).height, "open deal")
    people = data.sales_team["rep_id"].n_unique()
    if view.team:
        is_own = who.team_of == OWN or "rep" in who.roles
        own = (
            message("Your {deals}", deals=deals)
            if is_own and people <= 1
            else message(
                "{deals} of {team}, {people}",
                deals=deals,
                team=_team(is_own),
                people=counted(people, "person", "people"),
            )
        )
    else:
        own = deals
    where = message(" in {regions}", regions=", ".join(view.regions)) if view.regions else ""
    return message("{own}{where}. Every number here is of these rows.", own=own, where=where)


def _team(is_own: bool) -> str:
    return "your team" if is_own else "the team you look after"
