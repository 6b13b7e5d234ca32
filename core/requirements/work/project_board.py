"""The rows of a saved list with what people did, without reading the buyer's file again; and what happened lately."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import polars as pl

from core.contracts.errors import RequirementError
from core.localization import joined, message
from core.requirements.work.business_days import BusinessCalendar
from core.store.buyer_questions import BuyerQuestion

LISTED = ("sheet", "row", "requirement_id", "text", "category", "priority", "capability_id", "confidence")
BOARD: dict[str, Any] = {
    "sheet": pl.String,
    "row": pl.Int64,
    "requirement_id": pl.String,
    "text": pl.String,
    "section": pl.String,
    "category": pl.String,
    "priority": pl.String,
    "state": pl.String,
    "stage": pl.String,
    "owner": pl.String,
    "due_on": pl.Date,
    "answer": pl.String,
    "answered_by": pl.String,
    "approved_by": pl.String,
    "approved_at": pl.Datetime("us"),
    "is_public": pl.Boolean,
    "capability_id": pl.String,
    "version": pl.Int64,
}
FEED: dict[str, Any] = {"at": pl.Datetime("us"), "who": pl.String, "what": pl.String, "where": pl.String}
MOST = 200
EDITED = {"due_on": "the day it is due", "capability_id": "the capability", "is_public": "whether it is public"}


def rows(payload: Mapping[str, Any], worked: pl.DataFrame) -> pl.DataFrame:
    """Return every row of a saved list with what people did with it.

    Parameters
    ----------
    payload : mapping
        What was saved of the list: rows, and the sections of the rows where they were saved.
    worked : pl.DataFrame
        As the store's `reviews.rows` gives it.

    Returns
    -------
    pl.DataFrame
        The columns of `BOARD`; state is new and version 0 where nobody has touched the row. The answer is null while
        only a draft stands there.
    """
    listed = [dict(zip(LISTED, row, strict=False)) for row in payload.get("rows") or ()]
    sections = payload.get("sections") or [None] * len(listed)
    done = {(row["sheet"], row["row"]): row for row in worked.iter_rows(named=True)}
    out = []
    for row, section in zip(listed, sections, strict=False):
        mine = done.get((row["sheet"], row["row"]), {})
        line = {name: mine.get(name) for name in BOARD} | {name: row[name] for name in LISTED[:4]}
        line |= {name: mine.get(name) or row[name] for name in ("category", "priority", "capability_id")}
        line |= {"section": section, "state": mine.get("state") or "new", "version": mine.get("version") or 0}
        out.append(line)
    return pl.DataFrame(out, schema=BOARD, orient="row")


def calendar_of(plan: Mapping[str, Any]) -> BusinessCalendar:
    """Return the calendar a project's plan names."""
    return BusinessCalendar(str(plan.get("country") or ""), tuple(plan.get("weekend") or ()))


def deadline_of(plan: Mapping[str, Any]) -> date | None:
    """Return the deadline of a project's plan; None where it has none."""
    return date.fromisoformat(plan["deadline"]) if plan.get("deadline") else None


def planned(plan: Mapping[str, Any], **given: Any) -> dict[str, Any]:
    """Return a plan with other values, checked: deadline, country, weekend.

    Raises
    ------
    ConfigError
        When the country or a day of the week is not known.
    RequirementError
        When the deadline is no date.
    """
    out = {**plan, **given}
    calendar_of(out)
    try:
        deadline_of(out)
    except ValueError:
        raise RequirementError(
            message("{deadline!r} is no date.", deadline=out["deadline"]), mend="Write it as 2026-11-30."
        ) from None
    return out


def activity(
    changes: pl.DataFrame, comments: pl.DataFrame, questions: Sequence[BuyerQuestion], most: int = MOST
) -> pl.DataFrame:
    """Return what happened in a project, newest first.

    Parameters
    ----------
    changes : pl.DataFrame
        As the store's `row_changes.of_list` gives them.
    comments : pl.DataFrame
        On its rows: [target, author, said_at].
    questions : sequence of BuyerQuestion
    most : int

    Returns
    -------
    pl.DataFrame
        [at, who, what, where], times in UTC.
    """
    out: list[tuple[datetime, str, str, str]] = []
    for change in changes.iter_rows(named=True):
        what = _what(change["fields"], change["state"], change["stage"])
        out.append((change["changed_at"], change["changed_by"], what, _where(change["sheet"], change["row"])))
    for target, author, at in comments.select("target", "author", "said_at").iter_rows():
        _, row, sheet = [*str(target).split("/", maxsplit=2), "", ""][:3]
        out.append((at.replace(tzinfo=None), author, "commented", _where(sheet, row)))
    for entry in questions:
        where = _where(entry.sheet, entry.row)
        out.append((entry.asked_at.replace(tzinfo=None), entry.asked_by, "asked the buyer", where))
        if entry.answered_at is not None:
            out.append((entry.answered_at.replace(tzinfo=None), "the buyer", "answered a question", where))
    newest = sorted(out, key=lambda event: event[0], reverse=True)[:most]
    return pl.DataFrame(newest, schema=FEED, orient="row")


def _what(fields: Iterable[str], state: str, stage: str | None) -> str:
    listed = list(fields)
    parts = []
    if "stage" in listed:
        parts.append(message("moved it to {stage}", stage=stage) if stage else "it fell back to draft")
    elif "state" in listed:
        parts.append(message("set it to {state}", state=state))
    rest = [EDITED.get(name, f"the {name}") for name in listed if name not in ("stage", "state")]
    if rest:
        parts.append(message("changed {rest}", rest=" and ".join(rest)))
    return joined(*parts, by="; ") or "saved it"


def _where(sheet: str, row: object) -> str:
    return message("row {row}, {sheet}", row=row, sheet=sheet) if sheet else message("row {row}", row=row)
