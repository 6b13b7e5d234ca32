"""What reading a source brought to light: rows left out, cells emptied, decisions, questions, notes."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from core import contracts
from core.localization import message, message_plural
from core.sources.span_ends import EndConvention
from core.sources.table import ROW

PART = "_part"


@dataclass(frozen=True)
class Question:
    """Something the files leave open, with what is taken until it is answered in the map or the settings.

    Attributes
    ----------
    key : str
        Where the answer goes, such as `opportunities.dates.close_on`.
    text : str
    default : str
    options : tuple of str
    """

    key: str
    text: str
    default: str
    options: tuple[str, ...] = ()

    def sentence(self) -> str:
        """Ask, and say what is taken until then."""
        return message("{text} Taken: {default}.", text=self.text, default=self.default)


@dataclass(frozen=True)
class Decision:
    """How one column of one file is read.

    Attributes
    ----------
    entity, file : str
    sheet : str, optional
    column : str
    headers : tuple of str
    kind : str
        "date", "number", "flag", "id", "category" or "text".
    choice : str
        Such as "dd/mm/yyyy".
    confidence : float
    samples : tuple of str
    n_filled, n_emptied : int
    """

    entity: str
    file: str
    sheet: str | None
    column: str
    headers: tuple[str, ...]
    kind: str
    choice: str
    confidence: float
    samples: tuple[str, ...] = ()
    n_filled: int = 0
    n_emptied: int = 0


def counted(n: int, singular: str, several: str) -> str:
    """Return a number with its noun.

    Examples
    --------
    >>> counted(1, "deal", "deals"), counted(1200, "deal", "deals")
    ('1 deal', '1,200 deals')
    """
    return message_plural(f"{{n:,}} {singular}", f"{{n:,}} {several}", n)


@dataclass
class Findings:
    """Collects what is told about a source while it is read."""

    rejected: list[pl.DataFrame] = field(default_factory=list)
    emptied: list[pl.DataFrame] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    places: list[tuple[str, str | None]] = field(default_factory=list)
    ends: list[EndConvention] = field(default_factory=list)

    def place(self, file: str, sheet: str | None) -> int:
        """Return the number under which a file and sheet are named."""
        if (file, sheet) not in self.places:
            self.places.append((file, sheet))
        return self.places.index((file, sheet))

    def lose(
        self, rows: pl.DataFrame, entity: str, rule: str, reason: str | pl.Expr, column: str | None = None
    ) -> None:
        """Put rows aside that are left out."""
        if rows.height:
            self.rejected.append(self._report(rows, entity, rule, reason, column))

    def empty(
        self, rows: pl.DataFrame, entity: str, rule: str, reason: str | pl.Expr, column: str | None = None
    ) -> None:
        """Report rows that are kept, with a cell that counts as empty or something else that does not fit."""
        if rows.height:
            self.emptied.append(self._report(rows, entity, rule, reason, column))

    def note(self, text: str) -> None:
        """Say something once."""
        if text not in self.notes:
            self.notes.append(text)

    def ask(self, question: Question) -> None:
        """Ask something once."""
        if question.key not in {q.key for q in self.questions}:
            self.questions.append(question)

    def _report(
        self, rows: pl.DataFrame, entity: str, rule: str, reason: str | pl.Expr, column: str | None
    ) -> pl.DataFrame:
        files = {k: file for k, (file, _) in enumerate(self.places)}
        sheets = {k: sheet for k, (_, sheet) in enumerate(self.places)}
        record = rows.select(pl.exclude(ROW, PART, "^_.*$"))
        return rows.select(
            entity=pl.lit(entity),
            file=pl.col(PART).replace_strict(files, default="", return_dtype=pl.String),
            sheet=pl.col(PART).replace_strict(sheets, default=None, return_dtype=pl.String),
            row=pl.col(ROW).cast(pl.Int64),
            column=pl.lit(column, pl.String),
            rule=pl.lit(rule),
            reason=pl.lit(reason) if isinstance(reason, str) else reason,
            record=pl.struct(record.columns).struct.json_encode() if record.width else pl.lit(None, pl.String),
        )

    def frames(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Return the rows left out and the cells emptied, each in the shape of the contract."""
        none = contracts.empty("rejections")
        return pl.concat([none, *self.rejected]), pl.concat([none, *self.emptied])
