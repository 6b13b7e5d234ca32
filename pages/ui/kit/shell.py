"""Opens a page: its settings, who is asking, the sidebar, and the only door to data."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import streamlit as st

from core.access import WHOLE, Identity, View, can
from core.access import view as cut_to
from core.artifacts import all_notices, combined
from core.config import Settings
from core.config.stages import fitted
from core.contracts import Dataset
from core.contracts.errors import QuarterdeckError
from core.formats import Formats, chosen
from core.resources import asset
from pages.ui.kit import auth, cache, currency_switch, model_age, session_data
from pages.ui.kit.escaping import escaped

ROOMS = {
    "Revenue": [
        ("app.py", "Executive", ":material/monitoring:"),
        ("pages/pipeline.py", "Pipeline", ":material/filter_alt:"),
        ("pages/forecast.py", "Forecast", ":material/query_stats:"),
        ("pages/review.py", "Weekly review", ":material/checklist_rtl:"),
        ("pages/scenarios.py", "Scenarios", ":material/tune:"),
    ],
    "Customers": [("pages/customers.py", "Customers", ":material/groups:")],
    "Deals": [
        ("pages/requirements.py", "Requirements", ":material/checklist:"),
        ("pages/catalogue.py", "Catalogue", ":material/inventory_2:"),
        ("pages/enablement.py", "Enablement", ":material/school:"),
    ],
    "Set-up": [
        ("pages/data.py", "Data", ":material/database:"),
        ("pages/models.py", "Models", ":material/verified:"),
        ("pages/admin.py", "Admin", ":material/admin_panel_settings:"),
    ],
}
HIDE = "Companies, people and deals get invented names, so you can show live numbers to others."


@dataclass
class Page:
    """What a page works with.

    Attributes
    ----------
    title : str
    data : Dataset
        The rows this identity may see, with names hidden where they must be.
    settings : Settings
    identity : Identity
    view : View
        Regions, head of the team, and whether names are hidden: what `data` was cut to.
    currency : tuple of (str, date), optional
        The currency and the day of the rates this session chose; None for the amounts as they were reported.
    calls : list of str
        The Python calls behind the numbers shown, for the notebook.
    shown : list
        What the page shows, as question, kind and body, for the snapshot.
    formats : Formats
        How numbers and dates are written for this reader.
    """

    title: str
    data: Dataset
    settings: Settings
    identity: Identity
    view: View = WHOLE
    currency: tuple[str, date | None] | None = None
    calls: list[tuple[str, str]] = field(default_factory=list)
    shown: list[tuple[str, str, Any]] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)
    formats: Formats = field(default_factory=Formats)

    def may(self, right: str) -> bool:
        """Say whether the person holds a right such as `scenarios:write`."""
        return can(self.identity, right, self.settings.roles)

    def may_write(self, area: str) -> bool:
        """Say whether the person may change things in an area; where not, tell so."""
        if self.may(f"{area}:write"):
            return True
        roles = ", ".join(self.identity.roles).replace("_", " ")
        st.warning(escaped(f"Your role ({roles}) can read {area} but not change it."))
        return False

    def note(self, action: str, target: str, detail: str = "") -> None:
        """Write down in the audit trail what the person did."""
        cache.store(self.settings.database).audit.add(self.identity.user, action, target, detail)


def open(title: str, needs: str = "") -> Page:
    """Set the page up and return it; who may not open it, and a problem with the data, is told in a sentence.

    Parameters
    ----------
    title : str
    needs : str
        The right it takes; default to read the area of the page's title.
    """
    # A picture of our own, for a named symbol would be fetched from another host.
    st.set_page_config(page_title=f"{title} · Quarterdeck", page_icon=str(asset("mark.svg")), layout="wide")
    st.logo(str(asset("logo.svg")), size="large")
    settings: Settings | None = None
    who: Identity | None = None
    try:
        settings = cache.settings()
        who = auth.enter(settings)
        is_let_in = can(who, needs or _right(title), settings.roles)
        own, view = _rows(settings, who)
        settings = fitted(settings, own)
        reported = _cut(own, settings, view) if is_let_in else None
        data = currency_switch.applied(reported, settings, title) if reported is not None else None
        shown_in = fitted(settings, data) if data is not None else settings
    except QuarterdeckError as error:
        st.title(title)
        st.error(escaped(error), icon=":material/error:")
        if settings is not None and who is not None:
            session_data.way_out(settings, who)
        st.stop()
    formats = chosen(settings.locale, getattr(st.context, "locale", None))
    _sidebar(settings, who, reported, data, formats, title)
    st.title(title)
    if reported is None or data is None:
        _turn_away(settings, who, title)
    page = Page(
        title, data, shown_in, who, view, currency=currency_switch.chosen(reported, settings, title), formats=formats
    )
    st.session_state["shown"] = page.shown
    return page


def _right(title: str) -> str:
    """Return the right a page takes: to read the area that the last word of its title names."""
    return f"{title.lower().rsplit(maxsplit=1)[-1]}:read"


def _rows(settings: Settings, who: Identity) -> tuple[Dataset, View]:
    """Return the session's own data, else the company's, and what this person's view of it is."""
    is_masked = who.is_masked or bool(st.session_state.get("hide_names"))
    own = session_data.upload()
    if own is not None:
        return own, View(is_masked=is_masked)
    return cache.data(settings, session_data.source()), View(who.regions, who.team_of, is_masked)


def _cut(data: Dataset, settings: Settings, view: View) -> Dataset:
    if not view.is_cut:
        return data
    part: Dataset = cache.result(cut_to, data, settings, *view.fields)
    return part


def _turn_away(settings: Settings, who: Identity, title: str) -> None:
    """Say that a page is not this person's, and which are."""
    st.error(escaped(f"You do not have access to {title}. Ask your admin."), icon=":material/lock:")
    mine = [room for rooms in ROOMS.values() for room in rooms if can(who, _right(room[1]), settings.roles)]
    for path, label, icon in mine:
        st.page_link(path, label=label, icon=icon)
    st.stop()


def _sidebar(
    settings: Settings, who: Identity, reported: Dataset | None, data: Dataset | None, formats: Formats, title: str
) -> None:
    with st.sidebar:
        for group, rooms in ROOMS.items():
            mine = [room for room in rooms if can(who, _right(room[1]), settings.roles)]
            if mine:
                st.caption(group)
            for path, label, icon in mine:
                st.page_link(path, label=label, icon=icon)
        st.divider()
        if reported is not None and data is not None:
            st.caption(f"{escaped(data.source)}  \n{escaped(f'As of {formats.day(data.as_of)}')}")
            if session_data.is_own():
                st.caption("Only in this session; go to the Data page to switch back.")
            model_age.note(settings, who, data)
            currency_switch.offer(reported, data, settings, formats, title)
            if not who.is_masked:
                st.toggle("Hide names", key="hide_names", persist_state="session", help=HIDE)
        for sentence in combined(all_notices()):
            st.caption(escaped(sentence))
        team = data.sales_team if data is not None else None
        auth.leave(settings, who, dict(team.select("rep_id", "rep_name").iter_rows()) if team is not None else {})
