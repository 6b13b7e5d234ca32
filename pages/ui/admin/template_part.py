"""Word and PowerPoint templates on the Admin page: uploaded, checked, looked at, taken away."""

from __future__ import annotations

import streamlit as st

from core.branding import letterhead
from core.contracts.errors import AccessError, QuarterdeckError
from core.enablement import saved_templates
from core.enablement.saved_templates import DOCX, KINDS, PPTX
from core.localization import message
from pages.ui.admin import changes
from pages.ui.kit import downloads
from pages.ui.kit.cells import Cell
from pages.ui.kit.escaping import escaped
from pages.ui.kit.shell import Page

NAMES = {DOCX: "Word", PPTX: "PowerPoint"}
TURN = "template_turn"
MOST_MB = 20


def show(page: Page, c: Cell) -> None:
    """Say which templates documents are written into; an administrator of the whole company changes them."""
    c.answer(" ".join(_standing(page, kind) for kind in KINDS))
    if not page.may("admin:write"):
        return
    if changes.delegation(page).is_bound:
        st.caption("They are everybody's, so that an administrator of the whole company changes them.")
        return
    for side, kind in zip(st.columns(2), KINDS, strict=True):
        with side:
            _offer(page, kind)


def _standing(page: Page, kind: str) -> str:
    if saved_templates.is_saved(page.settings, kind):
        return message("{names} files are written into your own template.", names=NAMES[kind])
    if getattr(page.settings.enablement.templates, kind):
        return message("{names} files are written into the template that the settings file names.", names=NAMES[kind])
    return message("{names} files have the standard look.", names=NAMES[kind])


def _offer(page: Page, kind: str) -> None:
    key = f"admin_template_{kind}_{st.session_state.get(TURN, 0)}"
    upload = st.file_uploader(
        message("{names} template", names=NAMES[kind]), type=[kind], key=key, max_upload_size=MOST_MB
    )
    content = upload.getvalue() if upload is not None else None
    try:
        gap = saved_templates.checked(content, kind) if content is not None else ""
        template = content if content is not None else saved_templates.in_force(page.settings, kind)
    except QuarterdeckError as error:
        st.error(escaped(error), icon=":material/error:")
        template, content = None, None
    else:
        if gap:
            st.warning(escaped(gap), icon=":material/warning:")
    row = st.container(horizontal=True)
    downloads.button(
        row,
        message("Preview in {names}", names=NAMES[kind]),
        lambda: saved_templates.preview(kind, template, letterhead.of(page.settings)),
        f"preview.{kind}",
        icon=":material/preview:",
        key=f"template_preview_{kind}",
    )
    row.button(
        "Use it for everybody",
        key=f"template_save_{kind}",
        type="primary",
        icon=":material/save:",
        disabled=content is None,
        on_click=_save,
        args=(page, kind, content),
    )
    row.button(
        "Take it away",
        key=f"template_away_{kind}",
        icon=":material/delete:",
        disabled=not saved_templates.is_saved(page.settings, kind),
        on_click=_forget,
        args=(page, kind),
    )


def _save(page: Page, kind: str, content: bytes) -> None:
    def change() -> None:
        _refuse_part(page)
        saved_templates.save(page.settings, kind, content)
        page.note("saved a template", NAMES[kind], f"{len(content):,} bytes")

    changes.attempt(
        page, change, message("{names} files are written into your template from now on.", names=NAMES[kind])
    )
    st.session_state[TURN] = st.session_state.get(TURN, 0) + 1


def _forget(page: Page, kind: str) -> None:
    def change() -> None:
        _refuse_part(page)
        saved_templates.forget(page.settings, kind)
        page.note("took a template away", NAMES[kind])

    changes.attempt(page, change, message("Your {names} template is taken away.", names=NAMES[kind]))


def _refuse_part(page: Page) -> None:
    if changes.delegation(page).is_bound:
        raise AccessError("Templates are everybody's.", mend="Ask an administrator of the whole company.")
