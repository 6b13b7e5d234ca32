"""The rows of one table: requirements, section heads between them, and what is neither."""

from __future__ import annotations

import re
import statistics
from collections.abc import Mapping, Sequence

import polars as pl

from core.requirements.officefiles.grids import Grid
from core.requirements.officefiles.sheetxml import letters_of
from core.requirements.read import clause_list, column_roles, forms, left_out, reading_notes, stacked_tables
from core.requirements.read.column_roles import Body
from core.requirements.read.layout import Layout

LONGEST_TITLE = 120
SEPARATORS = (".", "-", "_", "/")
LETTERED = re.compile(r"^\(?[a-z][).]$")
MOSTLY, TITLE_WORDS = 0.6, 8
SHAPE = {
    "sheet": pl.String,
    "row": pl.Int64,
    "requirement_id": pl.String,
    "section": pl.String,
    "text": pl.String,
    "given_priority": pl.String,
    "given_category": pl.String,
    "answer_cells": pl.String,
    "is_hidden": pl.Boolean,
}


def rows(grid: Grid, shape: Layout, *, leave_hidden: bool = False) -> pl.DataFrame:
    """Return the requirements of one table in the columns of `SHAPE`.

    Parameters
    ----------
    grid : Grid
    shape : Layout
    leave_hidden : bool
        Whether hidden rows are left out.
    """
    body = [(n, cells) for n, cells in grid.rows if shape.holds(n)]
    table = _Table(grid, shape, body)
    out: list[tuple[object, ...]] = []
    section, category = _headed(grid, shape), None
    below = [*(_id(cells, shape.columns.get("id")) for _, cells in body[1:]), ""]
    for (number, cells), following in zip(body, below, strict=False):
        at = _texts_by_role(cells, number, shape, table.merged)
        kind = table.kind(number, cells, at, following)
        if kind == "section":
            table.keyed(number, at)
            section = _title_of([cell for cell in cells if cell], at["text"])
        elif kind == "beside":
            section = _title_beside(cells, shape) or section
        elif kind == "requirement" and not (leave_hidden and number in grid.hidden_rows):
            category = at.get("category") or category
            out.append(_record(grid, number, table.keyed(number, at), section, category, shape))
    return pl.DataFrame(out, schema=SHAPE, orient="row")


