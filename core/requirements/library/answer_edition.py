"""The answer library as it stands: the sample's answers with what people wrote laid over them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import polars as pl

from core.contracts.errors import RequirementError
from core.localization import joined, message
from core.metrics.measure import counted
from core.requirements.text import answer_text
from core.requirements.text.classification import CATEGORIES
from core.store import Store
from core.store.library_answers import LibraryEdit

BOOK, PREFIX = "library", "LIB-"
DRAFT, APPROVED, RETIRED = "draft", "approved", "retired"
STATES = (DRAFT, APPROVED, RETIRED)
WORDS = {
    "question": "question",
    "answer": "answer",
    "detail": "detail",
    "evidence": "evidence",
    "tags": "tags",
    "product": "product",
    "language": "language",
    "category": "category",
    "capability_id": "capability",
    "owner": "owner",
    "source": "source",
    "reviewed_on": "reviewed on",
}
FIELDS = tuple(WORDS)
# A change of these takes an approval back: they are what the buyer reads.
APPROVED_WORDS = ("question", "answer", "detail", "evidence", "product", "language")
SIGNED = ("state", "written_by", "approved_by", "approved_on", "merged_into", "import_id")
SHAPE: dict[str, Any] = {
    "answer_id": pl.String,
    **dict.fromkeys(FIELDS, pl.String),
    "reviewed_on": pl.Date,
    "state": pl.String,
    "written_by": pl.String,
    "approved_by": pl.String,
    "approved_on": pl.Date,
    "merged_into": pl.String,
    "import_id": pl.String,
    "version": pl.Int64,
    "author": pl.String,
    "saved_at": pl.Datetime("us"),
}
SAFE_LINK = re.compile(r"^https?://[^\s<>\"']+$", re.IGNORECASE)


@dataclass(frozen=True)
class Library:
    """All answers of the library.

    Attributes
    ----------
    frame : pl.DataFrame
        [answer_id, question, answer, detail, evidence, tags, product, language, category, capability_id, owner,
        source, reviewed_on, state, written_by, approved_by, approved_on, merged_into, import_id, version, author,
        saved_at]: version 0 for answers of the sample nobody has touched; tags with "; " between, evidence one link
        or name per line; saved_at in UTC.
    stale_days : mapping
        After how many days an answer of a category is to be reviewed.
    """

    frame: pl.DataFrame
    stale_days: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def live(self) -> pl.DataFrame:
        """Return the answers that are not retired, with due_on, the day their review is due."""
        days = pl.col("category").replace_strict(dict(self.stale_days), default=None, return_dtype=pl.Int64)
        since = pl.coalesce("reviewed_on", pl.col("saved_at").dt.date())
        rows = self.frame.filter(pl.col("state") != RETIRED)
        return rows.with_columns(due_on=since + pl.duration(days=days))

    @cached_property
    def places(self) -> dict[str, int]:
        """Return where in the frame the answer of each id stands."""
        return {answer_id: index for index, answer_id in enumerate(self.frame["answer_id"])}

    def row(self, answer_id: str) -> dict[str, Any] | None:
        """Return one answer; None where there is none of that id."""
        index = self.places.get(answer_id)
        return None if index is None else self.frame.row(index, named=True)

    @cached_property
    def aliases(self) -> dict[str, str]:
        """Return the ids of answers that were merged into others, each with the one that stands for it now."""
        follow = dict(self.frame.filter(pl.col("merged_into").is_not_null()).select("answer_id", "merged_into").rows())
        ends = {}
        for old in follow:
            new, seen = old, {old}
            while new in follow and follow[new] not in seen:
                new = follow[new]
                seen.add(new)
            ends[old] = new
        return ends

    def ids_of(self, answer_id: str) -> list[str]:
        """Return an answer's id and those of the answers that were merged into it."""
        return [answer_id, *sorted(old for old, new in self.aliases.items() if new == answer_id)]

    def sentence(self, today: date | None = None) -> str:
        """Say how many answers there are, how many are approved, and how many are to be reviewed.

        Parameters
        ----------
        today : date, optional
            Without one nothing is said of reviews that are due.
        """
        rows = self.live
        if rows.is_empty():
            return "The library is empty: import the one you have, or write the first answer."
        approved = rows.filter(pl.col("state") == APPROVED).height
        late = rows.filter(pl.col("due_on") <= today).height if today is not None else 0
        text = message("{answers}, {approved:,} approved", answers=counted(rows.height, "answer"), approved=approved)
        text += message("; {are} due for review.", are=counted(late, "is", "are")) if late else "."
        gone = self.frame.height - rows.height
        return text + (message(" {are} retired.", are=counted(gone, "is", "are")) if gone else "")


