"""Where the buyer left room for answers: drop-downs, empty response columns, "put an X" columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.requirements.officefiles.grids import Grid
from core.requirements.read import answer_vocabulary, column_roles
from core.requirements.read.column_roles import Body, likeness

EMPTY = 0.2
COVERED = 0.4
LIKELY = 0.45
SURE = 0.7
TELLING = 0.85
MARKS = {"x", "X", "✓", "✔", "×", "1", "●"}
COMPLIANCE = (
    "compl",
    "conform",
    "erfüll",
    "cumpl",
    "voldoe",
    "fulfil",
    "meets",
    "supported",
    "y n",
    "yes no",
    "ja nein",
    "oui non",
    "status",
    "code",
    "能否",
    "是否",
    "可否",
)


@dataclass(frozen=True)
class Place:
    """A column for answers.

    Attributes
    ----------
    column : int
        From 0.
    name : str
        Its heading.
    kind : str
        "choice" (a drop-down), "mark" (put an X), "statement" (how far we comply) or "text" (free words).
    words : tuple of str
        What the drop-down offers.
    status : str
        For a mark: what an X in it means (full, partial, partner, roadmap, none).
    below : int
        How many rows below the requirement the answer stands; 0 for its own row.
    default : str
        What the buyer filled into every cell before anybody answered; it counts as empty.
    """

    column: int
    name: str
    kind: str
    words: tuple[str, ...] = ()
    status: str = ""
    below: int = 0
    default: str = ""


def find(grid: Grid, names: Sequence[str], roles: Mapping[str, int], body: Body) -> tuple[Place, ...]:
    """Return the columns left for answers, from left to right.

    A drop-down over most requirement rows that are still empty; two or more empty columns side by side whose
    headings are answers (Yes, Partly, No); an empty column named like a response, a statement or a comment.
    A column that the buyer filled is none, unless its heading or its drop-down tells that answers stand in it.
    """
    rows = [row for row in body if roles["text"] < len(row[1]) and row[1][roles["text"]]]
    free = _free_columns(grid, names, roles)
    cells = {cell.column: cell for cell in _choices(grid, names, rows, free)}
    cells |= {cell.column: cell for cell in _marks(names, rows, [c for c in free if c not in cells])}
    titles = [names] if names else _titles(grid)
    cells |= {cell.column: cell for cell in _by_heading(titles, rows, [c for c in free if c not in cells])}
    return tuple(cells[column] for column in sorted(cells))


def _free_columns(grid: Grid, names: Sequence[str], roles: Mapping[str, int]) -> list[int]:
    """Return the columns that hold no part of a requirement, those that only have a drop-down among them."""
    widest_choice = max((s.right + 1 for c in grid.choices for s in c.spans), default=0)
    width = max(grid.width, len(names), widest_choice)
    return [column for column in range(width) if column not in roles.values()]


def _by_heading(titles: Sequence[Sequence[str]], rows: Body, free: Sequence[int]) -> list[Place]:
    """Return the first column headed like a statement, an answer and a comment, where it is left for one."""
    out: list[Place] = []
    used: set[str] = set()
    for column in free:
        name = next((row[column] for row in titles if column < len(row) and row[column]), "")
        kind = _named(name)
        if kind and kind not in used and _is_left_for_answers(rows, column, name):
            out.append(Place(column, name, "statement" if kind == "statement" else "text"))
            used.add(kind)
    return out


def _is_left_for_answers(rows: Body, column: int, name: str) -> bool:
    """Say whether a column is still empty, or its heading tells that answers stand in it."""
    return _is_open(rows, column) or max(likeness(name, "answer"), likeness(name, "comment")) >= TELLING


def _titles(grid: Grid) -> list[list[str]]:
    """Return the rows that name answer columns between the blocks of a sheet without one header."""
    few = [(cells, [c for c in cells if 0 < len(c) <= 30]) for _, cells in grid.rows[:2_000]]
    return [cells for cells, short in few if any(likeness(c, "answer") >= SURE for c in short)]


def _is_open(rows: Body, column: int) -> bool:
    """Say whether a column is still empty, but for a few."""
    return column_roles.filled(rows, column) <= EMPTY


def _default(rows: Body, column: int) -> str:
    """Return what stands in every cell of a column alike, as put there before anybody answered; empty if nothing."""
    cells = column_roles.texts(rows, column)
    return cells[0] if len(cells) > 2 and len(set(cells)) == 1 and column_roles.filled(rows, column) > 0.9 else ""


def _is_answer(words: Sequence[str]) -> bool:
    """Say whether a drop-down's words say how far one complies."""
    return {"full", "none"} <= {answer_vocabulary.meaning(word)[0] for word in words}


