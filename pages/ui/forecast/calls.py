"""Forecast calls on a page: the form, a colleague's change beside one's own, fresh calls of others."""

from __future__ import annotations

from datetime import date
from typing import Any

import streamlit as st

from core.config.calendar import quarter_label
from core.contracts.errors import ConflictError, QuarterdeckError
from core.forecasts import calls
from core.forecasts.calls import Rollup
from core.formats import long_day
from core.localization import message
from core.store import Store
from pages.ui.forecast import call_cache
from pages.ui.kit import cache, notices, saved_content, unsaved
from pages.ui.kit.escaping import escaped
from pages.ui.kit.shell import Page

AMOUNTS = {"commit_amount": "Commit", "best_case_amount": "Best case", "pipeline_amount": "Pipeline"}
PULSE_SECONDS = 4
WHOLE_TEAMS = "Managers forecast for their whole team, so their forecasts are left out of this scope."


def author(page: Page) -> str:
    """Return who is at the page."""
    return page.identity.user


def store(page: Page) -> Store:
    """Return the open database; on the sample company with the past calls of its managers laid down."""
    opened = cache.store(page.settings.database)
    calls.seed_sample(page.data, page.settings, opened)
    return opened


def said(page: Page) -> Any:
    """Return every call kept for the page's data; none where the scope cuts through teams, for which calls stand."""
    rows = saved_content.calls(page)
    return rows.clear() if is_cut_through(page) else rows


def is_cut_through(page: Page) -> bool:
    """Say whether the scope leaves a part of what teams sell, so that their calls cannot be held against it."""
    return bool(page.scope.parts.keys() - {"team", "rep"})


def remark(page: Page) -> str:
    """Say that calls are left out where the scope cuts through teams; else nothing."""
    return WHOLE_TEAMS if is_cut_through(page) else ""


def reviewed(page: Page) -> Any:
    """Return what reviews say of the page's deals."""
    return saved_content.deal_edits(page)


def stamp(page: Page) -> tuple[int, int, int, str]:
    """Return what changes whenever somebody calls, decides on a call or reviews."""
    database, book = store(page), calls.book(page.data)
    counts = (kind.count(book) for kind in (database.calls, database.deal_edits, database.call_approvals))
    return (*counts, page.settings.database)


def rollup(page: Page, quarter: date | None = None, is_whole: bool = False) -> Rollup:
    """Return the calls along the hierarchy, of the scope or of all the person may see."""
    team: Rollup = call_cache.result(
        calls.rollup,
        page.visible if is_whole and page.visible is not None else page.data,
        page.settings,
        (*stamp(page), quarter, is_whole),
        calls=saved_content.calls(page) if is_whole else said(page),
        edits=reviewed(page),
        period=quarter,
    )
    return team


def period(page: Page) -> date:
    """Let the quarter be chosen that is called."""
    quarters = calls.periods(page.data, page.settings)
    chosen = st.segmented_control(
        "Quarter",
        quarters,
        default=quarters[0],
        required=True,
        key="call_period",
        format_func=lambda day: quarter_label(day, page.settings),
    )
    return chosen or quarters[0]


def form(page: Page, team: Rollup) -> None:
    """Take a manager's call, with the system's number beside it; a colleague's newer call is shown, not lost.

    A call is of a whole team, so what stands beside it is too, whatever the scope.
    """
    if page.scope.parts:
        team = rollup(page, team.period, is_whole=True)
    last = calls.deadline(team.period, page.settings)
    if not page.may("review:write"):
        st.caption("Your role can read forecasts but not submit them.")
        return
    if not page.may_enter_amounts():
        return
    try:
        calls.check_open(page.data, page.settings, team.period)
    except QuarterdeckError as error:
        st.info(escaped(error), icon=":material/lock:")
        return
    people = {row["person_id"]: row for row in team.leaders.to_dicts() if row["person_id"] != "Nobody"}
    if not people:
        return
    notices.tell("call_notice")
    who = st.selectbox(
        "Submit for",
        list(people),
        format_func=lambda k: f"{people[k]['person_name']}, {people[k]['team'] or k}",
        key="call_manager",
    )
    name = f"{who}-{team.period}"
    if _conflict(page, team, name):
        return
    row = _seen(name, people[who])
    _beside(people[who], team, last)
    with st.form(f"call-{name}-{row['version']}", border=False):
        columns = st.columns(3)
        values: dict[str, Any] = {
            field: column.number_input(
                f"{label}, {team.currency}",
                value=row[field],
                min_value=0.0,
                step=10_000.0,
                format="%.0f",
                key=f"{field}-{name}-{row['version']}",
            )
            for column, (field, label) in zip(columns, AMOUNTS.items(), strict=True)
        }
        values["note"] = st.text_area(
            "Note", value=row["note"] or "", max_chars=4_000, height=80, key=f"note-{name}-{row['version']}"
        )
        if st.form_submit_button("Submit forecast", icon=":material/campaign:", type="primary"):
            _submit(page, team, name, who, values, row["version"])


