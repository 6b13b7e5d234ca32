"""The catalogue in force: the shipped one, and before it what people wrote since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from core.config import load as settings_in_force
from core.contracts.errors import RequirementError
from core.localization import joined, message, message_plural
from core.metrics.measure import counted
from core.requirements.catalogue import capabilities as files
from core.requirements.catalogue.capabilities import SHAPE, STATUSES, Catalogue
from core.requirements.text.classification import CATEGORIES
from core.resources import SOFTWARE
from core.store import Store
from core.store.capabilities import CapabilityEdit

BOOK = "catalogue"  # of the software company, and of a workspace's own data
NONE = "none"
FIELDS = tuple(name for name in SHAPE if name != "capability_id")
FOUND: dict[str, Any] = {
    **SHAPE,
    "version": pl.Int64,
    "author": pl.String,
    "saved_at": pl.Datetime("us"),
    "is_retired": pl.Boolean,
    "merged_into": pl.String,
}
WORDS = {
    "name": "name",
    "category": "category",
    "status": "status",
    "description": "description",
    "limit": "limits",
    "commitments": "commitments",
    "available_on": "available on",
    "effort_weeks": "person-weeks",
    "owner": "owner",
    "evidence": "evidence",
    "how": "how it is provided",
    "scope": "scope",
    "exception": "exception",
    "evidence_on": "evidence as of",
}
HISTORY: dict[str, Any] = {
    "at": pl.Datetime("us"),
    "author": pl.String,
    "capability_id": pl.String,
    "name": pl.String,
    "what": pl.String,
    "version": pl.Int64,
}
LONGEST_SHOWN = 120


@dataclass(frozen=True)
class Edition:
    """All capabilities as they stand.

    Attributes
    ----------
    frame : pl.DataFrame
        The catalogue's columns, and [version, author, saved_at, is_retired, merged_into]: version 0 and nulls
        where nobody has edited the shipped one; saved_at in UTC.
    name : str
    """

    frame: pl.DataFrame
    name: str

    @property
    def catalogue(self) -> Catalogue:
        """Return what requirements are held against: all that are not retired."""
        merged = self.frame.filter("is_retired", pl.col("merged_into").is_not_null())
        follow = {str(old): str(new) for old, new in merged.select("capability_id", "merged_into").iter_rows()}
        return Catalogue(self.frame.filter(~pl.col("is_retired")).select(list(SHAPE)), self.name, _ends(follow))

    def row(self, capability_id: str) -> dict[str, Any] | None:
        """Return one capability; None where there is none of that id."""
        rows = self.frame.filter(pl.col("capability_id") == capability_id)
        return rows.row(0, named=True) if rows.height else None

    def sentence(self) -> str:
        """Say how many capabilities there are, how they stand, and how many people edited or retired."""
        rows = self.frame.filter(~pl.col("is_retired"))
        counts = dict(rows["status"].value_counts().iter_rows())
        parts = joined(
            *(message("{n:,} {status}", n=counts[s], status=SAID[s]) for s in STATUSES if counts.get(s)), by=", "
        )
        n = counted(rows.height, "capability", "capabilities")
        text = message("{n}: {parts}.", n=n, parts=parts) if rows.height else "The catalogue is empty."
        gone, edited = self.frame.height - rows.height, rows.filter(pl.col("version") > 0).height
        text += (
            message_plural(" {n:,} was added or changed here.", " {n:,} were added or changed here.", edited)
            if edited
            else ""
        )
        text += message_plural(" {n:,} is retired.", " {n:,} are retired.", gone) if gone else ""
        unproven = rows.filter(pl.col("status") == "available", pl.col("evidence").is_null()).height
        return text + (
            message(" {unproven:,} available ones have no evidence link yet.", unproven=unproven) if unproven else ""
        )

    def by_category(self) -> pl.DataFrame:
        """Return [category, status, n] of what is not retired."""
        rows = self.frame.filter(~pl.col("is_retired")).with_columns(pl.col("category").fill_null("none given"))
        return rows.group_by("category", "status").agg(n=pl.len()).sort("category", "status")


SAID = {
    "available": "available",
    "limited": "with limits",
    "roadmap": "on the roadmap",
    "partner": "through a partner",
    "not available": "not available",
}


def _ends(follow: Mapping[str, str]) -> dict[str, str]:
    """Follow capabilities that were merged into one that was merged itself."""
    out = {}
    for old in follow:
        new, seen = old, {old}
        while new in follow and follow[new] not in seen:
            new = follow[new]
            seen.add(new)
        out[old] = new
    return out


def book(industry: str) -> str:
    """Return under which name edits are kept: an industry's sample company has a catalogue, and edits, of its own.

    Examples
    --------
    >>> book("software"), book("medical")
    ('catalogue', 'catalogue of medical')
    """
    return BOOK if industry == SOFTWARE else message("{book} of {industry}", book=BOOK, industry=industry)


def of(shipped: Catalogue, edits: pl.DataFrame) -> Edition:
    """Lay what people wrote over the shipped catalogue.

    Parameters
    ----------
    shipped : Catalogue
    edits : pl.DataFrame
        As the store's `capabilities.newest` gives them.
    """
    rows = edits.select(list(FOUND)) if not edits.is_empty() else pl.DataFrame(schema=FOUND)
    own = shipped.frame.with_columns(
        version=pl.lit(0, pl.Int64),
        author=pl.lit(None, pl.String),
        saved_at=pl.lit(None, pl.Datetime("us")),
        is_retired=pl.lit(value=False),
        merged_into=pl.lit(None, pl.String),
    ).select(list(FOUND))
    both = own.select("capability_id").join(rows, on="capability_id", how="semi", maintain_order="left")
    untouched = own.join(both, on="capability_id", how="anti", maintain_order="left")
    frame = pl.concat([untouched, rows]).sort("capability_id", maintain_order=True)
    name = shipped.name if rows.is_empty() else "your catalogue"
    return Edition(frame, name)


def load(store: Store | None) -> Edition:
    """All capabilities: the imported ones and what people added or changed.

    Parameters
    ----------
    store : Store or None
        An open database; None for the shipped ones alone.
    """
    return of(
        files.load(),
        pl.DataFrame() if store is None else store.capabilities.newest(book(settings_in_force().demo.industry)),
    )


def checked(capability_id: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is to be kept of a form: texts trimmed, empty ones null.

    Parameters
    ----------
    capability_id : str
    values : mapping
        Any of the catalogue's columns.

    Raises
    ------
    RequirementError
        When the id or the name is empty, or a status, category, date, effort or link is not one.
    """
    where = message("capability {capability_id}", capability_id=capability_id.strip() or message("without an id"))
    if not capability_id.strip() or capability_id.strip().lower() == NONE:
        raise RequirementError("A capability needs an id.", mend="Write one like SEC-42; the word none is taken.")
    out: dict[str, Any] = {
        k: (v.strip() or None) if isinstance(v, str) else v for k, v in values.items() if k in FIELDS
    }
    if not out.get("name"):
        raise RequirementError("A capability needs a name.", where, "Say in a few words what it does.")
    if out.get("status") not in STATUSES:
        raise RequirementError(
            "The status is missing.", where, message("Use one of: {statuses}.", statuses=", ".join(STATUSES))
        )
    if out.get("category") not in (None, *CATEGORIES):
        raise RequirementError(
            message("There is no category {category!r}.", category=out["category"]),
            where,
            message("Use one of: {categories}.", categories=", ".join(CATEGORIES)),
        )
    weeks = out.get("effort_weeks")
    if weeks is not None and not 0 <= weeks <= files.MOST_WEEKS:
        raise RequirementError(
            message("{weeks:g} person-weeks cannot be meant.", weeks=weeks), where, "Write a number from 0 to 1,000."
        )
    for link in links(out.get("evidence")):
        if not link.startswith(("https://", "http://")):
            raise RequirementError(
                message("{link!r} is no link.", link=link[:60]), where, "Begin each with https:// on a line of its own."
            )
    return out


