"""The review grid: filter, edit in place or in bulk, approve; others' changes are seen, none is overwritten."""

from __future__ import annotations

from datetime import date
from typing import Any

import streamlit as st

from core.access.hidden_lists import SHEETS_HIDDEN
from core.contracts.errors import QuarterdeckError
from core.localization import message
from core.metrics.measure import counted
from core.requirements.judge import gap_analysis
from core.requirements.judge.gap_analysis import GapAnalysis, Stake
from core.requirements.text.classification import CATEGORIES, PRIORITIES
from core.requirements.work import project_roles, review_stages, row_review, saved_lists
from core.store.repositories import Saved
from core.store.reviews import Change, Conflict
from pages.ui.kit import cache, comments, saved_content
from pages.ui.kit.cells import Cell
from pages.ui.kit.escaping import escaped
from pages.ui.kit.grid import ROW
from pages.ui.kit.shell import Page
from pages.ui.requirements import gap_cache, unsent_rows
from pages.ui.requirements.pick import OWNER

SIGNED = ("changed_by", "answered_by", "approved_by", "approved_at")
FIXED = ("row", "requirement_id", "text", "statement", "gap_type", "capability", *SIGNED, "sheet", "version")
SHOWN = tuple(name for name in row_review.GRID if name not in ("sheet", "version"))
UNSEEN = object()
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)
BULK = {"state": "State", "owner": "Owner", "due_on": "Due", "priority": "Priority", "category": "Category"}


def kept_as(page: Page, analysis: GapAnalysis) -> Saved | None:
    """Return the kept list with the same file, so that work resumes wherever the file comes from."""
    wanted = saved_lists.key(analysis.source.content)
    return next((saved for saved in saved_content.lists(page) if saved.payload.get("file_key") == wanted), None)


def decided(page: Page, analysis: GapAnalysis, stake: Stake | None) -> GapAnalysis:
    """Return the analysis with what people decided on its rows."""
    saved = kept_as(page, analysis)
    if saved is None:
        return analysis
    decisions = row_review.decisions(saved_content.list_rows(page, saved))
    return analysis if decisions.is_empty() else gap_cache.decided(page, analysis, decisions, stake)


def keep(page: Page, name: str, analysis: GapAnalysis) -> Saved | None:
    """Keep the list with its file, its deal and its rows; over the one of the same name."""
    if not page.may_write("requirements"):
        return None
    if page.view.is_masked:
        st.warning("Show names to save a list.", icon=":material/visibility_off:")
        return None
    try:
        saved = saved_lists.keep(cache.store(page.settings.database).requirement_sets, name, OWNER, analysis)
        page.note("kept a requirement list", saved.name)
        return saved
    except QuarterdeckError as error:
        st.warning(escaped(error), icon=":material/warning:")
        return None


@st.fragment
def work(page: Page, c: Cell, analysis: GapAnalysis) -> None:
    """Show the grid of a kept list; offer to keep one that is not."""
    if st.session_state.pop("review_judged", False):
        st.rerun(scope="app")
    saved = kept_as(page, analysis)
    if saved is None:
        n = counted(analysis.frame.height, "row")
        c.answer(message("Nobody works on this list of {n} yet. Save it, and your team sees the same.", n=n))
        name = analysis.source.name.rsplit(".", 1)[0]
        st.button(
            "Save and start",
            icon=":material/play_arrow:",
            on_click=_start,
            args=(page, name, analysis),
            type="primary",
            disabled=page.view.is_masked or not page.may("requirements:write"),
        )
        return
    st.session_state[SHEETS_HIDDEN] = bool(saved.payload.get(SHEETS_HIDDEN))
    _tell(page, saved)
    if saved.payload.get("opportunity_id") != analysis.summary.get("opportunity_id"):
        _deal(page, saved, analysis)
    worked = saved_content.list_rows(page, saved)
    rows = row_review.grid(analysis, gap_cache.drafts(analysis), worked)
    far = row_review.progress(rows, page.data.as_of)
    c.answer(message("{name}: {far}", name=saved.name, far=far.sentence()))
    st.progress(far.rate)
    shown = _filtered(rows)
    writes, approves = _rights(page, saved)
    if writes or approves:
        _bulk(page, saved, shown)
    if not writes:
        st.caption(
            escaped(
                "Your role approves and comments here; it writes no answers."
                if approves
                else "Your role reads this list; it changes nothing in it."
            )
        )
    _table(page, saved, shown)
    _comments(page, c, saved, shown)


def _comments(page: Page, c: Cell, saved: Saved, shown: Any) -> None:
    """Show what was said about one of the rows, with names to whom it is told."""
    texts = {
        comments.row_target(saved.id, sheet, row): f"{row} · {text}"
        for sheet, row, text in shown.select("sheet", "row", "text").iter_rows()
    }
    if not texts:
        return
    folded = st.expander("Comments on a row", key="row_comments", on_change="rerun", icon=":material/forum:")
    if not folded.open:
        return
    with folded:
        target = st.selectbox("Row", list(texts), format_func=lambda key: texts.get(key, key), key="commented_row")
        comments.shelf(page, c, "requirement", target or next(iter(texts)))


