"""What people say of a deal, an account, a requirement row or a cell of the review, and what is for whoever looks."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.access.mentions import mentioned
from core.contracts.errors import QuarterdeckError
from core.forecasts.calls import book
from core.local_times import moment
from core.localization import message
from core.metrics import counted
from core.metrics.deal_scope import people
from pages.ui.kit import cache, entity_links, questions, saved_content
from pages.ui.kit.cells import Cell
from pages.ui.kit.escaping import escaped
from pages.ui.kit.shell import Page

RIGHTS = {
    "deal": "review:write",
    "account": "review:write",
    "requirement": "requirements:read",
    "review": "review:write",
}
MOST, LONGEST_SHEET, PROBLEM = 50, 300, "comment_problem"
REQUIREMENTS, REVIEW = "pages/requirements.py", "pages/review.py"
TARGETS = {"deal": entity_links.DEAL, "account": entity_links.ACCOUNT}


def row_target(list_id: int, sheet: str, row: int) -> str:
    """Return what a comment on a row of a saved requirement list is about; a long name of a sheet is cut."""
    return f"{list_id}/{row}/{sheet[:LONGEST_SHEET]}"


def cell_target(deal: str, column: str) -> str:
    """Return what a comment on one cell of the weekly review is about."""
    return f"{deal}/{column}"


def cell_counts(page: Page, deal: str) -> dict[str, int]:
    """Return how many comments each cell of a deal in the weekly review has; cells without any are left out."""
    if saved_content.reader(page).is_masked or page.data.is_transient:
        return {}
    rows = cache.store(page.settings.database).comments.below(book(page.data), "review", f"{deal}/")
    columns = rows["target"].str.slice(len(deal) + 1).to_list()
    return {column: columns.count(column) for column in columns}


def shelf(page: Page, cell: Cell, kind: str, entity_id: str) -> None:
    """Show what was said about a deal, an account or a row of a requirement list, and take another comment.

    Where names are hidden nothing is shown, for comments are people's own words.
    """
    if saved_content.reader(page).is_masked or page.data.is_transient:
        cell.answer("Comments are shown under true names, for data that are kept.")
        return
    rows = cache.store(page.settings.database).comments.about(book(page.data), kind, entity_id)
    cell.answer(f"{counted(rows.height, 'comment')}." if rows.height else "Nobody has said anything yet.")
    for row in rows.tail(MOST).iter_rows(named=True):
        _said(row)
    if not page.may(RIGHTS[kind]):
        return
    key = f"comment_text_{kind}_{entity_id}"
    with st.form(f"comment_{kind}_{entity_id}", border=False):
        st.text_area("Comment", placeholder="Write @ and a name to tell somebody", max_chars=4_000, key=key)
        st.form_submit_button("Add comment", on_click=_add, args=(page, kind, entity_id, key))
    if problem := st.session_state.pop(PROBLEM, ""):
        st.warning(escaped(problem))


def _add(page: Page, kind: str, entity_id: str, key: str) -> None:
    """Add what was written; where it cannot be saved it stays in its field, to be sent again."""
    body = st.session_state[key]
    names = [page.identity.name, *people(page.visible or page.data).values(), *_users(page)]
    try:
        comments = cache.store(page.settings.database).comments
        comments.add(book(page.data), kind, entity_id, page.identity.user, body, mentioned(body, names))
    except QuarterdeckError as error:
        st.session_state[PROBLEM] = str(error)
        return
    st.session_state[key] = ""


def _users(page: Page) -> list[str]:
    listed = page.settings.access.people
    return [*listed, *(person.name for person in listed.values() if person.name)]


def for_me(page: Page, cell: Cell, me: str) -> None:
    """Show the comments that name whoever looks, newest first, each with the way to what it is about."""
    if saved_content.reader(page).is_masked or page.data.is_transient:
        cell.answer("Comments are shown under true names, for data that are kept.")
        return
    names = [page.identity.user, page.identity.name, people(page.visible or page.data).get(me, "")]
    rows = cache.store(page.settings.database).comments.naming(book(page.data), names)
    visible = _visible_ids(page, set(rows["kind"]))
    mine = [row for row in rows.iter_rows(named=True) if _owner_of(row) in visible[row["kind"]]]
    cell.answer(
        message("{comments} for you.", comments=counted(len(mine), "comment")) if mine else "No comment names you."
    )
    for row in mine[:MOST]:
        _said(row)
        _lead_to(row)


def _lead_to(row: dict[str, Any]) -> None:
    """Draw the link to what a comment is about: a deal, an account, the cell of the review, or the requirements."""
    kind, icon = row["kind"], ":material/open_in_new:"
    if kind in TARGETS:
        entity_links.to(TARGETS[kind], row["target"], message("Open the {kind}", kind=kind))
    elif kind == "review":
        deal, _, column = row["target"].rpartition("/")
        given = {"deal": deal, "cell": column, questions.SEE: "Comments on a deal", **entity_links.carried()}
        st.page_link(REVIEW, label="Open the cell in the review", icon=icon, query_params=given)
    else:
        st.page_link(REQUIREMENTS, label="Open the requirements", icon=icon)


def _said(row: dict[str, Any]) -> None:
    st.caption(escaped(f"{row['author']}, {moment(row['said_at'], '%d %b %Y, %H:%M', cache.settings().time_zone)}"))
    st.markdown(escaped(row["body"]))


def _visible_ids(page: Page, kinds: set[str]) -> dict[str, set[str]]:
    """Return the ids of what whoever looks may see of some kinds; of requirements those of the lists."""
    data = page.visible or page.data
    ids = {
        "deal": lambda: set(data.opportunities["opportunity_id"]),
        "account": lambda: set(data.accounts["account_id"]),
        "review": lambda: set(data.opportunities["opportunity_id"]),
        "requirement": lambda: {str(saved.id) for saved in saved_content.lists(page)},
    }
    return {kind: ids[kind]() for kind in kinds}


def _owner_of(row: dict[str, Any]) -> str:
    """Return the id of what a comment hangs on; for a row of a requirement list the list's, for a cell the deal's."""
    target = str(row["target"])
    if row["kind"] == "review":
        return target.rpartition("/")[0]
    return target.split("/", maxsplit=1)[0] if row["kind"] == "requirement" else target