def nothing() -> pl.DataFrame:
    """Return a library without answers."""
    return pl.DataFrame(schema=SHAPE)


def of(sample: pl.DataFrame, edits: pl.DataFrame, stale_days: Mapping[str, int]) -> Library:
    """Lay what people wrote over the answers of the sample.

    Parameters
    ----------
    sample : pl.DataFrame
        As `sample_answers.answers` gives them; empty for a company's own data.
    edits : pl.DataFrame
        As the store's `library.newest` gives them.
    stale_days : mapping
    """
    own = edits.select(list(SHAPE)) if not edits.is_empty() else nothing()
    untouched = sample.join(own, on="answer_id", how="anti", maintain_order="left")
    return Library(pl.concat([own, untouched]).sort("answer_id", maintain_order=True), stale_days)


def load(store: Store | None, stale_days: Mapping[str, int], sample: pl.DataFrame | None = None) -> Library:
    """All answers of the library: those that people wrote or imported, and the sample company's.

    Parameters
    ----------
    store : Store or None
        An open database; None for the sample's alone.
    stale_days : mapping
        After how many days an answer of a category is to be reviewed.
    sample : pl.DataFrame, optional
        The sample's answers.
    """
    edits = nothing() if store is None else store.library.newest(BOOK)
    return of(nothing() if sample is None else sample, edits, stale_days)


def new_id(question: str, product: str | None = None, language: str | None = None) -> str:
    """Return the id of a new answer: the same question about the same product has the same, whoever adds it first."""
    words = joined(
        answer_text.asked(question), (product or "").strip().lower(), (language or "").strip().lower(), by="\n"
    )
    return PREFIX + hashlib.blake2b(words.encode("utf-8", "replace"), digest_size=5).hexdigest().upper()


