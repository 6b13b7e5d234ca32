"""What the product can do: capabilities with their status, limits and the effort to close a gap."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

import polars as pl

from core.config import load as settings_in_force
from core.contracts.errors import RequirementError, closest
from core.contracts.yaml_text import YamlError, read_yaml
from core.localization import joined, message
from core.metrics.measure import counted
from core.requirements.officefiles import grids
from core.resources import industry_file

SHIPPED = "capabilities.csv"
MOST_WEEKS, MOST_IN_A_LIST = 1_000, 50
STATUSES = ("available", "limited", "roadmap", "partner", "not available")
# What a catalogue without a column of statuses says of its capabilities.
UNSTATED = "unclear"
# A word with a capital within a sentence.
PROPER_NAME = re.compile(r"(?<=[a-z,;(] )[A-Z][A-Za-z\d]{2,}")
SHAPE = {
    "capability_id": pl.String,
    "name": pl.String,
    "category": pl.String,
    "status": pl.String,
    "description": pl.String,
    "limit": pl.String,
    "commitments": pl.String,
    "available_on": pl.Date,
    "effort_weeks": pl.Float64,
    "owner": pl.String,
    "evidence": pl.String,
    "how": pl.String,
    "scope": pl.String,
    "exception": pl.String,
    "evidence_on": pl.Date,
}
COLUMNS = {
    "capability_id": ("capability_id", "id", "key", "code", "ref", "ref_id", "number", "capability id", "control id"),
    "name": ("name", "title", "capability", "feature", "control", "text", "question"),
    "description": ("description", "details", "summary", "answer", "statement"),
    "category": ("category", "area", "domain", "type"),
    "status": ("status", "support", "availability"),
    "limit": ("limit", "limits", "note", "notes"),
    "commitments": ("commitments", "commitment", "commits", "committed values", "sla"),
    "available_on": ("available_on", "available on", "date", "release date", "eta"),
    "effort_weeks": ("effort_weeks", "effort weeks", "effort", "person weeks"),
    "owner": ("owner", "team"),
    "evidence": ("evidence", "evidence links", "links", "link", "proof", "url", "documentation"),
    "how": ("how", "how it is provided", "buyer answer", "said to a buyer"),
    "scope": ("scope", "applies to", "editions"),
    "exception": ("exception", "exceptions", "exclusions"),
    "evidence_on": ("evidence_on", "evidence on", "evidence date", "evidence as of"),
}
WORDS = {
    "available": ("available", "supported", "yes", "ga", "full", "released", "live"),
    "limited": ("limited", "partial", "partially", "beta", "preview", "configurable"),
    "roadmap": ("roadmap", "planned", "in development", "future", "coming"),
    "partner": ("partner", "third party", "via partner"),
    "not available": ("not available", "unsupported", "no", "none", "not supported", "missing"),
}


@dataclass(frozen=True)
class Catalogue:
    """Capabilities of the product.

    Attributes
    ----------
    frame : pl.DataFrame
        [capability_id, name, category, status, description, limit, commitments, available_on,
        effort_weeks, owner, evidence, how, scope, exception, evidence_on]: status is available, limited,
        roadmap, partner or not available, and unclear where the file states no status at all;
        commitments are promises in numbers, regions and standards, such as "uptime 99.9 %; RTO 4 h";
        effort_weeks are the person-weeks that would make it fully available, null where not estimated;
        evidence are links that prove it, evidence_on the day they are of; how is what a buyer is told in whole
        sentences, scope what that applies to, exception what it leaves out: draft answers are made of them.
    name : str
    aliases : mapping
        The id of a capability that was merged into another, and that one's id.
    """

    frame: pl.DataFrame
    name: str
    aliases: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def fingerprint(self) -> str:
        """Return a name for what the catalogue says."""
        rows = self.frame.hash_rows(seed=7)
        return f"{self.name} {rows.len()} {rows.sum()} {hash(tuple(rows.head(200)))} {sorted(self.aliases.items())}"

    def by_id(self) -> dict[str, dict[str, Any]]:
        """Return each capability by its id; one merged into another also by the id it had."""
        rows = {str(row["capability_id"]): row for row in self.frame.to_dicts()}
        return rows | {old: rows[new] for old, new in self.aliases.items() if old not in rows and new in rows}

    def texts(self) -> list[str]:
        """Return what a requirement is held against: the name, and the description where it says more."""
        return [
            f"{name}. {text}" if text and text != name else str(name)
            for name, text in self.frame.select("name", "description").iter_rows()
        ]

    @cached_property
    def proper_names(self) -> frozenset[str]:
        """Return the names the texts mention within a sentence, in lower case: products, standards, companies."""
        return frozenset(name.lower() for text in self.texts() for name in PROPER_NAME.findall(text))

    @property
    def note(self) -> str:
        """Say that the catalogue states no status, so that nothing is promised from it; empty where it does."""
        if self.frame.is_empty() or not (self.frame["status"] == UNSTATED).all():
            return ""
        return message(
            "{name} has no column of statuses, so that nothing in it counts as available: every row "
            "it answers stays unclear. Add a column status with one of: {statuses}.",
            name=self.name,
            statuses=", ".join(STATUSES),
        )

    def sentence(self) -> str:
        """Say how many capabilities there are and how many are available."""
        n = self.frame.height
        ready = int((self.frame["status"] == "available").sum())
        return message(
            "{capabilities} in {name}, {ready:,} of them available in full.",
            capabilities=counted(n, "capability", "capabilities"),
            name=self.name,
            ready=ready,
        )


@dataclass(frozen=True)
class Reading:
    """A catalogue as a file has it.

    Attributes
    ----------
    catalogue : Catalogue
        The rows that can be used.
    columns : tuple of str
        Which of our columns the file has.
    rejected : pl.DataFrame
        [row, capability_id, name, reason]: the rows that cannot.
    """

    catalogue: Catalogue
    columns: tuple[str, ...]
    rejected: pl.DataFrame


REJECTED = {"row": pl.Int64, "capability_id": pl.String, "name": pl.String, "reason": pl.String}


def read(file: Path | str | bytes | BinaryIO, name: str = "", *, is_strict: bool = True) -> Reading:
    """Read a capability catalogue; rows that cannot be used are kept aside with the reason.

    Parameters
    ----------
    file : path, bytes or binary file
        YAML, CSV or XLSX with at least an id and a name or a description per capability.
        YAML is a list of mappings, or a mapping with such a list under `capabilities`.
    name : str
        The file's name, where `file` is not a path.
    is_strict : bool
        Whether a date or an effort that cannot be read keeps its row aside; else it is left empty.

    Raises
    ------
    RequirementError
        When the file cannot be read, holds no row, or lacks an id or a name.
    """
    title = name or (Path(file).name if isinstance(file, (str, Path)) else "catalogue.csv")
    rows = _yaml(file, title) if title.lower().endswith((".yaml", ".yml")) else _table(file, title)
    if not rows:
        raise RequirementError("The catalogue has no capabilities.", title, "Add one row per capability.")
    named = _named([row for _, row in rows], title)
    unsaid = "available" if "status" in named else UNSTATED
    records: dict[str, dict[str, Any]] = {}
    aside: list[tuple[int, str | None, str | None, str]] = []
    for number, row in rows:
        record, given = _record(row, named), {ours: row.get(theirs) for ours, theirs in named.items()}
        if all(value in (None, "") for value in given.values()):
            continue
        why = _fault(record, given, records, is_strict=is_strict)
        if why:
            aside.append((number, record["capability_id"], record["name"], why))
        else:
            records[record["capability_id"]] = record | {"status": record["status"] or unsaid}
    frame = pl.DataFrame(list(records.values()), schema=SHAPE)
    return Reading(Catalogue(frame, title), tuple(named), pl.DataFrame(aside, schema=REJECTED, orient="row"))


def _fault(record: dict[str, Any], given: dict[str, Any], records: Mapping[str, Any], *, is_strict: bool) -> str:
    """Say why a row cannot be used; empty where it can."""
    key = record["capability_id"]
    if not key or not record["name"]:
        return "It has no id." if not key else "It has neither a name nor a description."
    if key in records:
        return message("The id {key} stands there twice.", key=key)
    if given.get("status") not in (None, "") and record["status"] is None:
        return message(
            "The status {status!r} is not known: use one of {statuses}.",
            status=str(given["status"])[:40],
            statuses=", ".join(STATUSES),
        )
    return _odd(record, given) if is_strict else ""


def _odd(record: dict[str, Any], given: dict[str, Any]) -> str:
    """Say which date or effort cannot be read."""
    if given.get("available_on") not in (None, "") and record["available_on"] is None:
        return message(
            "The date {available_on!r} cannot be read: write it as 2026-09-30.",
            available_on=str(given["available_on"])[:40],
        )
    if given.get("evidence_on") not in (None, "") and record["evidence_on"] is None:
        return message(
            "The date {evidence_on!r} cannot be read: write it as 2026-09-30.",
            evidence_on=str(given["evidence_on"])[:40],
        )
    weeks = record["effort_weeks"]
    if given.get("effort_weeks") not in (None, "") and (weeks is None or not 0 <= weeks <= MOST_WEEKS):
        return message(
            "The effort {effort_weeks!r} is not a number of weeks from 0 to {most_weeks:,}.",
            effort_weeks=str(given["effort_weeks"])[:40],
            most_weeks=MOST_WEEKS,
        )
    return ""


def load(file: Path | str | bytes | BinaryIO | None = None, name: str = "") -> Catalogue:
    """Read a capability catalogue from YAML, CSV or XLSX.

    Parameters
    ----------
    file : path, bytes or binary file, optional
        At least an id and a name or a description per capability; default the catalogue that is shipped for
        the industry of the settings.
        YAML is a list of mappings, or a mapping with such a list under `capabilities`.
    name : str
        The file's name, where `file` is not a path.

    Returns
    -------
    Catalogue
        A status left empty counts as available, for what a seller lists is what he sells; without a column of
        statuses all are unclear.

    Raises
    ------
    RequirementError
        When the file cannot be read, lacks an id or a name, has a status that is not known, or an
        id twice. A row without an id or a name is passed over.
    """
    reading = read(shipped_file() if file is None else file, name, is_strict=False)
    wrong = reading.rejected.filter(pl.col("capability_id").is_not_null(), pl.col("name").is_not_null())
    if not wrong.is_empty():
        row = wrong.row(0, named=True)
        raise RequirementError(
            row["reason"], message("{name}, row {row}", name=reading.catalogue.name, row=row["row"]), "Mend that row."
        )
    if reading.catalogue.frame.is_empty():
        raise RequirementError(
            "The catalogue has no capabilities.", reading.catalogue.name, "Add one row per capability."
        )
    return reading.catalogue


def shipped_file() -> Path:
    """Return the catalogue that comes with Quarterdeck for the industry of the settings."""
    return industry_file(settings_in_force().demo.industry, SHIPPED)


def _yaml(source: Path | str | bytes | BinaryIO, title: str) -> list[tuple[int, dict[str, Any]]]:
    """Return each entry with its place, from 1."""
    try:
        content = grids.content(source, title)[1]
        document = read_yaml(content)
    except OSError as error:
        raise RequirementError("The catalogue cannot be read.", title, "Check that it is there.") from error
    except YamlError as error:
        raise RequirementError("The catalogue is not valid YAML.", title, str(error)) from error
    listed = document.get("capabilities") if isinstance(document, dict) else document
    if not isinstance(listed, list) or not all(isinstance(row, dict) for row in listed):
        raise RequirementError("The catalogue must be a list of capabilities.", title, "Start each with `- id:`.")
    return [(number, {str(k): _scalar(v) for k, v in row.items()}) for number, row in enumerate(listed, start=1)]


def _scalar(value: Any) -> Any:
    """Return a value as a cell may hold it: a short list of texts as one text, anything deeper as nothing."""
    if isinstance(value, list) and len(value) <= MOST_IN_A_LIST:
        parts = [str(item) for item in value if not isinstance(item, (list, dict))]
        return joined(*parts, by="; ")
    return None if isinstance(value, (list, dict)) else value


def _table(source: Path | str | bytes | BinaryIO, title: str) -> list[tuple[int, dict[str, Any]]]:
    """Return each row under the heading with its number in the file."""
    rows = grids.load(source, title)[0].rows
    if not rows:
        return []
    header = rows[0][1]
    return [(number, dict(zip(header, cells, strict=False))) for number, cells in rows[1:]]


def _named(rows: list[dict[str, Any]], title: str) -> dict[str, str]:
    """Find which of the file's columns is which of ours."""
    columns = {str(column).strip().lower(): str(column) for row in rows[:50] for column in row}
    mapping = {
        ours: columns[next(word for word in words if word in columns)]
        for ours, words in COLUMNS.items()
        if set(words) & set(columns)
    }
    if "capability_id" not in mapping or not {"name", "description"} & set(mapping):
        lacking = "an id" if "capability_id" not in mapping else "a name or description"
        near = closest("id" if lacking == "an id" else "name", list(columns))
        mend = message("Is it {near!r}? Call it ", near=near) if near else "Call it "
        raise RequirementError(
            message("The catalogue has no column with {lacking}.", lacking=lacking),
            title,
            f"{mend}{'id' if lacking == 'an id' else 'name'}.",
        )
    return mapping


def _record(row: dict[str, Any], named: dict[str, str]) -> dict[str, Any]:
    at = {ours: row.get(theirs) for ours, theirs in named.items()}
    text = {k: str(v).strip() if v is not None and str(v).strip() else None for k, v in at.items()}
    return {
        **dict.fromkeys(SHAPE),
        **text,
        "name": text.get("name") or text.get("description"),
        "status": status(text.get("status")),
        "available_on": day(at.get("available_on")),
        "evidence_on": day(at.get("evidence_on")),
        "effort_weeks": _number(text.get("effort_weeks")),
    }


def status(text: str | None) -> str | None:
    """Return which of our statuses a word says; None where it says none.

    Examples
    --------
    >>> status("Supported"), status("beta"), status("blue")
    ('available', 'limited', None)
    """
    label = (text or "").strip().lower()
    return next((ours for ours, words in WORDS.items() if label in words), None)


def day(value: Any) -> date | None:
    """Return a date written year first; None for anything else.

    Examples
    --------
    >>> day("2026-09-30"), day("soon")
    (datetime.date(2026, 9, 30), None)
    """
    try:
        return datetime.strptime(str(value or "")[:10], "%Y-%m-%d").date()
    except ValueError:
        return None


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None
