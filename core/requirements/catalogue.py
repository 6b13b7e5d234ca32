"""What the product can do: capabilities with their status, limits and the effort to close a gap."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import polars as pl
import yaml

from core.contracts.errors import RequirementError, closest
from core.requirements import grids

SHIPPED = Path(__file__).resolve().parents[2] / "sample_data" / "capabilities.csv"
STATUSES = ("available", "limited", "roadmap", "partner", "not available")
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
        effort_weeks, owner]: status is available, limited, roadmap, partner or not available;
        commitments are promises in numbers, regions and standards, such as "uptime 99.9 %; RTO 4 h";
        effort_weeks are the person-weeks that would make it fully available, null where not estimated.
    name : str
    """

    frame: pl.DataFrame
    name: str

    def texts(self) -> list[str]:
        """Return what a requirement is held against: the name, and the description where it says more."""
        return [
            f"{name}. {text}" if text and text != name else str(name)
            for name, text in self.frame.select("name", "description").iter_rows()
        ]

    def sentence(self) -> str:
        """Say how many capabilities there are and how many are available."""
        n = self.frame.height
        ready = int((self.frame["status"] == "available").sum())
        return f"{n:,} capabilities in {self.name}, {ready:,} of them available in full."


def load(file: Path | str | bytes | BinaryIO | None = None, name: str = "") -> Catalogue:
    """Read a capability catalogue from YAML, CSV or XLSX.

    Parameters
    ----------
    file : path, bytes or binary file, optional
        At least an id and a name or a description per capability; default the shipped catalogue.
        YAML is a list of mappings, or a mapping with such a list under `capabilities`.
    name : str
        The file's name, where `file` is not a path.

    Returns
    -------
    Catalogue
        A status that is missing counts as available, for what a seller lists is what he sells.

    Raises
    ------
    RequirementError
        When the file cannot be read, lacks an id or a name, has a status that is not known, or an
        id twice.
    """
    source: Path | str | bytes | BinaryIO = SHIPPED if file is None else file
    title = name or (Path(source).name if isinstance(source, (str, Path)) else "catalogue.csv")
    rows = _yaml(source, title) if title.lower().endswith((".yaml", ".yml")) else _table(source, title)
    if not rows:
        raise RequirementError("The catalogue has no capabilities.", title, "Add one row per capability.")
    named = _named(rows, title)
    records = [_record(row, named, title, number) for number, row in enumerate(rows, start=2)]
    kept = [r for r in records if r["capability_id"] and (r["name"] or r["description"])]
    frame = pl.DataFrame(kept, schema=SHAPE)
    twice = frame.filter(pl.col("capability_id").is_duplicated())
    if twice.height:
        raise RequirementError(
            f"The capability {twice['capability_id'][0]} stands there twice.", title, "Give each an id of its own."
        )
    return Catalogue(frame, title)


def _yaml(source: Path | str | bytes | BinaryIO, title: str) -> list[dict[str, Any]]:
    try:
        held = grids.content(source, title)[1]
        found = yaml.safe_load(held)
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise RequirementError("The catalogue is not valid YAML.", title, "Check its indents and quotes.") from error
    listed = found.get("capabilities") if isinstance(found, dict) else found
    if not isinstance(listed, list) or not all(isinstance(row, dict) for row in listed):
        raise RequirementError("The catalogue must be a list of capabilities.", title, "Start each with `- id:`.")
    return [{str(k): v for k, v in row.items()} for row in listed]


def _table(source: Path | str | bytes | BinaryIO, title: str) -> list[dict[str, Any]]:
    rows = grids.load(source, title)[0].rows
    if not rows:
        return []
    header = rows[0][1]
    return [dict(zip(header, cells, strict=False)) for _, cells in rows[1:]]


def _named(rows: list[dict[str, Any]], title: str) -> dict[str, str]:
    """Find which of the file's columns is which of ours."""
    known = {str(column).strip().lower(): str(column) for row in rows[:50] for column in row}
    found = {
        ours: known[next(word for word in words if word in known)]
        for ours, words in COLUMNS.items()
        if set(words) & set(known)
    }
    if "capability_id" not in found or not {"name", "description"} & set(found):
        lacking = "an id" if "capability_id" not in found else "a name or description"
        near = closest("id" if lacking == "an id" else "name", list(known))
        mend = f"Is it {near!r}? Call it " if near else "Call it "
        raise RequirementError(
            f"The catalogue has no column with {lacking}.", title, f"{mend}{'id' if lacking == 'an id' else 'name'}."
        )
    return found


def _record(row: dict[str, Any], named: dict[str, str], title: str, number: int) -> dict[str, Any]:
    at = {ours: row.get(theirs) for ours, theirs in named.items()}
    text = {k: str(v).strip() if v is not None and str(v).strip() else None for k, v in at.items()}
    return {
        **dict.fromkeys(SHAPE),
        **text,
        "name": text.get("name") or text.get("description"),
        "status": _status(text.get("status"), title, number),
        "available_on": _date(at.get("available_on")),
        "effort_weeks": _number(text.get("effort_weeks")),
    }


def _status(text: str | None, title: str, number: int) -> str:
    if not text:
        return "available"
    for ours, words in WORDS.items():
        if text.lower() in words:
            return ours
    raise RequirementError(
        f"The status {text!r} is not known.", f"{title}, row {number}", f"Use one of: {', '.join(STATUSES)}."
    )


def _date(value: Any) -> Any:
    found = pl.Series([str(value or "")[:10]]).str.to_date("%Y-%m-%d", strict=False)
    return found[0]


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None
