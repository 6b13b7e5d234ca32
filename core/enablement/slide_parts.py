"""Cuts a section of a paper into what fits on a slide each, by how much room its words will take."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from core.enablement.document import Block, widths

LINES, TABLE_ROWS = 9, 9
TABLE_POINTS, LARGE, SMALL = 14, 20, 16
POINT, BESIDE, BETWEEN = 12_700, 240_000, 9
# A letter's width and a line's height as parts of the size of the text; a table's columns are measured more widely.
LETTER, LINE, WIDE_LETTER = 0.52, 1.2, 8_200
CELL_EDGE = 8


def parts(title: str, blocks: Sequence[Block], room: int, high: int) -> list[tuple[str, list[Block]]]:
    """Return the slides of a section: heading, and the lines or the one table on each.

    Parameters
    ----------
    title : str
    blocks : sequence of Block
    room, high : int
        Of the text on a slide, in EMU. What is taller by itself stands alone on its slide.
    """
    lines = [block for block in blocks if block.kind != "table"]
    out: list[tuple[str, list[Block]]] = []
    for part in _paged([height(block.text, room, SMALL) for block in lines], high, LINES):
        out.append((_headed(title, part.start), lines[part]))
    for block in (block for block in blocks if block.kind == "table"):
        head, rows = block.rows[0], block.rows[1:]
        wide = columns(block.rows, room)
        heights = [max(_row_height(row, wide), CELL_EDGE * POINT) for row in block.rows]
        n_slides = len(_paged(heights[1:], high - heights[0], TABLE_ROWS)) or 1
        for part in _paged(heights[1:], high - heights[0], ceil(len(rows) / n_slides)) or [slice(0, 0)]:
            out.append((_headed(title, part.start), [Block("table", rows=(head, *rows[part]))]))
    return out or [(title, [])]


def columns(rows: Sequence[Sequence[str]], room: int) -> list[int]:
    """Return the widths of a table's columns, in EMU."""
    return widths(rows, room, WIDE_LETTER * TABLE_POINTS, BESIDE)


def size(texts: Sequence[str], room: int, high: int) -> int:
    """Return the size in points at which paragraphs fit on a slide: the large one where they do."""
    return LARGE if sum(height(text, room, LARGE) for text in texts) <= high else SMALL


def height(text: str, room: int, points: int) -> int:
    """Return how high a paragraph will be, in EMU, with the space below it."""
    letters = max(int(room / (points * LETTER * POINT)), 1)
    n_lines = sum(max(ceil(len(line) / letters), 1) for line in text.split("\n"))
    return int((n_lines * points * LINE + BETWEEN) * POINT)


def _row_height(row: Sequence[str], wide: Sequence[int]) -> int:
    cells = (height(cell, width - BESIDE, TABLE_POINTS) for cell, width in zip(row, wide, strict=False))
    return max(cells, default=0)


def _paged(heights: Sequence[int], high: int, most: int) -> list[slice]:
    """Return what stands on each page: as much as fits, and no more than `most`."""
    out, begin, taken = [], 0, 0
    for k, needed in enumerate(heights):
        if k > begin and (taken + needed > high or k - begin == most):
            out.append(slice(begin, k))
            begin, taken = k, 0
        taken += needed
    return [*out, slice(begin, len(heights))] if heights else []


def _headed(title: str, begin: int) -> str:
    return f"{title}{', continued' if begin else ''}"
