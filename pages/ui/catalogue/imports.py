"""The rest of the catalogue page: files taken over, twins merged, history."""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st

from core.branding import letterhead
from core.contracts.errors import QuarterdeckError
from core.localization import message
from core.metrics.measure import counted, shortened
from core.requirements.catalogue import catalogue_import, effective_catalogue
from core.requirements.catalogue.effective_catalogue import Edition
from core.requirements.export import gap_workbook
from core.requirements.match import duplicates, not_duplicates
from core.store.capabilities import CapabilityEdit
from pages.ui.catalogue import catalogue_cache
from pages.ui.catalogue.edit import kept, put, say
from pages.ui.kit import downloads, saved_content
from pages.ui.kit.cells import Cell
from pages.ui.kit.escaping import escaped
from pages.ui.kit.shell import Page
from pages.ui.requirements import gap_cache

PAST = {
    "at": st.column_config.DatetimeColumn("When, UTC", format="D MMM YYYY, HH:mm"),
    "author": "Who",
    "capability_id": "Id",
    "name": st.column_config.TextColumn("Capability", width="medium"),
    "what": st.column_config.TextColumn("What", width="large"),
}
BROUGHT = {
    "kind": "Kind",
    "capability_id": "Id",
    "name": st.column_config.TextColumn("Capability", width="medium"),
    "what": st.column_config.TextColumn("What changes", width="large"),
}
ASIDE = {
    "row": "Row",
    "capability_id": "Id",
    "name": "Capability",
    "reason": st.column_config.TextColumn("Why it cannot be used", width="large"),
}
PAIRS = {
    "likeness": st.column_config.ProgressColumn("Likeness", format="percent", min_value=0, max_value=1),
    "one": st.column_config.TextColumn("One", width="medium"),
    "other": st.column_config.TextColumn("The other", width="medium"),
    "words": "Shared words",
    "status": "Status",
}
APART = {
    "one": st.column_config.TextColumn("One", width="medium"),
    "other": st.column_config.TextColumn("The other", width="medium"),
    "who": "Who said so",
    "at": st.column_config.DatetimeColumn("When, UTC", format="D MMM YYYY, HH:mm"),
}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@st.fragment
def take_over(page: Page, c: Cell, standing: Edition) -> None:
    """Show what a file would change, and take it over."""
    if st.session_state.pop("offer_taken", False):
        st.rerun(scope="app")
    given = st.file_uploader(
        "Capabilities as CSV, Excel or YAML: an id and a name at least",
        type=["csv", "tsv", "xlsx", "xlsm", "ods", "yaml", "yml"],
        key=f"offer_file_{st.session_state.get('offer_files', 0)}",
        max_upload_size=20,
    )
    downloads.button(
        st,
        "Download the catalogue (Excel)",
        lambda: gap_workbook.offer(standing.frame, letterhead.of(page.settings)),
        "catalogue.xlsx",
        XLSX,
        icon=":material/download:",
        key="offer_download",
        help="Change it there, and upload it here.",
    )
    if given is None:
        c.answer("You see what a file would change before anything is saved.")
        return
    try:
        preview = catalogue_cache.preview(given.getvalue(), given.name, standing)
    except QuarterdeckError as error:
        st.warning(escaped(error), icon=":material/warning:")
        return
    c.answer(preview.sentence())
    changing = preview.frame.filter(pl.col("kind") != catalogue_import.GONE).select(list(BROUGHT))
    if not changing.is_empty():
        c.table(changing, column_config=BROUGHT, height=320)
    if not preview.rejected.is_empty():
        c.table(preview.rejected, column_config=ASIDE)
        downloads.button(st, "Rows that cannot be used (CSV)", preview.rejected.write_csv, "rows-not-used.csv")
    _accept(page, preview)


