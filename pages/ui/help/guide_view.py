"""The documents on the Help page: a search over them, and one of them to read."""

from __future__ import annotations

from html import escape

import streamlit as st

from core import guides
from core.guides import Guide, reading
from core.localization import message, message_plural
from core.metrics import counted
from pages.ui.kit import address_choice, hidden_names, questions
from pages.ui.kit.cells import Cell
from pages.ui.kit.escaping import escaped

PAGE = "pages/help.py"
GUIDE, PART = reading.GUIDE, reading.PART
FIRST = "user-guide"


def find(c: Cell) -> None:
    """Draw the search and what fits."""
    query = st.text_input(
        "Search the guides",
        key="guide_search",
        placeholder="Such as: currency, approve a forecast, backup",
        max_chars=guides.guide_search.LONGEST,
    )
    if not (query or "").strip():
        count = len(guides.guides())
        c.answer(
            message(
                "{documents} come with Quarterdeck and are searched here, without a connection.",
                documents=counted(count, "document"),
            )
        )
        return
    result = guides.passages(str(query))
    if not result.passages:
        c.answer("No section speaks of that. Try other words, or look the word up in the glossary.")
        return
    near = (
        message(" “{words}” is the nearest spelling.", words=result.words)
        if _is_other(result.words, str(query))
        else ""
    )
    c.answer(
        message_plural(
            "{sections} fits.{near}",
            "{sections} fit.{near}",
            result.total,
            sections=counted(result.total, "section"),
            near=near,
        )
    )
    for passage in result.passages:
        st.page_link(
            PAGE,
            label=escaped(f"{passage.label} › {passage.title}"),
            query_params=address(passage.guide, passage.anchor),
        )
        if passage.excerpt:
            st.caption(escaped(passage.excerpt))


def _is_other(words: str, query: str) -> bool:
    return not set(words.lower().split()) <= set(questions.anchor(query).split("-")) | set(query.lower().split())


def address(guide: str, anchor: str = "") -> dict[str, str]:
    """Return the parameters of the Help page's address that open a section."""
    return {GUIDE: guide, **({PART: anchor} if anchor else {}), **hidden_names.carried()}


def read(c: Cell) -> None:
    """Draw the choice of a document, its contents, and the document."""
    listed = {guide.name: guide for guide in guides.guides()}
    guide = listed[address_choice.dropdown("Guide", listed, GUIDE, FIRST, lambda key: listed[key].label)]
    parts = guides.sections(guide)
    chapters = [part for part in parts if part.level == 2]
    c.answer(message("{title} has {chapters}.", title=guide.title, chapters=counted(len(chapters), "chapter")))
    if chapters:
        with st.expander("In this guide", icon=":material/toc:"):
            st.markdown("  \n".join(f"[{escaped(part.title)}](#{part.anchor})" for part in chapters))
    with st.container(gap="small"):
        for part in parts:
            _section(guide, part)
    if (wanted := st.query_params.get(PART, "")) in {part.anchor for part in parts}:
        st.html(questions.SCROLL.format(name=wanted), unsafe_allow_javascript=True)


def _section(guide: Guide, part: guides.Section) -> None:
    """Draw one section under its heading."""
    if part.level == 2:
        st.subheader(escaped(part.title), anchor=part.anchor)
    else:
        st.html(f'<h4 id="{escape(part.anchor)}" style="font-size:1rem;margin:0">{escape(part.title)}</h4>')
    for text, picture in reading.shown(guide, part):
        if picture is None:
            st.markdown(text)
        else:
            st.image(str(picture), caption=escaped(text))