def audit(page: Page) -> Any:
    """Return the newest changes of calls and reviews."""
    return calls.changes(page.data, saved_content.trail(page))


def pulse(page: Page) -> None:
    """Draw the page again as soon as somebody else has called or reviewed."""
    st.session_state["calls_pulse"] = stamp(page)
    _beat(page)


@st.fragment(run_every=PULSE_SECONDS)
def _beat(page: Page) -> None:
    """Look every few seconds; a run of the whole page has just looked, so that it never loses a click."""
    if st.session_state.get("calls_pulse") != stamp(page):
        st.rerun()


def _seen(name: str, row: dict[str, Any]) -> dict[str, Any]:
    """Return the call as this session first saw it: what one edits does not change under one's hands."""
    seen: dict[str, dict[str, Any]] = st.session_state.setdefault("calls_seen", {})
    return seen.setdefault(name, {k: row[k] for k in ("version", "note", *AMOUNTS)})


def _beside(row: dict[str, Any], team: Rollup, last: date) -> None:
    parts = [
        ("Model forecast", row["system_amount"]),
        ("Team roll-up", row["below_amount"]),
        ("Closed", row["closed_amount"]),
    ]
    tiled = st.grid(len(parts), min_column_width=100, gap="xsmall")
    for label, value in parts:
        tiled.metric(
            label,
            "–" if value is None else f"{value / 1e6:,.2f} M",
            help=message("{currency}; not changed by a submission", currency=team.currency),
        )
    st.caption(
        escaped(
            message(
                "Forecasts for {label} can be changed until {last}. They never change a deal.",
                label=team.label,
                last=long_day(last),
            )
        )
    )


def _submit(page: Page, team: Rollup, name: str, who: str, values: dict[str, Any], version: int) -> None:
    row = team.of(who)
    lower, upper = (team.system["lower"], team.system["upper"]) if row["depth"] == 0 else (None, None)
    given = {
        **values,
        "called_on": page.data.as_of,
        "system_amount": row["system_amount"],
        "system_lower": lower,
        "system_upper": upper,
    }
    about = {"manager_id": who, "period_start_on": team.period}
    try:
        calls.check_values(values)
        number = store(page).calls.save(calls.book(page.data), about, given, author(page), version)
    except ConflictError as error:
        unsaved.items(_met(page))[name] = {"who": who, "mine": values, "theirs": error.theirs, "text": str(error)}
        unsaved.keep(_met(page))
        st.rerun()
    except QuarterdeckError as error:
        st.warning(escaped(error), icon=":material/warning:")
        return
    _done(
        page,
        name,
        message(
            "Submitted: {person_name}, {label}, version {number}.",
            person_name=row["person_name"],
            label=team.label,
            number=number,
        ),
    )


def _met(page: Page) -> str:
    """Return the name of the forecasts that met a colleague's, which are unsaved until somebody chooses."""
    return message("forecasts of {book} that met others", book=calls.book(page.data))


def _done(page: Page, name: str, text: str) -> None:
    st.session_state.get("calls_seen", {}).pop(name, None)
    unsaved.items(_met(page)).pop(name, None)
    unsaved.keep(_met(page))
    st.session_state["call_notice"] = text
    st.rerun()


def _conflict(page: Page, team: Rollup, name: str) -> bool:
    """Show both texts where a colleague was faster, and let one choose; nothing of either is lost."""
    clash = unsaved.items(_met(page)).get(name)
    if not clash:
        return False
    st.warning(escaped(clash["text"]), icon=":material/warning:")
    mine, theirs = clash["mine"], clash["theirs"]
    for column, title, call in zip(
        st.columns(2), ("Yours", message("By {author}", author=theirs["author"])), (mine, theirs), strict=True
    ):
        with column.container(border=True):
            st.markdown(f"**{escaped(title)}**")
            for field, label in AMOUNTS.items():
                st.text(f"{label}: {'–' if call[field] is None else f'{call[field]:,.0f}'}")
            st.text(call["note"] or "No note")
    left, middle, right = st.columns(3)
    if left.button("Keep my version", width="stretch"):
        _submit(page, team, name, clash["who"], mine, theirs["version"])
    if middle.button("My numbers, both notes", width="stretch"):
        both = {**mine, "note": "\n".join(t for t in (theirs["note"], mine["note"]) if t)}
        _submit(page, team, name, clash["who"], both, theirs["version"])
    if right.button("Keep current version", width="stretch"):
        _done(page, name, "The current version is kept.")
    return True
