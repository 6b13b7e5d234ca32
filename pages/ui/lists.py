"""Takes a requirement list: an upload, one kept earlier, or one that comes with Quarterdeck."""

from __future__ import annotations

import streamlit as st

from core.contracts.errors import QuarterdeckError
from core.requirements import kept as kept_lists
from core.requirements import samples
from core.requirements.gap import GapAnalysis
from core.requirements.grids import ENDINGS
from core.store.repositories import Saved
from pages.ui import cached
from pages.ui.shell import Page

OWNER = "everybody"


def visible(page: Page) -> list[Saved]:
    """Return the kept lists this person may see: those of no deal or of a deal they see; none with names hidden."""
    regions, team, is_masked = page.bounds
    if is_masked:
        return []
    held = cached.store(page.settings.database).requirement_sets.list(OWNER)
    if not (regions or team):
        return held
    known = {None, *page.data.opportunities["opportunity_id"]}
    return [one for one in held if one.payload.get("opportunity_id") in known]


def choose(page: Page) -> tuple[str, bytes, str]:
    """Return the name and content of the chosen list, and how a notebook would name the file."""
    upload = st.file_uploader(
        "The buyer's list: CSV, TSV, Excel or ODS, in any layout",
        type=[ending[1:] for ending in ENDINGS],
        key="requirement_upload",
        max_upload_size=50,
    )
    if upload is not None:
        return upload.name, upload.getvalue(), upload.name
    left, right = st.columns(2)
    kept = cached.store(page.settings.database).requirement_sets
    earlier = right.selectbox(
        "Or one you kept",
        [s.name for s in visible(page)],
        index=None,
        placeholder="None chosen",
        key="kept_list",
        bind="query-params",
    )
    if earlier:
        held = kept.file(kept.get(earlier, OWNER))
        if held is not None:
            return held[0], held[1], held[0]
    shipped = samples.lists()
    name = left.segmented_control(
        "Or look at an example", list(shipped), default=next(iter(shipped), None), key="requirement_sample"
    )
    if not name:
        return "", b"", ""
    path = shipped[name]
    return path.name, path.read_bytes(), f"sample_data/requirements/{path.name}"


def shelf(page: Page, found: GapAnalysis) -> None:
    """Offer to keep the list, with its file and its scores, under a name."""
    kept = cached.store(page.settings.database).requirement_sets
    with st.form("keep-list", border=False):
        name = st.text_input("Keep it as", value=found.source.name.rsplit(".", 1)[0], max_chars=120)
        if not st.form_submit_button("Keep this list", icon=":material/save:"):
            return
    if not page.may_write("requirements"):
        return
    try:
        saved = kept_lists.keep(kept, name, OWNER, found)
    except QuarterdeckError as error:
        st.warning(str(error), icon=":material/warning:")
        return
    page.note("kept a requirement list", saved.name)
    st.success(f"Kept: {saved.name}", icon=":material/check:")
