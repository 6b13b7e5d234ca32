"""Running text as rows: the number of each clause, its text, and which of them are headings."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from core.requirements.officefiles.sheetxml import RawSheet

NUMBER = re.compile(
    r"^(?P<key>(?:[A-Z]{1,10}[-_. ]?)?\d{1,4}(?:[.\-_]\d{1,4}){0,6}[a-z]?|[A-Z]\.\d+(?:\.\d+)*|\(\w{1,4}\)|[a-z]\)|"
    r"§\s?\d+(?:\.\d+)*|[A-Z]{2,10}(?:[-_.][A-Z0-9]{1,8}){1,4})(?P<end>[.):]|\s*[:–—-](?=\s))?\s+(?=\S)"
)
LONGEST = 24


@dataclass(frozen=True)
class Clause:
    """One paragraph: its number (empty where it has none), its text, and whether it is a heading or an item."""

    key: str
    text: str
    is_heading: bool = False
    is_item: bool = False


def numbered(text: str) -> tuple[str, str]:
    """Return a clause's number and the rest of its text.

    A bare number counts only with a point, a bracket or a level: "2.1 Text", "3) Text", "R-4: Text"; "30 days" has
    none.

    Examples
    --------
    >>> numbered("2.1 The system shall"), numbered("REQ-004: Exports"), numbered("30 days are enough")
    (('2.1', 'The system shall'), ('REQ-004', 'Exports'), ('', '30 days are enough'))
    """
    match = NUMBER.match(text)
    if match is None or len(match["key"]) > LONGEST:
        return "", text
    key, rest = match["key"].strip(), text[match.end() :]
    if key.isdigit() and not match["end"]:
        return "", text
    if key[:1].isalpha() and key[:1].isupper() and not any(c in key for c in "-_.") and not match["end"]:
        return ("", text) if " " in key or len(key) < 2 else (key, rest)
    return key, rest


def rows_of(clauses: Iterable[Clause]) -> tuple[RawSheet, frozenset[int]]:
    """Return clauses as a sheet of [number, text], and the rows that are headings; blank ones are left out.

    Parameters
    ----------
    clauses : iterable of Clause
        In the order of the text; rows count them from 1.
    """
    sheet = RawSheet()
    titles: set[int] = set()
    for row, clause in enumerate(clauses, 1):
        if clause.text:
            sheet.rows.append((row, [clause.key, clause.text]))
            if clause.is_heading:
                titles.add(row)
    return sheet, frozenset(titles)
