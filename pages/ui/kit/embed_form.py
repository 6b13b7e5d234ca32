"""An answer put behind a signed link, so that a wiki or an intranet shows it without signing in."""

from __future__ import annotations

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
from pages.ui.kit import cache
from pages.ui.kit.escaping import escaped

MADE, RIGHT = "embed_made", "embedding:write"
DAYS = {7: "A week", 30: "30 days", 90: "90 days", 365: "A year"}
SHOWS = {"Sentence": "sentence", "Chart": "chart", "Rows": "rows"}


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
    with st.expander("Embed in another site", icon=":material/code:"), st.form("embed_form", border=False):
        title = st.text_input("Title", value=answer.topic.title, max_chars=120, key="embed_title")
        shows = st.pills("Shows", list(SHOWS), selection_mode="multi", default=list(SHOWS)[:2], key="embed_shows")
        days = st.selectbox("Opens for", list(DAYS), index=1, format_func=DAYS.__getitem__, key="embed_days")
        is_masked = st.checkbox("Hide names", value=True, disabled=who.is_masked, key="embed_masked")
        st.caption("Whoever has the link sees this answer as you do, anew each time, without signing in.")
        if st.form_submit_button("Make a link", icon=":material/add_link:"):
            _make(answer, data, settings, who, title, shows, days, is_masked)
    if made := st.session_state.pop(MADE, ""):
        st.success("Copy it now; it is not shown again.", icon=":material/link:")
        st.code(f'<iframe src="{made}" width="100%" height="480"></iframe>', language="html", wrap_lines=True)
        if not settings.access.embed_hosts:
            st.caption("No other site may show it in a frame yet: name them in the setting access.embed_hosts.")


def _make(
    answer: Any,
    data: Dataset,
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
        head = own_head(data.company, who.user) if who.team_of == OWN else who.team_of
        parts = [SHOWS[words] for words in shows]
        content = embedding.content_of(answer, View(who.regions, head, who.is_masked, who.hidden), parts, is_masked)
        store = cache.store(settings.database)
        link = store.embed_links.make(title, who.user, content, days)
        st.session_state[MADE] = f"{_site()}/embed/{embedding.address(link, embedding.secret_of(store))}"
    except QuarterdeckError as error:
        st.error(escaped(error), icon=":material/error:")


def _site() -> str:
    """Return the address the app is opened under, without its pages."""
    url = urlsplit(st.context.url or "")
    base = str(st.get_option("server.baseUrlPath")).strip("/")
    return f"{url.scheme}://{url.netloc}{'/' + base if base else ''}"
