"""Whether the list will be done in time: rows left against the straight line, in business days."""

from __future__ import annotations

from datetime import date

import streamlit as st

from core import charts
from core.localization import message
from core.requirements.work import burn_down, project_board, project_roles
from core.requirements.work.business_days import WEEKDAYS
from pages.ui.kit.cells import Cell
from pages.ui.kit.escaping import escaped
from pages.ui.project.work_on_list import Work, attempt


def show(work: Work, c: Cell) -> None:
    """Draw the rows left, say when they will be done, and let the deadline and the calendar be set."""
    plan = work.project.payload
    changes = work.store.row_changes.of_list(work.saved.id)
    calendar = project_board.calendar_of(plan)
    left = burn_down.burn_down(work.rows.height, changes, work.today, calendar, project_board.deadline_of(plan))
    c.answer(left.sentence())
    c.chart(charts.workload.burn_down, left)
    if calendar.country:
        st.caption(
            escaped(
                message(
                    "Business days leave out weekends and the public holidays of {country}.", country=calendar.country
                )
            )
        )
    if work.may(project_roles.PLAN):
        with st.expander("Deadline and calendar", key="plan_fold"):
            _form(work)
    c.method(burn_down.burn_down, left.frame, given=f"{work.rows.height}, changes, {work.today!r}, calendar, deadline")


def _form(work: Work) -> None:
    plan, key = work.project.payload, f"{work.saved.id}_{work.project.version}"
    left, middle, right = st.columns(3)
    deadline = project_board.deadline_of(plan)
    left.date_input("Deadline", value=deadline, key=f"plan_deadline_{key}")
    middle.text_input(
        "Country",
        value=str(plan.get("country") or ""),
        key=f"plan_country_{key}",
        max_chars=8,
        help="Two letters, such as DE, with its part where holidays differ: DE-BY. Empty: no public holidays.",
    )
    right.multiselect(
        "Weekend", WEEKDAYS, default=plan.get("weekend") or [], key=f"plan_weekend_{key}", placeholder="The country's"
    )
    st.button("Save", on_click=_save, args=(work, key), key="plan_save", icon=":material/save:")


def _save(work: Work, key: str) -> None:
    deadline: date | None = st.session_state[f"plan_deadline_{key}"]
    given = {
        "deadline": deadline.isoformat() if deadline else None,
        "country": st.session_state[f"plan_country_{key}"].strip().upper(),
        "weekend": list(st.session_state[f"plan_weekend_{key}"]),
    }

    def change() -> str:
        work.who.need(project_roles.PLAN)
        plan = project_board.planned(work.project.payload, **given)
        work.store.projects.save(work.project, plan, work.page.identity.user)
        return "The plan is saved."

    attempt(change)
