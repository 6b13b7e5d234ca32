"""What a person typed and has not saved, kept sealed so that another server can give it back: items by key, as JSON.

Two windows of one browser write to the same place: each takes out and puts in only what changed in it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from core.artifacts.session_files import SessionFiles

DAY, MOMENT = "$day", "$moment"


@dataclass(frozen=True)
class UnsavedWork:
    """The unsaved work of one person in one browser.

    Attributes
    ----------
    files : SessionFiles
    secret : str
        What only this browser and this person have together; see `SessionFiles.keep`.
    """

    files: SessionFiles
    secret: str

    def read(self, name: str, now: datetime) -> dict[str, Any]:
        """Return what is kept under a name: key to value; empty where nothing is or it has expired.

        Raises
        ------
        ValueError
            When the bytes are none that `keep` made.
        """
        return _items(self.files.read(self.secret, name, now))

    def keep(
        self, name: str, before: Mapping[str, str], after: Mapping[str, str], now: datetime, age: timedelta
    ) -> None:
        """Put what changed into what is kept.

        What became empty stays until its time is over: a server that has an older copy then knows that it is older.

        Parameters
        ----------
        name : str
        before, after : mapping
            Key to value, each as `as_text` returns it: as this window kept them last, and as they are.
        now : datetime
            With a time zone.
        age : timedelta
            After which it is not given back any more.
        """
        gone = before.keys() - after.keys()
        changed = {key: json.loads(text) for key, text in after.items() if before.get(key) != text}

        def merged(content: bytes | None) -> bytes:
            items = json.loads(content) if content is not None else {}
            left = {key: value for key, value in items.items() if key not in gone} | changed
            return json.dumps(left).encode()

        self.files.change(self.secret, name, merged, now, age)


def as_text(items: Mapping[str, Any]) -> dict[str, str]:
    """Return every item's value as JSON; days and moments, which JSON has not, are marked.

    Examples
    --------
    >>> as_text({"deal 7": {"due": date(2026, 5, 4), "note": None}})
    {'deal 7': '{"due": {"$day": "2026-05-04"}, "note": null}'}
    """
    return {key: json.dumps(value, default=_marked) for key, value in items.items()}


def _items(content: bytes | None) -> dict[str, Any]:
    items = json.loads(content, object_hook=_unmarked) if content is not None else {}
    return dict(items)


def _marked(value: object) -> Any:
    if isinstance(value, datetime):
        return {MOMENT: value.isoformat()}
    if isinstance(value, date):
        return {DAY: value.isoformat()}
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} cannot be kept as unsaved work.")


def _unmarked(pairs: dict[str, Any]) -> Any:
    if pairs.keys() == {DAY}:
        return date.fromisoformat(pairs[DAY])
    return datetime.fromisoformat(pairs[MOMENT]) if pairs.keys() == {MOMENT} else pairs