def _rights(page: Page, saved: Saved) -> tuple[bool, bool]:
    """Say whether the person writes answers, and approves them: by rights, and by their role in the project.

    Where rows are not told apart, neither.
    """
    if page.view.is_masked and st.session_state.get(SHEETS_HIDDEN):
        return False, False
    project = cache.store(page.settings.database).projects.get(saved.id)
    approvers = page.settings.requirements.approvers
    who = project_roles.standing(page.identity, project, page.settings.roles, approvers)
    writes = page.may("requirements:write") and who.may(project_roles.WRITE)
    return writes, row_review.may_approve(page.identity, page.settings) and who.may(project_roles.MOVE)


def _start(page: Page, name: str, analysis: GapAnalysis) -> None:
    saved = keep(page, name, analysis)
    if saved is not None:
        st.session_state["kept_list"] = saved.name
    st.session_state["review_judged"] = True


def _deal(page: Page, saved: Saved, analysis: GapAnalysis) -> None:
    """Say that the list is kept with another deal than the one chosen above, and offer to change that."""
    wanted = analysis.summary.get("opportunity")
    if wanted is None:
        return
    left, right = st.columns([3, 1], vertical_alignment="center")
    at_present = "with another deal" if saved.payload.get("opportunity_id") else "without a deal"
    left.caption(escaped(message("This list is saved {at_present}.", at_present=at_present)))
    right.button(
        message("Attach it to {wanted}", wanted=escaped(wanted)),
        on_click=_start,
        args=(page, saved.name, analysis),
        width="stretch",
    )


def _filtered(rows: Any) -> Any:
    first, second, third, fourth = st.columns(4)
    states = first.multiselect("State", row_review.STATES, key="review_states", placeholder="All")
    owners = sorted({owner for owner in rows["owner"].to_list() if owner})
    mine = second.multiselect("Owner", owners, key="review_owners", placeholder="All")
    statements = sorted(set(rows["statement"].to_list()))
    stated = third.multiselect("Statement", statements, key="review_statements", placeholder="All")
    words = fourth.text_input("Words", key="review_words", placeholder="in requirement, answer or comment")
    return row_review.chosen(rows, states, mine, stated, words)


def _bulk(page: Page, saved: Saved, shown: Any) -> None:
    writes, approves = _rights(page, saved)
    with st.expander(
        message("Change {rows} shown at once", rows=counted(shown.height, "row")), key="bulk_open", on_change="rerun"
    ):
        left, middle, right = st.columns([1, 2, 1], vertical_alignment="bottom")
        fields = list(BULK) if writes else ["state"]
        name = left.selectbox("Field", fields, format_func=lambda key: BULK[key], key="bulk_field")
        states = [state for state in row_review.STATES if approves or state != "approved"]
        choices = {"state": states, "priority": PRIORITIES, "category": CATEGORIES}
        if name in choices:
            middle.selectbox("New value", choices[name], key=f"bulk_{name}")
        elif name == "due_on":
            middle.date_input("New value", value=None, key="bulk_due_on")
        else:
            middle.text_input("New value", key=f"bulk_{name}")
        right.button("Change", on_click=_change_all, args=(page, saved, shown, name), key="bulk_go", width="stretch")


def _change_all(page: Page, saved: Saved, shown: Any, name: str) -> None:
    """Change them to what stands in the field now; what was typed just before the click has no run of its own."""
    _save(page, saved, shown, row_review.in_bulk(shown, {name: st.session_state[f"bulk_{name}"]}))
    _fresh()


def _table(page: Page, saved: Saved, shown: Any) -> None:
    """Show the grid; what it is filled with stays the same while one's own edits are all that changed."""
    stamp = _stamp(saved, shown)
    state = st.session_state.setdefault("review", {"number": 0})
    if state.get("stamp") != stamp:
        state.update(stamp=stamp, rows=shown, now=shown, done={}, number=state["number"] + 1)
    key = f"review_grid_{state['number']}"
    st.data_editor(
        state["rows"].select(SHOWN).to_arrow(),
        key=key,
        hide_index=True,
        height=min(520, ROW * (max(state["rows"].height, 1) + 1) + 3),
        disabled=_fixed(page, saved),
        column_config=_columns(),
        on_change=_edited,
        args=(page, saved, key),
    )


def _fixed(page: Page, saved: Saved) -> list[str]:
    """Return the columns this person may not change."""
    writes, approves = _rights(page, saved)
    if writes:
        return list(FIXED)
    return [name for name in row_review.GRID if not approves or name not in row_review.APPROVES]


