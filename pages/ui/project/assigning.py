"""Who answers which row: rules with a preview, by hand, and when somebody leaves."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import streamlit as st

from core.contracts.errors import QuarterdeckError
from core.localization import message, message_plural
from core.metrics import counted
from core.requirements.work import assignment, project_roles
from core.requirements.work.assignment import FIELDS, Preview
from core.store.work_tasks import DONE
from pages.ui.kit.cells import Cell
from pages.ui.kit.escaping import escaped
from pages.ui.project.work_on_list import Work, attempt, save_rows

SHOWN = {
    "row": "Row",
    "text": st.column_config.TextColumn("Requirement", width="large"),
    "before": "So far",
    "after": "Goes to",
    "rule": st.column_config.TextColumn("By the rule", width="medium"),
}
BOARD = {
    "row": "Row",
    "text": st.column_config.TextColumn("Requirement", width="large"),
    "section": "Section",
    "category": "Category",
    "owner": "Owner",
    "due_on": "Due",
    "state": "State",
}


def show(work: Work, c: Cell) -> None:
    """Say who has how much, and let rows be given to people."""
    is_open = work.rows.filter(~pl.col("state").is_in(DONE))
    per = is_open.filter(pl.col("owner").fill_null("") != "")["owner"].value_counts(sort=True)
    free = is_open.height - int(per["count"].sum())
    who = ", ".join(f"{owner} {n:,}" for owner, n in list(per.iter_rows())[:6])
    c.answer(
        message(
            "{rows} open: {who}",
            rows=counted(is_open.height, "row is", "rows are"),
            who=who or message("nobody owns any"),
        )
        + (message("; {have} no owner.", have=counted(free, "has", "have")) if who and free else ".")
    )
    c.table(work.rows.select(list(BOARD)), column_config=BOARD, height=260)
    if not work.may(project_roles.PLAN):
        st.caption("Who leads the project gives rows to people.")
        return
    by_rule, by_hand, leaving = st.tabs(["By rule", "By hand", "Somebody leaves"])
    with by_rule:
        _by_rule(work, c)
    with by_hand:
        _by_hand(work)
    with leaving:
        _leaving(work, c)


def _rules(work: Work) -> list[dict[str, Any]]:
    return [dict(rule) for rule in work.project.payload.get("rules") or ()]


def _by_rule(work: Work, c: Cell) -> None:
    st.caption("The first rule that fits a row decides. A role is written role: and its name, such as role: legal.")
    shape = dict.fromkeys(("field", "value", "assignee"), pl.String)
    edited = st.data_editor(
        pl.DataFrame(_rules(work), schema=shape).to_arrow(),
        key=f"rules_{work.saved.id}_{work.project.version}",
        num_rows="dynamic",
        hide_index=True,
        column_config={
            "field": st.column_config.SelectboxColumn("Rows whose", options=list(FIELDS), required=True),
            "value": st.column_config.TextColumn("is, or whose words are", width="medium"),
            "assignee": st.column_config.TextColumn("go to", width="medium"),
        },
    )
    takes_over = st.toggle("Also rows that somebody owns already", key="rules_take_over")
    given = pl.DataFrame(edited).to_dicts() if not isinstance(edited, list) else edited
    try:
        rules = assignment.made(given)
    except QuarterdeckError as error:
        st.warning(escaped(error))
        return
    preview = assignment.preview(work.rows, rules, takes_over=takes_over)
    _preview(c, preview)
    left, middle, right = st.columns(3, vertical_alignment="bottom")
    due_on = left.date_input("Due", value=None, key="rules_due")
    middle.button("Save the rules", on_click=_save, args=(work, rules), key="rules_save", icon=":material/save:")
    right.button(
        message("Give {rows}", rows=counted(preview.frame.height, "row")),
        on_click=_give,
        args=(work, preview, due_on),
        key="rules_give",
        type="primary",
        disabled=preview.frame.is_empty(),
    )


def _preview(c: Cell, preview: Preview) -> None:
    st.markdown(escaped(preview.sentence()))
    if not preview.frame.is_empty():
        c.table(preview.frame.select(list(SHOWN)), column_config=SHOWN, height=200)


def _save(work: Work, rules: tuple[assignment.Rule, ...]) -> None:
    def change() -> str:
        work.who.need(project_roles.PLAN)
        plan = {**work.project.payload, "rules": assignment.content(rules)}
        work.store.projects.save(work.project, plan, work.page.identity.user)
        return message("{rules} saved.", rules=counted(len(rules), "rule is", "rules are"))

    attempt(change)


def _give(work: Work, preview: Preview, due_on: date | None) -> None:
    def change() -> str:
        work.who.need(project_roles.PLAN)
        return save_rows(work, preview.changes(due_on), _owned)

    attempt(change)


def _owned(n: int) -> str:
    return message_plural("{n:,} row has an owner now.", "{n:,} rows have an owner now.", n)


def _by_hand(work: Work) -> None:
    texts = {
        (sheet, row): f"{row} · {text}" for sheet, row, text in work.rows.select("sheet", "row", "text").iter_rows()
    }
    left, middle, right = st.columns([4, 2, 2], vertical_alignment="bottom")
    chosen = left.multiselect("Rows", list(texts), format_func=texts.__getitem__, key="hand_rows")
    person = middle.selectbox("Goes to", work.people(), index=None, accept_new_options=True, key="hand_person")
    due_on = right.date_input("Due", value=None, key="hand_due")
    key = pl.struct("sheet", "row")
    rows = work.rows.filter(key.is_in([{"sheet": sheet, "row": row} for sheet, row in chosen])) if chosen else None
    is_ready = rows is not None and bool(person)
    preview = assignment.by_hand(rows, str(person)) if is_ready else None
    st.button(
        "Give them",
        on_click=_give,
        args=(work, preview, due_on),
        key="hand_give",
        disabled=preview is None,
        icon=":material/person_add:",
    )


def _leaving(work: Work, c: Cell) -> None:
    owners = [owner for owner in work.rows["owner"].unique().sort() if owner]
    left, right = st.columns(2)
    leaver = left.selectbox("Who leaves", owners, index=None, key="leaver")
    heir = right.selectbox(
        "What no rule gives away goes to", work.people(), index=None, accept_new_options=True, key="heir"
    )
    if not leaver:
        return
    try:
        preview = assignment.handed_over(work.rows, leaver, assignment.made(_rules(work)), heir or "")
    except QuarterdeckError as error:
        st.warning(escaped(error))
        return
    _preview(c, preview)
    st.button(
        message("Hand over {rows}", rows=counted(preview.frame.height, "row")),
        on_click=_give,
        args=(work, preview, None),
        key="leaver_go",
        disabled=preview.frame.is_empty(),
    )
