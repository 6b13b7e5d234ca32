"""Links to the section of the guides that explains a page or a cell of it."""

from __future__ import annotations

import streamlit as st

from core import guides
from core.guides import reading
from pages.ui.kit import hidden_names

TITLE, PAGE = "Help", "pages/help.py"


def to_page(title: str) -> dict[str, str]:
    """Return the parameters of the Help page's address that open what explains a page; none on the Help page."""
    return {} if title == TITLE else _address(title, "")


def offer(title: str, question: str) -> None:
    """Draw the link from a cell to what explains it."""
    st.page_link(
        PAGE,
        label="How this is worked out",
        icon=":material/menu_book:",
        query_params=_address(title, question) | hidden_names.carried(),
    )


def _address(title: str, question: str) -> dict[str, str]:
    target = guides.explanation(title, question)
    return {reading.GUIDE: target.guide, **({reading.PART: target.anchor} if target.anchor else {})}
