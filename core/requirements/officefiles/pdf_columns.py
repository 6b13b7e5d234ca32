"""Pages set in two columns: which words stand in which, so that the second is read after the first."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from core.requirements.officefiles import pdf_tables
from core.requirements.officefiles.clauses import numbered
from core.requirements.officefiles.pdf_page import Sheet, Word
from core.requirements.officefiles.pdf_tables import Line

GUTTER = 10.0
MIDDLE = (0.35, 0.65)
STEP = 4.0
FEWEST_CLAUSES = 2
MOST_ACROSS = 0.25


def columns_of(sheet: Sheet, words: Sequence[Word]) -> list[list[Line]]:
    """Return the lines of a page in reading order, in parts: above both columns, left, right, below.

    A page has two columns where no word stands in a gutter near its middle, but for whole lines above and below, and
    numbered clauses begin on both sides of it. Any other page is one part.

    Parameters
    ----------
    sheet : Sheet
    words : sequence of Word
        Those outside its tables.
    """
    whole = pdf_tables.lines_of(words)
    for gutter in _gutters(sheet.width, words, MOST_ACROSS * len(whole)):
        parts = _parted(whole, words, gutter)
        if parts:
            return parts
    return [whole]


def _gutters(width: float, words: Sequence[Word], most: float) -> list[float]:
    """Return the places near a page's middle that few words reach into, one for each run of such places."""
    first = MIDDLE[0] * width
    crossed = [0] * (int((MIDDLE[1] - MIDDLE[0]) * width / STEP) + 1)
    for word in words:
        begin = max(0, ceil((word.left - GUTTER / 2 - first) / STEP))
        for step in range(begin, min(len(crossed), ceil((word.right + GUTTER / 2 - first) / STEP))):
            crossed[step] += 1
    runs: list[list[int]] = [[]]
    for step, count in enumerate(crossed):
        if count <= most:
            runs[-1].append(step)
        elif runs[-1]:
            runs.append([])
    return [first + run[len(run) // 2] * STEP for run in runs if run]


def _parted(whole: Sequence[Line], words: Sequence[Word], gutter: float) -> list[list[Line]]:
    """Return the parts of a page with a gutter at a place; empty where there is none."""
    over = {w for w in words if w.left < gutter + GUTTER / 2 and w.right > gutter - GUTTER / 2}
    across = [line for line in whole if over & set(line.words)]
    body = [line for line in whole if not over & set(line.words)]
    if not body or any(body[0].bottom > line.bottom > body[-1].bottom for line in across):
        return []
    inner = [word for line in body for word in line.words]
    sides = [
        pdf_tables.lines_of([word for word in inner if word.right <= gutter]),
        pdf_tables.lines_of([word for word in inner if word.left >= gutter]),
    ]
    if any(sum(bool(numbered(line.text)[0]) for line in side) < FEWEST_CLAUSES for side in sides):
        return []
    above = [line for line in across if line.bottom >= body[0].bottom]
    below = [line for line in across if line.bottom <= body[-1].bottom]
    return [above, *sides, below]
