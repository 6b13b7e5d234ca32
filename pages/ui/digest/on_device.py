"""The digest on the page, kept on the reader's own device for when there is no connection.

What is kept is what stands on the page: cut to the reader's rows, with names and amounts as the reader sees them. It is
sealed to the person and to what they may see (`pages.ui.kit.reader_seal`), and cleared by signing out.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import streamlit as st

from core import digest
from core.branding import letterhead
from core.digest import Digest
from pages.ui.kit import read_aloud, reader_seal
from pages.ui.kit.shell import Page
from pages.ui.server import offline_worker

SCRIPT = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
LINE = '<p class="qd-label qd-offline" role="status">{words}</p>'
OWN_FILES = "A digest of files that are in this session only is not kept for reading without a connection."
NOT_HERE = "Your administrator lets no digest be kept on devices for reading without a connection."
PAPER = "digest_paper"


def paper(page: Page, content: Digest) -> None:
    """Show the digest as it arrives, offer to read it aloud, and keep it on the device where that may be."""
    body = digest.inside(content, page.formats, letterhead.of(page.settings))
    mark = hashlib.sha256(body.encode()).hexdigest()[:16]
    read_aloud.offer(PAPER)
    with st.container(key=PAPER):  # On white in both themes.
        st.html(f'<div data-digest="{mark}">{body}</div>')
    _keep(page, mark)


def _keep(page: Page, mark: str) -> None:
    days = page.settings.access.offline_digest_days
    if page.data.is_transient or not days:
        st.html(LINE.format(words=OWN_FILES if days else NOT_HERE))
        if not days:
            reader_seal.forget()
        return
    given = {
        "mark": mark,
        "seal": reader_seal.seal(page.identity, page.view),
        "brand": page.settings.branding.name,
        "days": days,
        "worker": offline_worker.ADDRESS,
    }
    text = json.dumps(given).replace("<", "\\u003c")
    st.html(
        f"{LINE.format(words='')}<script>{{ const GIVEN = {text};\n{SCRIPT} }}</script>", unsafe_allow_javascript=True
    )
