"""Which sheet holds requirements, where its header is, and what each column is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from core.requirements.officefiles.grids import Grid
from core.requirements.officefiles.sheetxml import letters_of
from core.requirements.read import answer_cells, column_roles, headerless
from core.requirements.read.answer_cells import Place
from core.requirements.read.column_roles import LONGEST_LABEL, ROLES, Body, likeness

HEADER_DEPTH = 40
SURE = 0.7
FAINT = 0.45
YES = {"yes", "y", "ja", "oui", "si", "sí", "sì", "sim", "tak", "ano", "да", "是"}
SINGLE = ("text", "id", "priority", "category")


@dataclass(frozen=True)
class Layout:
    """How one sheet was read.

    Attributes
    ----------
    sheet : str
    header_row : int or None
        As in the file, from 1; None where there is no header.
    columns : dict of str to int
        The place (from 0) of each role found: text, id, priority, category, answer, comment.
    names : dict of str to str
        The header's own word for each role.
    confidence : float
        How sure the reading is, in [0, 1].
    sure : dict of str to float
        How sure each role's column is, in [0, 1].
    answers : tuple of Place
        The columns the buyer left for answers.
    first_row : int
        The first row that may hold a requirement.
    is_given : bool
        Whether a person said so.
    last_row : int or None
        The last row of this table, where the sheet holds another one below it.
    levels : tuple of (int, str)
        Columns of which the buyer marked one with an X to say the priority, and what each says.
    """

    sheet: str
    header_row: int | None
    columns: dict[str, int]
    names: dict[str, str]
    confidence: float
    sure: dict[str, float] = field(default_factory=dict)
    answers: tuple[Place, ...] = ()
    first_row: int = 1
    is_given: bool = False
    last_row: int | None = None
    levels: tuple[tuple[int, str], ...] = ()

    def holds(self, row: int) -> bool:
        """Say whether a row may be a requirement of this table."""
        return self.first_row <= row and (self.last_row is None or row <= self.last_row)

    def sentence(self) -> str:
        """Say how the sheet was read."""
        return f"{self.sheet}: {self.reading()}"

    def reading(self) -> str:
        """Say how the sheet was read, without its name."""
        head = f"header in row {self.header_row}" if self.header_row else "no header"
        labels = {"text": "requirement", **{role: role for role in SINGLE[1:]}}
        parts = ", ".join(f"{labels[r]} from “{_short(self.names[r])}”" for r in SINGLE if r in self.names)
        if self.levels:
            parts += f", priority from the X under {', '.join(f'“{_short(name)}”' for _, name in self.levels)}"
        text = f"{head}; {parts or 'requirements from column ' + letters_of(self.columns['text'])}."
        if self.answers:
            text += " Answers go into " + ", ".join(_cell_name(cell) for cell in self.answers) + "."
        return text if self.confidence >= SURE or self.is_given else text + " Please check: this is a guess."


def find(grid: Grid, *, by_name: bool = True) -> Layout | None:
    """Return the layout of a sheet, or None when it holds no requirements.

    Parameters
    ----------
    grid : Grid
    by_name : bool
        Whether a sheet whose name says it is none (instructions, glossary, pricing) is passed over.
    """
    if not grid.rows or (by_name and is_aside(grid.name)):
        return None
    best = _header(grid)
    plain = None if best and _is_named(grid.rows[best[1]][1], best[2]) else headerless.headless(grid)
    if best is None or plain:
        return _of(grid, plain or headerless.by_shape(grid))
    score, index, roles = best
    number, header = grid.rows[index]
    body = grid.rows[index + 1 :]
    below = _spread(grid, index)
    if below:
        header, body = below, grid.rows[index + 2 :]
        roles = named(header)[0] or roles
        roles.setdefault("text", best[2]["text"])
    roles["text"] = _best_text(header, body, roles)
    roles = {role: c for role, c in roles.items() if role == "text" or c != roles["text"]}
    words = column_roles.prose(body, roles["text"])
    if _is_other(header):
        return None
    if body and words < 2.0:
        return _of(grid, headerless.by_shape(grid))
    _fill_in(header, body, roles)
    sure = min(1.0, 0.35 + 0.25 * min(score, 2.0) + 0.05 * min(words, 4.0))
    return complete(grid, number, roles, round(sure, 2))


def _of(grid: Grid, shape: headerless.Bare | None) -> Layout | None:
    return None if shape is None else complete(grid, *shape)


def complete(
    grid: Grid, header_row: int | None, roles: Mapping[str, int], confidence: float, *, is_given: bool = False
) -> Layout:
    """Return a layout with its names, sureness and answer columns, once header and roles are known."""
    index = next((i for i, (n, _) in enumerate(grid.rows) if n == header_row), -1)
    header = grid.rows[index][1] if index >= 0 else []
    names, first = _two_rows(grid, index, roles) if index >= 0 else ([], 1)
    body = [row for row in grid.rows if row[0] >= first]
    by_role = {role: column for role, column in roles.items() if role in SINGLE}
    cells = answer_cells.find(grid, names, by_role, body)
    by_role |= _answer_roles(cells, list(by_role.values()))
    headings = _headings(header, names, by_role)
    sure = {role: _sureness(role, header, body, column) for role, column in by_role.items()}
    levels = () if "priority" in by_role else answer_cells.levels(names, body, list(by_role.values()))
    return Layout(grid.name, header_row, by_role, headings, confidence, sure, cells, first, is_given, levels=levels)


def _answer_roles(cells: Sequence[Place], taken: Sequence[int]) -> dict[str, int]:
    """Return the first column for an answer, and the next one of free words for a comment."""
    kinds = {"answer": ("choice", "statement", "mark", "text"), "comment": ("text",)}
    out: dict[str, int] = {}
    for role, wanted in kinds.items():
        used = {*taken, *out.values()}
        column = next((cell.column for cell in cells if cell.kind in wanted and cell.column not in used), None)
        if column is not None:
            out[role] = column
    return out


def _headings(header: Sequence[str], names: Sequence[str], roles: Mapping[str, int]) -> dict[str, str]:
    """Return each role's heading: the header's own word, else the one joined from two rows."""
    titles = [own or joined for own, joined in zip_longest(header, names, fillvalue="")]
    return {role: titles[column] for role, column in roles.items() if column < len(titles) and titles[column]}


def is_aside(name: str) -> bool:
    """Say whether a sheet's name tells that it is no list: instructions, cover, glossary, pricing.

    Examples
    --------
    >>> is_aside("Read me first"), is_aside("Disaster Recovery")
    (True, False)
    """
    label = column_roles.plain(name)
    return any(
        word in name.lower() if "_" in word else column_roles.stands_in(column_roles.plain(word), label)
        for word in column_roles.words()["aside"]
    )


def _header(grid: Grid) -> tuple[float, int, dict[str, int]] | None:
    best: tuple[float, int, dict[str, int]] | None = None
    for index, (_, cells) in enumerate(grid.rows[:HEADER_DEPTH]):
        roles, score = named(cells)
        if "text" in roles and score > (best[0] if best else 0.0) + 1e-9:
            best = (score, index, roles)
    return best


def _spread(grid: Grid, index: int) -> list[str]:
    """Return the names of a header whose wide cells are told apart by a second row; empty where there is none.

    "Requirement" over "Area" and "Description" names two columns by what stands below it.
    """
    number, header = grid.rows[index]
    wide = [m for m in grid.merges if m.top == m.bottom == number and m.right > m.left]
    if not wide or index + 1 >= len(grid.rows) or grid.rows[index + 1][0] != number + 1:
        return []
    below = grid.rows[index + 1][1]
    names = header + [""] * (max(m.right for m in wide) + 1 - len(header))
    parts = {c: below[c] for m in wide for c in range(m.left, min(m.right + 1, len(below))) if below[c]}
    if len(parts) < 2 or any(len(part) > LONGEST_LABEL for part in below):
        return []
    return [parts.get(c, name) for c, name in enumerate(names)]


def _is_named(header: Sequence[str], roles: Mapping[str, int]) -> bool:
    """Say whether a header row is one beyond doubt: its text or its id column has a telling name."""
    likenesses = {role: likeness(header[column], role) for role, column in roles.items()}
    return likenesses.get("text", 0.0) >= SURE or likenesses.get("id", 0.0) >= SURE


def _is_other(header: Sequence[str]) -> bool:
    """Say whether a header is that of another kind of list: glossary, test cases, contacts, prices."""
    hits = sum(column_roles.plain(cell) in column_roles.words()["other_lists"] for cell in header if cell)
    strong = max((likeness(cell, "text") for cell in header if cell), default=0.0)
    return hits >= 2 and strong < 0.9


def named(cells: Sequence[str]) -> tuple[dict[str, int], float]:
    """Give each role its best column in a possible header row."""
    filled = [c for c in cells if c]
    if len(filled) < 2 or sum(len(c) > LONGEST_LABEL for c in filled) > len(filled) / 2:
        return _single(cells) if len(filled) == 1 else ({}, 0.0)
    taken: dict[str, int] = {}
    total = 0.0
    pairs = sorted(
        (
            (likeness(cell, role), -column, role)
            for column, cell in enumerate(cells)
            if cell
            for role in ROLES
            if role != "id" or not _is_no(cells, column)
        ),
        reverse=True,
    )
    for value, column, role in pairs:
        if value > 0 and role not in taken and -column not in taken.values():
            taken[role] = -column
            total += value
    return taken, total


def _is_no(cells: Sequence[str], column: int) -> bool:
    """Say whether a cell that may be short for number stands beside a yes, and so is the answer no."""
    beside = [cells[c] for c in (column - 1, column + 1) if 0 <= c < len(cells)]
    return any(column_roles.plain(cell) in YES for cell in beside)


def _single(cells: Sequence[str]) -> tuple[dict[str, int], float]:
    column = next(i for i, c in enumerate(cells) if c)
    value = likeness(cells[column], "text")
    return ({"text": column}, value / 2) if value >= 0.6 else ({}, 0.0)


def _best_text(header: Sequence[str], body: Body, roles: Mapping[str, int]) -> int:
    """Choose among columns named like a text by how surely they are named and how much prose they hold.

    Where two columns both hold whole requests, the first is the requirement and the later ones explain it,
    unless a later one is named beyond doubt.
    """
    others = {c for r, c in roles.items() if r != "text"}
    likely = [(i, v) for i, h in enumerate(header) if h and i not in others and (v := likeness(h, "text")) > 0]

    def score(item: tuple[int, float]) -> float:
        column, value = item
        words = min(column_roles.prose(body, column) / 8, 1.0)
        return value + 0.5 * words * min(1.0, column_roles.filled(body, column) * 1.2)

    best = max(likely, key=score)
    if best[1] >= 0.85:
        return best[0]
    if best[1] < SURE and (column_roles.prose(body, best[0]) < 3 or column_roles.filled(body, best[0]) < 0.4):
        return _fullest(body, roles, best[0])
    whole = [i for i, _ in likely if column_roles.asking(body, i) >= 0.9 and column_roles.filled(body, i) >= 0.9]
    return whole[0] if whole and whole[0] < best[0] else best[0]


def _fullest(body: Body, roles: Mapping[str, int], weak: int) -> int:
    """Return the column of whole sentences, where the one with a faint name holds hardly any words."""
    others = {roles.get("id"), roles.get("priority")}
    width = max((len(cells) for _, cells in body[: column_roles.SEEN]), default=0)
    fit = [
        c
        for c in range(width)
        if c not in others and column_roles.prose(body, c) >= 5 and column_roles.filled(body, c) >= 0.6
    ]
    return max(fit, key=lambda c: headerless.weight(body, c), default=weak)


def _fill_in(header: Sequence[str], body: Body, roles: dict[str, int]) -> None:
    """Find id and priority by what stands in the columns, where no header names them."""
    width = max(len(header), max((len(cells) for _, cells in body[: column_roles.SEEN]), default=0))
    if "id" not in roles:
        column = _id_column(header, body, roles, width)
        if column is not None:
            roles["id"] = column
    if "priority" not in roles:
        column = _priority_column(body, roles, width)
        if column is not None:
            roles["priority"] = column
            if roles.get("category") == column:
                del roles["category"]


def _id_column(header: Sequence[str], body: Body, roles: Mapping[str, int], width: int) -> int | None:
    """Return the first column of ids left of the text, of those no heading tells to be something else."""
    for column in range(min(roles["text"], width)):
        heading = header[column] if column < len(header) else ""
        is_unnamed = not heading or max(likeness(heading, role) for role in ROLES) < FAINT
        is_free = is_unnamed and column not in roles.values()
        if is_free and column_roles.idlike(body, column) > 0.9 and column_roles.filled(body, column) > 0.6:
            return column
    return None


def _priority_column(body: Body, roles: Mapping[str, int], width: int) -> int | None:
    """Return the first column of priority words."""
    taken = {roles.get(role) for role in ("text", "id", "answer", "comment")}
    return next((column for column in range(width) if column not in taken and _is_priority(body, column)), None)


def _is_priority(body: Body, column: int) -> bool:
    """Say whether a column holds priorities, some of them in words."""
    return (
        column_roles.levels(body, column) > 0.9
        and column_roles.filled(body, column) > 0.6
        and any(text.isalpha() and len(text) > 2 for text in column_roles.texts(body, column))
    )


def _two_rows(grid: Grid, index: int, roles: Mapping[str, int]) -> tuple[list[str], int]:
    """Return the header's names, joined with a second header row below it, and the first row after both."""
    number, header = grid.rows[index]
    under = _named_below(grid, index, roles["text"])
    if not under:
        return list(header), number + 1
    below, cells = grid.rows[index + 1]
    return _joined_names(header, cells, under), below + 1


