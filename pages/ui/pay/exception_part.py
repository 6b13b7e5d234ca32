"""Exceptions and approvals on the page: asking for an amount beside the plan, deciding, approving statements."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import polars as pl
import streamlit as st

from core.compensation import pay_exceptions
from core.compensation.pay_exceptions import APPROVED, ASKED, REFUSED
from core.compensation.pay_plan import in_cents
from core.compensation.pay_statements import Payroll, exact
from core.contracts.errors import QuarterdeckError
from core.localization import message
from pages.ui.kit import notices
from pages.ui.kit.cells import Cell
from pages.ui.kit.escaping import escaped
from pages.ui.pay import pay_columns
from pages.ui.pay.pay_desk import Desk

NOTICE = "pay_notice"


def show(d: Desk, cell: Cell, payroll: Payroll) -> None:
    """List the exceptions of the quarter, and let them be asked for and decided."""
    rows = pay_exceptions.listed(d.company, d.store, d.sight.people, payroll.begin)
    names = dict(d.company.sales_team.select("rep_id", "rep_name").iter_rows())
    rows = rows.with_columns(rep_name=pl.col("rep_id").replace_strict(names, default=None, return_dtype=pl.String))
    waiting = rows.filter(pl.col("state") == ASKED)
    if rows.is_empty():
        cell.answer(message("Nobody has asked for an amount beside the plan in {label}.", label=payroll.label))
    else:
        total = int(rows.filter(pl.col("state") == APPROVED)["cents"].sum())
        cell.answer(
            message(
                "{height:,} asked for in {label}: {exact} approved, {height_2:,} waiting.",
                height=rows.height,
                label=payroll.label,
                exact=exact(total, payroll.currency),
                height_2=waiting.height,
            )
        )
        cell.table(rows, column_config=pay_columns.EXCEPTIONS, column_order=list(pay_columns.EXCEPTIONS))
    notice()
    if waiting.height:
        _decide(d, waiting, names)
    with st.expander("Ask for an exception"):
        _ask(d, payroll, names)


def notice() -> None:
    """Say what the last click did."""
    notices.tell(NOTICE)


def approval(d: Desk, payroll: Payroll, rep_id: str) -> None:
    """Say whether a statement was approved, and let it be where that is for whoever looks to do."""
    row = pay_exceptions.standing(d.company, d.store, payroll).filter(pl.col("rep_id") == rep_id).row(0, named=True)
    if row["approved_by"]:
        amount = exact(in_cents(row["approved_amount"]), payroll.currency)
        changed = in_cents(row["changed_amount"])
        since = message("; it has changed by {exact} since", exact=exact(changed, payroll.currency)) if changed else ""
        st.caption(
            escaped(
                message(
                    "Approved at {amount} by {approved_by}{since}.",
                    amount=amount,
                    approved_by=row["approved_by"],
                    since=since,
                )
            )
        )
        if not changed:
            return
    if not payroll.is_over or rep_id == d.sight.own:
        return
    if st.button("Approve this statement", icon=":material/check:", key="pay_approve"):
        name = row["rep_name"]

        def approve() -> None:
            pay_exceptions.approve(d.company, d.store, d.sight, payroll, rep_id, d.who.user)

        _done(approve, message("Approved: {name}, {label}.", name=name, label=payroll.label))


def _ask(d: Desk, payroll: Payroll, names: dict[str, str]) -> None:
    people = sorted(d.sight.people & set(payroll.frame["rep_id"]), key=lambda rep: (names[rep], rep))
    with st.form("pay_exception", border=False, clear_on_submit=True):
        who = st.selectbox("Person", people, format_func=names.get, key="pay_exception_of")
        amount = st.number_input(
            message("Amount in {currency}, taken with a minus", currency=payroll.currency),
            step=100.0,
            key="pay_exception_sum",
        )
        reason = st.text_input("Reason", max_chars=400, key="pay_exception_reason")
        is_sent = st.form_submit_button("Ask", icon=":material/send:")
    if is_sent and who:

        def ask() -> None:
            cents = in_cents(float(amount))
            pay_exceptions.ask(d.company, d.store, d.sight, str(who), payroll.begin, cents, reason, d.who.user)

        _done(ask, message("Asked for: {names}, {label}.", names=names[str(who)], label=payroll.label))


def _decide(d: Desk, waiting: pl.DataFrame, names: dict[str, str]) -> None:
    asked: dict[tuple[str, date, int], str] = {
        (row["rep_id"], row["period_start_on"], row["number"]): (
            message(
                "{names}, {exact}: {reason}",
                names=names.get(row["rep_id"], row["rep_id"]),
                exact=exact(row["cents"], d.settings.currency),
                reason=row["reason"],
            )
        )
        for row in waiting.iter_rows(named=True)
    }
    with st.form("pay_decision", border=False, clear_on_submit=True):
        which = st.selectbox("Waits for a decision", list(asked), format_func=asked.get, key="pay_decision_of")
        note = st.text_input("Comment", max_chars=400, key="pay_decision_note")
        with st.container(horizontal=True):
            is_good = st.form_submit_button("Approve", type="primary", icon=":material/check:")
            is_bad = st.form_submit_button("Refuse", icon=":material/close:")
    if (is_good or is_bad) and which:
        state = APPROVED if is_good else REFUSED

        def decide() -> None:
            pay_exceptions.decide(d.company, d.store, d.sight, which, state, note, d.who.user, is_alone=d.is_alone)

        _done(decide, f"{state}: {asked[which]}")


def _done(do: Callable[[], None], words: str) -> None:
    try:
        do()
    except QuarterdeckError as error:
        st.warning(escaped(error), icon=":material/warning:")
        return
    st.session_state[NOTICE] = words
    st.rerun()
