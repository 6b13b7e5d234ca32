"""Working through a list with others: who does what by when, what is answered, what is approved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import polars as pl

from core.access import Identity
from core.config import Settings
from core.contracts.errors import RequirementError
from core.localization import message
from core.metrics.measure import counted, out_of
from core.requirements.judge.draft_answers import Drafts
from core.requirements.judge.gap_analysis import GapAnalysis
from core.store.reviews import FIELDS, SHAPE, Change

STATES = ("new", "in progress", "answered", "approved", "blocked")
DONE = ("answered", "approved")
GRID = (
    "row",
    "requirement_id",
    "text",
    "state",
    "owner",
    "due_on",
    "statement",
    "priority",
    "category",
    "capability_id",
    "capability",
    "gap_type",
    "answer",
    "comment",
    "changed_by",
    "answered_by",
    "approved_by",
    "approved_at",
    "sheet",
    "version",
)
OPEN = "to be clarified"


UNAPPROVED = "stay unapproved: your role does not approve."
APPROVES = {"state", "comment"}


@dataclass(frozen=True)
class Progress:
    """How far the work on a list is.

    Attributes
    ----------
    frame : pl.DataFrame
        [state, n], in the order of the states.
    n, n_done, n_approved, n_overdue, n_unowned : int
        Rows; those answered or approved; those approved; those past their day and not done; those that
        nobody owns and are not done.
    """

    frame: pl.DataFrame
    n: int
    n_done: int
    n_approved: int
    n_overdue: int
    n_unowned: int

    @property
    def rate(self) -> float:
        """Return the share of rows answered or approved; 0 for a list without rows."""
        return self.n_done / self.n if self.n else 0.0

    def sentence(self) -> str:
        """Say how much is answered and approved, and what is late."""
        text = message(
            "{out_of} answered ({rate:.0f} %), {n_approved:,} approved",
            out_of=out_of(self.n_done, self.n, "row"),
            rate=self.rate * 100,
            n_approved=self.n_approved,
        )
        late = f"; {counted(self.n_overdue, 'is past its day', 'are past their day')}" if self.n_overdue else ""
        blocked = int(self.frame.filter(pl.col("state") == "blocked")["n"].sum())
        stuck = message("; {are} blocked", are=counted(blocked, "is", "are")) if blocked else ""
        free = (
            message(". {rows} no owner.", rows=counted(self.n_unowned, "row still open has", "rows still open have"))
            if self.n_unowned
            else "."
        )
        return text + late + stuck + free


def nothing() -> pl.DataFrame:
    """Return the rows of a list nobody has worked on."""
    return pl.DataFrame(schema=SHAPE)


def grid(analysis: GapAnalysis, drafts: Drafts, worked: pl.DataFrame) -> pl.DataFrame:
    """Return every row of a list with what people did with it.

    Parameters
    ----------
    analysis : GapAnalysis
    drafts : Drafts
        Stand in the answer until somebody writes one.
    worked : pl.DataFrame
        The rows worked on, as the store's `reviews.rows` gives them.

    Returns
    -------
    pl.DataFrame
        The columns of `GRID`: state is new where nobody has touched the row, version 0 there.
    """
    rows = analysis.frame.select(
        *("sheet", "row", "requirement_id", "text", "statement", "priority", "category", "capability_id", "capability"),
        *("gap_type", pl.col("owner").alias("_owner")),
    )
    mine = worked.select("sheet", "row", *(pl.col(n).alias(f"_{n}") for n in _TAKEN))
    joined = rows.join(mine.rename({"_owner": "_said_owner"}), on=["sheet", "row"], how="left", maintain_order="left")
    drafted = drafts.frame.select("sheet", "row", "draft", _drafted="statement")
    joined = joined.join(drafted, on=["sheet", "row"], how="left", maintain_order="left")
    # A draft that takes a yes back leaves the row to be clarified, until a person has worked on it.
    is_taken_back = (pl.col("_drafted").str.to_lowercase() == OPEN) & pl.col("_version").is_null()
    joined = joined.with_columns(statement=pl.when(is_taken_back).then("_drafted").otherwise("statement"))
    return joined.with_columns(
        state=pl.col("_state").fill_null("new"),
        owner=pl.coalesce("_said_owner", "_owner"),
        due_on=pl.col("_due_on"),
        answer=pl.coalesce("_answer", "draft"),
        comment=pl.col("_comment"),
        **{name: pl.col(f"_{name}") for name in ("changed_by", "answered_by", "approved_by", "approved_at")},
        version=pl.col("_version").fill_null(0),
    ).select(GRID)


_TAKEN = (
    *("state", "owner", "due_on", "answer", "comment", "changed_by", "version"),
    *("answered_by", "approved_by", "approved_at"),
)


def progress(rows: pl.DataFrame, today: date) -> Progress:
    """Count rows by state.

    Parameters
    ----------
    rows : pl.DataFrame
        The grid.
    today : date
        Rows due before it and not done are late.
    """
    counts = {str(state): int(n) for state, n in rows["state"].value_counts().iter_rows()}
    is_open = ~pl.col("state").is_in(DONE)
    late, unowned = rows.select(
        late=(is_open & (pl.col("due_on") < today)).fill_null(value=False).sum(),
        unowned=(is_open & (pl.col("owner").fill_null("").str.strip_chars() == "")).sum(),
    ).row(0)
    frame = pl.DataFrame(
        [(s, counts.get(s, 0)) for s in STATES], schema={"state": pl.String, "n": pl.Int64}, orient="row"
    )
    done = sum(counts.get(state, 0) for state in DONE)
    return Progress(frame, rows.height, done, counts.get("approved", 0), int(late), int(unowned))


def chosen(
    rows: pl.DataFrame,
    states: Iterable[str] = (),
    owners: Iterable[str] = (),
    statements: Iterable[str] = (),
    words: str = "",
) -> pl.DataFrame:
    """Return the rows that fit every filter given; an empty filter lets all through.

    Parameters
    ----------
    rows : pl.DataFrame
    states, owners, statements : iterable of str
    words : str
        All of them must stand somewhere in requirement, answer, comment or id, whatever the case.
    """
    matches = rows
    for name, wanted in (("state", states), ("owner", owners), ("statement", statements)):
        listed = list(wanted)
        if listed:
            matches = matches.filter(pl.col(name).is_in(listed))
    text = pl.concat_str(["requirement_id", "text", "answer", "comment"], separator=" ", ignore_nulls=True)
    for word in words.lower().split():
        matches = matches.filter(text.str.to_lowercase().str.contains(word, literal=True))
    return matches


def changes(rows: pl.DataFrame, edited: Mapping[int, Mapping[str, Any]]) -> list[Change]:
    """Return what edits of a grid mean for its rows.

    Parameters
    ----------
    rows : pl.DataFrame
        The grid as it was shown.
    edited : mapping
        Row position to the fields changed and their new values; dates may be ISO text, other columns
        than those that can be edited are passed over.

    Raises
    ------
    RequirementError
        When what was typed as a date is none.
    """
    made = []
    listed = rows.select("sheet", *(name for name in GRID if name in FIELDS), "row", "version").to_dicts()
    for index, fields in sorted(edited.items()):
        row = listed[index]
        values = {name: _plain(name, value) for name, value in fields.items() if name in FIELDS}
        values = {name: value for name, value in values.items() if value != row[name]}
        if values:
            made.append(Change(row["sheet"], row["row"], row["version"], values))
    return made


def in_bulk(rows: pl.DataFrame, values: Mapping[str, Any]) -> list[Change]:
    """Return the same new values for all rows of a grid; rows that have them already are left alone."""
    return changes(rows, dict.fromkeys(range(rows.height), values))


def after(rows: pl.DataFrame, made: Sequence[Change]) -> pl.DataFrame:
    """Return the grid once changes have been made: new values, versions one higher."""
    new = {(change.sheet, change.row): change for change in made}
    out = []
    for row in rows.iter_rows(named=True):
        change = new.get((row["sheet"], row["row"]))
        out.append(row if change is None else row | dict(change.values) | {"version": change.version + 1})
    return pl.DataFrame(out, schema=rows.schema, orient="row")


def changes_judgement(made: Sequence[Change]) -> bool:
    """Say whether changes touch what support, gap and scores are worked out from."""
    return any({"category", "priority", "capability_id"} & set(change.values) for change in made)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise RequirementError(
            message("{text!r} is no date, so nothing of it was kept.", text=text), mend="Write it as 2026-11-30."
        ) from None


def _plain(name: str, value: Any) -> Any:
    if name == "due_on" and isinstance(value, str):
        return _day(value) if value else None
    if isinstance(value, str):
        return value.strip() or None
    return value


def may_approve(identity: Identity, settings: Settings) -> bool:
    """Say whether a person holds one of the roles that approve answers."""
    return any(role in settings.requirements.approvers for role in identity.roles)


@dataclass(frozen=True)
class Checked:
    """Changes that may be made, and a sentence for each kind that may not."""

    allowed: list[Change]
    refused: tuple[str, ...]


def checked(
    wanted: Sequence[Change],
    rows: pl.DataFrame,
    is_approver: bool,
    is_writer: bool = True,
    approvers: Sequence[str] = (),
    author: str | None = None,
) -> Checked:
    """Sift changes: who may approve, and what can be approved.

    Approving a row keeps its draft as the answer, so that what was approved is what goes out.

    Only an approver sets approved or changes the answer of an approved row; a row whose statement is
    still to be clarified, or without an answer, cannot be approved. An approver who does not write sets
    states and comments, and nothing else.

    Parameters
    ----------
    wanted : sequence of Change
    rows : pl.DataFrame
        The grid.
    is_approver, is_writer : bool
    approvers : sequence of str
        The roles that approve, for the sentence.
    author : str, optional
        Who makes the changes, where four eyes are asked for: nobody approves an answer of his own.

    Raises
    ------
    RequirementError
        When a state is not known.
    """
    at = {(row["sheet"], row["row"]): row for row in rows.iter_rows(named=True)}
    allowed: list[Change] = []
    refused: dict[str, list[int]] = {}
    for change in wanted:
        row = at[(change.sheet, change.row)]
        state = change.values.get("state")
        if state is not None and state not in STATES:
            raise RequirementError(
                message("There is no state {state!r}.", state=state),
                mend=message("Use one of: {states}.", states=", ".join(STATES)),
            )
        why = "" if is_writer else _unwritten(change, is_approver=is_approver)
        why = why or _refusal(change, row, is_approver=is_approver)
        why = why or ("" if author is None else _own_answer(change, row, author))
        why = f"{why[:-1]}; {_listed(approvers)}." if why == UNAPPROVED and approvers else why
        if why:
            refused.setdefault(why, []).append(change.row)
        else:
            allowed.append(_with_draft(change, row))
    reasons = tuple(
        f"{_numbered(numbers)} {why.replace('stay ', 'stays ', 1) if len(numbers) == 1 else why}"
        for why, numbers in refused.items()
    )
    return Checked(allowed, reasons)


OWN = "stay unapproved: somebody else than who wrote the answer approves it."


def _own_answer(wanted: Change, row: Mapping[str, Any], author: str) -> str:
    """Refuse an approval of an answer the approver wrote, before or in the same go."""
    is_approved = wanted.values.get("state", row["state"]) == "approved"
    writes = "answer" in wanted.values and wanted.values["answer"] != row["answer"]
    return OWN if is_approved and (writes or ("state" in wanted.values and row["answered_by"] == author)) else ""


def _with_draft(wanted: Change, row: Mapping[str, Any]) -> Change:
    """Keep the draft shown as the answer of a row that is approved as it stands."""
    if wanted.values.get("state") != "approved" or "answer" in wanted.values or row["answered_by"] is not None:
        return wanted
    return replace(wanted, values={**wanted.values, "answer": row["answer"]}, is_draft=True)


def _unwritten(wanted: Change, *, is_approver: bool) -> str:
    if is_approver and set(wanted.values) <= APPROVES:
        return ""
    return (
        message("stay as they are: your role approves and comments, it writes no answers.")
        if is_approver
        else message("stay as they are: your role reads, it writes no answers.")
    )


def _listed(roles: Sequence[str]) -> str:
    """Name the roles that approve.

    Examples
    --------
    >>> _listed(["admin", "sales_engineer"]), _listed(["leader"])
    ('the roles admin and sales engineer do', 'the role leader does')
    """
    names = [role.replace("_", " ") for role in roles]
    if len(names) == 1:
        return message("the role {names} does", names=names[0])
    return message("the roles {names} and {names_2} do", names=", ".join(names[:-1]), names_2=names[-1])


def _refusal(wanted: Change, row: Mapping[str, Any], *, is_approver: bool) -> str:
    touches = {"state", "answer", "priority", "category", "capability_id"} & set(wanted.values)
    if row["state"] == "approved" and touches and not is_approver:
        return "stay as approved: only an approver may change that."
    answer, state = wanted.values.get("answer", row["answer"]), wanted.values.get("state")
    if state == "approved" and not is_approver:
        return UNAPPROVED
    if state in DONE and not answer:
        return (
            message("cannot be approved without an answer.")
            if state == "approved"
            else message("cannot count as answered without an answer.")
        )
    if state != "approved":
        return ""
    is_written = bool(wanted.values.get("answer")) or row["version"] > 0
    if str(row["statement"]).lower() == OPEN and not is_written:
        return "cannot be approved before somebody has clarified them."
    return ""


def _numbered(numbers: Sequence[int]) -> str:
    shown = ", ".join(str(n) for n in numbers[:8]) + (
        message(" and {n_numbers:,} more", n_numbers=len(numbers) - 8) if len(numbers) > 8 else ""
    )
    return f"{'Row' if len(numbers) == 1 else 'Rows'} {shown}"


def decisions(worked: pl.DataFrame) -> pl.DataFrame:
    """Return what people decided on rows: [sheet, row, category, priority, capability_id], where they did."""
    names = ("category", "priority", "capability_id")
    is_decided = pl.any_horizontal(pl.col(name).is_not_null() for name in names)
    return worked.select("sheet", "row", *names).filter(is_decided)