def _named_below(grid: Grid, index: int, text: int) -> list[int]:
    """Return the columns that a second header row names below the first; empty where there is no such row."""
    if index + 1 >= len(grid.rows):
        return []
    (number, header), (below, cells) = grid.rows[index], grid.rows[index + 1]
    if below != number + 1 or any(len(cell) > LONGEST_LABEL for cell in cells):
        return []
    if text < len(cells) and cells[text] and not _spans_more(grid, number, text):
        return []
    under = [
        column
        for column, cell in enumerate(cells)
        if cell and (column >= len(header) or not header[column] or _wide(grid, number, column))
    ]
    return under if len(under) >= 2 else []


def _joined_names(header: Sequence[str], cells: Sequence[str], under: Sequence[int]) -> list[str]:
    """Return the names of two header rows: "Group / name" where the second one names a column."""
    names = [*header, *[""] * (len(cells) - len(header))]
    group = ""
    for column, cell in enumerate(cells):
        group = names[column] or group
        if cell and column in under:
            names[column] = f"{group} / {cell}" if group and group != cell else cell
    return names


def _spans_more(grid: Grid, row: int, column: int) -> bool:
    """Say whether a cell is merged with the row below it or the column to its right."""
    return any(m.holds(row, column) and (m.bottom > row or m.right > m.left) for m in grid.merges)


def _wide(grid: Grid, row: int, column: int) -> bool:
    return any(m.holds(row, column) and m.right > m.left for m in grid.merges)


def _sureness(role: str, header: Sequence[str], body: Body, column: int) -> float:
    by_name = likeness(header[column], role) if column < len(header) else 0.0
    shape = {
        "text": lambda: min(column_roles.prose(body, column) / 8, 1.0) * column_roles.filled(body, column),
        "id": lambda: column_roles.idlike(body, column),
        "priority": lambda: column_roles.levels(body, column),
    }
    seen = shape[role]() if role in shape else by_name
    return round(min(1.0, max(by_name, 0.5 * by_name + 0.5 * seen)), 2)


def _cell_name(cell: Place) -> str:
    name = f"“{_short(cell.name)}”" if cell.name else f"column {letters_of(cell.column)}"
    return f"{name} (choose from {len(cell.words)} words)" if cell.words else name + (" (an X)" if cell.status else "")


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 40 else line[:39] + "…"
