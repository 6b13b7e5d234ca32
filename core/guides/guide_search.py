"""A search over the documents: SQLite's full text search, in memory, so that it works offline."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from functools import cache

from core.contracts.errors import closest
from core.guides.guide_sections import plain_text, sections
from core.guides.navigation import guides

LONGEST = 200  # letters of a query that are read
TITLE_WEIGHT, TEXT_WEIGHT = 8.0, 1.0  # a word in the heading says what a section is about
EXCERPT_WORDS = 22
TABLE = """CREATE VIRTUAL TABLE passages USING fts5(
    guide UNINDEXED, label UNINDEXED, anchor UNINDEXED, title, text,
    tokenize = 'porter unicode61 remove_diacritics 2')"""
FIND = f"""SELECT guide, label, anchor, title, snippet(passages, 4, '', '', '…', {EXCERPT_WORDS})
    FROM passages WHERE passages MATCH ?
    ORDER BY label LIKE ? || '%', bm25(passages, 0, 0, 0, {TITLE_WEIGHT}, {TEXT_WEIGHT}), rowid LIMIT ?"""
LAST = "How it is made"  # who looks for help seldom means how the software is built
RULE = re.compile(r"^\|[-:| ]+\|$", re.MULTILINE)  # between the head of a table and its rows
ROW_END = re.compile(r"[ ]*\|[ ]*$", re.MULTILINE)
CELL_END = re.compile(r"[ ]*\|[ ]*(?=\S)")
COUNT = "SELECT count(*) FROM passages WHERE passages MATCH ?"


@dataclass(frozen=True)
class Passage:
    """A section that fits a query.

    Attributes
    ----------
    guide, label : str
        Name of the document, and how it is called on screen.
    anchor, title : str
        Of the section.
    excerpt : str
        Some twenty words around the match, as plain text.
    """

    guide: str
    label: str
    anchor: str
    title: str
    excerpt: str


@dataclass(frozen=True)
class Passages:
    """The answer to a query.

    Attributes
    ----------
    passages : tuple of Passage
        Best first.
    total : int
        How many sections fit.
    words : str
        The query that was answered: other than the one asked where only a near spelling fits.
    """

    passages: tuple[Passage, ...]
    total: int
    words: str


@cache
def _rows() -> tuple[tuple[str, str, str, str, str], ...]:
    return tuple(
        (guide.name, guide.label, part.anchor, part.title, _in_a_line(part.text))
        for guide in guides()
        for part in sections(guide)
    )


def _in_a_line(markdown: str) -> str:
    """Return a text in one line, the cells of a table with commas between."""
    text = CELL_END.sub(", ", ROW_END.sub(";", plain_text(RULE.sub("", markdown))))
    return " ".join(text.split())


@cache
def _vocabulary() -> tuple[str, ...]:
    texts = " ".join(f"{title} {text}" for *_, title, text in _rows())
    return tuple(sorted(set(re.findall(r"[a-z]{3,}", texts.lower()))))


def passages(query: str, limit: int = 8) -> Passages:
    """Return the sections that hold the words of a query, best first.

    Parameters
    ----------
    query : str
        Words in any order; the last may be the beginning of one. Signs mean nothing.
    limit : int

    Returns
    -------
    Passages
        Sections with all words; where there is none, with any of them; where there is none either, with the words of
        the documents that are spelt most nearly. Ranked by BM25, a word in the heading counting eight times one in the
        text; how the software is made comes last. Empty for a query without a letter or digit.

    Examples
    --------
    >>> passages("backup restore").passages[0].anchor
    'backup-and-restore'
    """
    words = re.findall(r"\w+", query[:LONGEST])
    if not words:
        return Passages((), 0, "")
    with closing(sqlite3.connect(":memory:")) as memory:
        memory.execute(TABLE)
        memory.executemany("INSERT INTO passages VALUES (?, ?, ?, ?, ?)", _rows())
        for tried, joined in ((words, " "), (words, " OR "), (_respelt(words), " OR ")):
            expression = joined.join(f'"{word}"' for word in tried) + "*" if tried else '""'
            (total,) = memory.execute(COUNT, (expression,)).fetchone()
            if total:
                rows = memory.execute(FIND, (expression, LAST, limit)).fetchall()
                return Passages(tuple(Passage(*row) for row in rows), total, " ".join(tried))
    return Passages((), 0, "")


def _respelt(words: list[str]) -> list[str]:
    """Return each word as the documents spell it, where one is near."""
    near = (closest(word.lower(), _vocabulary()) for word in words)
    return [word for word in near if word]
