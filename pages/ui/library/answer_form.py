"""One answer: its words, who stands for it, approval, evidence and history; no change is lost unseen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl
import streamlit as st

from core.contracts.errors import ConflictError, QuarterdeckError
from core.localization import message
from core.metrics.measure import counted
from core.requirements.library import answer_edition
from core.requirements.library.answer_edition import APPROVED, BOOK, DRAFT, FIELDS, RETIRED, Library
from core.requirements.text.classification import CATEGORIES
from core.requirements.work import row_review
from core.store.library_answers import BEGINNINGS, LibraryAnswers, LibraryEdit
from core.usage import usage_guard
from pages.ui.kit import bulk_edits, cache, downloads, saved_content, unsaved
from pages.ui.kit.cells import Cell
from pages.ui.kit.escaping import escaped
from pages.ui.kit.grid import grid
from pages.ui.kit.shell import Page
from pages.ui.library import library_cache
from pages.ui.library.find_answers import CHOSEN, LISTED, WAITING

SAID, MET, ADD = "library_said", "library", "Write a new answer"
PAST = {
    "at": st.column_config.DatetimeColumn("When, UTC", format="D MMM YYYY, HH:mm"),
    "author": "Who",
    "question": st.column_config.TextColumn("Question", width="medium"),
    "what": st.column_config.TextColumn("What changed", width="large"),
}
BOTH = {
    "field": "Field",
    "theirs": st.column_config.TextColumn("As it stands", width="large"),
    "mine": st.column_config.TextColumn("Yours", width="large"),
}


def kept(page: Page) -> LibraryAnswers:
    """Return where answers are kept."""
    return cache.store(page.settings.database).library


def say(kind: str, text: str) -> None:
    """Have the page say that something was done or was not."""
    bulk_edits.say(SAID, kind, text)


def tell() -> None:
    """Say what the last click did."""
    bulk_edits.tell(SAID)


def may_edit(page: Page) -> bool:
    """Say whether the person may change answers: their role writes requirements, and they see the true words."""
    return page.may("requirements:write") and not page.view.is_masked


def put(page: Page, edits: Sequence[LibraryEdit], text: str, *, approves: bool = False) -> bool:
    """Save edits; say what was saved and what met somebody else's change."""
    may = row_review.may_approve(page.identity, page.settings) if approves else may_edit(page)
    if not may or page.view.is_masked:
        say(
            "not",
            "Your role can read the library but not change it." if not page.view.is_masked else "Show names first.",
        )
        return False
    n_met = bulk_edits.save_all(kept(page), BOOK, edits, page.identity.user, SAID, text)
    if n_met is not None:
        st.session_state["library_count"] = st.session_state.get("library_count", 0) + 1
    return n_met == 0


def show(page: Page, c: Cell, library: Library) -> None:
    """Open one answer, or a new one."""
    chosen = st.session_state.pop("library_next", st.session_state.get(CHOSEN, st.query_params.get("answer")))
    keys = dict.fromkeys([*st.session_state.get(LISTED, []), chosen])
    names = {key: row["question"] for key in keys if key and (row := library.row(key)) is not None}
    st.session_state[CHOSEN] = chosen if chosen in names or chosen == ADD else None
    key = st.selectbox(
        "Answer",
        [ADD, *names],
        index=None,
        placeholder="Click a row above, or choose here",
        format_func=lambda option: option if option == ADD else f"{names[option][:110]} · {option}",
        key=CHOSEN,
    )
    if key is None:
        c.answer("Choose an answer to read it whole, change it or approve it.")
        return
    row = library.row(key) if key != ADD else None
    if row is not None:
        _standing(page, c, row, library)
    if not may_edit(page):
        if row is not None:
            _words(row)
    elif not _conflict(page, key):
        _form(page, key, row)
    if row is not None:
        _approval(page, row)
        with st.expander("Evidence", icon=":material/attach_file:"):
            _evidence(page, library, row)
        with st.expander("History", icon=":material/history:"):
            _history(page, library, row)


