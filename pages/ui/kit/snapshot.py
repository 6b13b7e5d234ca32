"""A page as one file to send: what its cells showed, as HTML or PDF with vector charts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.localization import message, shown_whole
from core.localization import shown as in_words
from core.scope import Scope, fiscal_period, narrowing
from pages.ui.kit import cache, company_wording, downloads

if TYPE_CHECKING:
    from core.charts.snapshot import Snapshot
    from pages.ui.kit.shell import Page


def note(kind: str, body: Any) -> None:
    """Note something that stands above all questions, for the snapshot of the page being drawn."""
    shown: list[tuple[str, str, Any]] = st.session_state.get("shown", [])
    shown.append(("", kind, body))


def specification(function: Callable[..., Any], args: tuple[Any, ...]) -> dict[str, Any]:
    """Return the finished chart of a function and its arguments."""
    return cache.drawing(function, args, cache.settings())


def offer(page: Page) -> None:
    """Offer the page as PDF and as HTML, made when it is asked for, one button beside the other."""
    if not page.shown:
        return
    name = page.title.lower().replace(" ", "-")
    shown = page.shown  # A cell that runs again by itself takes its old parts out.
    downloads.button(
        st,
        "Download as PDF",
        lambda: _made(page, shown, "pdf"),
        f"{name}-{page.data.as_of}.pdf",
        mime="application/pdf",
        icon=":material/picture_as_pdf:",
        key="snapshot-pdf",
    )
    downloads.button(
        st,
        "Download as HTML",
        lambda: _made(page, shown, "html"),
        f"{name}-{page.data.as_of}.html",
        mime="text/html",
        icon=":material/html:",
        key="snapshot-html",
    )
    if any(kind == "table" for _, kind, _ in shown):
        downloads.button(
            st,
            "Download as Excel",
            lambda: _made(page, shown, "xlsx"),
            f"{name}-{page.data.as_of}.xlsx",
            icon=":material/table_view:",
            key="snapshot-xlsx",
        )


def _made(page: Page, shown: list[tuple[str, str, Any]], kind: str) -> Any:
    from core.charts import snapshot

    content = taken(page, shown)
    if kind == "xlsx":
        from core.branding import letterhead
        from core.charts import workbook

        return workbook.workbook(content.tables(), f"{content.title}, {content.about}", letterhead.of(page.settings))
    return snapshot.pdf(content) if kind == "pdf" else snapshot.html(content)


def taken(page: Page, shown: list[tuple[str, str, Any]]) -> Snapshot:
    """Return the snapshot of what a page has shown."""
    from core.branding import letterhead
    from core.charts import snapshot

    about = message(
        "{company} · {source} · as of {day}",
        company=page.settings.company,
        source=page.data.source,
        day=page.formats.day(page.data.as_of),
    )
    if page.scope != Scope():
        whole = page.visible or page.data
        days = fiscal_period.label(page.scope, whole.as_of, page.settings)
        about += message(
            " · {days} · {narrowing}", days=days, narrowing=narrowing.sentence(whole, page.settings, page.scope)
        )
    worded = company_wording.worded
    parts = [(in_words(worded(question)), kind, _in_words(kind, body)) for question, kind, body in shown]
    title = in_words(worded(page.title))
    return snapshot.collected(title, in_words(about), parts, page.formats, letterhead.of(page.settings))


def _in_words(kind: str, body: Any) -> Any:
    """Return a sentence, or the words of a tile, in the reader's language; charts and tables are made in it."""
    if kind == "text":
        return shown_whole(body)
    return tuple(map(shown_whole, body)) if kind == "tile" else body
