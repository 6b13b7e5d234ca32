"""What is put behind a signed link, so that a wiki or an intranet shows it without signing in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import streamlit as st

from core.access import Identity, can
from core.access.identity import OWN
from core.access.row_scope import own_head
from core.access.row_view import View
from core.config import Settings
from core.contracts import Dataset
from core.contracts.errors import AccessError, QuarterdeckError
from core.localization import shown
from pages.ui.kit import cache
from pages.ui.kit.escaping import escaped

MADE, RIGHT = "embed_made", "embedding:write"
DAYS = {7: "A week", 30: "30 days", 90: "90 days", 365: "A year"}
ANSWER = "Whoever has the link sees this answer as you do, anew each time, without signing in."
SHOWS = {"Sentence": "sentence", "Chart": "chart", "Rows": "rows"}


@dataclass(frozen=True)
class Embeddable:
    """What a link can be made to.

    Attributes
    ----------
    title, key : str
        What the link is called at first, and how the keys of its form begin.
    content : callable
        Returns what the link holds, of the parts it shows and whether names are hidden.
    about : str
        What whoever has the link sees.
    """

    title: str
    key: str
    content: Callable[[list[str], bool], dict[str, Any]]
    about: str


def offer(answer: Any, data: Dataset, settings: Settings, who: Identity) -> None:
    """Offer to make a link to an answer, to whoever may.

    Parameters
    ----------
    answer : Answer
    data : Dataset
        The rows this person may see.
    settings : Settings
    who : Identity
    """
    if not can(who, RIGHT, settings.roles):
        return
    head = own_head(data.company, who.user) if who.team_of == OWN else who.team_of
    view = View(who.regions, head, who.is_masked, who.hidden)

    def content(shows: list[str], is_masked: bool) -> dict[str, Any]:
        from core.bi import embedding

        return embedding.content_of(answer, view, shows, is_masked)

    form(Embeddable(answer.topic.title, "embed", content, ANSWER), settings, who)


def form(what: Embeddable, settings: Settings, who: Identity) -> None:
    """Ask what a link shows and for how long, and show the link once it is made."""
    key = what.key
    with (
        st.expander("Embed in another site", icon=":material/code:", key=key),
        st.form(f"{key}_form", border=False),
    ):
        title = st.text_input("Title", value=what.title, max_chars=120, key=f"{key}_title")
        shows = st.pills("Shows", list(SHOWS), selection_mode="multi", default=list(SHOWS)[:2], key=f"{key}_shows")
        days = st.selectbox("Opens for", list(DAYS), index=1, format_func=DAYS.__getitem__, key=f"{key}_days")
        is_masked = st.checkbox("Hide names", value=True, disabled=who.is_masked, key=f"{key}_masked")
        st.caption(escaped(shown(what.about)))
        if st.form_submit_button("Make a link", icon=":material/add_link:"):
            _make(what, settings, who, title, shows, days, is_masked)
    if (made := st.session_state.get(MADE)) and made[0] == key:
        del st.session_state[MADE]
        st.success("Copy it now; it is not shown again.", icon=":material/link:")
        st.code(f'<iframe src="{made[1]}" width="100%" height="480"></iframe>', language="html", wrap_lines=True)
        if not settings.access.embed_hosts:
            st.caption("No other site may show it in a frame yet: name them in the setting access.embed_hosts.")


def _make(
    what: Embeddable,
    settings: Settings,
    who: Identity,
    title: str,
    shows: list[str],
    days: int,
    is_masked: bool,
) -> None:
    from core.bi import embedding

    try:
        if not shows:
            raise AccessError("Nothing of the answer would be shown.", mend="Choose sentence, chart or rows.")
        content = what.content([SHOWS[words] for words in shows], is_masked)
        store = cache.store(settings.database)
        link = store.embed_links.make(title, who.user, content, days)
        st.session_state[MADE] = what.key, f"{_site()}/embed/{embedding.address(link, embedding.secret_of(store))}"
    except QuarterdeckError as error:
        st.error(escaped(error), icon=":material/error:")


def _site() -> str:
    """Return the address the app is opened under, without its pages."""
    url = urlsplit(st.context.url or "")
    base = str(st.get_option("server.baseUrlPath")).strip("/")
    return f"{url.scheme}://{url.netloc}{'/' + base if base else ''}"
