"""A document or a deck before it has a format: a title and blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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


def heading(text: str) -> Block:
    """Return a section's heading."""
    return Block("heading", text)


def text(words: str) -> Block:
    """Return a paragraph."""
    return Block("text", words)


def bullets(lines: Sequence[str]) -> list[Block]:
    """Return bullet points."""
    return [Block("bullet", line) for line in lines]


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> Block:
    """Return a table; what is missing in a row stays empty."""
    body = tuple(tuple("" if value is None else str(value) for value in row) for row in rows)
    return Block("table", rows=(tuple(head), *body))