def checked(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of an answer as they are kept: texts trimmed, empty ones null, tags without repeats.

    Raises
    ------
    RequirementError
        When question or answer is empty, the category is unknown or the day of the review is none.
    """
    out: dict[str, Any] = {}
    for name in FIELDS:
        value = values.get(name)
        out[name] = (answer_text.clean(value) or None) if isinstance(value, str) else value
    for name in ("question", "answer"):
        if not out[name]:
            raise RequirementError(
                message("The {name} is empty.", name=name), mend="An answer needs a question and what is answered."
            )
    if out["category"] is not None and out["category"] not in CATEGORIES:
        raise RequirementError(
            message("There is no category {category!r}.", category=out["category"]),
            mend=message("Use {categories}.", categories=", ".join(CATEGORIES)),
        )
    if out["reviewed_on"] is not None and not isinstance(out["reviewed_on"], date):
        raise RequirementError("The day of the review is no date.", mend="Write it like 2026-03-31.")
    out["tags"] = joined(*answer_text.tags(out["tags"]), by="; ") or None
    return out


def changed(row: Mapping[str, Any], user: str, import_id: str | None = None, **values: Any) -> LibraryEdit:
    """Return an answer with new words; what a buyer reads having changed, its approval is taken back.

    Parameters
    ----------
    row : mapping
        As it stood when it was opened, with its id and version; any field may be missing where it is new.
    user : str
    import_id : str, optional
        The import this belongs to.
    **values
        The fields that change.
    """
    fields = checked({**{name: row.get(name) for name in FIELDS}, **values})
    signed = {name: row.get(name) for name in SIGNED}
    is_rewritten = any(fields[name] != row.get(name) for name in APPROVED_WORDS)
    if is_rewritten or signed["state"] is None:
        signed |= {"state": DRAFT, "written_by": user[:200], "approved_by": None, "approved_on": None}
    if signed["state"] != RETIRED:
        signed["merged_into"] = None
    return LibraryEdit(
        str(row["answer_id"]), int(row.get("version") or 0), {**fields, **signed, "import_id": import_id}
    )


def with_state(row: Mapping[str, Any], state: str, **signed: Any) -> LibraryEdit:
    """Return an answer in another state, its words as they stand."""
    values = {name: row.get(name) for name in (*FIELDS, *SIGNED)}
    return LibraryEdit(
        str(row["answer_id"]), int(row["version"]), {**values, "import_id": None, "state": state, **signed}
    )


def retired(row: Mapping[str, Any]) -> LibraryEdit:
    """Return an answer as retired: it is suggested no more, and stays on record."""
    return with_state(row, RETIRED)


def brought_back(row: Mapping[str, Any]) -> LibraryEdit:
    """Return a retired answer as a draft that waits for approval."""
    return with_state(row, DRAFT, merged_into=None, approved_by=None, approved_on=None)


def reviewed(row: Mapping[str, Any], today: date) -> LibraryEdit:
    """Return an answer as read again and still right on a day."""
    return with_state(row, str(row["state"]), reviewed_on=today)


def approval(row: Mapping[str, Any], user: str, today: date, *, four_eyes: bool) -> LibraryEdit:
    """Return an answer as approved.

    Parameters
    ----------
    row : mapping
    user : str
        Who approves.
    today : date
        The day of the approval, and of the review it is.
    four_eyes : bool
        Whether somebody else than who wrote its words must approve.

    Raises
    ------
    RequirementError
        When it is retired or approved already, or the approver wrote it.
    """
    title = str(row["answer_id"])
    if row["state"] != DRAFT:
        raise RequirementError(message("It is {state} already.", state=row["state"]), title, "Load the page again.")
    if four_eyes and user.strip().lower() == str(row.get("written_by") or "").strip().lower():
        raise RequirementError(
            "Somebody else than who wrote the answer approves it.",
            title,
            "Ask a colleague whose role approves, or set answers.four_eyes to false where one person works alone.",
        )
    return with_state(row, APPROVED, approved_by=user[:200], approved_on=today, reviewed_on=today)


def restored(row: Mapping[str, Any], earlier: Mapping[str, Any], user: str) -> LibraryEdit:
    """Return an answer with an earlier version's words; they wait for approval where they differ."""
    return changed(row, user, **{name: earlier.get(name) for name in FIELDS})


def differences(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> list[str]:
    """Say what a version changes of the one before, field by field."""
    if before is None:
        return ["added"]
    out = []
    for name, word in {**WORDS, "state": "state", "merged_into": "merged into"}.items():
        was, now = before.get(name), after.get(name)
        if was != now:
            out.append(f"{word}: {_short(was)} → {_short(now)}")
    return out


def _short(value: Any) -> str:
    text = "empty" if value is None else str(value)
    return text if len(text) <= 200 else text[:199] + "…"


def history(versions: pl.DataFrame, sample: pl.DataFrame | None = None) -> pl.DataFrame:
    """Return who changed what: [at, author, answer_id, version, question, what], newest first.

    Parameters
    ----------
    versions : pl.DataFrame
        As the store's `library.all` gives them.
    sample : pl.DataFrame, optional
        The sample's answers, over which the first version of some was written.
    """
    first = sample if sample is not None else nothing()
    before: dict[str, dict[str, Any]] = {row["answer_id"]: row for row in first.iter_rows(named=True)}
    rows = []
    for row in versions.sort("answer_id", "version").iter_rows(named=True):
        what = "; ".join(differences(before.get(row["answer_id"]), row)) or "read again, nothing changed"
        rows.append((row["saved_at"], row["author"], row["answer_id"], row["version"], row["question"], what))
        before[row["answer_id"]] = row
    shape: dict[str, Any] = {
        "at": pl.Datetime("us"),
        "author": pl.String,
        "answer_id": pl.String,
        "version": pl.Int64,
        "question": pl.String,
        "what": pl.String,
    }
    return pl.DataFrame(rows, schema=shape, orient="row").sort("at", "version", descending=True, maintain_order=True)


def due(library: Library, last: date, owner: str | None = None) -> pl.DataFrame:
    """Return the answers whose review is due up to a day, the longest overdue first.

    Parameters
    ----------
    library : Library
    last : date
    owner : str, optional
        Only this person's: by sign-in name, or by name.
    """
    rows = library.live.filter(pl.col("due_on") <= last)
    if owner is not None:
        names = _names_of(owner)
        rows = rows.filter(pl.col("owner").str.to_lowercase().str.strip_chars().is_in(names))
    return rows.sort("due_on", "answer_id")


def _names_of(owner: str) -> list[str]:
    return [name for name in {part.strip().lower() for part in owner.split("\n")} if name]


def month_end(day: date) -> date:
    """Return the last day of a day's month."""
    following = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
    return following - timedelta(days=1)


def links(evidence: str | None) -> list[str]:
    """Return the addresses an answer's evidence names, only those a browser may open safely."""
    return [line for line in answer_text.lines(evidence) if SAFE_LINK.match(line)]


def owners(rows: pl.DataFrame) -> list[str]:
    """Return who owns answers, by name."""
    return sorted(set(rows["owner"].drop_nulls()))


def tags_of(rows: pl.DataFrame) -> list[str]:
    """Return every tag of some answers, by name."""
    texts: Iterable[str] = rows["tags"].drop_nulls()
    return sorted({tag for text in texts for tag in answer_text.tags(text)}, key=str.lower)
