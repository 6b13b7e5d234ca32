"""Which answer goes into which cell, in the buyer's own words, and which rows are left for a person."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from core.contracts.errors import RequirementError
from core.requirements.judge.drafting.draft_checklist import leading_verdict
from core.requirements.officefiles.grids import Grid
from core.requirements.read import answer_vocabulary
from core.requirements.read.answer_cells import Place
from core.requirements.read.layout import Layout
from core.requirements.read.requirement_list import RequirementList

MARK = "X"
NO_ANSWER = "It has no answer yet."
UNCLEAR = "It is still to be clarified what answers it."
LONGEST = 32_000
ADDED = {"Compliance": "statement", "Response": "text"}
LEFT = {"sheet": pl.String, "row": pl.Int64, "text": pl.String, "reason": pl.String}


@dataclass(frozen=True)
class Edit:
    """A text for one cell: row from 1, column from 0."""

    sheet: str
    row: int
    column: int
    text: str


@dataclass
class Plan:
    """What is to be written.

    Attributes
    ----------
    edits : list of Edit
    left : list
        [sheet, row, text, reason] of what was not answered.
    added : dict of str to int
        Sheets without room for answers, and the column from which it is added.
    """

    edits: list[Edit] = field(default_factory=list)
    left: list[tuple[str, int, str, str]] = field(default_factory=list)
    added: dict[str, int] = field(default_factory=dict)


def plan(source: RequirementList, answers: pl.DataFrame, *, replace: bool = False) -> Plan:
    """Decide each answer cell.

    Parameters
    ----------
    source : RequirementList
    answers : pl.DataFrame
        [sheet, row, status] and, where there are, [statement, response, capability]: status is available,
        limited, partner, roadmap or not available; rows with another are left for a person. Where a
        `statement` says less than the status (Partially compliant), it counts; To be clarified leaves the
        row, unless there are words to answer it with. Without the column `response` a sentence is made of the
        capability; with it, null writes no words.
    replace : bool
        Whether cells that hold an answer already are written over.

    Raises
    ------
    RequirementError
        When `answers` lacks sheet, row or status.
    """
    missing = {"sheet", "row", "status"} - set(answers.columns)
    if missing:
        raise RequirementError(f"The answers have no column {', '.join(sorted(missing))}.")
    by_row = {(row["sheet"], row["row"]): row for row in answers.iter_rows(named=True)}
    asked = source.frame.select("sheet", "row", "text")
    out = Plan()
    for grid, shape in zip(source.grids, source.layouts, strict=True):
        sheet = _Sheet(grid, shape, out, replace)
        here = asked.filter(pl.col("sheet") == grid.name).select("row", "text")
        for row, text in (pair for pair in here.iter_rows() if shape.holds(pair[0])):
            answer = by_row.get((grid.name, row))
            status = (
                answer_vocabulary.stated(answer.get("status"), answer.get("statement")) if answer is not None else None
            )
            if answer is not None and status is None and answer.get("response"):
                sheet.answer_in_words(row, text, str(answer["response"]))
            elif answer is None or status is None:
                out.left.append((grid.name, row, text, NO_ANSWER if answer is None else UNCLEAR))
            else:
                sheet.answer(row, text, status, answer)
    return out


class _Sheet:
    """The answers of one sheet."""

    def __init__(self, grid: Grid, shape: Layout, out: Plan, replace: bool) -> None:
        self.grid, self.out, self.replace = grid, out, replace
        self.cells = dict(grid.rows)
        self.places = shape.answers
        self.defaults = {p.column: (p.default,) for p in shape.answers if p.default}
        self.taken: set[tuple[int, int]] = set()
        self.first: int | None = None
        self.header_row: int | None = None
        if not self.places:
            first = max(grid.width, *(span.right + 1 for span in grid.merges), 0) if grid.merges else grid.width
            self.places = tuple(Place(first + i, name, kind) for i, (name, kind) in enumerate(ADDED.items()))
            self.header_row, self.first = shape.header_row, first

    def _head(self) -> None:
        """Write the headings of added columns once something is written below them."""
        if self.first is None or self.grid.name in self.out.added:
            return
        self.out.added[self.grid.name] = self.first
        if self.header_row is not None:
            self.out.edits += [Edit(self.grid.sheet, self.header_row, p.column, p.name) for p in self.places]

    def answer_in_words(self, row: int, text: str, response: str) -> None:
        """Write an answer that states no compliance; a drop-down gets a word only where the answer begins with it."""
        why, is_written = "No cell is left for words.", False
        for cell in self.places:
            if cell.kind == "choice":
                word = _opening(response, self._words(row, cell.column) or ())
                is_written = (bool(word) and not self._write(row, cell.column, word)) or is_written
        for cell in [cell for cell in self.places if cell.kind == "text"][:1] or self._statement_cells():
            why = self._write(row, cell.column, response)
            is_written = is_written or not why
        if not is_written:
            self.out.left.append((self.grid.name, row, text, why))

    def _statement_cells(self) -> list[Place]:
        return [cell for cell in self.places if cell.kind == "statement"][:1]

    def answer(self, row: int, text: str, status: str, answer: Mapping[str, Any]) -> None:
        """Write one requirement's answer where the buyer wants it."""
        statement = answer.get("statement") or answer_vocabulary.STATEMENTS[status]
        response = str(answer.get("response") or "")
        if "response" not in answer:
            response = answer_vocabulary.response(status, answer.get("capability"))
        is_stated, why = self._write_status(row, status, str(statement))
        free = [p for p in self.places if p.kind == "text"]
        texts = [response]
        if not any(p.kind != "text" for p in self.places):
            texts = [str(statement), response] if len(free) > 1 else [_stated_once(str(statement), response)]
        for cell, words in zip(free, texts, strict=False):
            why = (
                self._write(row + cell.below, cell.column, words) if words else "No words are drafted for it."
            ) or why
            is_stated = True
        if why or not is_stated:
            self.out.left.append((self.grid.name, row, text, why or "No cell is left for its answer."))

    def _write_status(self, row: int, status: str, statement: str) -> tuple[bool, str]:
        """Say how far we comply: by the drop-down, an X, or in words. Return whether, and why not."""
        is_settled, why = self._by_choice(row, status, statement)
        if is_settled:
            return not why, why
        marks = [cell for cell in self.places if cell.kind == "mark"]
        if marks:
            why = self._by_mark(row, status, marks)
            return not why, why
        for cell in [cell for cell in self.places if cell.kind == "statement"][:1]:
            why = self._write(row, cell.column, statement)
            return not why, why
        return False, why

    def _by_choice(self, row: int, status: str, statement: str) -> tuple[bool, str]:
        """Choose a word of the first drop-down that has one. Return whether there is such, and why none is written."""
        why = ""
        for cell in self.places:
            if cell.kind != "choice":
                continue
            words = self._words(row, cell.column)
            if words is None:
                why = "Its answer cell has no drop-down, unlike the others."
                continue
            word = statement if statement in words else answer_vocabulary.choose(status, words)
            if word is not None:
                return True, self._write(row, cell.column, word)
            why = _no_word(words)
        return False, why

    def _by_mark(self, row: int, status: str, marks: Sequence[Place]) -> str:
        """Put an X into the column of our status. Return why not."""
        if any(self._current_text(row, cell.column) for cell in marks) and not self.replace:
            return "It holds a mark already."
        column = next(
            (m.column for kind in answer_vocabulary.OUR.get(status, ()) for m in marks if m.status == kind), None
        )
        return "No column fits the answer." if column is None else self._write(row, column, MARK)

    def _words(self, row: int, column: int) -> Sequence[str] | None:
        return next((c.words for c in self.grid.choices if any(s.holds(row, column) for s in c.spans)), None)

    def _current_text(self, row: int, column: int) -> str:
        cells = self.cells.get(row, [])
        return cells[column] if column < len(cells) else ""

    def _write(self, row: int, column: int, text: str) -> str:
        """Plan one cell; return why it is not written."""
        merge = next((m for m in self.grid.merges if m.holds(row, column)), None)
        if merge is not None:
            row, column = merge.top, merge.left
        if (row, column) in self.taken:
            return "Its answer cell is merged with that of another row."
        if (row, column) in self.grid.formulas:
            return "Its answer cell holds a formula, which was kept."
        current = self._current_text(row, column)
        if current and current not in self.defaults.get(column, ()) and not self.replace:
            return "Its answer cell is filled already, and was kept."
        self.taken.add((row, column))
        self._head()
        self.out.edits.append(Edit(self.grid.sheet, row, column, text[:LONGEST]))
        return ""


def _stated_once(statement: str, response: str) -> str:
    """Return statement and response in one cell; the response alone where it begins with a word for yes or no.

    Examples
    --------
    >>> _stated_once("Compliant", "Yes. We do."), _stated_once("Compliant", "We do.")
    ('Yes. We do.', 'Compliant. We do.')
    """
    return response if leading_verdict(response) else f"{statement}. {response}".strip()


def _opening(response: str, words: Sequence[str]) -> str:
    """Return the word of a drop-down that an answer begins with, the longest one; empty where it begins with none.

    Examples
    --------
    >>> _opening("No, never.", ["Yes", "No"]), _opening("Nothing of it.", ["Yes", "No"])
    ('No', '')
    """
    wording = response.strip().lower()
    fit = [word for word in words if re.match(rf"{re.escape(word.strip().lower())}(?!\w)", wording)]
    return max(fit, key=len, default="")


def _no_word(words: Sequence[str]) -> str:
    if not words:
        return "The words of its drop-down cannot be read."
    return (
        f"Its drop-down has no word that says this honestly ({', '.join(words[:4])}{', …' if len(words) > 4 else ''})."
    )