class _Table:
    """What the rows of a table have in common, by which one of them is told to be something else."""

    def __init__(self, grid: Grid, shape: Layout, body: Body) -> None:
        self.shape = shape
        self.parent = self.heading = ""
        self.blocks = dict(shape.blocks)
        self.clauses = clause_list.kinds(grid) if grid.is_prose else None
        self.marked = dict.fromkeys(self.blocks, "requirement") if self.blocks else self.clauses
        by_id = shape.columns.get("id")
        text = shape.columns["text"]
        self.wants_id = by_id is not None and _share(body, by_id) > 0.6
        self.merged = _merged(grid, [c for r, c in shape.columns.items() if r in ("id", "priority", "category")])
        self.under = reading_notes.under(grid, text)
        spans = {m.top for m in grid.merges if m.top == m.bottom and m.left <= text <= m.right and m.right > m.left + 1}
        self.wide = spans if 2 * len(spans) < len(body) else set()
        filled = [sum(bool(cell) for cell in cells) for _, cells in body if text < len(cells) and cells[text]]
        texts = column_roles.texts(body, text)
        self.has_codes = by_id is None and column_roles.coded(texts) >= MOSTLY
        self.usual = statistics.median(filled) if filled else 0
        ids = column_roles.texts(body, by_id) if by_id is not None else []
        self.has_digits = sum(any(c.isdigit() for c in key) for key in ids) > MOSTLY * len(ids)
        with_number = [n for n, cells in body if any(c.isdigit() for c in _id(cells, by_id))]
        self.last = with_number[-1] if self.has_digits and len(with_number) > 3 else None
        self.is_asking = len(texts) > 3 and sum(column_roles.asks(t) for t in texts) >= MOSTLY * len(texts)
        self.is_full = bool(filled) and sum(n > 1 for n in filled) >= MOSTLY * len(filled)

    def kind(self, number: int, cells: Sequence[str], at: Mapping[str, str], following: str) -> str:
        """Say what a row is: requirement, section, beside (a title beside the text's column) or nothing."""
        if number in self.shape.taken:
            return "requirement"
        if self.marked is not None:
            return self.marked.get(number, "")
        is_answer = (
            self._is_legend(number, at) or (number in self.under and not at["text"]) or forms.is_label_row(cells)
        )
        if is_answer or left_out.is_aside(at.get("id", ""), at["text"]):
            return ""
        filled = [cell for cell in cells if cell]
        if self._is_section(number, at, filled, following):
            return "section"
        if not at["text"]:
            return "beside"
        has_words = any(c.isalpha() for c in at["text"])
        return "" if not has_words or _is_header_again(at, self.shape) else "requirement"

    def _is_legend(self, number: int, at: Mapping[str, str]) -> bool:
        """Say whether a row some way below the last one with a number has a word for it: "Yes | Fully met"."""
        is_below = self.last is not None and number > self.last + 1
        return is_below and bool(at.get("id")) and not column_roles.asks(at["text"])

    def _is_section(self, number: int, at: Mapping[str, str], filled: Sequence[str], following: str) -> bool:
        is_bare = len(filled) <= 2 < self.usual
        is_head = _is_heading(at, filled, wants_id=self.wants_id) or _is_parent(at, following, is_bare=is_bare)
        return is_head or self._is_lettered(at) or self._is_title(number, at, filled) or self._is_capital(at)

    def _is_capital(self, at: Mapping[str, str]) -> bool:
        """Say whether a row without an id is a title in capitals where nearly all others ask: "RIGHTS OF PEOPLE"."""
        text = at["text"]
        if at.get("id") or not self.is_asking or column_roles.asks(text) or column_roles.size(text) > TITLE_WORDS:
            return False
        return (text.isupper() and text[-1:] not in ".?!;") or is_title(text)

    def keyed(self, number: int, at: dict[str, str]) -> dict[str, str]:
        """Return a row's texts with the code before the colon as its id, where the table has its ids there."""
        if self.clauses is not None:
            return {**at, "id": self._clause_key(number, at.get("id", ""))}
        if self.blocks:
            return {**at, "id": self.blocks.get(number, "")}
        code = column_roles.CODE.match(at["text"]) if self.has_codes and not at.get("id") else None
        return {**at, "id": code.group(1)} if code else at

    def _clause_key(self, number: int, key: str) -> str:
        """Return a clause's number; the first one under a numbered heading has that heading's."""
        under, self.heading = self.heading, ""
        if self.clauses is not None and self.clauses.get(number) == "section":
            self.heading = key
        self.parent = self.parent if clause_list.is_item(key) or not key else key
        return clause_list.full_key(key, self.parent) or under

    def _is_lettered(self, at: Mapping[str, str]) -> bool:
        """Say whether a row has a letter or two where others have a number, and a few words: "A Servers"."""
        key, text = at.get("id", "").rstrip(".)"), at["text"]
        is_short = column_roles.size(text) <= 4 and text[-1:] not in ".?!;" and not column_roles.asks(text)
        return self.has_digits and 0 < len(key) <= 4 and key.isalpha() and key.isupper() and bool(text) and is_short

    def _is_title(self, number: int, at: Mapping[str, str], filled: Sequence[str]) -> bool:
        """Say whether a row without an id is a short title: alone where others hold more, or merged over the table."""
        text = at["text"]
        is_short = column_roles.size(text) <= TITLE_WORDS and text[-1:] not in ".?!;" and not column_roles.asks(text)
        if at.get("id") or not text or not is_short:
            return False
        return number in self.wide or (self.is_full and len(set(filled)) == 1)


def _texts_by_role(
    cells: Sequence[str], number: int, shape: Layout, merged: Mapping[tuple[int, int], str]
) -> dict[str, str]:
    """Return what a row holds for each role; the priority is the name of its marked column, where there are such."""
    at = {role: _cell(cells, number, column, merged) for role, column in shape.columns.items()}
    if number in shape.taken:
        at["text"] = at["text"] or max(cells, key=len)
    if shape.levels:
        at["priority"] = next((name for column, name in shape.levels if column < len(cells) and cells[column]), "")
    return at


def _title_of(filled: Sequence[str], text: str) -> str:
    """Return a section's title: the one text of its row, else what stands in the text's column."""
    title = filled[0] if len(set(filled)) == 1 else text or filled[0]
    return " ".join(title.split())[:120]


def _record(
    grid: Grid, number: int, at: Mapping[str, str], section: str | None, category: str | None, shape: Layout
) -> tuple[object, ...]:
    """Return one requirement in the order of `SHAPE`."""
    return (
        grid.name,
        number,
        at.get("id") or None,
        section,
        at["text"],
        at.get("priority") or None,
        category,
        " ".join(f"{letters_of(cell.column)}{number + cell.below}" for cell in shape.answers) or None,
        number in grid.hidden_rows,
    )


