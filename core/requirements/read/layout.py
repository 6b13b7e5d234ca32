"""Which sheet holds requirements, where its header is, and what each column is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest

from core.localization import joined, message
from core.requirements.officefiles.grids import Grid
from core.requirements.officefiles.sheetxml import letters_of
from core.requirements.read import answer_cells, by_columns, column_roles, headerless, heading_row, role_choice
from core.requirements.read.answer_cells import Place
from core.requirements.read.column_roles import LONGEST_LABEL, Body, likeness

SURE = 0.7
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
    is_form : bool
        Whether each question has a row of its own for the answer below it.
    blocks : tuple of (int, str)
        The rows that are requirements, and their ids, where each is a block of labelled rows of its own.
    taken : tuple of int
        Rows a person took for requirements, whatever they look like.
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
    is_form: bool = False
    blocks: tuple[tuple[int, str], ...] = ()
    taken: tuple[int, ...] = ()

    def holds(self, row: int) -> bool:
        """Say whether a row may be a requirement of this table."""
        if row in self.taken:
            return True
        return self.first_row <= row and (self.last_row is None or row <= self.last_row)

    def sentence(self) -> str:
        """Say how the sheet was read."""
        return message("{sheet}: {reading}", sheet=self.sheet, reading=self.reading())

    def reading(self) -> str:
        """Say how the sheet was read, without its name."""
        head = message("header in row {header_row}", header_row=self.header_row) if self.header_row else "no header"
        labels = {"text": "requirement", **{role: role for role in SINGLE[1:]}}
        parts = joined(
            *(
                message("{labels} from “{short}”", labels=labels[r], short=_short(self.names[r]))
                for r in SINGLE
                if r in self.names
            ),
            by=", ",
        )
        if self.levels:
            parts += message(
                ", priority from the X under {levels}",
                levels=", ".join((f"“{_short(name)}”" for _, name in self.levels)),
            )
        if not parts:
            parts = message("requirements from column {letters}", letters=letters_of(self.columns["text"]))
        text = message("{head}; {parts}.", head=head, parts=parts)
        if self.answers:
            cells = joined(*map(_cell_name, self.answers), by=", ")
            text += message(" Answers go into {cells}.", cells=cells)
        return text if self.confidence >= SURE or self.is_given else text + " Please check: this is a guess."


def find(grid: Grid, *, by_name: bool = True) -> Layout | None:
    """Return the layout of a sheet, or None when it holds no requirements.

    Parameters
    ----------
    grid : Grid
    by_name : bool
        Whether a sheet whose name says it is none (instructions, glossary, pricing) is passed over.
    """
    if not grid.rows or (by_name and heading_row.is_aside(grid.name)):
        return None
    best = heading_row.best(grid)
    is_named = best is not None and heading_row.is_named(grid.rows[best[1]][1], best[2])
    plain = None if is_named else headerless.headless(grid)
    if best is None or plain:
        return _of(grid, plain or _unnamed(grid))
    number, header, body, roles = _columns(grid, best)
    if heading_row.is_other(header):
        return None
    words = column_roles.prose(body, roles["text"])
    if body and words < 2.0:
        return _of(grid, _unnamed(grid))
    other = None if is_named else by_columns.find(grid)
    if other is not None and role_choice.is_better(body, other[1], roles):
        return _of(grid, other)
    if other is not None and other[1]["text"] == roles["text"] and "id" in other[1]:
        roles.setdefault("id", other[1]["id"])
    role_choice.fill_in(header, body, roles)
    sure = min(1.0, 0.35 + 0.25 * min(best[0], 2.0) + 0.05 * min(words, 4.0))
    return complete(grid, number, roles, round(sure, 2))


def under_header(grid: Grid, row: int) -> Layout | None:
    """Return the layout of a sheet whose heading row a person named, its columns guessed anew; None without a text.

    Parameters
    ----------
    grid : Grid
    row : int
        As in the file, from 1.
    """
    part = replace(grid, rows=[r for r in grid.rows if r[0] >= row])
    if not part.rows or part.rows[0][0] != row:
        return None
    roles, score = heading_row.named(part.rows[0][1])
    body = part.rows[1:]
    if "text" not in roles:
        free = [c for c in range(grid.width) if c not in roles.values()] or list(range(grid.width))
        text = max(free, key=lambda c: headerless.weight(body, c))
        if not column_roles.texts(body, text):
            return None
        roles = {**roles, "text": text}
    number, header, below, columns = _columns(part, (score, 0, roles))
    role_choice.fill_in(header, below, columns)
    return complete(grid, number, columns, 1.0)


def _columns(
    grid: Grid, best: tuple[float, int, dict[str, int]]
) -> tuple[int, Sequence[str], Sequence[tuple[int, Sequence[str]]], dict[str, int]]:
    """Return the header's row number and names, the rows below it and the columns it names."""
    _, index, roles = best
    number, header = grid.rows[index]
    body = grid.rows[index + 1 :]
    below = heading_row.spread(grid, index)
    if below:
        header, body = below, grid.rows[index + 2 :]
        roles = heading_row.named(header)[0] or roles
        roles.setdefault("text", best[2]["text"])
    text = role_choice.best_text(header, body, roles)
    return number, header, body, {"text": text} | {r: c for r, c in roles.items() if r != "text" and c != text}


def _unnamed(grid: Grid) -> headerless.Bare | None:
    """Return the layout of a sheet no heading explains: one column asks, or holds sentences beside ids."""
    return headerless.by_shape(grid) or by_columns.find(grid)


def _of(grid: Grid, shape: headerless.Bare | None) -> Layout | None:
    """Return the layout of a sheet told by what stands in it; headings beside the text may name more columns."""
    if shape is None:
        return None
    header_row, roles, sure = shape
    header = next((cells for n, cells in grid.rows if n == header_row), [])
    named = heading_row.named(header)[0] if header else {}
    more = {r: c for r, c in named.items() if r in ("priority", "category") and c not in roles.values()}
    return complete(grid, header_row, {**more, **roles}, sure)


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
    headings |= {r: name for r, c in by_role.items() if r not in headings and (name := _heading_over(grid, index, c))}
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


def _heading_over(grid: Grid, index: int, column: int) -> str:
    """Return the heading merged over a column that has none of its own."""
    if index < 0:
        return ""
    number, header = grid.rows[index]
    span = next((m for m in grid.merges if m.holds(number, column) and m.right > m.left), None)
    return header[span.left] if span is not None and span.left < len(header) else ""


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
    if below != number + 1 or any(len(cell) > LONGEST_LABEL for cell in cells) or heading_row.is_body(grid, index + 1):
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
    name = f"“{_short(cell.name)}”" if cell.name else message("column {letters_of}", letters_of=letters_of(cell.column))
    return (
        message("{name} (choose from {n_words} words)", name=name, n_words=len(cell.words))
        if cell.words
        else name + (" (an X)" if cell.status else "")
    )


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 40 else line[:39] + "…"