def _choices(grid: Grid, names: Sequence[str], rows: Body, free: Sequence[int]) -> list[Place]:
    out = []
    numbers = [n for n, _ in rows]
    for column in free:
        over = [c for c in grid.choices if any(s.left <= column <= s.right for s in c.spans)]
        covered = [n for n in numbers if any(s.holds(n, column) for c in over for s in c.spans)]
        if not covered or len(covered) < COVERED * len(numbers):
            continue
        default = _default(rows, column)
        if not (default or _is_open(rows, column) or any(_is_answer(c.words) for c in over)):
            continue
        usual = max(over, key=lambda c: (bool(c.words), sum(s.holds(n, column) for n in covered for s in c.spans)))
        out.append(Place(column, _name(names, column), "choice", usual.words, default=default))
    return out


def _marks(names: Sequence[str], rows: Body, free: Sequence[int]) -> list[Place]:
    """Find columns side by side that each stand for one answer."""
    groups: list[list[Place]] = [[]]
    for column in range(len(names)):
        title = names[column].rsplit(" / ", 1)[-1]
        means, sure = answer_vocabulary.meaning(title) if title else ("", 0.0)
        marked = set(column_roles.texts(rows, column)) <= MARKS
        if column in free and means and sure >= SURE and len(title) <= 30 and marked:
            groups[-1].append(Place(column, names[column], "mark", (), means))
        elif groups[-1]:
            groups.append([])
    wanted = ("full", "none", "partial")
    return [p for g in groups if len({p.status for p in g}) > 1 and any(p.status in wanted for p in g) for p in g]


def _named(name: str) -> str:
    """Tell a statement, an answer and a comment by the heading; empty where it is none of them."""
    answer, comment = likeness(name, "answer"), likeness(name, "comment")
    label = column_roles.plain(name)
    if max(answer, comment) < LIKELY:
        # An empty column whose heading names the bidder is for them.
        return "" if not column_roles.is_for_bidder(label) else "comment" if " " in label else "answer"
    if answer < comment:
        return "comment"
    return "statement" if any(word in label for word in COMPLIANCE) else "answer"


def _name(names: Sequence[str], column: int) -> str:
    return names[column] if column < len(names) else ""


def levels(names: Sequence[str], body: Body, taken: Sequence[int]) -> tuple[tuple[int, str], ...]:
    """Return columns side by side, named Must, Should and the like, of which each row has an X in one."""
    named = [c for c, name in enumerate(names) if c not in taken and len(name) > 1 and column_roles.is_level(name)]
    marked = [c for c in named if set(column_roles.texts(body, c)) <= MARKS and column_roles.texts(body, c)]
    rows = [cells for _, cells in body[: column_roles.SEEN] if sum(bool(cell) for cell in cells) > 1]
    counts = [sum(c < len(cells) and bool(cells[c]) for c in marked) for cells in rows]
    if len(marked) < 2 or marked[-1] - marked[0] >= len(marked) + 1 or not counts or max(counts) > 1:
        return ()
    return tuple((c, names[c]) for c in marked) if sum(counts) >= 0.6 * len(counts) else ()