def _accept(page: Page, preview: catalogue_import.Incoming) -> None:
    left, right = st.columns(2, vertical_alignment="center")
    also = bool(preview.retiring) and left.checkbox(
        message("Retire the {n_retiring:,} that are not in the file", n_retiring=len(preview.retiring)),
        key="offer_retire",
        help="For a file that is your whole catalogue, in place of the sample.",
    )
    edits = [*preview.edits, *(preview.retiring if also else ())]
    right.button(
        message("Take over {changes}", changes=counted(len(edits), "change")),
        disabled=not edits or not page.may("catalogue:write"),
        on_click=_taken,
        args=(page, edits, preview.name),
        type="primary",
        key="offer_take",
        width="stretch",
    )


def _taken(page: Page, edits: list[CapabilityEdit], name: str) -> None:
    put(
        page,
        edits,
        message(
            "{changes} taken over from {name}.", changes=counted(len(edits), "change is", "changes are"), name=name
        ),
    )
    st.session_state["offer_files"] = st.session_state.get("offer_files", 0) + 1
    st.session_state["offer_taken"] = True


def twins(page: Page, c: Cell, standing: Edition) -> str:
    """Show pairs that may be one and the same; merge them, or remember that they are different.

    Returns
    -------
    str
        What `duplicates.find` was given, for the notebook.
    """
    different = not_duplicates.read(saved_content.trail_about(page, not_duplicates.TARGET), standing.frame)
    candidates = catalogue_cache.twins(page.settings.home, standing.catalogue, different.pairs)
    pairs = candidates.frame
    c.answer(candidates.sentence())
    if not pairs.is_empty():
        c.table(pairs.select(list(PAIRS)), column_config=PAIRS, height=320)
        _choose(page, standing, pairs)
    if not different.frame.is_empty():
        _again(page, c, different)
    return f"catalogue, apart={different.pairs!r}" if different.pairs else "catalogue"


def _choose(page: Page, standing: Edition, pairs: pl.DataFrame) -> None:
    """Let one of a pair be merged into the other, or both be kept for good."""
    listed = {f"{row['one_id']} {row['other_id']}": row for row in pairs.iter_rows(named=True)}
    left, middle = st.columns([3, 2], vertical_alignment="bottom")
    chosen = left.selectbox(
        "Pair", list(listed), format_func=lambda key: f"{listed[key]['one']} / {listed[key]['other']}", key="twin_pair"
    )
    row = listed[chosen]
    names = {row["one_id"]: row["one"], row["other_id"]: row["other"]}
    stays = middle.selectbox(
        "Which one stays", list(names), format_func=lambda key: f"{key} · {names[key]}", key=f"twin_stays-{chosen}"
    )
    gone = next(key for key in names if key != stays)
    reads_only = not page.may("catalogue:write")
    first, second, _ = st.columns([1, 1, 1])
    first.button(
        message("Merge {gone} into {stays}", gone=escaped(gone), stays=escaped(stays)),
        on_click=_merge,
        args=(page, standing.row(stays), standing.row(gone)),
        key="twin_merge",
        disabled=reads_only,
        width="stretch",
        icon=":material/call_merge:",
    )
    second.button(
        "These are different",
        on_click=_tell_apart,
        args=(page, not_duplicates.APART, row["one_id"], row["other_id"]),
        key="twin_apart",
        disabled=reads_only,
        width="stretch",
        icon=":material/call_split:",
        help="Both stay as they are, and nobody is asked about this pair again.",
    )
    merged = message(
        "Merged: {names} takes over the limits, commitments and evidence it lacks; {gone} is "
        "retired, and lists and answers that name it count as {stays}.",
        names=names[stays],
        gone=gone,
        stays=stays,
    )
    st.caption(escaped(merged))


