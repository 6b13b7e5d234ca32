"""Approval of managers' forecasts by those above them, and who has yet to submit one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import polars as pl

from core.config import Settings
from core.config.calendar import quarter_label, quarter_start
from core.contracts import Dataset
from core.contracts.errors import ConflictError, StoreError
from core.forecasts import calls
from core.formats import long_day
from core.localization import joined, message, message_plural
from core.metrics import hierarchy
from core.metrics.measure import counted

if TYPE_CHECKING:
    from core.store import Store

MISSING, SUBMITTED, APPROVED, RETURNED, FINAL = "Missing", "Submitted", "Approved", "Sent back", "Final"
DECISIONS = (APPROVED, RETURNED)
REASONS = {MISSING: "missing", RETURNED: "sent back"}
SHAPE: dict[str, Any] = {
    "person_id": pl.String,
    "person_name": pl.String,
    "above_id": pl.String,
    "above_name": pl.String,
    "state": pl.String,
    "comment": pl.String,
    "version": pl.Int64,
    "due_on": pl.Date,
}


@dataclass(frozen=True)
class Standing:
    """How far the calls of a quarter are.

    Attributes
    ----------
    frame : pl.DataFrame
        [person_id, person_name, above_id, above_name, state, comment, version, due_on], a row for each leader, in the
        order of the outline. State: Missing, Submitted (waits for the person above), Approved, Sent back, or Final
        where nobody is above; version is the call's, 0 where there is none.
    period : date
    label : str
    """

    frame: pl.DataFrame
    period: date
    label: str

    def sentence(self) -> str:
        """Say how many calls are approved, wait, were sent back and are missing."""
        if self.frame.is_empty():
            return "Nobody leads a team in this data, so there is nothing to approve."
        counts = {state: self.frame.filter(state=state).height for state in (SUBMITTED, RETURNED, MISSING)}
        done = self.frame.filter(pl.col("state").is_in([APPROVED, FINAL])).height
        waits = message_plural("{n:,} waits for approval", "{n:,} wait for approval", counts[SUBMITTED])
        parts = [
            message(
                "{done:,} of {height:,} forecasts for {label} are settled",
                done=done,
                height=self.frame.height,
                label=self.label,
            ),
            waits,
        ]
        parts += [message("{counts:,} sent back", counts=counts[RETURNED])] if counts[RETURNED] else []
        if not counts[MISSING]:
            return message("{parts}.", parts=joined(*parts, by=", "))
        return message(
            "{parts}, {counts:,} missing; due {day}.",
            parts=joined(*parts, by=", "),
            counts=counts[MISSING],
            day=long_day(self.frame["due_on"][0]),
        )

    def waiting_for(self, person: str, data: Dataset) -> pl.DataFrame:
        """Return the submitted calls a person may decide: of everybody below them, at any depth."""
        team = hierarchy.people(data, data.as_of)
        below = hierarchy.chains(team).filter(pl.col("leader_id") == person)["person_id"].implode()
        is_theirs = pl.col("person_id").is_in(below) & (pl.col("person_id") != person)
        return self.frame.filter((pl.col("state") == SUBMITTED) & is_theirs)

    @property
    def to_remind(self) -> list[dict[str, Any]]:
        """Return whom to remind, of which quarter, due when, and why: calls that are missing or were sent back."""
        rows = self.frame.filter(pl.col("state").is_in(list(REASONS)))
        return [
            {
                "manager_id": row["person_id"],
                "period_start_on": self.period,
                "due_on": row["due_on"],
                "reason": REASONS[row["state"]],
            }
            for row in rows.iter_rows(named=True)
        ]


def standing(
    data: Dataset, settings: Settings, submitted: pl.DataFrame, decided: pl.DataFrame, period: date | None = None
) -> Standing:
    """Return how far the calls of a quarter are.

    Parameters
    ----------
    data : Dataset
        All the person may see, whatever the scope.
    settings : Settings
        With the days before the quarter's end by which calls are due.
    submitted : pl.DataFrame
        As `calls.kept` gives it.
    decided : pl.DataFrame
        The newest decision on each manager's call, as `store.call_approvals.newest` gives it.
    period : date, optional
        First day of the quarter; default the running one.

    Returns
    -------
    Standing
        A decision on an older version of a call says nothing of the newest one, which waits again.
    """
    begin = period or quarter_start(data.as_of, settings)
    team = hierarchy.people(data, data.as_of)
    names = dict(team.select("person_id", "person_name").iter_rows())
    versions = dict(calls.newest(submitted, begin).select("manager_id", "version").iter_rows())
    verdicts = {row["manager_id"]: row for row in decided.filter(period_start_on=begin).iter_rows(named=True)}
    due, rows = calls.deadline(begin, settings), []
    for leader in team.filter(calls.is_leader(team)).iter_rows(named=True):
        person, above = leader["person_id"], leader["manager_id"]
        version = versions.get(person, 0)
        state, comment = _state(version, above, verdicts.get(person))
        rows.append((person, leader["person_name"], above, names.get(above), state, comment, version, due))
    return Standing(pl.DataFrame(rows, schema=SHAPE, orient="row"), begin, quarter_label(begin, settings))


def _state(version: int, above: str | None, verdict: dict[str, Any] | None) -> tuple[str, str]:
    """Return the state of a leader's call, and the comment it was approved or sent back with."""
    if not version:
        return MISSING, ""
    if verdict is not None and verdict["call_version"] == version:
        return verdict["state"], verdict["note"]
    return (FINAL if above is None else SUBMITTED), ""


