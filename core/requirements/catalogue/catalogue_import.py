"""A file of capabilities held against the catalogue before anything is taken over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from core.contracts.errors import RequirementError
from core.localization import message, message_plural
from core.requirements.catalogue import effective_catalogue
from core.requirements.catalogue.capabilities import Reading
from core.requirements.catalogue.effective_catalogue import FIELDS, Edition
from core.requirements.text.classification import CATEGORIES
from core.store.capabilities import CapabilityEdit

CHANGES = {"capability_id": pl.String, "name": pl.String, "kind": pl.String, "what": pl.String}
NEW, CHANGED, BACK, GONE = "new", "changed", "brought back", "not in the file"


@dataclass(frozen=True)
class Incoming:
    """What a file would change.

    Attributes
    ----------
    frame : pl.DataFrame
        [capability_id, name, kind, what]: kind is new, changed, brought back or "not in the file".
    edits : tuple of CapabilityEdit
        One for each row of `frame` but those not in the file.
    retiring : tuple of CapabilityEdit
        What retires those not in the file.
    rejected : pl.DataFrame
        [row, capability_id, name, reason].
    n_same : int
    name : str
        The file.
    """

    frame: pl.DataFrame
    edits: tuple[CapabilityEdit, ...]
    retiring: tuple[CapabilityEdit, ...]
    rejected: pl.DataFrame
    n_same: int
    name: str

    def sentence(self) -> str:
        """Say what the file brings and what cannot be used."""
        counts = dict(self.frame["kind"].value_counts().iter_rows())
        parts = [f"{counts[kind]:,} {kind}" for kind in (NEW, CHANGED, BACK) if counts.get(kind)]
        text = f"{self.name}: {', '.join(parts) if parts else 'nothing new'}"
        text += message(", {n_same:,} as they stand", n_same=self.n_same) if self.n_same else ""
        text += (
            message("; {n_retiring:,} of ours are not in it.", n_retiring=len(self.retiring)) if self.retiring else "."
        )
        bad = self.rejected.height
        return text + (
            message_plural(
                " {n:,} row cannot be used, as said below.", " {n:,} rows cannot be used, as said below.", bad
            )
            if bad
            else ""
        )


def preview(standing: Edition, read: Reading) -> Incoming:
    """Work out what taking a file over would change; nothing is changed yet.

    A column the file does not have leaves ours as it is; an empty cell of a column it has empties ours. A
    category in other words than ours is left as it stands.

    Parameters
    ----------
    standing : Edition
    read : Reading
        As `catalogue.read` gives it.
    """
    current = {row["capability_id"]: row for row in standing.frame.iter_rows(named=True)}
    fields = [name for name in FIELDS if name in read.columns]
    rows, edits, same, aside = [], [], 0, read.rejected.rows()
    for row in read.catalogue.frame.iter_rows(named=True):
        key, was = row["capability_id"], current.get(row["capability_id"])
        base: dict[str, Any] = was or {"capability_id": key, **dict.fromkeys(FIELDS), "status": "available"}
        try:
            values = effective_catalogue.checked(key, _values(row, base, fields, is_new=not was))
        except RequirementError as error:
            aside.append((None, key, row["name"], str(error)))
            continue
        edit = effective_catalogue.change(base, **values, is_retired=False, merged_into=None)
        what = effective_catalogue.differences(was, edit.values)
        if was is not None and not what:
            same += 1
            continue
        edits.append(edit)
        rows.append((key, edit.values["name"], _kind(was), "; ".join(what)))
    given = set(read.catalogue.frame["capability_id"]) | {row[1] for row in aside}
    gone = [row for key, row in current.items() if key not in given and not row["is_retired"]]
    rows += [(row["capability_id"], row["name"], GONE, "stays, unless you retire it") for row in gone]
    return Incoming(
        pl.DataFrame(rows, schema=CHANGES, orient="row"),
        tuple(edits),
        tuple(effective_catalogue.change(row, is_retired=True) for row in gone),
        pl.DataFrame(aside, schema=read.rejected.schema, orient="row"),
        same,
        read.catalogue.name,
    )


def _values(row: Mapping[str, Any], base: Mapping[str, Any], fields: Sequence[str], *, is_new: bool) -> dict[str, Any]:
    """Return our fields of a capability with those of the file over them."""
    values = {name: base.get(name) for name in FIELDS} | {name: row[name] for name in fields}
    if is_new:
        values["name"] = row["name"]
    if "category" in fields:
        values["category"] = _category(row["category"], base.get("category"))
    return values


def _kind(was: Mapping[str, Any] | None) -> str:
    """Return what a file does to a capability that differs from ours."""
    if was is None:
        return NEW
    return BACK if was["is_retired"] else CHANGED


def _category(given: str | None, ours: str | None) -> str | None:
    label = (given or "").strip().lower()
    return label if label in CATEGORIES else ours