def _again(page: Page, c: Cell, different: not_duplicates.Apart) -> None:
    """Show the pairs that were said to be different, and let one be asked about again."""
    listed = {f"{row['one_id']} {row['other_id']}": row for row in different.frame.iter_rows(named=True)}
    with st.expander(escaped(different.sentence())):
        c.table(different.frame.select(list(APART)), column_config=APART)
        left, right = st.columns([3, 1], vertical_alignment="bottom")
        chosen = left.selectbox(
            "Which pair",
            list(listed),
            key="twin_told",
            format_func=lambda key: f"{listed[key]['one']} / {listed[key]['other']}",
        )
        row = listed[chosen]
        right.button(
            "Ask again",
            on_click=_tell_apart,
            args=(page, not_duplicates.ASK, row["one_id"], row["other_id"]),
            key="twin_ask",
            disabled=not page.may("catalogue:write"),
            width="stretch",
            icon=":material/undo:",
        )


def _tell_apart(page: Page, word: str, one_id: str, other_id: str) -> None:
    """Write down for everybody what was said of a pair."""
    if not page.may("catalogue:write"):
        say("not", "Your role can read the catalogue but not change it.")
        return
    page.note(word, not_duplicates.target(one_id, other_id), not_duplicates.detail(one_id, other_id))
    done = (
        "are different; nobody is asked about them again" if word == not_duplicates.APART else "are asked about again"
    )
    say("done", message("{one_id} and {other_id} {done}.", one_id=one_id, other_id=other_id, done=done))


def _merge(page: Page, stays: dict[str, Any], gone: dict[str, Any]) -> None:
    edits = duplicates.merged(stays, gone)
    put(
        page,
        list(edits),
        message(
            "{capability_id} is merged into {capability_id_2}.",
            capability_id=gone["capability_id"],
            capability_id_2=stays["capability_id"],
        ),
    )


def past(page: Page, c: Cell, standing: Edition) -> None:
    """Show every change, and let an earlier wording be put back."""
    rows = catalogue_cache.history(page.settings.database, kept(page).stamp(gap_cache.book()))
    if rows.is_empty():
        c.answer("No changes yet.")
        return
    last = rows.row(0, named=True)
    people, n = rows["author"].n_unique(), rows.height
    what = shortened(last["what"], 140).rstrip(".")
    c.answer(
        message(
            "{changes} by {people}; the last by {author} on {at:%d %B %Y}: {capability_id}, {what}.",
            changes=counted(n, "change"),
            people=counted(people, "person", "people"),
            author=last["author"],
            at=last["at"],
            capability_id=last["capability_id"],
            what=what,
        )
    )
    c.table(rows.select(list(PAST)), column_config=PAST, height=320)
    with st.expander("Restore an earlier version"):
        _back(page, standing, rows)


def _back(page: Page, standing: Edition, rows: pl.DataFrame) -> None:
    names = dict(rows.select("capability_id", "name").iter_rows())
    left, right, third = st.columns([2, 2, 1], vertical_alignment="bottom")
    key = left.selectbox("Capability", list(names), format_func=lambda code: f"{code} · {names[code]}", key="back_one")
    versions = kept(page).all(gap_cache.book(), capability_id=key).sort("version", descending=True)
    earlier = {row["version"]: row for row in versions.iter_rows(named=True)}
    shipped = gap_cache.shipped().by_id().get(key)
    if shipped is not None:
        earlier[0] = {**shipped, "is_retired": False, "merged_into": None, "author": None, "saved_at": None}
    older = [version for version in earlier if version != max(earlier)]
    number = right.selectbox(
        "Version",
        older,
        key=f"back_version-{key}",
        disabled=not older,
        format_func=lambda v: (
            f"{v} · {earlier[v]['author']}, {earlier[v]['saved_at']:%d %B %Y %H:%M}" if v else "Original"
        ),
    )
    standing_row = standing.row(key)
    third.button(
        "Restore it",
        disabled=number is None or not page.may("catalogue:write"),
        width="stretch",
        key="back_go",
        on_click=_restore,
        args=(page, standing_row, earlier.get(number)),
    )


def _restore(page: Page, row: dict[str, Any], earlier: dict[str, Any]) -> None:
    put(
        page,
        [effective_catalogue.restored(row, earlier)],
        message("{capability_id} is restored.", capability_id=row["capability_id"]),
    )