def _standing(page: Page, c: Cell, row: dict[str, Any], library: Library) -> None:
    state = {**WAITING, RETIRED: "Retired"}[row["state"]].lower()
    by = (
        message(" by {approved_by}", approved_by=row["approved_by"])
        if row["state"] == APPROVED and row["approved_by"]
        else ""
    )
    due = library.live.filter(pl.col("answer_id") == row["answer_id"])
    when = due["due_on"][0] if due.height else None
    read = message("; last read {reviewed_on:%d %B %Y}", reviewed_on=row["reviewed_on"]) if row["reviewed_on"] else ""
    text = message("{answer_id} is {state}{by}{read}", answer_id=row["answer_id"], state=state, by=by, read=read) + (
        message(", due again {when:%d %B %Y}.", when=when) if when else "."
    )
    into = message(" It was merged into {merged_into}.", merged_into=row["merged_into"]) if row["merged_into"] else ""
    counts = library_cache.uses(page).filter(pl.col("answer_id") == row["answer_id"])
    used = ""
    if counts.height:
        n = counts.row(0, named=True)
        used = message(" Used {n_uses:,} times in {lists}; ", n_uses=n["n_uses"], lists=counted(n["n_lists"], "list"))
        used += message("{n_won:,} of their deals won, {n_lost:,} lost.", n_won=n["n_won"], n_lost=n["n_lost"])
    c.answer(text + into + used)


def _words(row: dict[str, Any]) -> None:
    """Show an answer to whoever reads only."""
    st.markdown(f"**{escaped(row['question'])}**")
    st.markdown(escaped(row["answer"]))
    if row["detail"]:
        st.caption(escaped(row["detail"]))


def _form(page: Page, key: str, row: dict[str, Any] | None) -> None:
    opened = _opened(page, key, row)
    mark = f"{key}-{opened['version']}-{st.session_state.get('library_count', 0)}"
    with st.form(f"answer-{mark}", border=True):
        values = _fields(opened, mark)
        left, right, _ = st.columns([1, 1, 2])
        saved = left.form_submit_button(
            "Add it" if key == ADD else "Save", icon=":material/save:", type="primary", width="stretch"
        )
        word = "Bring it back" if opened.get("state") == RETIRED else "Retire it"
        turned = key != ADD and right.form_submit_button(word, icon=":material/archive:", width="stretch")
    if turned:
        edit = answer_edition.brought_back(opened) if opened["state"] == RETIRED else answer_edition.retired(opened)
        put(
            page,
            [edit],
            (
                message("{key} is waiting for approval again.", key=key)
                if opened["state"] == RETIRED
                else message("{key} is retired.", key=key)
            ),
        )
        st.rerun()
    if saved:
        _save(page, key, opened, values)


def _opened(page: Page, key: str, row: dict[str, Any] | None) -> dict[str, Any]:
    """Return the answer as this session opened it: what one edits does not change under one's hands."""
    mine: dict[str, Any] = st.session_state.setdefault("library_opened", {})
    count = st.session_state.get("library_count", 0)
    if (mine.get("key"), mine.get("count")) != (key, count):
        standing = saved_content.library_row(page, key, library_cache.sample(page)) if row is not None else None
        empty = {
            **dict.fromkeys(FIELDS),
            "version": 0,
            "state": None,
            "owner": page.identity.name,
            "language": "English",
        }
        mine.clear()
        mine.update(key=key, count=count, row=standing or empty)
    answer: dict[str, Any] = mine["row"]
    return answer


def _fields(row: dict[str, Any], mark: str) -> dict[str, Any]:
    """Draw the fields and return what stands in them."""

    def text(box: Any, name: str, label: str, **options: Any) -> str:
        return str(box.text_input(label, value=row[name] or "", key=f"library_{name}-{mark}", **options))

    def area(box: Any, name: str, label: str, height: int, **options: Any) -> str:
        return str(box.text_area(label, value=row[name] or "", key=f"library_{name}-{mark}", height=height, **options))

    values: dict[str, Any] = {
        "question": area(st, "question", "Question", 80),
        "answer": area(st, "answer", "Answer", 140),
    }
    left, right = st.columns(2)
    values["detail"] = area(left, "detail", "Detail, where a buyer asks for more", 100)
    values["evidence"] = area(right, "evidence", "Evidence, one link or name per line", 100)
    boxes = st.columns(4)
    values["owner"] = text(boxes[0], "owner", "Owner")
    values["product"] = text(boxes[1], "product", "Product")
    values["language"] = text(boxes[2], "language", "Language")
    kinds = [*CATEGORIES]
    values["category"] = boxes[3].selectbox(
        "Category",
        kinds,
        index=kinds.index(row["category"]) if row["category"] in kinds else None,
        placeholder="None",
        key=f"library_category-{mark}",
    )
    boxes = st.columns(4)
    values["tags"] = text(boxes[0], "tags", "Tags", help="With semicolons between.")
    values["source"] = text(boxes[1], "source", "Source")
    values["capability_id"] = text(
        boxes[2], "capability_id", "Capability", help="Its id in the catalogue: rows answered so take it along."
    )
    values["reviewed_on"] = boxes[3].date_input(
        "Reviewed on", value=row["reviewed_on"], key=f"library_reviewed_on-{mark}"
    )
    return values


