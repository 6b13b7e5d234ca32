"""The one way a file leaves a page: made when it is asked for, and written into the audit log."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable
from typing import Any, Protocol

import streamlit as st

from core.access import Identity
from core.access.file_rows import rows_text
from core.access.row_view import View
from core.config import Settings
from core.contracts.errors import StoreError
from core.localization import message, reading
from core.localization.reader import READS
from core.replicas.signed_files import Grant
from core.scope import Scope
from pages.ui.kit import browser_state, sign_ins
from pages.ui.server import browser_mark, signed_downloads

Content = str | bytes


class Page(Protocol):
    """What is read of the page a file is of; `shell.Page` has it, which draws what offers files."""

    settings: Settings
    identity: Identity
    title: str
    right: str
    scope: Scope
    view: View

    def note(self, action: str, target: str, detail: str = "") -> None:
        """Write something into the audit log."""


def button(
    where: Any, label: str, content: Content | Callable[[], Content], file_name: str, *more: Any, **options: Any
) -> None:
    """Offer a file.

    Parameters
    ----------
    where : container
        What the button is drawn in; `st` for the place at hand.
    label, file_name : str
    content : str, bytes, or callable
    *more, **options
        As a download button of Streamlit takes them; a download reruns nothing.
    """
    page: Page | None = st.session_state.get("page")

    grant = _grant(page, file_name, str(more[0] if more else options.get("mime") or "")) if page is not None else None

    reader = READS.get()

    def made() -> Content:
        with reading(reader):
            finished = content() if callable(content) else content
        if page is None or grant is None:
            return finished
        _write_down(page, file_name, finished)
        return signed_downloads.released(finished.encode() if isinstance(finished, str) else finished, grant)

    where.download_button(label, made, file_name, *more, on_click="ignore", **options)


def _grant(page: Page, file_name: str, kind: str) -> Grant:
    """Return for whom a file of a page is, as any server can tell."""
    signs_in = page.settings.access.sign_in != "none"
    return Grant(
        user=page.identity.user,
        right=page.right,
        browser=browser_mark.known_by(browser_state.own_mark()),
        sign_in=sign_ins.key(page.settings, page.identity) if signs_in else "",
        file_name=file_name,
        kind=kind or mimetypes.guess_type(file_name)[0] or "application/octet-stream",
    )


def _write_down(page: Page, file_name: str, content: Content) -> None:
    """Write a download into the audit log; where people sign in, what cannot be written down does not leave."""
    narrowed = message("; narrowed to {dict}", dict=dict(page.scope.parts)) if page.scope.parts else ""
    masked = "; names hidden" if page.view.is_masked else ""
    amount = message("{rows_text}{n_content:,} bytes", rows_text=rows_text(file_name, content), n_content=len(content))
    try:
        page.note("downloaded", file_name, f"{page.title}; {page.identity.scope()}{masked}{narrowed}; {amount}")
    except StoreError:
        if page.settings.access.sign_in != "none":
            raise
