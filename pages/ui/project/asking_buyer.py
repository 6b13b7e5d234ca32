"""Questions to the buyer: collected from rows, sent as a file, their answers read back in; conflicts are shown."""

from __future__ import annotations

import polars as pl
import streamlit as st

from core.branding import letterhead
from core.localization import message
from core.metrics import counted
from core.requirements.export import question_files
from core.requirements.read import question_answers
from core.requirements.work import project_roles
from core.store.buyer_questions import ANSWERED, OPEN, OURS, THEIRS, WITHDRAWN, BuyerQuestion
from pages.ui.kit import downloads
from pages.ui.kit.cells import Cell
from pages.ui.kit.escaping import escaped
from pages.ui.project.work_on_list import HIDDEN, Work, attempt

SHOWN = {
    "code": "Code",
    "row": "Row",
    "question": st.column_config.TextColumn("Our question", width="large"),
    "answer": st.column_config.TextColumn("The buyer's answer", width="large"),
    "state": "State",
    "file": st.column_config.TextColumn("From", width="small"),
}
MIME = {
    question_files.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    question_files.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


def show(work: Work, c: Cell) -> None:
    """List the questions, offer them as files, and take the answers."""
    if work.is_masked:
        c.answer(HIDDEN)
        return
    questions = work.store.buyer_questions.of_list(work.saved.id)
    n_open = sum(entry.state == OPEN for entry in questions)
    n_answered = sum(entry.state == ANSWERED for entry in questions)
    rivals = [entry for entry in questions if entry.rival_answer]
    conflict = (
        message(" {answers} an earlier one.", answers=counted(len(rivals), "answer contradicts", "answers contradict"))
        if rivals
        else ""
    )
    c.answer(
        message(
            "{questions} for the buyer, {n_answered:,} answered.{conflict}",
            questions=counted(n_open, "question waits", "questions wait"),
            n_answered=n_answered,
            conflict=conflict,
        )
        if questions
        else "No question to the buyer yet."
    )
    if questions:
        lines = [(e.code, e.row, e.question, e.answer, e.state, e.answer_file) for e in questions]
        shape = dict.fromkeys(SHOWN, pl.String) | {"row": pl.Int64}
        c.table(pl.DataFrame(lines, schema=shape, orient="row"), column_config=SHOWN, height=240)
    for entry in rivals[:5]:
        _conflict(work, entry)
    if work.may(project_roles.WRITE):
        _ask(work)
    if questions:
        _files(work, questions)


def _conflict(work: Work, entry: BuyerQuestion) -> None:
    st.warning(
        escaped(
            message(
                "{code}, row {row}: {answer_file} says {answer!r}, {rival_file} says {rival_answer!r}. "
                "Nothing was overwritten.",
                code=entry.code,
                row=entry.row,
                answer_file=entry.answer_file,
                answer=entry.answer,
                rival_file=entry.rival_file,
                rival_answer=entry.rival_answer,
            )
        ),
        icon=":material/sync_problem:",
    )
    if work.may(project_roles.WRITE):
        left, right = st.columns(2)
        for slot, label, choice in ((left, "Keep the earlier answer", OURS), (right, "Take the later one", THEIRS)):
            slot.button(label, on_click=_settle, args=(work, entry, choice), key=f"{choice}_{entry.id}")


def _settle(work: Work, entry: BuyerQuestion, choice: str) -> None:
    def change() -> str:
        work.who.need(project_roles.WRITE)
        work.store.buyer_questions.settle(entry, choice, work.page.identity.user)
        return "Settled."

    attempt(change)


def _ask(work: Work) -> None:
    texts = {(s, r): f"{r} · {text}" for s, r, text in work.rows.select("sheet", "row", "text").rows()}
    with st.expander("Ask about a row", key="ask_fold"):
        st.multiselect("Rows", list(texts), format_func=texts.__getitem__, key="ask_rows")
        st.text_area("Question", key="ask_text", max_chars=4_000)
        st.button("Add the question", on_click=_asked, args=(work,), key="ask_go", icon=":material/help:")


def _asked(work: Work) -> None:
    rows, text = st.session_state["ask_rows"], st.session_state["ask_text"]

    def change() -> str:
        work.who.need(project_roles.WRITE)
        wanted = [(sheet, row, text) for sheet, row in rows]
        mark = question_files.code_mark(work.saved.payload.get("file_key"), work.saved.id)
        n_added = work.store.buyer_questions.ask(work.saved.id, wanted, mark, work.page.identity.user)
        st.session_state["ask_text"] = ""
        return message("{questions} added.", questions=counted(n_added, "question"))

    attempt(change)


def _files(work: Work, questions: list[BuyerQuestion]) -> None:
    texts = {(row["sheet"], row["row"]): (row["requirement_id"] or "", row["text"]) for row in work.rows.to_dicts()}
    title = message("Questions on {name}", name=work.saved.name)
    left, middle, right = st.columns(3, vertical_alignment="bottom")
    for slot, kind, write in (
        (left, question_files.XLSX, question_files.workbook),
        (middle, question_files.DOCX, question_files.document),
    ):

        def made(write=write) -> bytes:  # type: ignore[no-untyped-def]
            return bytes(write(question_files.lines(questions, texts), title, letterhead.of(work.page.settings)))

        downloads.button(
            slot,
            message("Questions as {kind}", kind=kind.upper()),
            made,
            f"questions.{kind}",
            MIME[kind],
            key=f"questions_{kind}",
        )
    if not work.may(project_roles.WRITE):
        return
    upload = right.file_uploader(
        "The file with the buyer's answers", type=["xlsx", "docx", "csv", "ods"], key="answers_file", max_upload_size=50
    )
    if upload is not None:
        st.button(
            "Read the answers", on_click=_read, args=(work, questions, upload), key="answers_read", type="primary"
        )
    waiting = {entry.id: entry for entry in questions if entry.state == OPEN}
    with st.expander("Withdraw a question", key="withdraw_fold"):
        chosen = st.selectbox("Question", list(waiting), format_func=lambda k: waiting[k].question, key="withdrawn")
        if chosen:
            st.button("Withdraw", on_click=_settle, args=(work, waiting[chosen], WITHDRAWN), key="withdraw_go")


def _read(work: Work, questions: list[BuyerQuestion], upload) -> None:  # type: ignore[no-untyped-def]
    ours = [text for row in work.rows.select("requirement_id", "text").iter_rows() for text in row if text]

    def change() -> str:
        work.who.need(project_roles.WRITE)
        answers = question_answers.read(upload.getvalue(), upload.name, questions, ours)
        user = work.page.identity.user
        taken, same, rivals = work.store.buyer_questions.take(work.saved.id, answers.answers, upload.name, user)
        summary = message(
            "{answers} {taken:,} new, {same:,} as before, {rivals:,} against an earlier answer.",
            answers=answers.sentence(),
            taken=taken,
            same=same,
            rivals=rivals,
        )
        return " ".join(
            [summary, *answers.contradictions[:5], *(message("Not placed: {t}.", t=t) for t in answers.unmatched[:3])]
        )

    attempt(change)
