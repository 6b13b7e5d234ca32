"""The search in the sidebar: accounts, deals, people, lists, capabilities, pages and questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from core import search
from core.access import Identity, can
from core.access.saved_content import Reader, shared_lists
from core.config import Settings
from core.contracts import Dataset
from core.localization import message
from core.search import Entry, Hit
from pages.ui.kit import cache, entity_links, question_box, questions, search_shortcut
from pages.ui.kit.escaping import escaped

Room = tuple[str, str, str]
KEY, PAUSE = "search", "120ms"
RIGHTS = {
    "account": "customers:read",
    "deal": "pipeline:read",
    "person": "pipeline:read",
    "list": "requirements:read",
    "capability": "catalogue:read",
}


@st.fragment
def offer(data: Dataset, settings: Settings, who: Identity, rooms: Mapping[str, Sequence[Room]]) -> None:
    """Draw the search box and what fits; a search runs nothing else of the page again.

    Parameters
    ----------
    data : Dataset
        The rows this person may see.
    settings : Settings
    who : Identity
        Only what the person may open is searched.
    rooms : mapping
        The pages of the sidebar, by group: path, label, icon.
    """
    query = st.text_input(
        "Search",
        key=KEY,
        label_visibility="collapsed",
        placeholder="Search or ask — press /",
        icon=":material/search:",
        max_chars=search.finder.LONGEST_QUERY,
        live=PAUSE,
    )
    st.html(search_shortcut.SCRIPT, unsafe_allow_javascript=True)
    if not (query or "").strip():
        return
    question_box.offer(str(query), data, settings, who)
    mine = [room for group in rooms.values() for room in group]
    results = search.search(data, settings, str(query), others(data, settings, who, mine))
    shown = [hit for hit in results.hits if hit.kind not in RIGHTS or can(who, RIGHTS[hit.kind], settings.roles)]
    if not shown:
        fits = "is called" if question_box.may_be_question(results.query) else "fits"
        st.caption(escaped(message("Nothing {fits} “{query}”.", fits=fits, query=results.query)))
    for kind, title in search.KINDS.items():
        hits = [hit for hit in shown if hit.kind == kind]
        if hits:
            st.caption(escaped(f"{title}, {results.counts[kind]:,}"))
        for hit in hits:
            _link(hit)


def others(data: Dataset, settings: Settings, who: Identity, rooms: Sequence[Room]) -> list[Entry]:
    """Return what is searched beside the data: pages, questions, requirement lists and capabilities."""
    from core.requirements.catalogue import effective_catalogue

    entries = [Entry("page", path, label) for path, label, _ in rooms]
    entries += [
        Entry("question", f"{path}#{questions.anchor(question)}", question, label)
        for path, label, _ in rooms
        for question in questions.of_page(path)
    ]
    store = cache.store(settings.database)
    saved = shared_lists(Reader.of(who, data), store.requirement_sets)
    entries += [Entry("list", entry.name, entry.name) for entry in saved]
    rows = effective_catalogue.load(store).frame
    return entries + [Entry("capability", key, name) for key, name in rows.select("capability_id", "name").iter_rows()]


def _link(hit: Hit) -> None:
    page, more = {
        "account": (entity_links.ACCOUNT, {"id": hit.key}),
        "deal": (entity_links.DEAL, {"id": hit.key}),
        "person": ("pages/pipeline.py", {"rep": hit.key}),
        "list": ("pages/requirements.py", {"kept_list": hit.key}),
        "capability": ("pages/catalogue.py", {"capability": hit.key}),
    }.get(hit.kind, _of_page(hit.key))
    label = escaped(f"{hit.title} · {hit.detail}" if hit.detail else hit.title)
    st.page_link(page, label=label, query_params={**more, **entity_links.carried()})


def _of_page(key: str) -> tuple[str, dict[str, str]]:
    path, _, name = key.partition("#")
    return path, {questions.SEE: name} if name else {}
