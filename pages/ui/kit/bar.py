"""The bar of a page: its title, what it is cut to, and its contents; it stays in sight while one scrolls."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

import streamlit as st

from core.localization import shown
from core.localization.reader import READS

STYLE = Path(__file__).with_name("look.css")
SCRIPT = "".join(
    f"<script>{Path(__file__).with_name(name).read_text(encoding='utf-8')}</script>" for name in ("look.js", "phone.js")
)
BUTTONS = """<div class="qd-touch"><button type="button" class="qd-small qd-ask">{ask}</button><button type="button"
class="qd-small qd-share" aria-live="polite" data-copied="{copied}" data-failed="{failed}"
data-language="{language}">{share}</button></div>"""
HEADING = "Questions of this page"
CONTENTS = "contents_shown"
FOLDED = "For analysts"


@dataclass
class Bar:
    """The bar of the page that is drawn.

    Attributes
    ----------
    title : str
    scope_slot : container
        Where what the page is cut to is chosen: a row at the right of the title, empty until something is put in.
    contents_slot : container
        One place below it for the links to the page's questions.
    entries : dict of str to str
        Short name of each question drawn so far, by the anchor it is linked by.
    notice_slot : container
        A line below the contents for what concerns the data of all cells; empty but for that.
    tour_slot : container
        Where the step of a tour stands, in place of the contents.
    """

    title: str
    scope_slot: Any
    contents_slot: Any
    notice_slot: Any
    tour_slot: Any
    entries: dict[str, str] = field(default_factory=dict)

    def enter(self, question: str, short: str) -> None:
        """Take a question into the contents."""
        self.entries[anchor(question)] = short

    def close(self) -> None:
        """Write the contents as the page came to be, and remember them for its next run."""
        earlier = st.session_state.get(CONTENTS)
        if earlier != (self.title, self.entries):
            self._write(self.entries)
            st.session_state[CONTENTS] = (self.title, dict(self.entries))

    def _write(self, entries: dict[str, str]) -> None:
        links = [f"[{shown(short)}](#{name})" for name, short in entries.items()]
        self.contents_slot.markdown(" ".join(links), anchors=False)


def open_bar(title: str) -> Bar:
    """Draw the bar with the contents the page had when it was last drawn.

    Parameters
    ----------
    title : str
    """
    st.html(STYLE)
    with st.container(key="bar", gap=None):
        row = st.container(
            key="bar_row", horizontal=True, wrap=False, vertical_alignment="center", gap="small", height="content"
        )
        row.title(title, width="content", anchor=False)
        row.space("stretch")
        row.html(_buttons(), width="content")
        scope = row.container(
            key="bar_scope", horizontal=True, wrap=False, vertical_alignment="center", gap="xsmall", width="content"
        )
        contents = st.container(key="bar_contents").empty()
        notice = st.container(key="bar_notice", horizontal=True, vertical_alignment="center", height="content")
        tour = st.container(key="bar_tour", height="content")
        st.html(f'<h2 class="qd-quiet">{shown(HEADING)}</h2>{SCRIPT}', unsafe_allow_javascript=True)
    bar = Bar(title, scope, contents, notice, tour)
    drawn_for, entries = st.session_state.get(CONTENTS, ("", {}))
    if drawn_for == title:
        bar._write(entries)
    return bar


def _buttons() -> str:
    reader = READS.get()
    return BUTTONS.format(
        language=reader.language if reader else "en",
        ask=escape(shown("Ask…").rstrip("…")),  # "Ask" and "Share" alone are other words: a request, and a part
        share=escape(shown("Share…").rstrip("…")),
        copied=escape(shown("Link copied")),
        failed=escape(shown("Copy the address bar")),
    )


def anchor(question: str) -> str:
    """Return the name a question can be linked by."""
    return re.sub(r"[^a-z0-9]+", "-", question.lower()).strip("-")
