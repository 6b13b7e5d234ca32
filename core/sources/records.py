"""JSON and JSON lines: records of an API or of a store, flattened to a table."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from core.contracts.errors import SourceError
from core.localization import message
from core.sources.decoding import decode
from core.sources.table import ROW, Misfit, Table

# Where the APIs of the usual systems keep their records.
WRAPPERS = ("records", "results", "value", "data", "items", "rows", "deals", "opportunities")
THREE_DECIMALS = re.compile(r"-?\d{1,3}\.\d{3}")
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
        parsed = json.loads(text, parse_float=_float_text, parse_int=str)
    except json.JSONDecodeError as error:
        raise SourceError(
            "The file is not valid JSON.",
            message("{file}, line {lineno}", file=file, lineno=error.lineno),
            "Export it again.",
        ) from error
    parsed = _as_records(parsed)
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


def _float_text(digits: str) -> str:
    """Return a number of a JSON file as text whose point cannot be taken for one that groups thousands."""
    return f"{digits}0" if THREE_DECIMALS.fullmatch(digits) else digits


def _as_records(parsed: Any) -> Any:
    """Return what was written as pages of records, or column by column, as a list of records."""
    if isinstance(parsed, list) and parsed and all(isinstance(page, Mapping) for page in parsed):
        lists = [_list_in(page) for page in parsed]
        return [r for rows in lists if rows is not None for r in rows] if all(r is not None for r in lists) else parsed
    if not isinstance(parsed, Mapping) or not parsed:
        return parsed
    names, rows = parsed.get("columns"), parsed.get("data")
    if isinstance(names, list) and isinstance(rows, list) and all(isinstance(r, list) for r in rows):
        return [dict(zip(map(str, names), row, strict=False)) for row in rows]
    return _by_column(parsed)


def _by_column(parsed: Mapping[str, Any]) -> Any:
    """Return records of what holds a value per column and row: {"id": {"0": 1}, ...} or {"id": [1], ...}."""
    values = list(parsed.values())
    if all(isinstance(v, Mapping) for v in values):
        if all(str(k).isdigit() for k in parsed):
            return values
        keys = values[0].keys()
        if len(values) > 1 and all(v.keys() == keys for v in values) and all(str(k).isdigit() for k in keys):
            return [{name: column[k] for name, column in parsed.items()} for k in keys]
    is_even = len(values) > 1 and all(isinstance(v, list) and len(v) == len(values[0]) for v in values)
    if is_even and not any(isinstance(cell, (Mapping, list)) for v in values for cell in v):
        return [dict(zip(parsed, row, strict=True)) for row in zip(*values, strict=True)]
    return parsed


def _list_in(page: Mapping[str, Any]) -> list[Any] | None:
    """Return the records of one page of an API's answer; None where it is a record itself."""
    lists = [v for k, v in page.items() if k in WRAPPERS and isinstance(v, list)]
    return lists[0] if len(lists) == 1 and all(isinstance(r, Mapping) for r in lists[0]) else None


def _looks_like_lines(text: str) -> bool:
    first, _, rest = text.lstrip().partition("\n")
    return first.rstrip().startswith("{") and first.rstrip().endswith("}") and rest.lstrip().startswith("{")


def _lines(text: str) -> tuple[list[tuple[int, Any]], list[Misfit]]:
    records, misfits = [], []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            records.append((number, json.loads(line, parse_float=_float_text, parse_int=str)))
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
