"""JSON and JSON lines: records of an API or of a store, flattened to a table."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from core.contracts.errors import SourceError
from core.sources.decoding import decode
from core.sources.table import ROW, Misfit, Table

# Where the APIs of the usual systems keep their records.
WRAPPERS = ("records", "results", "value", "data", "items", "rows", "deals", "opportunities")
UNWRAPPED = ("properties", "fields", "attributes_values")


def read(file: str, content: bytes, is_lines: bool) -> list[Table]:
    """Read the tables of a JSON file: a list of records, an answer of an API, or lists by their names.

    Raises
    ------
    SourceError
        When the text is no JSON, or holds no records.
    """
    text = decode(content).text.lstrip("\ufeff")
    if is_lines or _looks_like_lines(text):
        records, misfits = _lines(text)
        return [_table(file, None, records, misfits)]
    try:
        parsed = json.loads(text, parse_float=str, parse_int=str)
    except json.JSONDecodeError as error:
        raise SourceError("The file is not valid JSON.", f"{file}, line {error.lineno}", "Export it again.") from error
    if isinstance(parsed, list):
        return [_table(file, None, list(enumerate(parsed, 1)), [])]
    if isinstance(parsed, Mapping):
        lists = {k: v for k, v in parsed.items() if isinstance(v, list) and any(isinstance(r, Mapping) for r in v)}
        wrapped = next((k for k in WRAPPERS if k in lists and len(lists) == 1), None)
        if lists:
            return [
                _table(file, None if name == wrapped else name, list(enumerate(rows, 1)), [])
                for name, rows in lists.items()
            ]
        if any(k in parsed for k in WRAPPERS):
            return [_table(file, None, [], [])]
        return [_table(file, None, [(1, parsed)], [])]
    raise SourceError("The file holds no records.", file, "Write a list of records, one per deal or account.")


def _looks_like_lines(text: str) -> bool:
    first, _, rest = text.lstrip().partition("\n")
    return first.rstrip().startswith("{") and first.rstrip().endswith("}") and rest.lstrip().startswith("{")


def _lines(text: str) -> tuple[list[tuple[int, Any]], list[Misfit]]:
    records, misfits = [], []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            records.append((number, json.loads(line, parse_float=str, parse_int=str)))
        except json.JSONDecodeError:
            misfits.append(Misfit(number, "the line is not valid JSON", line[:300]))
    return records, misfits


def _table(file: str, sheet: str | None, records: Sequence[tuple[int, Any]], misfits: list[Misfit]) -> Table:
    columns: dict[str, list[str | None]] = {}
    numbers: list[int] = []
    for number, record in records:
        if not isinstance(record, Mapping):
            misfits.append(Misfit(number, "the record has no named values", json.dumps(record, default=str)[:300]))
            continue
        for name, value in flat(record).items():
            columns.setdefault(name, [None] * len(numbers)).append(value)
        numbers.append(number)
        for values in columns.values():
            values.extend([None] * (len(numbers) - len(values)))
    columns.pop(ROW, None)
    frame = pl.DataFrame(
        {ROW: numbers, **columns}, schema={ROW: pl.Int64, **dict.fromkeys(columns, pl.String)}, strict=False
    )
    return Table(file, sheet, frame, tuple(misfits), header_row=0)


def flat(record: Mapping[str, Any], prefix: str = "") -> dict[str, str | None]:
    """Flatten a record: nested names are joined by dots, lists of plain values by semicolons.

    Examples
    --------
    >>> flat({"id": "1", "properties": {"amount": None}, "owner": {"name": "Ann"}})
    {'id': '1', 'amount': None, 'owner.name': 'Ann'}
    """
    out: dict[str, str | None] = {}
    for name, value in record.items():
        path = f"{prefix}{name}"
        if isinstance(value, Mapping):
            out |= {k: v for k, v in flat(value, prefix if name in UNWRAPPED else f"{path}.").items() if k not in out}
        elif isinstance(value, list):
            out[path] = _listed(value)
        elif value is None:
            out[path] = None
        else:
            out[path] = str(value).lower() if isinstance(value, bool) else str(value)
    return out


def _listed(values: list[Any]) -> str | None:
    plain = [str(v.get("id", v.get("toObjectId", ""))) if isinstance(v, Mapping) else str(v) for v in values]
    return ";".join(v for v in plain if v) or None
