"""A document or a deck before it has a format: a title and blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

TEAL, INK, GREY = "0A4F4D", "1F2A33", "5F6B75"


@dataclass(frozen=True)
class Block:
    """One piece of a document.

    Attributes
    ----------
    kind : str
        heading, text, bullet, or table.
    text : str
        Empty for a table.
    rows : tuple of tuples of str
        A table's rows, the first being its head; empty otherwise.
    """

    kind: str
    text: str = ""
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Paper:
    """A titled document; each heading begins a section, or a slide.

    Attributes
    ----------
    title, subtitle : str
    blocks : tuple of Block
    """

    title: str
    subtitle: str
    blocks: tuple[Block, ...]

    def sections(self) -> list[tuple[str, list[Block]]]:
        """Return the sections: heading and its blocks."""
        out: list[tuple[str, list[Block]]] = []
        for block in self.blocks:
            if block.kind == "heading":
                out.append((block.text, []))
            elif out:
                out[-1][1].append(block)
            else:
                out.append((self.title, [block]))
        return out


def heading(title: str) -> Block:
    """Return a section's heading."""
    return Block("heading", title)


def text(words: str) -> Block:
    """Return a paragraph."""
    return Block("text", words)


def bullets(lines: Sequence[str]) -> list[Block]:
    """Return bullet points."""
    return [Block("bullet", line) for line in lines]


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> Block:
    """Return a table; what is missing in a row stays empty."""
    body = tuple(tuple(_value_text(value) for value in row) for row in rows)
    return Block("table", rows=(tuple(head), *body))


def _value_text(value: object) -> str:
    if isinstance(value, date):
        return f"{value.day} {value:%b %Y}"
    return "" if value is None else str(value)


WIDEST, LONGEST_WORD = 140, 30


def widths(rows: Sequence[Sequence[str]], room: int, letter: int, beside: int) -> list[int]:
    """Return the width of each column of a table: no word is broken, what is left goes to the long texts.

    Parameters
    ----------
    rows : sequence of sequences of str
    room : int
        The width of the table.
    letter, beside : int
        The width of a letter, and of what a cell keeps free beside its text; in the unit of `room`.
    """
    columns = max((len(row) for row in rows), default=1)
    texts = [[row[k] for row in rows if k < len(row)] for k in range(columns)]
    # The head is bold, so that its letters take more room.
    heads = [max((len(word) + 1 for cell in column[:1] for word in cell.split()), default=1) for column in texts]
    words = [max((len(word) for cell in column[1:] for word in cell.split()), default=1) for column in texts]
    least = [min(max(pair), LONGEST_WORD) * letter + beside for pair in zip(heads, words, strict=True)]
    longest = [max((min(len(cell), WIDEST) for cell in column), default=1) for column in texts]
    left = room - sum(least)
    if left <= 0:
        return [room * part // sum(least) for part in least]
    wanted = [max(long * letter + beside - part, 0) for long, part in zip(longest, least, strict=True)]
    if sum(wanted) <= left:
        return [
            part + more + (left - sum(wanted)) * long // sum(longest)
            for part, more, long in zip(least, wanted, longest, strict=True)
        ]
    return [part + left * more // sum(wanted) for part, more in zip(least, wanted, strict=True)]
