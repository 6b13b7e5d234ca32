"""Opens a page: its settings, who is asking, the sidebar, and the only door to data."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import streamlit as st

from core.access import Identity, can, view
from core.config import Settings
from core.contracts import Dataset
from core.contracts.errors import QuarterdeckError
from core.formats import Formats, chosen
from pages.ui.kit import auth, cache, model_age

Bounds = tuple[tuple[str, ...], str, bool]
ROOT = Path(__file__).resolve().parents[3]
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
UNBOUND: Bounds = ((), "", False)
HIDE = "Companies, people and deals appear under invented names, so that you can show live numbers to others."


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
    bounds : tuple
        Regions, head of the team, and whether names are hidden: what `data` was cut to.
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
    bounds: Bounds = UNBOUND
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
        st.warning(
            f"Your role ({', '.join(self.identity.roles).replace('_', ' ')}) reads {area} and changes nothing there."
        )
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
    st.set_page_config(page_title=f"{title} · Quarterdeck", page_icon=str(ROOT / "assets" / "mark.svg"), layout="wide")
    st.logo(str(ROOT / "assets" / "logo.svg"), size="large")
    try:
        settings = cache.settings()
        who = auth.enter(settings)
        is_let_in = can(who, needs or _right(title), settings.roles)
        own, bounds = _rows(settings, who)
        data = _cut(own, settings, bounds) if is_let_in else None
    except QuarterdeckError as error:
        st.title(title)
        st.error(str(error), icon=":material/error:")
        st.stop()
    formats = chosen(settings.locale, getattr(st.context, "locale", None))
    _sidebar(settings, who, data, formats)
    st.title(title)
    if data is None:
        _turn_away(settings, who, title)
    page = Page(title, data, settings, who, bounds, formats=formats)
    st.session_state["shown"] = page.shown
    return page


def _right(title: str) -> str:
    """Return the right a page takes: to read the area that the last word of its title names."""
    return f"{title.lower().rsplit(maxsplit=1)[-1]}:read"


def _rows(settings: Settings, who: Identity) -> tuple[Dataset, Bounds]:
    """Return the session's own data, else the company's, and what this person's view of it is bound to."""
    is_masked = who.is_masked or bool(st.session_state.get("hide_names"))
    own: Dataset | None = st.session_state.get("uploaded_data")
    if own is not None:
        return own, ((), "", is_masked)
    return cache.data(settings), (who.regions, who.team_of, is_masked)


def _cut(data: Dataset, settings: Settings, bounds: Bounds) -> Dataset:
    if not any(bounds):
        return data
    part: Dataset = cache.result(view, data, settings, *bounds)
    return part


def _turn_away(settings: Settings, who: Identity, title: str) -> None:
    """Say that a page is not this person's, and which are."""
    st.error(f"{title} is not part of your role ({', '.join(who.roles).replace('_', ' ')}).", icon=":material/lock:")
    mine = [room for rooms in ROOMS.values() for room in rooms if can(who, _right(room[1]), settings.roles)]
    for path, label, icon in mine:
        st.page_link(path, label=label, icon=icon)
    st.stop()


def _sidebar(settings: Settings, who: Identity, data: Dataset | None, formats: Formats) -> None:
    with st.sidebar:
        for group, rooms in ROOMS.items():
            mine = [room for room in rooms if can(who, _right(room[1]), settings.roles)]
            if mine:
                st.caption(group)
            for path, label, icon in mine:
                st.page_link(path, label=label, icon=icon)
        st.divider()
        if data is not None:
            st.caption(f"{data.source}  \nAs of {formats.day(data.as_of)}")
            model_age.note(settings, who, data)
            if not who.is_masked:
                st.toggle("Hide names", key="hide_names", persist_state="session", help=HIDE)
        auth.leave(settings, who)
