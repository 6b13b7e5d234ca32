"""Records of answers as flat rows: a column per name, texts as numbers where the system means numbers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from core.sources.connectors.declaration import Kind, Table
from core.sources.connectors.templates import at, has

# What systems call the kinds of their fields.
KINDS: Mapping[str, Kind] = {
    "number": "number",
    "double": "number",
    "currency": "number",
    "percent": "number",
    "int": "number",
    "integer": "number",
    "long": "number",
    "money": "number",
    "decimal": "number",
    "boolean": "boolean",
    "bool": "boolean",
}
ASIDE = ("attributes", "@odata.etag")
LABEL = "@OData.Community.Display.V1.FormattedValue"
NESTED = (list, dict)
YES, NO = ("true", "1", "yes"), ("false", "0", "no")


def shaper(table: Table, kinds: Mapping[str, Kind]) -> Callable[[Any], dict[str, Any]]:
    """Return what turns a record into a row.

    Parameters
    ----------
    table : Table
    kinds : mapping
        Column -> kind, as the system lists its fields; those of the table go before.

    Returns
    -------
    callable
        A column that is not in the record is not in the row; one that is null there is null.
    """
    casts = {name: _cast(kind) for name, kind in {**kinds, **table.kinds}.items() if kind != "text"}
    names = {name: path for name, path in table.columns.items() if "." not in path and "@" not in path}
    paths = {name: path for name, path in table.columns.items() if name not in names}

    def shape(record: Any) -> dict[str, Any]:
        if table.columns:
            row = {name: record[path] for name, path in names.items() if path in record}
            row |= {name: at(record, path) for name, path in paths.items() if _is_there(record, path)}
            row = {name: _plain(value) if type(value) in NESTED else value for name, value in row.items()}
        else:
            row = _flat(at(record, table.take) or {})
        for name, cast in casts.items():
            if row.get(name) is not None:
                row[name] = cast(row[name])
        return row

    return shape


def _is_there(record: Any, path: str) -> bool:
    """Say whether a record speaks of a path; the label beside an empty value is left out, and is empty too."""
    return has(record, path) or ("@" in path and bool(path.partition("@")[0]) and has(record, path.partition("@")[0]))


def _flat(record: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    row: dict[str, Any] = {}
    for name, value in record.items():
        if name in ASIDE:
            continue
        if isinstance(value, dict):
            row |= _flat(value, f"{prefix}{name}.")
        elif isinstance(value, list):
            row[prefix + name] = _plain(value)
        else:
            row[prefix + name] = value
    return row


def _plain(value: Any) -> Any:
    if isinstance(value, list) and not any(isinstance(entry, dict | list) for entry in value):
        return "; ".join(map(str, value)) or None
    return json.dumps(value, ensure_ascii=False, sort_keys=True) if isinstance(value, list | dict) else value


def _cast(kind: Kind) -> Callable[[Any], Any]:
    return number if kind == "number" else boolean


def number(value: Any) -> Any:
    """Return a text as the number it is; what is none stays as it is, and an empty one is null.

    Examples
    --------
    >>> number("12.345"), number("7"), number(""), number("n/a"), number(3)
    (12.345, 7, None, 'n/a', 3)
    """
    if not isinstance(value, str):
        return value
    text = value.strip()
    try:
        return int(text) if text.lstrip("-").isdigit() else float(text)
    except ValueError:
        return text or None


def boolean(value: Any) -> Any:
    """Return a text as the truth value it is; what is none stays as it is.

    Examples
    --------
    >>> boolean("true"), boolean("0"), boolean(""), boolean("maybe"), boolean(False)
    (True, False, None, 'maybe', False)
    """
    if not isinstance(value, str):
        return value
    word = value.strip().lower()
    return True if word in YES else False if word in NO else (value or None)


def canonical(value: Any) -> str:
    """Return a value as the one text it is compared by: 1000, 1000.0 and "1000.00" are the same.

    Examples
    --------
    >>> canonical(1000.0), canonical("1000.00"), canonical(None), canonical("Won"), canonical("2026-03-31")
    ('1000', '1000', '', 'Won', '2026-03-31')
    """
    if type(value) is float:
        return str(int(value)) if value.is_integer() else repr(value)
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    if (text[0].isdigit() or text[0] == "-") and ("." in text or "e" in text or "E" in text):
        try:
            return canonical(float(text))
        except (ValueError, OverflowError):
            return text
    return text
