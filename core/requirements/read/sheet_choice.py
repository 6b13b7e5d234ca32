"""Which sheets of a file are lists, by what stands in them; a name never beats that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from core.localization import message
from core.requirements.officefiles.grids import File, Grid
from core.requirements.officefiles.sheetxml import MOST_ROWS
from core.requirements.read import (
    clause_list,
    column_roles,
    forms,
    heading_row,
    layout,
    other_tables,
    repair,
    side_by_side,
)
from core.requirements.read.column_roles import Body
from core.requirements.read.layout import Layout
from core.requirements.read.repair import Given

LARGE = 2 * 2**20
HEAD_ROWS = 500
TELLING = 0.9
NAMED, STRONG = 0.85, 5
FEWEST_CLAUSES, MORE = 5, 2
NO_COLUMN = "No column of requirements was found."
BY_NAME = "Its name says that it is no list, and little in it asks for anything."
ASKS_NOTHING = "It has texts, but neither ids nor anything that asks, unlike other sheets of the file."
TINY = "It names a few levels, groups or kinds beside a longer list."
REPEATS = "It repeats rows of other sheets that were read."
FEEDS = "Drop-downs of other sheets take their words from it."
NO_LIST = "You said that it is no list."


@dataclass(frozen=True)
class Choice:
    """The tables that are lists, and why the other sheets are none.

    Attributes
    ----------
    tables : list of (Grid, Layout)
    reasons : dict of str to str
        Per sheet without a list, why it was not read.
    notes : list of str
    sheets : list of Grid
        Every block of every sheet, as looked at.
    """

    tables: list[tuple[Grid, Layout]]
    reasons: dict[str, str]
    notes: list[str]
    sheets: list[Grid]


@dataclass(frozen=True)
class _Candidate:
    grid: Grid
    shape: Layout
    evidence: int
    is_aside: bool
    heading: tuple[str, ...]


def choose(opened: File, given: Sequence[Given], weight: int) -> Choice:
    """Choose the tables of a file that are lists.

    A sheet with the headings of a chosen one is always read, whatever its name. Withdrawn items, choices,
    registers, parameters, mappings and score sheets are none. Hidden sheets are read only where no other is one.

    Parameters
    ----------
    opened : File
    given : sequence of Given
        What people said about layouts; it goes before what is found.
    weight : int
        The file's size in bytes: of a large one, only the heads of sheets are looked at for choosing.
    """
    most = HEAD_ROWS if weight > LARGE else MOST_ROWS
    sheets = [part for name in opened.names for part in side_by_side.blocks(opened.grid(name, most))]
    choice = _among(sheets, given)
    if most == MOST_ROWS:
        return choice
    whole = {part.name: part for g, _ in choice.tables for part in side_by_side.like(opened.grid(g.sheet), g)}
    tables = [(whole[grid.name], _again(whole[grid.name], shape)) for grid, shape in choice.tables]
    return replace(choice, tables=tables)


def _among(sheets: Sequence[Grid], given: Sequence[Given]) -> Choice:
    """Choose among all blocks of all sheets; the hidden ones only where no visible one is a list."""
    reasons: dict[str, str] = {}
    corrected: dict[str, Layout | None] = {}
    for grid in sheets:
        correction = repair.of(given, grid)
        if correction is not None:
            corrected[grid.name] = repair.apply(grid, correction)
            reasons[grid.name] = NO_LIST if corrected[grid.name] is None else ""
    prose = [g for g in sheets if g.is_prose and g.name not in corrected]
    open_sheets = [g for g in sheets if not (g.is_hidden or g.is_prose) and g.name not in corrected]
    hidden = [g for g in sheets if g.is_hidden and g.name not in corrected]
    others = {g.name: shape for g, shape in _lists(open_sheets, sheets, reasons)}
    others |= _prose(prose, {**corrected, **others}, sheets, reasons)
    is_silent = bool(given) or any(corrected.values()) or bool(others)
    notes = []
    unseen: dict[str, str] = {}
    for grid, shape in _lists(hidden, sheets, unseen):
        if is_silent:
            notes.append(message("The hidden sheet {name} looks like a list too; it was left out.", name=grid.name))
            unseen[grid.name] = "It is hidden."
        else:
            others[grid.name] = shape
            notes.append(
                message("The sheet {name} is hidden; it was read, for no other one holds a list.", name=grid.name)
            )
    shapes = {name: shape for name, shape in {**corrected, **others}.items() if shape is not None}
    tables = [(grid, shapes[grid.name]) for grid in sheets if grid.name in shapes]
    reasons = {name: why for name, why in {**reasons, **unseen}.items() if name not in shapes}
    return Choice(tables, reasons, notes, list(sheets))


def _prose(
    grids: Sequence[Grid], tables: Mapping[str, Layout | None], sheets: Sequence[Grid], reasons: dict[str, str]
) -> dict[str, Layout]:
    """Return the running text as a list where no table is one, or where it asks for far more than the tables."""
    rows = {g.name: len(g.rows) for g in sheets}
    n_rows = sum(rows[name] for name, shape in tables.items() if shape is not None)
    out: dict[str, Layout] = {}
    for grid in grids:
        shape = clause_list.find(grid)
        if shape is None:
            reasons[grid.name] = "Hardly anything in the text asks for something."
        elif n_rows and clause_list.n_numbered(grid) < max(FEWEST_CLAUSES, MORE * n_rows):
            reasons[grid.name] = "The document's tables hold the list; its text was not read."
        else:
            out[grid.name] = shape
    return out


def _lists(grids: Sequence[Grid], sheets: Sequence[Grid], reasons: dict[str, str]) -> list[tuple[Grid, Layout]]:
    """Return the lists among some sheets, and write down why the others are none."""
    candidates = []
    for grid in grids:
        candidate, reasons[grid.name] = _candidate(grid, sheets)
        if candidate is not None:
            candidates.append(candidate)
    sure = [c for c in candidates if not c.is_aside]
    headings = {c.heading for c in sure if c.heading}
    keys = set().union(*(other_tables.keys(c.grid, c.shape) for c in sure))
    chosen = [c for c in candidates if not c.is_aside or c.heading in headings or _beats_name(c, keys, reasons)]
    chosen = _telling(chosen, headings, reasons) or candidates
    largest = max((len(c.grid.rows) for c in chosen), default=0)
    lists = []
    for c in chosen:
        n_rows = sum(c.shape.holds(number) for number, _ in c.grid.rows)
        if other_tables.is_tiny(c.grid, c.shape, n_rows, largest) and c.heading not in headings - {c.heading}:
            reasons[c.grid.name] = TINY
        else:
            lists.append((c.grid, c.shape))
    reasons |= {c.grid.name: BY_NAME for c in candidates if c not in chosen and not reasons[c.grid.name]}
    return lists


def _beats_name(candidate: _Candidate, keys: set[str], reasons: dict[str, str]) -> bool:
    """Say whether a sheet whose name says that it is no list is one all the same: it asks, and repeats no other."""
    if other_tables.repeats(other_tables.keys(candidate.grid, candidate.shape), keys):
        reasons[candidate.grid.name] = REPEATS
        return False
    return candidate.evidence >= STRONG


def _candidate(grid: Grid, sheets: Sequence[Grid]) -> tuple[_Candidate | None, str]:
    """Return a sheet as a possible list, or why it is none."""
    shape = forms.find(grid) or layout.find(grid, by_name=False)
    if shape is None:
        return None, NO_COLUMN
    header = next((cells for n, cells in grid.rows if n == shape.header_row), [])
    body = [row for row in grid.rows if shape.holds(row[0])]
    why = other_tables.reason(grid, shape, header, body)
    evidence = _evidence(shape, body)
    if not why and evidence < STRONG and other_tables.feeds(grid, sheets):
        why = FEEDS
    if why:
        return None, why
    heading = tuple(column_roles.plain(cell) for cell in header if cell)
    return _Candidate(grid, shape, evidence, heading_row.is_aside(grid.name), heading), ""


def _evidence(shape: Layout, body: Body) -> int:
    """Count what says that a table is a buyer's list: headings, requests, ids, room for answers, priorities."""
    asking = column_roles.asking(body, shape.columns["text"])
    points = 2 * (column_roles.likeness(shape.names.get("text", ""), "text") >= NAMED)
    points += 2 if asking >= 0.5 else int(asking >= 0.2)
    points += ("id" in shape.columns) + 2 * bool(shape.answers)
    return points + ("priority" in shape.columns or bool(shape.levels))