def _save(page: Page, key: str, row: dict[str, Any], values: dict[str, Any]) -> None:
    """Save one answer; where somebody was there first, nothing is overwritten and both are shown."""
    try:
        new = answer_edition.checked(values)
        own = {**row, "answer_id": key}
        if key == ADD:
            own["answer_id"] = answer_edition.new_id(new["question"], new["product"], new["language"])
        edit = answer_edition.changed(own, page.identity.user, **new)
        if key != ADD and not answer_edition.differences(row, edit.values):
            st.info("Nothing has changed.", icon=":material/info:")
            return
        kept(page).save(BOOK, {"answer_id": edit.answer_id}, edit.values, page.identity.user, edit.version)
    except ConflictError as error:
        mine = {"answer_id": edit.answer_id, "version": edit.version, "values": dict(edit.values)}
        unsaved.items(MET)[key] = {"said": str(error), "mine": mine, "theirs": dict(error.theirs)}
        unsaved.keep(MET)
        st.rerun()
    except QuarterdeckError as error:
        st.warning(escaped(error), icon=":material/warning:")
        return
    waits = " and waits for approval" if edit.values["state"] == DRAFT else ""
    say(
        "done",
        (
            message("{answer_id} is added{waits}.", answer_id=edit.answer_id, waits=waits)
            if key == ADD
            else message("{answer_id} is saved{waits}.", answer_id=edit.answer_id, waits=waits)
        ),
    )
    st.session_state["library_count"] = st.session_state.get("library_count", 0) + 1
    st.session_state["library_next"] = edit.answer_id
    st.rerun()


def _conflict(page: Page, key: str) -> bool:
    """Show what a colleague saved meanwhile beside one's own; return whether a choice is still open."""
    met = unsaved.items(MET).get(key)
    if not met:
        return False
    st.warning(escaped(met["said"]), icon=":material/sync_problem:")
    mine = LibraryEdit(**met["mine"])
    rows = [
        (
            word.capitalize(),
            *(("" if side.get(name) is None else str(side[name])) for side in (met["theirs"], mine.values)),
        )
        for name, word in answer_edition.WORDS.items()
        if met["theirs"].get(name) != mine.values.get(name)
    ]
    grid(pl.DataFrame(rows, schema=list(BOTH), orient="row"), column_config=BOTH)
    left, right = st.columns(2)
    left.button("Keep theirs", on_click=_settled, args=(key,), key="library_theirs", width="stretch")
    right.button("Save mine over it", on_click=_mine, args=(page, key, met), key="library_mine", width="stretch")
    return True


def _settled(key: str) -> None:
    """Forget one's own wording: a choice between the two was made."""
    unsaved.items(MET).pop(key, None)
    unsaved.keep(MET)
    st.session_state["library_count"] = st.session_state.get("library_count", 0) + 1


def _mine(page: Page, key: str, met: dict[str, Any]) -> None:
    mine = LibraryEdit(**met["mine"])
    again = LibraryEdit(mine.answer_id, int(met["theirs"]["version"]), mine.values)
    _settled(key)
    put(
        page,
        [again],
        message("{answer_id} is saved as you wrote it; theirs stays in the history.", answer_id=mine.answer_id),
    )


def _approval(page: Page, row: dict[str, Any]) -> None:
    """Offer the approval to whoever may approve."""
    if row["state"] != DRAFT:
        return
    if not row_review.may_approve(page.identity, page.settings):
        st.caption("It waits for somebody whose role approves.")
        return
    st.button(
        "Approve this answer",
        on_click=approve,
        args=(page, [row["answer_id"]]),
        key="library_approve",
        icon=":material/verified:",
        disabled=page.view.is_masked,
    )


def approve(page: Page, answer_ids: Sequence[str]) -> None:
    """Approve answers as they stand; each that must not be is told with the reason."""
    edits = []
    for answer_id in answer_ids:
        row = saved_content.library_row(page, answer_id, library_cache.sample(page))
        try:
            if row is not None:
                today, four = kept(page).today(), page.settings.answers.four_eyes
                edits.append(answer_edition.approval(row, page.identity.user, today, four_eyes=four))
        except QuarterdeckError as error:
            say("not", str(error))
    if edits:
        names = edits[0].answer_id if len(edits) == 1 else message("{n_edits:,} answers", n_edits=len(edits))
        put(page, edits, message("Approved: {names}.", names=names), approves=True)


