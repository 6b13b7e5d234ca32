"""Answers into a delimited file: empty answer fields filled, or columns added; the rest stays as it was."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import polars as pl

from core.contracts.errors import RequirementError
from core.requirements.officefiles import delimited, encodings
from core.requirements.officefiles.fill_proof import PARTS, Proof

Texts = Mapping[tuple[int, int], str]


def edit(content: bytes, texts: Texts) -> bytes:
    """Return the file with texts in fields; encoding, mark, line ends and all other fields stay.

    Where the file's own encoding cannot write an answer, its signs become the nearest it has; a file of plain
    ASCII gets plain quotes and dashes, because spreadsheet programs guess its encoding differently.

    Parameters
    ----------
    content : bytes
    texts : mapping of (int, int) to str
        Row from 1 and column from 0, and what goes there; columns past the end of a row are added.
    """
    decoded = encodings.decode(content)
    mark = delimited.delimiter(decoded.text)
    letters = (
        "ascii" if not decoded.mark and decoded.text.isascii() and decoded.encoding == "utf-8" else decoded.encoding
    )
    by_row: dict[int, dict[int, str]] = {}
    for (row, column), text in texts.items():
        by_row.setdefault(row, {})[column] = text
    out: list[str] = []
    last = 0
    for number, fields in enumerate(delimited.spans(decoded.text, mark), 1):
        wanted = by_row.get(number, {})
        for column in sorted(c for c in wanted if c < len(fields)):
            out += [decoded.text[last : fields[column].start], _field_text(wanted[column], mark, letters)]
            last = fields[column].end
        more = [c for c in wanted if c >= len(fields)]
        if more:
            out += [
                decoded.text[last : fields[-1].end],
                _rest(wanted, len(fields), max(more), mark, letters),
            ]
            last = fields[-1].end
    return decoded.mark + "".join([*out, decoded.text[last:]]).encode(decoded.encoding, errors="replace")


def _rest(wanted: Mapping[int, str], first: int, last: int, mark: str, encoding: str) -> str:
    return "".join(mark + _field_text(wanted.get(column, ""), mark, encoding) for column in range(first, last + 1))


def _field_text(text: str, mark: str, encoding: str) -> str:
    plain = text.translate({0x2019: "'", 0x201C: '"', 0x201D: '"', 0x2013: "-", 0x2026: "..."})
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        text = plain
    return delimited.quoted(text, mark)


def compare(before: bytes, after: bytes, texts: Texts) -> Proof:
    """Compare two delimited files field by field.

    Raises
    ------
    RequirementError
        When anything but the answers differs.
    """
    old, new = encodings.decode(before), encodings.decode(after)
    mark = delimited.delimiter(old.text)
    was, now = (list(delimited.spans(text, mark)) for text in (old.text, new.text))
    changed = sum((n, c) in texts for n, fields in enumerate(now, 1) for c in range(len(fields)))
    if len(was) != len(now) or old.mark != new.mark:
        raise _broken("the number of its rows")
    for number, (first, second) in enumerate(zip(was, now, strict=True), 1):
        old_fields = [old.text[f.start : f.end] for c, f in enumerate(first) if (number, c) not in texts]
        new_fields = [new.text[f.start : f.end] for c, f in enumerate(second) if (number, c) not in texts]
        if old_fields != [field for c, field in enumerate(new_fields) if field or c < len(old_fields)]:
            raise _broken(f"row {number:,}")
    state = "answers only" if changed else "identical"
    rows = [("the file", len(after), state, changed, hashlib.sha256(after).hexdigest())]
    return Proof(pl.DataFrame(rows, schema=PARTS, orient="row"), changed, 1, "columns")


def _broken(what: str) -> RequirementError:
    return RequirementError(
        f"More than the answers would have changed in the buyer's file: {what}.",
        mend="The file was not made; keep theirs.",
    )
