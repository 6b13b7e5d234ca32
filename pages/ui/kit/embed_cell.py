"""A cell of a page put behind a signed link, as an answer can be."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import streamlit as st

from core.access import View, can
from pages.ui.kit import embed_form, session_data
from pages.ui.kit.bar import anchor
from pages.ui.kit.embed_form import Embeddable
from pages.ui.kit.rooms import ROOMS
from pages.ui.kit.shell import Page

CELL = (
    "Whoever has the link sees this cell without signing in, as the page first opens for you in the same part of the "
    "company; it is at most ten minutes old."
)
BESIDE = {"Deal": "pages/deal.py", "Account": "pages/account.py"}
CARRIED = ("id",)


def offer(page: Page, question: str) -> None:
    """Offer to make a link to a cell of a page, to whoever may; not for data of one's own session, which end with it.

    Parameters
    ----------
    page : Page
    question : str
        Of the cell.
    """
    file = _file(page.title)
    if not can(page.identity, embed_form.RIGHT, page.settings.roles) or session_data.upload() is not None or not file:
        return

    def content(shows: list[str], is_masked: bool) -> dict[str, Any]:
        from core.bi import embedding

        identified = {key: st.query_params[key] for key in CARRIED if key in st.query_params}
        address = urlencode({**page.scope.parameters, **identified})
        cell = embedding.CellAsked(file, page.title, question, page.right, address)
        who = page.identity
        view = View(who.regions, page.view.team, who.is_masked, who.hidden)
        return embedding.content_of_cell(cell, view, shows, is_masked)

    embed_form.form(Embeddable(question, f"embed-{anchor(question)}", content, CELL), page.settings, page.identity)


def _file(title: str) -> str:
    """Return the file of a page by its title; empty for one that is not listed."""
    listed = {name: file for rooms in ROOMS.values() for file, name, _ in rooms}
    return {**listed, **BESIDE}.get(title, "")
