"""JSON as grids: every list of records in it, wherever it lies, as a table with a heading."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from core.contracts.errors import RequirementError
from core.requirements.officefiles.sheetxml import MOST_COLUMNS, MOST_ROWS, RawSheet

TOP = "records"
DEEPEST = 12
NAMES = ("title", "name", "section", "category", "heading", "domain")


def read(text: str, title: str) -> dict[str, RawSheet]:
    """Return every list of records of a JSON file as a sheet: headings in row 1, the records below.

    Lists at the same path are one table; the name of what each lies in stands before its records as `within`.

    Parameters
    ----------
    text : str
        JSON, or one JSON record per line.
    title : str
        The file's name, for the error.

    Raises
    ------
    RequirementError
        When it is no JSON.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        content = _lines(text)
        if content is None:
            raise RequirementError("The file is no JSON.", title, "Export it again, or as CSV or XLSX.") from error
    tables: dict[str, list[dict[str, str]]] = {}
    for path, record in _records(content, "", "", 0):
        tables.setdefault(path or TOP, []).append(record)
    return {path: _sheet(records) for path, records in tables.items()}


def _lines(text: str) -> list[Any] | None:
    try:
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    except (ValueError, RecursionError):
        return None


def _records(content: Any, path: str, within: str, depth: int) -> Iterator[tuple[str, dict[str, str]]]:
    """Return each record with its path; records inside records come after them."""
    if depth > DEEPEST:
        return
    if isinstance(content, list):
        for item in content:
            if isinstance(item, dict):
                own = {key: _cell(value) for key, value in item.items() if _is_cell(value)}
                if own:
                    yield path, {"within": within, **own} if within else own
                name = next((own[key] for key in NAMES if own.get(key)), within)
                yield from _inside(item, path, name, depth)
    elif isinstance(content, dict):
        values = [value for value in content.values() if isinstance(value, dict)]
        if len(values) > 1 and len(values) == len(content) and all(any(map(_is_cell, v.values())) for v in values):
            keyed = [{"id": key, **value} for key, value in content.items()]
            yield from _records(keyed, path, within, depth + 1)
        else:
            yield from _inside(content, path, within, depth)


def _inside(item: dict[str, Any], path: str, within: str, depth: int) -> Iterator[tuple[str, dict[str, str]]]:
    for key, value in item.items():
        if not _is_cell(value):
            yield from _records(value, f"{path}.{key}" if path else key, within, depth + 1)


def _is_cell(value: Any) -> bool:
    is_plain = value is None or isinstance(value, (str, int, float, bool))
    return is_plain or (isinstance(value, list) and all(isinstance(part, (str, int, float)) for part in value))


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return "\n".join(map(str, value)) if isinstance(value, list) else str(value).strip()


def _sheet(records: list[dict[str, str]]) -> RawSheet:
    sheet = RawSheet()
    columns = list(dict.fromkeys(key for record in records for key in record))[:MOST_COLUMNS]
    sheet.rows.append((1, columns))
    for number, record in enumerate(records[:MOST_ROWS], 2):
        sheet.rows.append((number, [record.get(column, "") for column in columns]))
    return sheet
