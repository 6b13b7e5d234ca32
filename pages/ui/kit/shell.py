"""Opens a page: its settings, who is asking, the sidebar, and the only door to data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NoReturn

import streamlit as st

from core.access import EVERYBODY, WHOLE, Identity, View, can, masking, may_open, redaction, row_scope
from core.access import view as cut_to
from core.access.identity import OWN
from core.artifacts import all_notices, combined
from core.config import Settings
from core.config.stages import fitted
from core.contracts import Dataset, amount_visibility
from core.contracts.errors import NotMadeYetError, QuarterdeckError
from core.formats import Formats
from core.localization import joined, message
from core.operations import instruments
from core.scope import Scope, fiscal_period
from pages.ui.kit import (
    auth,
    brand_look,
    cache,
    company_wording,
    currency_switch,
    data_notice,
    help_links,
    hidden_names,
    made_ahead,
    model_age,
    my_tasks,
    page_language,
    people,
    period,
    questions,
    reader_seal,
    scope_bar,
    search_box,
    session_data,
    tour,
    whose,
)
from pages.ui.kit.bar import Bar, open_bar
from pages.ui.kit.data_states import Served
from pages.ui.kit.escaping import escaped
from pages.ui.kit.hidden_names import Hiding
from pages.ui.kit.rooms import ROOMS
from pages.ui.server import run_watch

FIRST = "Executive"
SIDEBAR = 210  # pixels
RIGHTS = {
    "Deal": "pipeline:read",
    "Account": "customers:read",
    "My day": "pipeline:read",
    "Digest": "executive:read",
    "Alerts": "pipeline:read",
    "Competitors": "pipeline:read",
    "Territories": "pipeline:read",
    "Attribution": "pipeline:read",
    "Leads": "pipeline:read",
    "Engagement": "pipeline:read",
    "Playbooks": "pipeline:read",
    "Benchmarks": "pipeline:read",
    "Project": "requirements:read",
    "Answer library": "requirements:read",
    "Help": EVERYBODY,
}


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
    bar : Bar
        Title, scope and contents above the cells; what cuts the page goes into its `scope_slot`.
    grid : container, optional
        The two columns the next cell goes into; None until one is drawn, and after something between cells.
    is_folded : bool
        Whether the cells drawn now are folded away, and therefore not in the contents.
    scope : Scope
        What `data` is cut to by choice, and the period.
    visible : Dataset, optional
        All rows this identity may see, whatever the scope.
    right : str
        What it takes to open this page.
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
    bar: Bar | None = None
    grid: Any = None
    is_folded: bool = False
    scope: Scope = field(default_factory=Scope)
    visible: Dataset | None = None
    right: str = ""

    @property
    def measured(self) -> Dataset:
        """Return what measures are worked out on: the data at the end of the scope's period where that is over.

        Never to be given to what needs models: those are of today.
        """
        return period.measured(self.data, self.settings, self.scope)

    @property
    def days(self) -> tuple[str, str] | None:
        """Return the first and last day of the scope's period; None in the running quarter."""
        if period.is_usual(self.scope):
            return None
        span = fiscal_period.days(self.scope, self.data.as_of, self.settings)
        return span.begin.isoformat(), span.last.isoformat()

    def shows(self, function: Callable[..., Any]) -> bool:
        """Say whether the person sees what a function's result is made of: not where that is hidden amounts."""
        return amount_visibility.is_shown(function, self.data.amounts)

    def may_enter_amounts(self) -> bool:
        """Say whether the person sees exact amounts, and so may enter or approve them; where not, tell so."""
        if self.data.amounts:
            st.caption(escaped(amount_visibility.READ_ONLY))
        return not self.data.amounts

    def may(self, right: str) -> bool:
        """Say whether the person holds a right such as `scenarios:write`."""
        return can(self.identity, right, self.settings.roles)

    def may_write(self, area: str) -> bool:
        """Say whether the person may change things in an area; where not, tell so."""
        if self.may(f"{area}:write"):
            return True
        roles = ", ".join(self.identity.roles).replace("_", " ")
        st.warning(escaped(message("Your role ({roles}) can read {area} but not change it.", roles=roles, area=area)))
        return False

    def note(self, action: str, target: str, detail: str = "") -> None:
        """Write down in the audit log what the person did."""
        cache.store(self.settings.database).audit.add(self.identity.user, action, target, detail)