def links(evidence: str | None) -> list[str]:
    """Return the links of a capability, one per line, space or semicolon.

    Examples
    --------
    >>> links("https://a.example/soc2; https://b.example")
    ['https://a.example/soc2', 'https://b.example']
    """
    return [part for part in (evidence or "").replace(";", " ").split() if part]


def change(row: Mapping[str, Any], **values: Any) -> CapabilityEdit:
    """Return the edit that gives a capability new values and keeps all others.

    Parameters
    ----------
    row : mapping
        The capability as it was seen, with its version.
    values
        What shall change.
    """
    current = {name: row.get(name) for name in (*FIELDS, "is_retired", "merged_into")}
    current["is_retired"] = bool(current["is_retired"])
    return CapabilityEdit(str(row["capability_id"]), int(row.get("version") or 0), {**current, **values})


def restored(row: Mapping[str, Any], earlier: Mapping[str, Any]) -> CapabilityEdit:
    """Return the edit that makes a capability say again what an earlier version said."""
    return change(row, **{name: earlier[name] for name in (*FIELDS, "is_retired", "merged_into")})


def differences(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> list[str]:
    """Say in words what differs between two versions of a capability.

    Examples
    --------
    >>> differences({"name": "A", "limit": None}, {"name": "B", "limit": "5 GB"})
    ['name: A → B', 'limits: empty → 5 GB']
    """
    was = before or {}
    parts = []
    if before is not None and bool(was.get("is_retired")) != bool(after.get("is_retired")):
        into = after.get("merged_into")
        parts.append(
            (message("merged into {into}", into=into) if into else "retired")
            if after.get("is_retired")
            else "brought back"
        )
    for name, word in WORDS.items():
        if name in after and was.get(name) != after[name]:
            parts.append(f"{word}: {_value_text(was.get(name))} → {_value_text(after[name])}")
    return parts


def _value_text(value: Any) -> str:
    if value is None or value == "":
        return "empty"
    text = f"{value:g}" if isinstance(value, float) else value.isoformat() if isinstance(value, date) else str(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


def history(shipped: Catalogue, versions: pl.DataFrame) -> pl.DataFrame:
    """Return who changed what and when, newest first.

    Parameters
    ----------
    shipped : Catalogue
    versions : pl.DataFrame
        As the store's `capabilities.all` gives them, oldest first.

    Returns
    -------
    pl.DataFrame
        [at, author, capability_id, name, what, version], at in UTC; what says each value before and after.
    """
    before: dict[str, Mapping[str, Any]] = {
        str(row["capability_id"]): row | {"is_retired": False} for row in shipped.frame.iter_rows(named=True)
    }
    rows = []
    for row in versions.iter_rows(named=True):
        key = row["capability_id"]
        was = before.get(key)
        changes = differences(was, row)
        what = (
            ("; ".join(changes) or "nothing")
            if was is not None
            else message("added: {name}, {status}", name=row["name"], status=row["status"])
        )
        rows.append((row["saved_at"], row["author"], key, row["name"], what, row["version"]))
        before[key] = row
    return pl.DataFrame(rows[::-1], schema=HISTORY, orient="row")


def next_id(rows: pl.DataFrame, category: str | None) -> str:
    """Return a free id for a new capability, counted on from those of its category.

    Examples
    --------
    >>> next_id(pl.DataFrame({"capability_id": ["SEC-09", "SEC-10"], "category": ["security"] * 2}), "security")
    'SEC-11'
    """
    mine = rows.filter(pl.col("category") == category) if category else rows.clear()
    parts = mine["capability_id"].str.extract_groups(r"^(?<head>.*?)(?<number>\d{1,6})$").struct.unnest().drop_nulls()
    taken = set(rows["capability_id"])
    heads = parts["head"].value_counts(sort=True)
    head = str(heads["head"][0]) if heads.height else f"{(category or 'cap')[:3].upper()}-"
    numbers = parts.filter(pl.col("head") == head)["number"]
    wide = max((len(n) for n in numbers), default=2)
    number = max((int(n) for n in numbers), default=0) + 1
    while f"{head}{number:0{wide}d}" in taken:
        number += 1
    return f"{head}{number:0{wide}d}"
