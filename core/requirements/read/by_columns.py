"""A sheet whose headings are in words nobody knows here: the best column of prose beside one of ids."""

from __future__ import annotations

from collections.abc import Sequence

from core.requirements.officefiles.grids import Grid
from core.requirements.read import column_roles, heading_row
from core.requirements.read.column_roles import LONGEST_LABEL, Body
from core.requirements.read.headerless import Bare

PROSE = 4.0
DEEP = 400
REGULAR = 6
FEWEST = 3
DISTINCT = 0.3
SHORT = 24
ASKING, CODED = 0.2, 0.6


def find(grid: Grid) -> Bare | None:
    """Return header row, columns and sureness of the best prose column with ids beside it, or under labels.

    Parameters
    ----------
    grid : Grid

    Returns
    -------
    tuple or None
        None where no column holds sentences in most of its rows, or nothing else says that they form a list:
        neither ids beside them nor labels above them.
    """
    rows = grid.rows[:DEEP]
    text = _prose_column(rows, grid.width)
    if text is None:
        return None
    marked = [row for row in rows if text < len(row[1]) and column_roles.size(row[1][text]) >= PROSE]
    is_coded = column_roles.coded(column_roles.texts(marked, text)) >= CODED
    key = None if is_coded else _key_column(marked, text, grid.width)
    first = _first_row(rows, text, key)
    if first is None:
        return None
    header = _labels_above(grid, first, text)
    roles = {"text": text} if key is None else {"text": text, "id": key}
    named = heading_row.named(dict(rows)[header])[0] if header is not None else {}
    is_telling = is_coded or "priority" in named or column_roles.asking(rows, text) >= ASKING
    if key is None and (header is None or not is_telling):
        return None
    sure = 0.4 + 0.15 * (key is not None) + 0.1 * (header is not None)
    return header, roles, round(sure, 2)


def _prose_column(rows: Body, width: int) -> int | None:
    """Return the column with the most sentences; one that says the same again and again counts less."""
    best: int | None = None
    best_weight = 0.0
    for column in range(width):
        cells = column_roles.texts(rows, column)
        prose = [cell for cell in cells if column_roles.size(cell) >= PROSE]
        if len(prose) < FEWEST or len(prose) < 0.5 * len(cells) or len(set(prose)) < DISTINCT * len(prose):
            continue
        length = min(sum(column_roles.size(cell) for cell in prose) / len(prose), 12.0)
        weight = length * (len(prose) / len(rows)) ** 2 * len(set(prose)) / len(prose)
        weight *= 1 + 0.5 * sum(column_roles.asks(cell) for cell in prose) / len(prose)
        if weight > 1.05 * best_weight:
            best, best_weight = column, weight
    return best


def _key_column(marked: Body, text: int, width: int) -> int | None:
    """Return the column of ids beside the text: codes, or words of one kind, none of them twice."""
    order: list[int] = [*range(text), *range(text + 1, width)]
    for column in order:
        if column_roles.idlike(marked, column) > 0.7 and column_roles.filled(marked, column) > 0.5:
            return column
    words: list[int] = [c for c in range(text) if column_roles.is_word_ids(marked, c)]
    return words[0] if words else None


def _first_row(rows: Body, text: int, key: int | None) -> int | None:
    """Return the place of the first row from which most rows hold a sentence, and an id where there are any."""

    keys = column_roles.texts(rows, key) if key is not None else []
    has_digits = 2 * sum(any(c.isdigit() for c in cell) for cell in keys) > len(keys)

    def fits(cells: Sequence[str]) -> bool:
        has_text = text < len(cells) and column_roles.size(cells[text]) >= PROSE
        own = cells[key] if key is not None and key < len(cells) else ""
        has_key = any(c.isdigit() for c in own) if has_digits else bool(own)
        return has_text and (key is None or has_key)

    for index, (_, cells) in enumerate(rows):
        window = rows[index : index + REGULAR]
        if fits(cells) and 2 * sum(fits(row) for _, row in window) >= len(window):
            return index
    return None


def _labels_above(grid: Grid, first: int, text: int) -> int | None:
    """Return the row of labels right above the first row, if there is one; section titles may stand between."""
    for index in range(first - 1, max(first - 4, -1), -1):
        number, cells = grid.rows[index]
        if len([cell for cell in cells if cell]) >= 2:
            return number if _is_labels(cells, text) and not heading_row.is_body(grid, index) else None
    return None


def _ends(cell: str) -> bool:
    """Say whether a cell ends like a sentence; an abbreviation of a word or two does not."""
    return cell[-1:] in ".!;" and not (cell[-1:] == "." and column_roles.size(cell) <= 2)


def _is_labels(cells: Sequence[str], text: int) -> bool:
    filled = [cell for cell in cells if cell]
    is_short = all(len(cell) <= LONGEST_LABEL and not _ends(cell) for cell in filled)
    own = cells[text] if text < len(cells) else ""
    names_text = bool(own) and (column_roles.size(own) <= 5 or len(own) <= SHORT)
    return is_short and names_text and len(set(filled)) == len(filled)