def open(title: str, needs: str = "") -> Page:
    """Set the page up and return it; who may not open it, and a problem with the data, is told in a sentence.

    Parameters
    ----------
    title : str
    needs : str
        The right it takes; default to read the area of the page's title.
    """
    bar = _begun(title)
    settings: Settings | None = None
    who: Identity | None = None
    formats = Formats()
    state: Served | None = None
    try:
        settings = cache.settings()
        who = auth.enter(settings)
        session_data.take_over(who)
        formats = page_language.take_over(settings, who)
        run_watch.opened(title, who.user)
        is_let_in = may_open(who, needs or _right(title), settings.roles)
        hiding = hidden_names.current(settings, who)
        state = data_notice.of_page(settings)
        own, view = _rows(settings, who, state, hiding)
        reader_seal.attend(who, view)
        settings = fitted(settings, own)
        page_language.mind_names(own, settings)
        ahead = made_ahead.look(settings, who, state, own)
        visible = _cut(own, settings, view) if is_let_in else None
        _same_rows(own, settings, visible)
        narrowed = scope_bar.applied_to(visible, settings, who, title) if visible is not None else None
        reported = narrowed.data if narrowed is not None else None
        data = currency_switch.applied(reported, settings, title) if reported is not None else None
        shown_in = fitted(settings, data) if data is not None else settings
    except NotMadeYetError:
        made_ahead.wait(cache.settings(), who, state)
    except QuarterdeckError as error:
        _end(error, title, settings, who)
    _sidebar(settings, who, visible, data, formats, title, hiding)
    tour.show(bar, settings, who, _mine(settings, who))
    hidden_names.badge(bar.scope_slot, settings, who, hiding)
    if visible is None or narrowed is None or reported is None or data is None:
        _turn_away(settings, who, title)
    if rows_of := joined(whose.sentence(who, view, visible), amount_visibility.NOTICES[data.amounts]).strip():
        bar.notice_slot.caption(escaped(rows_of))
    data_notice.show(bar, settings, who, state, formats)
    made_ahead.show(bar, settings, who, own, ahead, formats)
    scope_bar.offer(bar.scope_slot, visible, narrowed, settings, who, title)
    currency = currency_switch.chosen(reported, settings, title)
    page = Page(title, data, shown_in, who, view, currency=currency, formats=formats, bar=bar)
    page.scope, page.visible, page.right = narrowed.scope, visible, needs or _right(title)
    st.session_state["page"], st.session_state["shown"] = page, page.shown
    if asked := st.query_params.get(questions.SEE):
        st.html(questions.SCROLL.format(name=questions.anchor(asked)), unsafe_allow_javascript=True)
    return page


def _begun(title: str) -> Bar:
    """Set up what is drawn before anybody is known, and return the bar."""
    page_language.begin()
    company_wording.install()
    brand_look.dress(company_wording.worded(title), SIDEBAR)
    return open_bar(title)


def _end(error: QuarterdeckError, title: str, settings: Settings | None, who: Identity | None) -> NoReturn:
    """Say what keeps the page from opening; nothing stays on the device of whoever is not let in."""
    instruments.error_met(error, title)
    st.error(escaped(error), icon=":material/error:")
    if settings is not None and who is not None:
        session_data.way_out(settings, who)
    else:
        reader_seal.forget()
    st.stop()


def _right(title: str) -> str:
    """Return the right a page takes: that listed, else to read the area that the last word of its title names."""
    if title in RIGHTS:
        return RIGHTS[title]
    return f"{title.lower().rsplit(maxsplit=1)[-1]}:read"


def _open_to(settings: Settings, who: Identity) -> dict[str, list[tuple[str, str, str]]]:
    """Return the pages a person may open, by group; a group without any is left out."""
    mine = {
        group: [room for room in rooms if may_open(who, _right(room[1]), settings.roles)]
        for group, rooms in ROOMS.items()
    }
    return {group: rooms for group, rooms in mine.items() if rooms}


def _mine(settings: Settings, who: Identity) -> list[tuple[str, str, str]]:
    """Return the pages a person may open, in the order of the sidebar."""
    return [room for rooms in _open_to(settings, who).values() for room in rooms]


