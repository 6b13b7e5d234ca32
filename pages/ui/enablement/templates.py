"""The company's own Word and PowerPoint templates: named in the settings, or uploaded for the session."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from core.branding import letterhead
from core.branding.letterhead import Letterhead
from core.config import Settings
from core.contracts.errors import QuarterdeckError
from core.enablement import saved_templates
from core.enablement.saved_templates import DOCX, PPTX
from core.localization import message
from pages.ui.kit.escaping import escaped

MOST_MB = 20


@dataclass(frozen=True)
class Templates:
    """The content of the templates that documents are written into; None is the house look, with the brand's head."""

    docx: bytes | None
    pptx: bytes | None
    head: Letterhead


def chosen(settings: Settings) -> Templates:
    """Offer to upload templates and return those in force: an upload, else what is kept, else none."""
    with st.expander("Your own Word and PowerPoint templates"):
        left, right = st.columns(2)
        with left:
            docx = _usable(settings, DOCX, "Word template")
        with right:
            pptx = _usable(settings, PPTX, "PowerPoint template")
    return Templates(docx, pptx, letterhead.of(settings))


def _usable(settings: Settings, kind: str, label: str) -> bytes | None:
    """Return a template, or None with the reason written out where it cannot be used."""
    upload = st.file_uploader(label, type=[kind], key=f"template_{kind}", max_upload_size=MOST_MB)
    try:
        content = upload.getvalue() if upload is not None else saved_templates.in_force(settings, kind)
        gap = saved_templates.LACKING[kind](content) if content is not None else ""
    except QuarterdeckError as error:
        st.warning(
            escaped(message("{error} The standard look is used until then.", error=error)), icon=":material/warning:"
        )
        return None
    if gap:
        st.warning(escaped(gap), icon=":material/warning:")
    return None if gap and kind == PPTX else content
