"""Answers shown on other sites, on the Admin page: which links there are, how often they were opened, and their end."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import streamlit as st

from core.api.clock import now
from core.localization import message
from core.questions.topics import by_name
from core.store.embed_links import EmbedLink
from pages.ui.admin import changes
from pages.ui.kit import cache
from pages.ui.kit.cells import Cell
from pages.ui.kit.shell import Page

COLUMNS = {
    "title": "Title",
    "question": "Question",
    "owner": "Whose rows",
    "names": "Names",
    "state": "State",
    "n_opened": "Opened",
    "opened_at": st.column_config.DatetimeColumn("Last opened, UTC", format="D MMM YYYY, HH:mm"),
}


def show(page: Page, c: Cell, is_theirs: Callable[[str], bool]) -> None:
    """List the links whose owners an administrator looks after, and let them be ended."""
    links = [link for link in cache.store(page.settings.database).embed_links.list() if is_theirs(link.owner)]
    good = [link for link in links if link.state(now()) == "good"]
    verb = "answer is" if len(good) == 1 else "answers are"
    c.answer(
        message("{n_good} {verb} shown on other sites by signed links.", n_good=len(good), verb=verb)
        if good
        else "No answer is shown on other sites. Open “Embed in another site” under a calculation or an answer."
    )
    if links:
        c.table(_frame(page, links), column_config=COLUMNS)
    if good and page.may("admin:write") and not page.view.is_masked:
        _revocation(page, good)


def _frame(page: Page, links: list[EmbedLink]) -> pl.DataFrame:
    rows = []
    for link in links:
        topic = by_name().get(str(link.content.get("topic")))
        cell = link.content.get("cell")
        state = link.state(now())
        rows.append(
            (
                link.title,
                topic.title if topic else f"{cell['title']}: {cell['question']}" if cell else "",
                None if page.view.is_masked else link.owner,
                "hidden" if link.content["is_masked"] else "shown",
                message("until {expires_at:%Y-%m-%d}", expires_at=link.expires_at) if state == "good" else state,
                link.n_opened,
                link.opened_at.replace(tzinfo=None) if link.opened_at else None,
            )
        )
    kinds = (*[pl.String] * 5, pl.Int64, pl.Datetime("us"))
    return pl.DataFrame(rows, schema=dict(zip(COLUMNS, kinds, strict=True)), orient="row")


def _revocation(page: Page, links: list[EmbedLink]) -> None:
    names = {
        link.mark: message(
            "{title} (until {expires_at:%Y-%m-%d}, {mark})",
            title=link.title,
            expires_at=link.expires_at,
            mark=link.mark,
        )
        for link in links
    }
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        mark = st.selectbox("Link", list(names), format_func=names.__getitem__, key="embed_chosen")
        st.button("End", on_click=_revoke, args=(page, mark), key="embed_revoke", icon=":material/block:")


def _revoke(page: Page, mark: str) -> None:
    links = cache.store(page.settings.database).embed_links
    changes.attempt(page, lambda: links.revoke(mark, page.identity.user), "The link opens nothing any more.")
