"""Whether names are hidden on this page: by rule, by a demo link, or by choice, until it is left deliberately."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.access import Identity, masking
from core.access.masking import HIDDEN as NO_AMOUNTS
from core.access.masking import ROUNDED, SCALED
from core.config import Settings
from core.localization import message
from core.store.repositories import Saved
from pages.ui.kit import browser_state
from pages.ui.kit.escaping import escaped

KIND = "names"
NAMES, HIDDEN, DEMO = "names", "hidden", "demo"
SWITCH, AMOUNTS, NOTICE = "hide_names", "hidden_amounts", "hidden_names_notice"
SHARED, LINK = "everybody", "Demo link"
WORDS = {
    "": "Amounts as they are",
    ROUNDED: "Amounts rounded",
    SCALED: "Amounts scaled",
    NO_AMOUNTS: "Amounts hidden",
}
BY_RULE = "by your administrator"
HELP = (
    "Companies, people and deals get invented names, so that you can show live numbers to others. It stays on in "
    "this browser, on every page and after a reload, until you show the names again."
)
WARNING = "Shown, the real names of companies and people are read by whoever sees this screen."
ENDED = "This demo link is not valid any more; names are hidden, and you can show them again."


@dataclass(frozen=True)
class Hiding:
    """How far names are hidden.

    Attributes
    ----------
    is_on : bool
    amounts : str
        "" for money as it is, "rounded", "scaled" or "hidden".
    reason : str
        Who hides them where the person cannot show them: a rule, or the name of a demo link; empty for own choice.
    """

    is_on: bool = False
    amounts: str = ""
    reason: str = ""

    @property
    def words(self) -> str:
        """Return what the badge says."""
        return "Names hidden" + (f", {WORDS[self.amounts].lower()}" if self.amounts else "")


SHOWN = Hiding()


def current(settings: Settings, who: Identity) -> Hiding:
    """Return how far names are hidden for a person on this browser, and carry it in the address.

    What is kept for the person and the browser counts, else the address; a demo link in the address is kept at once.
    """
    chosen = browser_state.read(settings, who, KIND) or {}
    token = st.query_params.get(DEMO, "")
    wants = token or st.query_params.get(NAMES) == HIDDEN or st.session_state.get(SWITCH)
    if token and chosen.get(DEMO) != browser_state.mark(token):
        chosen = _taken(settings, token)
        browser_state.keep(settings, who, KIND, chosen)
    elif wants and not chosen.get("is_on"):
        chosen = {"is_on": True}
        browser_state.keep(settings, who, KIND, chosen)
    link = _link(settings, str(chosen.get(DEMO, "")))
    is_on = who.is_masked or bool(chosen.get("is_on"))
    if not is_on:
        st.query_params.pop(NAMES, None)
        return SHOWN
    if st.query_params.get(NAMES) != HIDDEN:
        st.query_params[NAMES] = HIDDEN
    wanted = str((link.payload if link is not None else chosen).get("amounts", ""))
    reason = (
        BY_RULE
        if who.is_masked
        else message("by the demo link {label}", label=link.payload["label"])
        if link is not None
        else ""
    )
    return Hiding(True, masking.amounts_of(settings, wanted), reason)


def carried() -> dict[str, str]:
    """Return what an address takes along, so that another tab shows the same."""
    return {NAMES: HIDDEN} if st.query_params.get(NAMES) == HIDDEN else {}


def badge(slot: Any, settings: Settings, who: Identity, hiding: Hiding) -> None:
    """Say in the bar of the page that names are hidden, with the only way to show them."""
    if not hiding.is_on:
        return
    with slot.popover(hiding.words, icon=":material/visibility_off:", key="names_hidden"):
        if notice := st.session_state.pop(NOTICE, ""):
            st.warning(escaped(notice))
        if hiding.reason:
            st.markdown(
                escaped(message("Names are hidden {reason}; they cannot be shown from here.", reason=hiding.reason))
            )
        if not settings.access.mask_amounts and not hiding.reason.startswith("by the demo"):
            st.session_state[AMOUNTS] = hiding.amounts
            st.selectbox(
                "Amounts", list(WORDS), format_func=WORDS.get, key=AMOUNTS, on_change=_amounts, args=(settings, who)
            )
        if not hiding.reason:
            st.markdown(escaped(WARNING))
            st.button("Show real names", key="show_names", on_click=_show, args=(settings, who))


def switch(settings: Settings, who: Identity, hiding: Hiding) -> None:
    """Let names be hidden, in the sidebar; showing them again takes the badge in the bar."""
    if not hiding.is_on:
        st.toggle("Hide names", key=SWITCH, help=HELP, on_change=_hide, args=(settings, who))


def _hide(settings: Settings, who: Identity) -> None:
    if st.session_state.get(SWITCH):
        browser_state.keep(settings, who, KIND, {"is_on": True})


def _show(settings: Settings, who: Identity) -> None:
    browser_state.keep(settings, who, KIND, {"is_on": False})
    st.session_state.pop(SWITCH, None)
    for name in (NAMES, DEMO):
        st.query_params.pop(name, None)


def _amounts(settings: Settings, who: Identity) -> None:
    chosen = browser_state.read(settings, who, KIND) or {}
    browser_state.keep(settings, who, KIND, chosen | {"is_on": True, "amounts": st.session_state[AMOUNTS]})


def _taken(settings: Settings, token: str) -> dict[str, Any]:
    if _link(settings, browser_state.mark(token)) is None:
        st.session_state[NOTICE] = ENDED
    return {"is_on": True, DEMO: browser_state.mark(token)}


def _link(settings: Settings, mark: str) -> Saved | None:
    return next((entry for entry in links(settings) if entry.name == f"{LINK} {mark}"), None) if mark else None


def links(settings: Settings) -> list[Saved]:
    """Return the demo links that are valid, newest first."""
    return [entry for entry in browser_state.store(settings).list(SHARED) if entry.name.startswith(LINK)]


def new_link(settings: Settings, who: Identity, label: str, amounts: str) -> str:
    """Make a demo link and return what an address ends in; only its mark is kept."""
    token = secrets.token_urlsafe(16)
    values = {"label": label.strip() or "without a name", "amounts": amounts, "by": who.user}
    browser_state.store(settings).save(f"{LINK} {browser_state.mark(token)}", SHARED, values)
    return f"?{DEMO}={token}"


def end_link(settings: Settings, name: str) -> None:
    """End a demo link: whoever opened it may show the names again."""
    browser_state.store(settings).delete(name, SHARED)
