"""The company's own Word and PowerPoint templates: named in the settings, or uploaded for the session."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.branding import letterhead
from core.branding.letterhead import Letterhead
from core.config import Settings
from core.contracts.errors import QuarterdeckError
from core.enablement import office_file, slides, word
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
    """Offer to upload templates and return those in force: an upload, else what the settings name, else none."""
    named = settings.enablement.templates
    with st.expander("Your own Word and PowerPoint templates"):
        left, right = st.columns(2)
        with left:
            docx = _usable(_uploaded("Word template", "docx"), named.docx, word.lacking, is_needed=False)
        with right:
            pptx = _usable(_uploaded("PowerPoint template", "pptx"), named.pptx, slides.lacking, is_needed=True)
    return Templates(docx, pptx, letterhead.of(settings))


def _uploaded(label: str, kind: str) -> Any:
    return st.file_uploader(label, type=[kind], key=f"template_{kind}", max_upload_size=MOST_MB)


def _usable(upload: Any, path: str, lacking: Callable[[bytes], str], *, is_needed: bool) -> bytes | None:
    """Return a template, or None with the reason written out where it cannot be used."""
    if upload is None and not path:
        return None
    try:
        content: bytes = upload.getvalue() if upload is not None else office_file.read_template(path)
        gap = lacking(content)
    except QuarterdeckError as error:
        st.warning(
            escaped(message("{error} The standard look is used until then.", error=error)), icon=":material/warning:"
        )
        return None
    if gap:
        st.warning(escaped(gap), icon=":material/warning:")
    return None if gap and is_needed else content