def _columns() -> dict[str, Any]:
    text = st.column_config.TextColumn
    capability_ids = [*(str(key) for key in gap_cache.catalogue_in_force().frame["capability_id"]), gap_analysis.NONE]
    return {
        "row": "Row",
        "requirement_id": "Id",
        "text": text("Requirement", width="large"),
        "state": st.column_config.SelectboxColumn("State", options=list(row_review.STATES), required=True),
        "owner": text("Owner"),
        "due_on": st.column_config.DateColumn("Due", min_value=FIRST_DAY, max_value=LAST_DAY),
        "statement": "Statement",
        "priority": st.column_config.SelectboxColumn("Priority", options=list(PRIORITIES), required=True),
        "category": st.column_config.SelectboxColumn("Category", options=list(CATEGORIES), required=True),
        "capability_id": st.column_config.SelectboxColumn("Capability", options=capability_ids),
        "capability": "Capability name",
        "gap_type": "Gap",
        "answer": text("Answer", width="large"),
        "comment": text("Comment", width="medium"),
        "changed_by": "Last changed by",
        "answered_by": "Answer written by",
        "approved_by": "Approved by",
        "approved_at": st.column_config.DatetimeColumn("Approved at (UTC)", format="YYYY-MM-DD HH:mm"),
    }


def _edited(page: Page, saved: Saved, key: str) -> None:
    """Save what was just edited, against the rows as they were shown."""
    state = st.session_state["review"]
    edits = st.session_state[key]["edited_rows"]
    new = {
        number: {name: value for name, value in fields.items() if state["done"].get((number, name), UNSEEN) != value}
        for number, fields in edits.items()
    }
    try:
        wanted = row_review.changes(state["now"], new)
    except QuarterdeckError as error:
        st.session_state["review_said"] = [str(error)]
        _fresh()
        return
    state["done"] |= {(number, name): value for number, fields in new.items() for name, value in fields.items()}
    if not _save(page, saved, state["now"], wanted):
        _fresh()
        return
    state["now"] = row_review.after(state["now"], wanted)
    state["stamp"] = _stamp(saved, state["now"])


def _stamp(saved: Saved, rows: Any) -> tuple[Any, ...]:
    return saved.id, tuple(rows.select("sheet", "row", "version").rows())


def _save(page: Page, saved: Saved, rows: Any, wanted: list[Change]) -> bool:
    """Save changes; return whether all were made, none refused and none met somebody else's."""
    try:
        writes, approves = _rights(page, saved)
        project = cache.store(page.settings.database).projects.get(saved.id)
        wanted, past = review_stages.approves_by_stage(review_stages.of_plan(project.payload), wanted)
        rules = page.settings.requirements
        author = page.identity.user if rules.four_eyes else None
        sifted = row_review.checked(wanted, rows, approves, writes, rules.approvers, author)
    except QuarterdeckError as error:
        st.session_state["review_said"] = [str(error)]
        return False
    st.session_state["review_said"] = [*past, *sifted.refused]
    if not _change(page, saved, sifted.allowed):
        return False
    if row_review.changes_judgement(sifted.allowed):
        st.session_state["review_judged"] = True
        _fresh()
    return not (unsent_rows.met(saved) or past or sifted.refused)


def _change(page: Page, saved: Saved, changes: list[Change]) -> bool:
    """Make changes; where the database does not take them, keep them so that they can be sent again."""
    try:
        conflicts = cache.store(page.settings.database).reviews.change(saved.id, changes, page.identity.user)
    except QuarterdeckError as error:
        unsent_rows.wait(saved, changes)
        st.session_state["review_said"] = [str(error)]
        return False
    unsent_rows.meet(saved, conflicts)
    return True


def _again(page: Page, saved: Saved) -> None:
    """Send once more what the database did not take."""
    changes = unsent_rows.taken(saved)
    if _change(page, saved, changes) and row_review.changes_judgement(changes):
        st.session_state["review_judged"] = True
    _fresh()


def _fresh() -> None:
    st.session_state.get("review", {}).pop("stamp", None)


def _tell(page: Page, saved: Saved) -> None:
    """Say what was refused, and show each change that met somebody else's, with the choice to make it all the same."""
    for line in st.session_state.pop("review_said", []):
        st.warning(escaped(line), icon=":material/warning:")
    waiting = unsent_rows.waiting(saved)
    if waiting:
        st.button(
            message("Save again what was typed ({rows})", rows=counted(len(waiting), "row")),
            on_click=_again,
            args=(page, saved),
            icon=":material/refresh:",
            key="review_again",
        )
    met = unsent_rows.met(saved)
    for line in met[:5]:
        st.warning(escaped(line.sentence()), icon=":material/sync_problem:")
    if met:
        left, right = st.columns(2)
        left.button(
            message("Keep my version ({n_met:,})", n_met=len(met)),
            on_click=_mine,
            args=(page, saved, met),
            key="review_mine",
        )
        right.button("Keep their version", on_click=_theirs, args=(saved,), key="review_theirs")


def _mine(page: Page, saved: Saved, met: list[Conflict]) -> None:
    again = [Change(c.wanted.sheet, c.wanted.row, c.standing["version"], c.wanted.values) for c in met]
    _change(page, saved, again)
    _fresh()


def _theirs(saved: Saved) -> None:
    unsent_rows.meet(saved, ())