def _rows(settings: Settings, who: Identity, state: Served | None, hiding: Hiding) -> tuple[Dataset, View]:
    """Return the session's own data, else the company's in a state, and what this person's view of it is."""
    own = session_data.upload()
    if own is not None:
        return own, View(is_masked=hiding.is_on, amounts=hiding.amounts)
    made_ahead.before_reading(settings, who, state)
    data = cache.of_state(settings, state) if state else cache.data(settings, session_data.source())
    head = row_scope.own_head(data.company, who.user) if who.team_of == OWN else who.team_of
    return data, View(who.regions, head, hiding.is_on, who.hidden, hiding.amounts)


def _same_rows(own: Dataset, settings: Settings, visible: Dataset | None) -> None:
    """Let the address name the same rows after names were hidden or shown: by the ids of what is shown now."""
    if visible is None:
        return
    for key in list(st.query_params):
        values = st.query_params.get_all(key)
        if visible.is_masked:
            same = [redaction.of(visible).address(value) for value in values]
        else:
            same = [masking.plain_text(value, own, settings) for value in values]
        if same != values:
            st.query_params[key] = same


def _cut(data: Dataset, settings: Settings, view: View) -> Dataset:
    if not view.is_cut:
        return data
    part: Dataset = cache.result(cut_to, data, settings, *view.fields)
    return part


def _turn_away(settings: Settings, who: Identity, title: str) -> NoReturn:
    """Open the first page of somebody's own; where they asked for another's, say so, and whom to ask.

    The address of the app itself is Executive's, so whoever has not asked for a part of it goes on to their own
    first page. The first time of a session that somebody is turned away is in the audit log.
    """
    mine = _mine(settings, who)
    own = [room for room in mine if _right(room[1]) != EVERYBODY]
    if title == FIRST and own and questions.SEE not in st.query_params:
        st.switch_page(own[0][0])
    refused = st.session_state.setdefault("refused_pages", set())
    if title not in refused:
        refused.add(title)
        cache.store(settings.database).audit.add(who.user, "was turned away", title, ", ".join(who.roles))
    roles = ", ".join(who.roles).replace("_", " ")
    ask = "your administrator" if who.is_masked else " or ".join(people.directory(settings).administrators()[:2])
    reason = message(
        "You do not have access to {title}: your role ({roles}) does not open it.", title=title, roles=roles
    )
    st.error(
        escaped(message("{reason} Ask {ask}.", reason=reason, ask=ask or message("your administrator"))),
        icon=":material/lock:",
    )
    if mine:
        st.markdown("What your role opens:")
    for path, label, icon in mine:
        st.page_link(path, label=label, icon=icon)
    st.stop()


def _sidebar(
    settings: Settings,
    who: Identity,
    reported: Dataset | None,
    data: Dataset | None,
    formats: Formats,
    title: str,
    hiding: Hiding,
) -> None:
    with st.sidebar:
        if reported is not None:
            search_box.offer(reported, settings, who, _open_to(settings, who))
        me = scope_bar.person(reported, settings, who) if reported is not None else ""
        my_tasks.offer(settings, who, reported, me)
        for group, mine in _open_to(settings, who).items():
            st.caption(group)
            for path, label, icon in mine:
                query = hidden_names.carried() | (help_links.to_page(title) if label == help_links.TITLE else {})
                st.page_link(path, label=label, icon=icon, query_params=query or None)
        st.divider()
        if reported is not None and data is not None:
            as_of = message("As of {day}", day=formats.day(data.as_of))
            st.caption(f"{escaped(data.source)}  \n{escaped(as_of)}")
            if session_data.is_own():
                st.caption("Only in this session; go to the Data page to switch back.")
            model_age.note(settings, who, data)
            currency_switch.offer(reported, data, settings, formats, title)
            scope_bar.ask_person(reported, settings)
            hidden_names.switch(settings, who, hiding)
            tour.offer(settings, who, _mine(settings, who), title)
        page_language.offer(settings, who)
        for sentence in combined(all_notices()):
            st.caption(escaped(sentence))
        team = data.sales_team if data is not None else None
        brand_look.links(settings.branding)
        auth.leave(settings, who, dict(team.select("rep_id", "rep_name").iter_rows()) if team is not None else {})
