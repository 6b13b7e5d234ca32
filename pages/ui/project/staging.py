"""Where each answer stands in the review, who may move it on, what is public; and the history of a row."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import streamlit as st

from core.localization import joined, message
from core.requirements.work import project_roles, review_stages, row_review
from core.requirements.work.review_stages import APPROVED, FIRST, LAST, Stages
from core.store.reviews import Change
from core.store.work_tasks import ROLES
from pages.ui.kit import comments
from pages.ui.kit.cells import Cell
from pages.ui.kit.escaping import escaped
from pages.ui.project.work_on_list import HIDDEN, Work, attempt, save_rows

SHOWN = {
    "row": "Row",
    "stage": "Stage",
    "text": st.column_config.TextColumn("Requirement", width="medium"),
    "answer": st.column_config.TextColumn("Answer", width="large"),
    "answered_by": "Written by",
    "approved_by": "Approved by",
    "is_public": st.column_config.CheckboxColumn("Public"),
}
HISTORY = {
    "changed_at": st.column_config.DatetimeColumn("When, UTC", format="D MMM, HH:mm"),
    "changed_by": "By",
    "before": "From",
    "after": "To",
    "why": "Why",
}


def show(work: Work, c: Cell) -> None:
    """Say how many answers are in which stage, and let them be moved."""
    stages = work.stages
    if not stages:
        c.answer("This project reviews without stages: an approver approves an answer on the Requirements page.")
        if work.may(project_roles.PLAN):
            st.button("Review by stages", on_click=_turn_on, args=(work,), key="stages_on", icon=":material/steps:")
        _public(work)
        return
    rows = work.rows.with_columns(stage=pl.Series([stages.of(stage) for stage in work.rows["stage"]], dtype=pl.String))
    per = review_stages.counts(work.rows, stages)
    c.answer(joined(*(message("{n:,} in {stage}", n=n, stage=stage) for stage, n in per.iter_rows()), by="; ") + ".")
    c.table(rows.select(list(SHOWN)), column_config=SHOWN, height=260)
    _move(work, rows)
    _public(work)
    _history(work, c)
    if work.may(project_roles.PLAN):
        with st.expander("The stages, and who moves answers on", key="stages_fold"):
            _form(work)


def _move(work: Work, rows: pl.DataFrame) -> None:
    if not work.may(project_roles.MOVE):
        return
    left, middle, right = st.columns([4, 2, 1], vertical_alignment="bottom")
    written = rows.filter(pl.col("answer").fill_null("") != "")
    texts = {
        (s, r): f"{r} · {stage} · {text}"
        for s, r, stage, text in written.select("sheet", "row", "stage", "text").rows()
    }
    left.multiselect("Rows", list(texts), format_func=lambda key: texts.get(key, ""), key="stage_rows")
    middle.selectbox("To", work.stages.names, key="stage_to")
    right.button("Move", on_click=_moved, args=(work,), key="stage_move", type="primary")


def _moved(work: Work) -> None:
    chosen, to = st.session_state["stage_rows"], st.session_state["stage_to"]
    rows = work.rows.filter(_among(chosen))

    def change() -> str:
        four_eyes = work.page.settings.requirements.four_eyes
        moves = review_stages.moved(rows, work.stages, to, work.who, four_eyes=four_eyes)
        words = save_rows(work, moves.changes, lambda n: message("{n:,} moved to {to}.", n=n, to=to))
        return joined(words, *moves.refused)

    attempt(change)


def _among(chosen: list[tuple[str, int]]) -> pl.Expr:
    among = pl.lit(value=False)
    for sheet, row in chosen:
        among = among | ((pl.col("sheet") == sheet) & (pl.col("row") == row))
    return among


def _public(work: Work) -> None:
    """Let approvers mark approved answers public, or take that back."""
    rows = work.rows.filter(pl.col("state") == APPROVED)
    if work.is_masked or rows.is_empty() or not row_review.may_approve(work.page.identity, work.page.settings):
        return
    texts = {
        (s, r): f"{r} · {'public' if public else 'not public'} · {text}"
        for s, r, public, text in rows.select("sheet", "row", "is_public", "text").rows()
    }
    left, middle, right = st.columns([4, 2, 2], vertical_alignment="bottom")
    left.multiselect("Approved answers", list(texts), format_func=lambda key: texts.get(key, ""), key="public_rows")
    for slot, label, is_public in ((middle, "Mark public", True), (right, "Not public", None)):
        slot.button(label, on_click=_marked, args=(work, is_public), key=f"public_{bool(is_public)}", width="stretch")


def _marked(work: Work, is_public: bool | None) -> None:
    rows = work.rows.filter(_among(st.session_state["public_rows"]), pl.col("state") == APPROVED)

    def change() -> str:
        changes = [
            Change(sheet, row, version, {"is_public": is_public})
            for sheet, row, version in rows.select("sheet", "row", "version").iter_rows()
        ]
        return save_rows(work, changes, _public_now if is_public else _public_no_more)

    attempt(change)


def _public_now(n: int) -> str:
    return message("{n:,} public now.", n=n)


def _public_no_more(n: int) -> str:
    return message("{n:,} public no more.", n=n)


def _history(work: Work, c: Cell) -> None:
    texts = {(s, r): f"{r} · {text}" for s, r, text in work.rows.select("sheet", "row", "text").rows()}
    folded = st.expander("History and comments of a row", key="stage_history", on_change="rerun")
    if not folded.open:
        return
    with folded:
        if work.is_masked:
            st.caption(escaped(HIDDEN))
            return
        sheet, row = st.selectbox("Row", list(texts), format_func=texts.__getitem__, key="history_row") or next(
            iter(texts)
        )
        changes = work.store.row_changes.of_row(work.saved.id, sheet, row)
        steps = review_stages.history(changes, work.stages)
        if steps.is_empty():
            st.caption("It has not been moved yet.")
        else:
            c.table(steps, column_config=HISTORY)
        comments.shelf(work.page, c, "requirement", comments.row_target(work.saved.id, sheet, row))


def _turn_on(work: Work) -> None:
    _save(work, review_stages.shipped)


def _form(work: Work) -> None:
    st.caption("One stage a line: its name, a colon, and the roles that may move an answer on from it.")
    text = "\n".join(f"{name}: {', '.join(roles)}" for name, roles in work.stages.movers.items())
    key = f"stages_text_{work.saved.id}_{work.project.version}"
    st.text_area("Stages", text, key=key, height=130, help=message("Roles: {roles}.", roles=", ".join(ROLES)))
    left, right = st.columns(2)
    left.button("Save the stages", on_click=_written, args=(work, key), key="stages_save", icon=":material/save:")
    right.button("Review without stages", on_click=_save, args=(work, lambda: Stages({})), key="stages_off")


def _written(work: Work, key: str) -> None:
    lines = [line.partition(":") for line in st.session_state[key].splitlines() if line.strip()]
    stages = [(name.strip(), [r.strip() for r in roles.split(",") if r.strip()]) for name, _, roles in lines]
    _save(work, lambda: review_stages.made(stages))


def _save(work: Work, wanted: Callable[[], Stages]) -> None:
    def change() -> str:
        work.who.need(project_roles.PLAN)
        stages = wanted()
        plan = {**work.project.payload, "stages": stages.content()}
        work.store.projects.save(work.project, plan, work.page.identity.user)
        return (
            message("Answers go from {first} to {last} by stages.", first=FIRST, last=LAST)
            if stages
            else "Answers are approved without stages."
        )

    attempt(change)