def _evidence(page: Page, library: Library, row: dict[str, Any]) -> None:
    """Show links and files; attach and remove."""
    for link in answer_edition.links(row["evidence"]):
        st.link_button(escaped(link), link)
    files = saved_content.library_files(page, library.ids_of(row["answer_id"]))
    store = cache.store(page.settings.database).library_files
    for file in files.iter_rows(named=True):
        left, middle, right = st.columns([4, 2, 1], vertical_alignment="center")
        downloads.button(
            left,
            message("{file_name} ({size:,.0f} kB)", file_name=file["file_name"], size=file["size"] / 1024),
            lambda number=file["file_id"]: store.content(number),
            file["file_name"],
            "application/octet-stream",
            key=f"library_file_{file['file_id']}",
            help=message("SHA-256 {sha256}; attached by {added_by}", sha256=file["sha256"], added_by=file["added_by"]),
        )
        middle.checkbox(
            "May be public",
            value=file["is_public"],
            key=f"library_public_{file['file_id']}_{file['is_public']}",
            on_change=_published,
            args=(page, file["file_id"], not file["is_public"]),
            disabled=page.view.is_masked or not row_review.may_approve(page.identity, page.settings),
            help="It then goes out, as it is, with the trust page where a public answer uses this one. An approver "
            "marks it; names of customers in it are not replaced.",
        )
        right.button(
            "Remove",
            key=f"library_drop_{file['file_id']}",
            on_click=_removed,
            args=(page, file["file_id"]),
            disabled=not may_edit(page),
        )
    if may_edit(page):
        kinds = [ending[1:] for ending in BEGINNINGS]
        number = st.session_state.get("library_files", 0)
        upload = st.file_uploader(
            "Attach a file, of at most 10 MB; it is not looked through for viruses",
            type=kinds,
            key=f"library_upload_{row['answer_id']}_{number}",
            max_upload_size=10,
        )
        if upload is not None:
            _attached(page, row["answer_id"], upload.name, upload.getvalue())


def _attached(page: Page, answer_id: str, name: str, content: bytes) -> None:
    try:
        store = cache.store(page.settings.database)
        usage_guard.refuse_bytes(page.settings, len(content), store)
        store.library_files.add(answer_id, name, content, page.identity.user)
        say("done", message("{name} is attached to {answer_id}.", name=name, answer_id=answer_id))
    except QuarterdeckError as error:
        say("not", str(error))
    st.session_state["library_files"] = st.session_state.get("library_files", 0) + 1
    st.rerun()


def _published(page: Page, file_id: int, is_public: bool) -> None:
    if not row_review.may_approve(page.identity, page.settings):
        say("not", "An approver marks files public.")
        return
    cache.store(page.settings.database).library_files.publish(file_id, page.identity.user, is_public=is_public)
    say("done", "The file may be public now." if is_public else "The file stays in the house.")


def _removed(page: Page, file_id: int) -> None:
    if not may_edit(page):
        say("not", "Your role can read the library but not change it.")
        return
    cache.store(page.settings.database).library_files.remove(file_id, page.identity.user)
    say("done", "The file is removed.")


def _history(page: Page, library: Library, row: dict[str, Any]) -> None:
    """Show every version, those of answers merged into it too, and let an earlier wording be put back."""
    rows = saved_content.library_history(page, library.ids_of(row["answer_id"]), library_cache.sample(page))
    if rows.is_empty():
        st.caption("Nobody has changed it.")
        return
    grid(rows.select(list(PAST)), column_config=PAST, height=260)
    if not may_edit(page):
        return
    earlier = {v["version"]: v for v in saved_content.library_versions(page, row["answer_id"]).iter_rows(named=True)}
    older = [number for number in earlier if number != row["version"]]
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    number = left.selectbox(
        "Version",
        older,
        key=f"library_back-{row['answer_id']}",
        disabled=not older,
        format_func=lambda v: f"{v} · {earlier[v]['author']}, {earlier[v]['saved_at']:%d %B %Y %H:%M}",
    )
    right.button(
        "Put it back",
        disabled=number is None,
        on_click=_restore,
        args=(page, row["answer_id"], earlier.get(number or 0)),
        key="library_restore",
        width="stretch",
    )


def _restore(page: Page, answer_id: str, earlier: dict[str, Any]) -> None:
    row = saved_content.library_row(page, answer_id, library_cache.sample(page))
    if row is not None:
        put(
            page,
            [answer_edition.restored(row, earlier, page.identity.user)],
            message("{answer_id} has its earlier words again.", answer_id=answer_id),
        )