def _telling(chosen: list[_Candidate], headings: set[tuple[str, ...]], reasons: dict[str, str]) -> list[_Candidate]:
    """Leave out what only resembles a list, where another sheet of the file surely is one.

    A data model or a table of interfaces has a description too, but no ids, and asks for nothing.
    """
    if not any(_is_named(c.shape) for c in chosen):
        return chosen
    telling = []
    for c in chosen:
        if "id" in c.shape.columns or _asks(c) or _is_named(c.shape) or c.shape.is_form:
            telling.append(c)
        else:
            reasons[c.grid.name] = ASKS_NOTHING
    return telling


def _is_named(shape: Layout) -> bool:
    return column_roles.likeness(shape.names.get("text", ""), "text") >= TELLING


def _asks(candidate: _Candidate) -> bool:
    body = [row for row in candidate.grid.rows if row[0] >= candidate.shape.first_row]
    return column_roles.asking(body, candidate.shape.columns["text"]) >= 0.3


def _again(grid: Grid, shape: Layout) -> Layout:
    """Look at a sheet in full, once its head has told its layout: answer columns need its drop-downs."""
    if shape.is_given:
        return shape
    if grid.is_prose:
        return shape
    if shape.is_form:
        return forms.find(grid) or shape
    return layout.complete(grid, shape.header_row, shape.columns, shape.confidence)
