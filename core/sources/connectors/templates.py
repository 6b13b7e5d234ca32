"""Values out of answers by their path, and texts with values filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from core.contracts.errors import SourceError, closest

HOLE = re.compile(r"\{(\w+)(?::(\w+))?\}")
DIGITS = 20


def at(record: Any, path: str) -> Any:
    """Return what lies at a path of names and positions, None where nothing does.

    A name may itself hold dots: "@odata.nextLink" is looked for as a whole first.

    Examples
    --------
    >>> at({"a": {"b": [5, 6]}}, "a.b.1"), at({"@odata.x": 1}, "@odata.x"), at({"a": None}, "a.b")
    (6, 1, None)
    """
    if not path:
        return record
    if isinstance(record, dict):
        if path in record:
            return record[path]
        if "." not in path:
            return None
        head, _, rest = path.partition(".")
        return at(record[head], rest) if head in record and rest else None
    if isinstance(record, list):
        head, _, rest = path.partition(".")
        return at(record[int(head)], rest) if head.isdigit() and int(head) < len(record) else None
    return None


def has(record: Any, path: str) -> bool:
    """Say whether something lies at a path, be it null.

    Examples
    --------
    >>> has({"a": {"b": None}}, "a.b"), has({"a": {}}, "a.b")
    (True, False)
    """
    if isinstance(record, dict) and path in record:
        return True
    head, _, last = path.rpartition(".")
    parent = at(record, head) if head else None
    return isinstance(parent, dict) and last in parent


def fill(pattern: Any, values: Mapping[str, Any]) -> Any:
    """Return a text, or a structure of texts, with every {name} replaced.

    A text that is nothing but one {name} becomes its value, be it a list; {since:ms} is the time in milliseconds.

    Raises
    ------
    SourceError
        When a name has no value.

    Examples
    --------
    >>> fill({"ids": "{ids}", "q": "a {x}"}, {"ids": [1, 2], "x": "b"})
    {'ids': [1, 2], 'q': 'a b'}
    """
    if isinstance(pattern, Mapping):
        return {key: fill(inner, values) for key, inner in pattern.items()}
    if isinstance(pattern, list):
        return [fill(inner, values) for inner in pattern]
    if not isinstance(pattern, str):
        return pattern
    whole = HOLE.fullmatch(pattern)
    if whole:
        return _value(whole, values)
    return HOLE.sub(lambda match: _text(_value(match, values)), pattern)


def _text(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _value(match: re.Match[str], values: Mapping[str, Any]) -> Any:
    name, form = match[1], match[2]
    if name not in values:
        near = closest(name, list(values))
        raise SourceError(
            f"The connector names {{{name}}}, which has no value.",
            mend=f"Did you mean {{{near}}}?" if near else "Set it under values.",
        )
    value = values[name]
    if form == "text":
        return _text(value)
    if isinstance(value, datetime):
        return _moment(value, form)
    return value


def _moment(value: datetime, form: str | None) -> str:
    if form == "ms":
        return str(int(value.timestamp() * 1000))
    if form == "http":
        return value.astimezone(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
    text = value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return text.replace("T", " ") if form == "plain" else f"{text}Z"


def stamp(value: Any, kind: str) -> str:
    """Return a stamp as a text that sorts as it should; empty for none.

    Parameters
    ----------
    value : str, int or float
        A time with or without a zone (UTC then), seconds or milliseconds since 1970; or a count.
    kind : str
        "time" or "number".

    Raises
    ------
    SourceError
        When it is no such thing.

    Examples
    --------
    >>> stamp("2026-03-01T10:00:00.5+01:00", "time"), stamp(17, "number")
    ('2026-03-01T09:00:00.500000Z', '00000000000000000017')
    """
    if value is None or value == "":
        return ""
    try:
        if kind == "number":
            return f"{int(value):0{DIGITS}d}"
        if isinstance(value, int | float) or value.isdigit():
            seconds = float(value)
            moment = datetime.fromtimestamp(seconds / 1000 if seconds > 1e11 else seconds, UTC)
        else:
            moment = datetime.fromisoformat(value)
            moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError, OSError, AttributeError) as error:
        raise SourceError(
            f"A stamp reads {str(value)[:40]!r}, which is no {kind}.", mend="Check `modified` and `stamps`."
        ) from error
    return f"{moment.isoformat(timespec='microseconds')[:26]}Z"


def before(moment: str, overlap: float, kind: str) -> Any:
    """Return the stamp from which on a system is asked again, for `fill`: a time, or a count as text."""
    if kind == "number":
        return str(max(int(moment) - int(overlap), 0))
    return datetime.fromisoformat(moment) - timedelta(minutes=overlap)
