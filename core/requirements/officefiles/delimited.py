"""Delimited text: which delimiter it uses, its rows, and where each of its fields stands."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice

from core.contracts.errors import RequirementError

DELIMITERS = (",", ";", "\t", "|")
LONGEST_FIELD = 1_000_000
SAMPLED = 60
PARTED, AGREED, SPACED_AGREED = 0.25, 0.5, 0.9
ANNOUNCED = re.compile(r"\Asep=(.)\r?\n")


@dataclass(frozen=True)
class Field:
    """One field of a delimited file: its text, and the span it fills in the file's text, quotes included."""

    text: str
    start: int
    end: int


def delimiter(text: str) -> str:
    r"""Return the delimiter a text uses: the one it announces, or the one its rows agree on.

    Examples
    --------
    >>> delimiter("Id;Price\n1;2,50\n2;3,75\n")
    ';'
    """
    announced = ANNOUNCED.match(text)
    if announced:
        return announced.group(1)
    sample = "\n".join(text[: 400 * SAMPLED].splitlines()[:SAMPLED])
    scored = {mark: _regular(sample, mark) for mark in DELIMITERS}
    best = max(scored, key=lambda mark: scored[mark])
    return best if scored[best] else next((m for m in DELIMITERS if m not in text), ",")


def _regular(sample: str, mark: str) -> float:
    """Score a delimiter: cells per row, if the rows that have it agree on their number.

    Title and section rows need not have it. A comma before a space is more likely one of a sentence.
    """
    csv.field_size_limit(LONGEST_FIELD)
    try:
        counts = [len(row) for row in csv.reader(io.StringIO(sample, newline=""), delimiter=mark) if any(row)]
    except csv.Error:
        return 0.0
    parted = [count for count in counts if count > 1]
    if len(parted) < min(2, len(counts)) or len(parted) < PARTED * len(counts) or not parted:
        return 0.0
    usual = max(set(parted), key=lambda count: (parted.count(count), count))
    agreed = parted.count(usual) / len(parted)
    spaced = sample.count(mark + " ") > 0.5 * sample.count(mark)
    if agreed < (SPACED_AGREED if spaced else AGREED):
        return 0.0
    return (usual - 0.5) * agreed * (0.5 + 0.5 * len(parted) / len(counts)) * (0.2 if spaced else 1.0)


def rows(text: str, mark: str, title: str, most: int) -> Iterator[tuple[int, list[str]]]:
    """Return the rows with their numbers from 1, blank ones left out, cells stripped.

    Raises
    ------
    RequirementError
        When a row cannot be read.
    """
    csv.field_size_limit(LONGEST_FIELD)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=mark)
    skipped = bool(ANNOUNCED.match(text))
    try:
        for number, cells in enumerate(islice(lines, most), 1):
            if skipped and number == 1:
                continue
            stripped = [cell.strip() for cell in cells]
            if any(stripped):
                yield number, stripped
    except csv.Error as error:
        raise RequirementError("A row of the file cannot be read.", f"{title}: {error}", "Export it again.") from error


@cache
def _pattern(mark: str) -> re.Pattern[str]:
    own = re.escape(mark)
    return re.compile(rf'(?:"((?:[^"]|"")*)"([^{own}\r\n]*)|([^{own}\r\n]*))({own}|\r\n|\n|\r|\Z)')


def spans(text: str, mark: str) -> Iterator[list[Field]]:
    """Return each record as its fields with their places in the text, blank records as one empty field.

    Splits as `rows` does, so that record n here is row n there.
    """
    record: list[Field] = []
    position, size = 0, len(text)
    pattern = _pattern(mark)
    while position < size or record:
        match = pattern.match(text, position)
        if match is None or (match.group(1) is None and text[position : position + 1] == '"'):
            # a quote that never closes: the rest is one field, as the reader takes it
            record.append(Field(text[position + 1 :].replace('""', '"'), position, size))
            break
        enclosed, tail, bare, end = match.groups()
        value = bare if enclosed is None else enclosed.replace('""', '"') + tail
        record.append(Field(value, position, match.start(4)))
        position = match.end()
        if end != mark:
            yield record
            record = []
            if not end:
                return
    if record:
        yield record


def quoted(text: str, mark: str) -> str:
    """Write a field so that it reads back as the same text, and no spreadsheet computes it.

    A text that a spreadsheet would take for a formula gets an apostrophe before it.

    Examples
    --------
    >>> quoted("=1+1", ","), quoted("yes, both", ",")
    ("'=1+1", '"yes, both"')
    """
    if text[:1] in ("=", "+", "-", "@", "\t", "\r"):
        text = "'" + text
    if any(sign in text for sign in (mark, '"', "\n", "\r")) or text != text.strip():
        return '"' + text.replace('"', '""') + '"'
    return text