def decide(
    data: Dataset, store: Store, standing_now: Standing, manager: str, person: str, author: str, state: str, note: str
) -> None:
    """Approve a call or send it back; written to the store and to the audit log.

    Parameters
    ----------
    data : Dataset
    store : Store
        An open database, which is written to.
    standing_now : Standing
        As whoever decides saw it.
    manager : str
        Whose call it is.
    person : str
        The id of the person who decides; must be above the manager.
    author : str
        Who is signed in.
    state : {"Approved", "Sent back"}
    note : str
        A comment; needed to send a call back.

    Raises
    ------
    ConflictError
        When the call was changed or decided in between.
    StoreError
        When the person is not above the manager, the call does not wait for a decision, or a comment is missing.
    """
    calls.check_kept(data)
    if state not in DECISIONS:
        raise StoreError(
            message("A forecast cannot be {state!r}.", state=state),
            mend=message("It can be: {decisions}.", decisions=", ".join(DECISIONS)),
        )
    rows = standing_now.waiting_for(person, data).filter(person_id=manager)
    if rows.is_empty():
        raise StoreError("This forecast does not wait for your approval.", mend="Only those above the manager decide.")
    if state == RETURNED and not note.strip():
        raise StoreError("A forecast is sent back with a comment.", mend="Write what should change.")
    about = {"manager_id": manager, "period_start_on": standing_now.period}
    call_version = int(rows["version"][0])
    newest = store.calls.newest(calls.book(data), **about)
    if newest.is_empty() or int(newest["version"][0]) != call_version:
        raise ConflictError("The forecast was changed meanwhile.", {}, mend="Look at the new one, then decide.")
    values = {"call_version": call_version, "state": state, "decided_by": person, "note": note.strip()}
    earlier = store.call_approvals.newest(calls.book(data), **about)
    version = int(earlier["version"][0]) if earlier.height else 0
    store.call_approvals.save(calls.book(data), about, values, author, version)


def queued(data: Dataset, store: Store, standing_now: Standing, author: str) -> str:
    """Queue a reminder for each call that is missing or was sent back, and say for how many managers.

    Sending is not done here: whoever sends reads `store.call_reminders.waiting`.

    Raises
    ------
    StoreError
        For data of one session, and where names are hidden.
    """
    calls.check_kept(data)
    wanted = standing_now.to_remind
    if not wanted:
        return message("Every forecast for {label} is submitted; nobody needs a reminder.", label=standing_now.label)
    added = store.call_reminders.queue(calls.book(data), wanted, author)
    waits = len(wanted) - len(added)
    text = message(
        "{reminders} queued for {label}, due {day}",
        reminders=counted(len(added), "reminder"),
        label=standing_now.label,
        day=long_day(wanted[0]["due_on"]),
    )
    return message("{text}; {waits:,} queued before.", text=text, waits=waits) if waits else f"{text}."
