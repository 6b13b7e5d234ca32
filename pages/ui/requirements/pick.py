"""Takes a requirement list: an upload, one kept earlier, or one that comes with Quarterdeck."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.contracts.errors import QuarterdeckError
from core.localization import message
from core.requirements.judge.gap_analysis import GapAnalysis, Stake
from core.requirements.officefiles import bundles
from core.requirements.officefiles.grids import ENDINGS
from core.requirements.work import sample_lists
from core.requirements.work import saved_lists as kept_lists
from core.resources import app_folder
from core.store.repositories import Saved
from pages.ui.kit import cache, saved_content
from pages.ui.kit.escaping import escaped
from pages.ui.kit.shell import Page

OWNER, KEPT = saved_content.EVERYBODY, "kept_list"
DEAL, SHOWN, CAME = "requirement_deal", "requirement_shown", "requirement_deal_came"


def choose(page: Page, left: Any, right: Any) -> tuple[str, bytes, str]:
    """Return the name and content of the chosen list, and how a notebook would name the file.

    An upload and the examples are offered at the left, the lists kept at the right.
    """
    uploads = left.file_uploader(
        "The buyer's list, in any layout: Excel, ODS, CSV, Word, PDF, HTML or JSON; several files are one project",
        type=[ending[1:] for ending in ENDINGS],
        key="requirement_upload",
        max_upload_size=50,
        accept_multiple_files=True,
    )
    if uploads:
        name, content = _together([(upload.name, upload.getvalue()) for upload in uploads])
        same = _same_file(page, content)
        _address(same.name if same else None)
        return name, content, name
    by_name = {saved.name: saved for saved in saved_content.lists(page)}
    names = list(by_name)
    wanted = saved_content.list_called(page, st.query_params.get(KEPT, ""))
    # One that was put aside stays aside; one under a name that is hidden or shown by now comes back under the other.
    is_there = KEPT in st.session_state and st.session_state[KEPT] in (None, *names)
    if not is_there and wanted in names:
        st.session_state[KEPT] = wanted
    earlier = right.selectbox("Or a saved list", names, index=None, placeholder="None chosen", key=KEPT)
    _address(earlier)
    if earlier:
        left.caption("Clear the choice beside to look at an example.")
        file = saved_content.list_file(page, by_name[earlier])
        if file is not None:
            return file[0], file[1], file[0]
    shipped = sample_lists.lists()
    name = left.segmented_control(
        "Or look at an example",
        list(shipped),
        default=next(iter(shipped), None),
        key="requirement_sample",
        wrap=True,
    )
    if not name:
        return "", b"", ""
    path = shipped[name]
    return path.name, path.read_bytes(), path.relative_to(app_folder()).as_posix()


def _together(files: list[tuple[str, bytes]]) -> tuple[str, bytes]:
    """Return the one file that was uploaded, or several packed together."""
    if len(files) == 1:
        return files[0]
    by_name = dict(files)
    return bundles.NAME, bundles.packed_together(sorted(by_name.items()))


def _address(name: str | None) -> None:
    """Name the kept list in the page's address, so that a link or a reload shows it again."""
    if name is None:
        st.query_params.pop(KEPT, None)
    elif st.query_params.get(KEPT) != name:
        st.query_params[KEPT] = name


def _same_file(page: Page, content: bytes) -> Saved | None:
    """Return the kept list that holds a file."""
    wanted = kept_lists.key(content)
    return next((saved for saved in saved_content.lists(page) if saved.payload.get("file_key") == wanted), None)


def deal(page: Page, deals: list[Stake], content: bytes) -> Stake | None:
    """Let the deal of the list be chosen; one kept with a deal comes back with it."""
    wanted = kept_lists.key(content) if content else ""
    if st.session_state.get(SHOWN) != wanted:
        st.session_state[SHOWN] = wanted
        same = _same_file(page, content) if content else None
        mine = same.payload.get("opportunity_id") if same else None
        if mine or st.session_state.pop(CAME, False):
            st.session_state[DEAL] = next((stake for stake in deals if stake.opportunity_id == mine), None)
            st.session_state[CAME] = bool(mine)
    currency = page.settings.currency
    return st.selectbox(
        "Which deal does it belong to?",
        deals,
        index=None,
        format_func=lambda stake: f"{stake.name} · {currency} {stake.amount:,.0f}",
        placeholder="None yet",
        key=DEAL,
    )


def shelf(page: Page, analysis: GapAnalysis) -> None:
    """Offer to keep the list, with its file and its scores, under a name."""
    sets = cache.store(page.settings.database).requirement_sets
    if page.view.is_masked:
        st.caption("Show names to save a list.")
        return
    with st.form("keep-list", border=False):
        name = st.text_input("Save as", value=analysis.source.name.rsplit(".", 1)[0], max_chars=120)
        if not st.form_submit_button("Save this list", icon=":material/save:"):
            return
    if not page.may_write("requirements"):
        return
    try:
        saved = kept_lists.keep(sets, name, OWNER, analysis)
    except QuarterdeckError as error:
        st.warning(escaped(error), icon=":material/warning:")
        return
    page.note("kept a requirement list", saved.name)
    st.success(escaped(message("Saved: {name}", name=saved.name)), icon=":material/check:")
