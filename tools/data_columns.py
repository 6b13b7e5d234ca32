"""Writes docs/data-columns.md: every entity and column that is read, from the contracts.

Run `python -m tools.data_columns` after a contract, or what is read to fill it, changes.
"""

from __future__ import annotations

import inspect
import textwrap
from pathlib import Path
from typing import Any

import polars as pl

from core.contracts import FRAMES, OPTIONAL_FRAMES
from core.contracts.schemas import ALL_SCHEMAS
from core.contracts.yaml_text import shipped_yaml
from core.sources import columns
from core.sources.recognition import NEEDED

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / "docs" / "data-columns.md"
MEANINGS = ROOT / "core" / "sources" / "column_meanings.yaml"
TYPES = {
    pl.String: "text",
    pl.Int64: "whole number",
    pl.Float64: "number",
    pl.Date: "date",
    pl.Datetime: "date and time",
    pl.Boolean: "yes or no",
}
HEAD = """# Columns

Every entity Quarterdeck reads, with its columns, their types and the words allowed, as `core/contracts` and
`core/sources/columns.py` have them. This file is written by `python -m tools.data_columns`.

How to read the tables:

- **Type**: *text*, *whole number*, *number*, *date*, *date and time*, *yes or no*. Files may write dates, amounts and
  yes or no in any usual way, for what a column holds is decided once for the whole column.
- **Empty**: whether a cell may be empty once everything is read. What a file lacks is filled first where it follows
  from other columns, as the last column of the table says.
- **Key**: columns in bold make a row unique. Rows that are the same word for word count once. Of rows with one key that
  differ, the one changed last counts; where no column says when, the one in the file whose name holds the latest date,
  else the first; lines of transactions and contracts that share a number are numbered on. The Data page lists what was
  left out.
- **Allowed**: other words of the trade are understood too (`Existing Business` is an expansion, `Account Executive` a
  rep); all of them stand in `core/sources/words.yaml`. A word that is not understood counts as empty and is listed with
  its reason; an activity whose kind is not understood is left out.
- **Also read**: columns that fill those of the table and are not kept.

Your own columns beside these are kept. Headers are compared without case, accents, spaces and punctuation, and the
usual ones of seven CRMs and of several languages are known; [the guides](crm/README.md) say what to do about others.
A header may say a unit and a currency: `Amount (k€)`, `Betrag in TEUR`, `amount_usd`.

The same in a program: `core.contracts.SCHEMAS["accounts"].column_names()`.
"""
AFTER = """
A map can name an entity whatever its columns are. No entity is obligatory: what is missing is said on the Data page,
with what cannot be shown without it.
"""
BESIDE = "\nThose that follow are what a CRM keeps beside them; a source may lack every one.\n"
END = """
## meta.yaml

A file of this name beside the others may hold `as_of` (the day the data speak of, as 2026-03-31), `currency` (the one
the amounts are reported in) and `source` (what the data are called).
"""


def text() -> str:
    """Return the whole file."""
    meanings = shipped_yaml(MEANINGS)
    parts = [HEAD, _entities(), AFTER]
    parts += [_entity(name, meanings[name]) for name in FRAMES]
    parts += [BESIDE, *(_entity(name, meanings[name]) for name in OPTIONAL_FRAMES)]
    return "".join([*parts, _helpers(meanings["helpers"]), END])


def _entities() -> str:
    lines = ["| entity | a table is taken for it when it has | a row counts when it has |", "| --- | --- | --- |"]
    for name in (*FRAMES, *OPTIONAL_FRAMES):
        needed = ", and ".join(" or ".join(f"`{c}`" for c in group) for group in NEEDED[name])
        keys = ", ".join(f"`{c}`" for c in columns.KEYS[name])
        lines.append(f"| [{name}](#{name}) | {needed} | {keys} |")
    return "\n" + "\n".join(lines) + "\n"


def _entity(name: str, meanings: dict[str, Any]) -> str:
    schema = ALL_SCHEMAS[name]
    keys = set(schema.primary_key())
    lines = ["| column | type | empty | allowed | meaning |", "| --- | --- | --- | --- | --- |"]
    for column, contract in schema.columns().items():
        shown = f"**`{column}`**" if column in keys else f"`{column}`"
        kind = TYPES[type(contract.dtype)]
        meaning = meanings["columns"].get(column, "")
        lines.append(
            f"| {shown} | {kind} | {'yes' if contract.nullable else 'no'} | {_allowed(contract)} | {meaning} |"
        )
    also = ["| column | what for |", "| --- | --- |"]
    also += [f"| `{column}` | {what} |" for column, what in columns.READING.get(name, {}).items()]
    about, table, more = textwrap.fill(meanings["about"], 120), "\n".join(lines), "\n".join(also)
    return f"\n## {name}\n\n{about}\n\n{table}\n\nAlso read:\n\n{more}\n"


def _allowed(contract: Any) -> str:
    """Say which words or numbers a column's contract allows."""
    if contract.check is not None:
        words = inspect.getclosurevars(contract.check).nonlocals["choices"]
        return ", ".join(f"`{word}`" for word in words)
    low, high, above = (getattr(contract, name, None) for name in ("min", "max", "min_exclusive"))
    if above is not None:
        return f"more than {above:g}"
    if low is None:
        return ""
    return f"{low:g} or more" if high is None else f"{low:g} to {high:g}"


def _helpers(meanings: dict[str, str]) -> str:
    lines = ["| table | columns | what for |", "| --- | --- | --- |"]
    for name, listed in columns.HELPER_COLUMNS.items():
        lines.append(f"| {name} | {', '.join(f'`{c}`' for c in listed)} | {meanings[name]} |")
    return "\n## Tables that help\n\nRead to complete the entities, and not kept.\n\n" + "\n".join(lines) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
