"""Tables on a page of a PDF: by the lines drawn around their cells, else by words that stand below each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from core.requirements.officefiles.pdf_page import Sheet, Word

NEAR = 3.0
SHORTEST = 20.0
APART = 1.4
FEWEST_LINES, FEWEST_STARTS = 3, 3
LONGEST_FIRST = 6.0
LONGEST_RULE = 0.3


@dataclass
class Line:
    """Words of one height, and the runs of them that gaps part."""

    words: list[Word]

    @property
    def top(self) -> float:
        """Return its upper edge."""
        return max(word.top for word in self.words)

    @property
    def bottom(self) -> float:
        """Return its lower edge."""
        return min(word.bottom for word in self.words)

    @property
    def left(self) -> float:
        """Return where it begins."""
        return self.words[0].left

    @property
    def right(self) -> float:
        """Return where it ends."""
        return self.words[-1].right

    @property
    def size(self) -> float:
        """Return the height of its tallest word."""
        return max(word.top - word.bottom for word in self.words)

    @property
    def text(self) -> str:
        """Return its words."""
        return " ".join(word.text for word in self.words)

    def runs(self) -> list[list[Word]]:
        """Return its words parted at wide gaps."""
        out = [[self.words[0]]]
        for before, word in pairwise(self.words):
            if word.left - before.right > APART * max(self.size, 6.0):
                out.append([])
            out[-1].append(word)
        return out


@dataclass
class PageTable:
    """A table on one page.

    Attributes
    ----------
    page : int
    edges : list of float
        Where its columns begin, and where the last one ends.
    bands : list of (float, float)
        Upper and lower edge of each row.
    cells : list of list of str
    """

    page: int
    edges: list[float]
    bands: list[tuple[float, float]]
    cells: list[list[str]] = field(default_factory=list)

    @property
    def top(self) -> float:
        """Return its upper edge."""
        return self.bands[0][0]

    @property
    def bottom(self) -> float:
        """Return its lower edge."""
        return self.bands[-1][1]

    def column_of(self, x: float) -> int:
        """Return the column at a place from the left."""
        return max(0, sum(x >= edge for edge in self.edges[:-1]) - 1)

    def row_of(self, y: float) -> int | None:
        """Return the row at a height; None outside the table."""
        return next((i for i, (top, bottom) in enumerate(self.bands) if bottom <= y <= top), None)


def lines_of(words: Sequence[Word]) -> list[Line]:
    """Return words as lines from top to bottom, each from left to right."""
    lines: list[Line] = []
    for word in sorted(words, key=lambda w: (-w.middle, w.left)):
        last = lines[-1].words[0] if lines else None
        if last is not None and abs(last.middle - word.middle) <= 0.5 * max(last.top - last.bottom, 4.0):
            lines[-1].words.append(word)
        else:
            lines.append(Line([word]))
    for line in lines:
        line.words.sort(key=lambda w: w.left)
    return lines


def joined(lines: Sequence[str]) -> str:
    """Join the lines of one text; a word broken at a line's end is mended.

    Examples
    --------
    >>> joined(["The sys-", "tem shall", "log"])
    'The system shall log'
    """
    out = ""
    for line in lines:
        if out.endswith("-") and out[-2:-1].isalpha() and line[:1].islower():
            out = out[:-1] + line
        else:
            out = f"{out} {line}" if out else line
    return out


def ruled(sheet: Sheet, before: Sequence[float] = ()) -> list[PageTable]:
    """Return the tables drawn with lines, from top to bottom: at least two columns and two rows.

    One row is enough where its edges are those of the table the page before ended with (`before`).
    """
    heights = _clustered(sorted({y for y, x0, x1 in sheet.across if x1 - x0 >= SHORTEST}, reverse=True))
    tables: list[PageTable] = []
    for top, bottom in pairwise(heights):
        middle = (top + bottom) / 2
        places = _clustered(sorted(x for x, y0, y1 in sheet.upright if y0 - NEAR <= middle <= y1 + NEAR))
        if len(places) < 2 or top - bottom < 4:
            continue
        last = tables[-1] if tables else None
        if last is not None and abs(last.bottom - top) <= NEAR and _alike(last.edges, places):
            last.bands.append((top, bottom))
            last.edges = _clustered(sorted([*last.edges, *places]))
        else:
            tables.append(PageTable(sheet.number, places, [(top, bottom)]))
    tables = [t for t in tables if len(t.edges) > 2 and (len(t.bands) > 1 or _same_edges(t.edges, before))]
    for table in tables:
        _fill(table, sheet.words)
    return tables


def _same_edges(edges: Sequence[float], before: Sequence[float]) -> bool:
    return len(edges) == len(before) and all(abs(a - b) <= NEAR for a, b in zip(edges, before, strict=True))


def _alike(edges: Sequence[float], places: Sequence[float]) -> bool:
    """Say whether rows have the same outer edges, as rows of one table have."""
    return abs(edges[0] - places[0]) <= NEAR and abs(edges[-1] - places[-1]) <= NEAR


def _clustered(values: Sequence[float]) -> list[float]:
    out: list[float] = []
    for value in values:
        if not out or abs(out[-1] - value) > NEAR:
            out.append(value)
    return out


def _fill(table: PageTable, words: Sequence[Word]) -> None:
    grid: list[list[list[Word]]] = [[[] for _ in table.edges[:-1]] for _ in table.bands]
    for word in words:
        row = table.row_of(word.middle)
        if row is not None and table.edges[0] - NEAR <= word.left <= table.edges[-1]:
            grid[row][table.column_of((word.left + min(word.right, word.left + 8)) / 2)].append(word)
    table.cells = [[joined([line.text for line in lines_of(cell)]) for cell in row] for row in grid]


def inside(tables: Sequence[PageTable], word: Word) -> bool:
    """Say whether a word stands in one of the tables."""
    return any(
        t.bottom <= word.middle <= t.top and t.edges[0] - NEAR <= word.left <= t.edges[-1] + NEAR for t in tables
    )


def aligned(sheet: Sheet, lines: Sequence[Line], before: Sequence[float] = ()) -> list[PageTable]:
    """Return the tables without drawn lines: words in columns over at least three lines, ids or labels first.

    A new row begins where something stands in the first column; other lines belong to the row above. Where the first
    line fits the columns of the table the page before ended with (`before`), a single row is enough.
    """
    starts, fewest = _starts(lines), FEWEST_LINES
    if before and lines and len(_columns(lines[0], before) or []) > 1:
        starts, fewest = list(before), 1
    if len(starts) < 2:
        return []
    tables: list[PageTable] = []
    rows: list[list[Line]] = []

    def close() -> None:
        table = _table_of(sheet, starts, rows, fewest)
        if table is not None:
            tables.append(table)
        rows.clear()

    for line in lines:
        columns = _columns(line, starts)
        if columns is None or (rows and rows[-1][-1].bottom - line.top > 3 * line.size):
            close()
        if columns is None:
            continue
        # what stands at the top of a page without a first column belongs to the page before
        if (columns[0] == 0 and len(columns) > 1) or (not rows and line is lines[0]):
            rows.append([line])
        elif rows and columns[0] > 0:
            rows[-1].append(line)
        else:
            close()
    close()
    return tables


def banded(sheet: Sheet, lines: Sequence[Line]) -> list[PageTable]:
    """Return the table whose rows are parted by drawn lines and whose columns are told by where words begin.

    A page has one at most; a number set in the middle of its row then belongs to all the row's lines.
    """
    long = {y for y, x0, x1 in sheet.across if x1 - x0 >= LONGEST_RULE * sheet.width}
    heights = _clustered(sorted(long, reverse=True))
    bands = [pair for pair in pairwise(heights) if any(_is_in(line, pair) for line in lines)]
    rows = [[line for line in lines if _is_in(line, band)] for band in bands]
    if len(rows) < FEWEST_LINES:
        return []
    starts = _clustered(sorted(run[0].left for line in rows[0] for run in line.runs()))
    if len(starts) < 2:
        return []
    table = PageTable(sheet.number, [*starts, max(line.right for row in rows for line in row) + 1], bands)
    _fill(table, [word for row in rows for line in row for word in line.words])
    first = [len(cells[0].split()) for cells in table.cells]
    is_table = sum(n > 0 for n in first) >= 0.5 * len(first) and sum(first) / len(first) <= LONGEST_FIRST
    return [table] if is_table else []


def _is_in(line: Line, band: tuple[float, float]) -> bool:
    return band[1] - NEAR <= line.bottom and line.top <= band[0] + NEAR


def _starts(lines: Sequence[Line]) -> list[float]:
    """Return where columns begin: places at which runs of words of three lines or more begin.

    A heading over an empty column begins one too, where two others of its line begin columns.
    """
    lefts = sorted(run[0].left for line in lines for run in line.runs() if len(line.runs()) > 1)
    groups: list[list[float]] = []
    for left in lefts:
        if groups and left - groups[-1][-1] <= NEAR:
            groups[-1].append(left)
        else:
            groups.append([left])
    starts = [min(group) for group in groups if len(group) >= FEWEST_STARTS]
    more: list[float] = []
    for line in lines:
        places = [run[0].left for run in line.runs()]
        others = [left for left in places if not _at(left, starts)]
        if len(places) - len(others) >= 2:
            more += [left for left in others if not _at(left, more)]
    return sorted([*starts, *more])


def _at(left: float, starts: Sequence[float]) -> bool:
    return any(abs(left - start) <= NEAR for start in starts)


def _columns(line: Line, starts: Sequence[float]) -> list[int] | None:
    """Return the columns in which a line's runs begin; None where one begins elsewhere or runs into the next."""
    runs: list[list[Word]] = []
    for run in line.runs():
        runs.append([run[0]])
        for before, word in pairwise(run):
            if _at(word.left, starts) and word.left - before.right > 0.3 * line.size:
                runs.append([])
            runs[-1].append(word)
    out = []
    for run in runs:
        column = next((i for i, start in enumerate(starts) if abs(run[0].left - start) <= NEAR), None)
        if column is None or (column + 1 < len(starts) and run[-1].right > starts[column + 1] + NEAR):
            return None
        out.append(column)
    return out


def _table_of(sheet: Sheet, starts: Sequence[float], rows: Sequence[Sequence[Line]], fewest: int) -> PageTable | None:
    if len(rows) < fewest:
        return None
    edges = [*starts, max(line.right for row in rows for line in row) + 1]
    bands = [(row[0].top + 1, row[-1].bottom - 1) for row in rows]
    table = PageTable(sheet.number, edges, bands)
    _fill(table, [word for row in rows for line in row for word in line.words])
    first = [len(cells[0].split()) for cells in table.cells]
    return table if sum(first) / len(first) <= LONGEST_FIRST else None