def _headed(grid: Grid, shape: Layout) -> str | None:
    """Return the title right above a table that is not the first of its sheet."""
    before = [(n, cells) for n, cells in grid.rows if shape.header_row and shape.header_row - 2 <= n < shape.header_row]
    titles = [[c for c in cells if c] for _, cells in before]
    is_later = any(
        stacked_tables.is_header(cells) for n, cells in grid.rows if shape.header_row and n < shape.header_row
    )
    return next((t[0][:LONGEST_TITLE] for t in reversed(titles) if is_later and len(set(t)) == 1), None)


def _merged(grid: Grid, wanted: Sequence[int]) -> Mapping[tuple[int, int], str]:
    """Return what cells merged downwards hold, by each row and column they cover."""
    by_number = dict(grid.rows)
    out: dict[tuple[int, int], str] = {}
    for span in grid.merges:
        if span.left in wanted and span.bottom > span.top and span.bottom - span.top < 5_000:
            cells = by_number.get(span.top, [])
            value = cells[span.left] if span.left < len(cells) else ""
            out |= {(row, span.left): value for row in range(span.top + 1, span.bottom + 1)}
    return out


def _cell(cells: Sequence[str], row: int, column: int, merged: Mapping[tuple[int, int], str]) -> str:
    own = cells[column] if column < len(cells) else ""
    return own or merged.get((row, column), "")


def _share(body: Body, column: int) -> float:
    return sum(bool(column < len(c) and c[column]) for _, c in body) / len(body) if body else 0.0


def _is_heading(at: Mapping[str, str], filled: Sequence[str], *, wants_id: bool) -> bool:
    """Say whether a row is a section head: one filled cell (or the same text over a merge) where others have more."""
    alone = len(set(filled)) == 1
    if alone and not at["text"]:
        return True
    if wants_id and not at.get("id"):
        return alone or (len(at["text"]) <= LONGEST_TITLE and column_roles.size(at["text"]) < 4) or is_title(at["text"])
    return False


def _title_beside(cells: Sequence[str], shape: Layout) -> str | None:
    """Return the title that a row without a requirement has between its id and the text's column."""
    if "id" not in shape.columns or not _id(cells, shape.columns["id"]):
        return None
    taken = {c for role, c in shape.columns.items() if role != "text"}
    beside = [c for i, c in enumerate(cells[: shape.columns["text"] + 1]) if i not in taken and not c.isdigit()]
    return next((" ".join(c.split())[:120] for c in beside if len(c) > 3), None)


def _id(cells: Sequence[str], column: int | None) -> str:
    return cells[column] if column is not None and column < len(cells) else ""


def _is_parent(at: Mapping[str, str], following: str, *, is_bare: bool) -> bool:
    """Say whether a row is the head of the numbered rows below it: 2 Security, then 2.1 or a).

    A bare row holds no more than its number and its words, where others hold more.
    """
    own = at.get("id", "").rstrip(".")
    text = at["text"]
    under = bool(own and text) and (_is_under(following, own) or (own.isdigit() and bool(LETTERED.match(following))))
    if not under or len(text) > LONGEST_TITLE:
        return False
    short = column_roles.size(text) < 4 or is_title(text) or (is_bare and column_roles.size(text) <= TITLE_WORDS)
    return short and text[-1:] not in ".?!" and not at.get("priority") and not column_roles.asks(text)


def _is_under(following: str, own: str) -> bool:
    """Say whether an id belongs under another: 2.1 under 2, and 1.1 under V1."""
    digits = own.lstrip("".join(set(own) - set("0123456789."))) if own[:1].isalpha() else own
    return any(
        bool(head) and following.startswith(head) and following[len(head) : len(head) + 1] in SEPARATORS
        for head in (own, digits)
    )


def is_title(text: str) -> bool:
    """Say whether a text is a title: few words, no end of sentence, all but little ones in capitals.

    Examples
    --------
    >>> is_title("Privacy of Third Parties"), is_title("Reports shall be exported")
    (True, False)
    """
    if len(text) > LONGEST_TITLE:
        return False
    words = [word for word in re.findall(r"[^\W\d_]+", text) if len(word) > 3]
    short = len(words) > 0 and column_roles.size(text) <= 8
    return short and text[-1:] not in ".?!;" and all(word[0].isupper() for word in words)


def _is_header_again(at: Mapping[str, str], shape: Layout) -> bool:
    names = {role: name for role, name in shape.names.items() if role in at}
    return bool(names) and all(column_roles.plain(at[role]) == column_roles.plain(name) for role, name in names.items())
