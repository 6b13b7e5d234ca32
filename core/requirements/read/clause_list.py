"""Running text as a list: its numbered clauses and the sentences that ask for something."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from core.requirements.officefiles.grids import Grid
from core.requirements.read import column_roles, forms, left_out
from core.requirements.read.answer_cells import Place
from core.requirements.read.layout import Layout

COLUMNS = {"id": 0, "text": 1}
SHORT, WHOLE, TITLE_WORDS = 4, 5, 10
FEWEST = 2
MAJORITY = 0.5


def find(grid: Grid) -> Layout | None:
    """Return the layout of running text; None where fewer than two of its clauses ask for something.

    Parameters
    ----------
    grid : Grid
        Rows of [number, text], as Word and PDF files give their text.
    """
    asking = [cells for _, cells in grid.rows if _asks(cells[1])]
    if len(asking) < FEWEST:
        return None
    n_keyed = sum(bool(cells[0]) for cells in asking)
    has_keys = n_keyed > 0 or any(cells[0] for n, cells in grid.rows if n in grid.titles)
    columns = COLUMNS if has_keys else {"text": 1}
    sure = round(0.5 + 0.3 * n_keyed / len(asking), 2)
    return Layout(grid.name, None, columns, {}, sure, dict.fromkeys(columns, sure), _rooms(grid), grid.rows[0][0])


def _rooms(grid: Grid) -> tuple[Place, ...]:
    """Return the columns that form fields beside the clauses make up."""
    width = max(len(cells) for _, cells in grid.rows)
    places = []
    for column in range(2, width):
        words = next((c.words for c in grid.choices if any(s.left == column for s in c.spans)), ())
        places.append(Place(column, "Response", "choice" if words else "text", words))
    return tuple(places) or _labelled(grid)


def _labelled(grid: Grid) -> tuple[Place, ...]:
    """Return the room behind "Response:" below the clauses, where a Word document has that below most of them."""
    labels = [n for n, cells in grid.rows if forms.is_label(cells[1])]
    requirements = [n for n, kind in kinds(grid).items() if kind == "requirement"]
    gaps = Counter(min((label - n for label in labels if label > n), default=0) for n in requirements)
    below, count = gaps.most_common(1)[0] if gaps else (0, 0)
    is_usual = grid.is_document and below > 0 and count >= MAJORITY * len(requirements)
    return (Place(2, "Response", "text", below=below),) if is_usual else ()


def n_numbered(grid: Grid) -> int:
    """Return how many numbered clauses ask for something."""
    return sum(bool(cells[0]) and _asks(cells[1]) for n, cells in grid.rows if n not in grid.titles)


def kinds(grid: Grid) -> dict[int, str]:
    """Return per row of running text whether it is a requirement or a section's title; others are left out.

    A numbered sentence that does not ask is a requirement where most of the numbered ones ask: "3.2 Logs are kept for
    a year." A title is what the file marks as one, or a few words without an end that stand over deeper numbers.
    """
    keyed = [cells[1] for n, cells in grid.rows if cells[0] and n not in grid.titles and _size(cells[1]) >= WHOLE]
    are_demands = len(keyed) > 2 and sum(_asks(text) for text in keyed) >= MAJORITY * len(keyed)
    out: dict[int, str] = {}
    followers: list[Sequence[str]] = [*(cells for _, cells in grid.rows[1:]), ["", ""]]
    for (number, cells), following in zip(grid.rows, followers, strict=True):
        key, text = cells[0], cells[1]
        if left_out.is_aside(key, text):
            continue
        if number in grid.titles or _is_title(key, text, following[0]):
            out[number] = "section"
        elif _asks(text) or (key and are_demands and _size(text) >= WHOLE):
            out[number] = "requirement"
    return out


def full_key(key: str, parent: str) -> str:
    """Return a clause's number with its parent's before it, where it is only an item: "3.1 (a)".

    Examples
    --------
    >>> full_key("(a)", "3.1"), full_key("3.2", "3.1")
    ('3.1 (a)', '3.2')
    """
    return f"{parent} {key}" if is_item(key) and parent else key


def is_item(key: str) -> bool:
    """Say whether a number is one of an item inside a clause: (a), b), iv)."""
    return key.endswith(")") or (len(key) <= 2 and key.rstrip(".").isalpha())


def _is_title(key: str, text: str, following: str) -> bool:
    if _asks(text) or _size(text) > TITLE_WORDS or text[-1:] in ".;?!:,":
        return False
    is_over = bool(key) and following.startswith(key.rstrip(".") + ".")
    return is_over or (bool(key) and _size(text) < SHORT)


def _asks(text: str) -> bool:
    return _size(text) >= SHORT and column_roles.asks(text)


def _size(text: str) -> float:
    return column_roles.size(text)
