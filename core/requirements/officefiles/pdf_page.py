"""One page of a PDF: its words where they stand, and the lines that are drawn on it."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass, field
from typing import Any

MOST_LETTERS, MOST_SEGMENTS = 60_000, 20_000
THIN, LONG = 3.0, 6.0
GAP = 0.12
SEGMENT_LINE, SEGMENT_BEZIER, SEGMENT_MOVE = 0, 1, 2


@dataclass(frozen=True)
class Word:
    """A word and its box: x from the left, y from the bottom, in points."""

    text: str
    left: float
    bottom: float
    right: float
    top: float

    @property
    def middle(self) -> float:
        """Return the height of its middle."""
        return (self.bottom + self.top) / 2


@dataclass
class Sheet:
    """What stands on one page.

    Attributes
    ----------
    number : int
        From 1.
    width, height : float
        In points.
    words : list of Word
    across, upright : list of (float, float, float)
        Drawn lines: height and its two ends, or place and its two ends.
    has_picture : bool
        Whether a picture covers most of it.
    is_recognised : bool
        Whether its words come from text recognition.
    """

    number: int
    width: float
    height: float
    words: list[Word] = field(default_factory=list)
    across: list[tuple[float, float, float]] = field(default_factory=list)
    upright: list[tuple[float, float, float]] = field(default_factory=list)
    has_picture: bool = False
    is_recognised: bool = False


def read(page: Any, raw: Any, number: int) -> Sheet:
    """Read a page of pypdfium2.

    Parameters
    ----------
    page : pypdfium2.PdfPage
    raw : module
        `pypdfium2.raw`.
    number : int
        From 1.
    """
    width, height = page.get_size()
    sheet = Sheet(number, width, height)
    text = page.get_textpage()
    try:
        sheet.words = _words(text, raw)
    finally:
        text.close()
    _drawn(page, raw, sheet)
    return sheet


def _words(text: Any, raw: Any) -> list[Word]:
    """Return the words of a page: letters that follow each other on one line without a gap."""
    frame = raw.FS_RECTF()  # loose boxes: with the room a letter takes, which is what tells a gap
    words: list[Word] = []
    letters: list[str] = []
    box = [0.0, 0.0, 0.0, 0.0]

    def close() -> None:
        if letters:
            words.append(Word("".join(letters), *box))
            letters.clear()

    for index in range(min(text.count_chars(), MOST_LETTERS)):
        sign = chr(raw.FPDFText_GetUnicode(text, index))
        if sign.isspace() or sign in "\x00\ufffe\uffff":
            close()
            continue
        raw.FPDFText_GetLooseCharBox(text, index, frame)
        x0, x1, y0, y1 = frame.left, frame.right, frame.bottom, frame.top
        size = max(y1 - y0, box[3] - box[1], 4.0)
        is_apart = letters and (x0 - box[2] > GAP * size + 0.5 or x0 < box[0] - size or y0 > box[3] or y1 < box[1])
        if is_apart:
            close()
        wider = [min(box[0], x0), min(box[1], y0), max(box[2], x1), max(box[3], y1)]
        box = wider if letters else [x0, y0, x1, y1]
        letters.append("-" if sign in "\x02\xad" else sign)
    close()
    return words


def _drawn(page: Any, raw: Any, sheet: Sheet) -> None:
    """Collect the straight lines of a page, and whether a picture fills it."""
    count = 0
    for thing in page.get_objects(max_depth=4):
        if thing.type == raw.FPDF_PAGEOBJ_IMAGE:
            x0, y0, x1, y1 = thing.get_bounds() if hasattr(thing, "get_bounds") else thing.get_pos()
            sheet.has_picture |= (x1 - x0) * (y1 - y0) > 0.4 * sheet.width * sheet.height
        elif thing.type == raw.FPDF_PAGEOBJ_PATH and count < MOST_SEGMENTS:
            count += _path(thing, raw, sheet)


def _path(thing: Any, raw: Any, sheet: Sheet) -> int:
    matrix = thing.get_matrix()
    points: list[tuple[float, float]] = []
    x, y = ctypes.c_float(), ctypes.c_float()
    n_segments = raw.FPDFPath_CountSegments(thing)
    start = (0.0, 0.0)
    for index in range(min(n_segments, MOST_SEGMENTS)):
        segment = raw.FPDFPath_GetPathSegment(thing, index)
        raw.FPDFPathSegment_GetPoint(segment, x, y)
        point = matrix.on_point(x.value, y.value)
        if raw.FPDFPathSegment_GetType(segment) == SEGMENT_MOVE:
            start = point
        elif points:
            _line(points[-1], point, sheet)
        points.append(point)
        if raw.FPDFPathSegment_GetClose(segment):
            _line(point, start, sheet)
    return int(n_segments)


def _line(first: tuple[float, float], other: tuple[float, float], sheet: Sheet) -> None:
    wide, high = abs(first[0] - other[0]), abs(first[1] - other[1])
    if high < THIN and wide >= LONG:
        sheet.across.append(((first[1] + other[1]) / 2, min(first[0], other[0]), max(first[0], other[0])))
    elif wide < THIN and high >= LONG:
        sheet.upright.append(((first[0] + other[0]) / 2, min(first[1], other[1]), max(first[1], other[1])))
