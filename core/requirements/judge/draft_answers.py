"""Draft answers to a buyer, every sentence with the id it came from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

import polars as pl
import yaml

from core.contracts.errors import RequirementError
from core.metrics import out_of
from core.requirements.catalogue.capabilities import Catalogue
from core.requirements.judge import limits
from core.requirements.judge.gap_analysis import GapAnalysis
from core.requirements.judge.row_judgement import IN_WORDS
from core.requirements.match import matcher
from core.requirements.text.row_kind import OPEN

TO_CLARIFY = "To be clarified"
WORDINGS = Path(__file__).with_name("responses.yaml")
FIELDS = ("name", "description", "limit", "date", "committed", "asked")
SHAPE = {
    "sheet": pl.String,
    "row": pl.Int64,
    "requirement_id": pl.String,
    "text": pl.String,
    "statement": pl.String,
    "draft": pl.String,
    "sources": pl.String,
}
_BLANK = re.compile(r"\[\s*\w*\s*\]|\{[^}]*\}|<\s*>|_{3,}|\bTBD\b")


@dataclass(frozen=True)
class Draft:
    """A draft answer.

    Attributes
    ----------
    statement : str
        Compliant, Partially compliant, Roadmap, Not compliant, To be clarified, or To be answered in words.
    sentences : tuple of (str, str)
        Each sentence and the id of what it was taken from: a capability, or an answer of the library.
        Empty where a person has to decide first.
    """

    statement: str
    sentences: tuple[tuple[str, str], ...]

    @property
    def text(self) -> str:
        """Return the answer without its sources."""
        return " ".join(sentence for sentence, _ in self.sentences)

    @property
    def sources(self) -> str:
        """Return the ids, each once, in the order of the sentences."""
        return ", ".join(dict.fromkeys(source for _, source in self.sentences))


@dataclass(frozen=True)
class Drafts:
    """The draft answers to a list.

    Attributes
    ----------
    frame : pl.DataFrame
        [sheet, row, requirement_id, text, statement, draft, sources]: draft and sources are null where
        nothing is drafted.
    """

    frame: pl.DataFrame

    def sentence(self) -> str:
        """Say how many answers are drafted, what they state, and how many wait for a person."""
        done = self.frame.filter(pl.col("draft").is_not_null())
        counts = done["statement"].value_counts(sort=True).sort("count", "statement", descending=[True, False])
        statements = ", ".join(f"{count:,} {statement.lower()}" for statement, count in counts.iter_rows())
        text = f"{out_of(done.height, self.frame.height, 'answer')} drafted, every sentence with its source"
        text += f": {statements}." if statements else "."
        left = self.frame.height - done.height
        return text + (f" {left:,} wait{'s' * (left == 1)} for a person." if left else "")


@cache
def wordings() -> dict[str, Any]:
    """Return the shipped wordings."""
    shipped: dict[str, Any] = yaml.safe_load(WORDINGS.read_text(encoding="utf-8"))
    return shipped


def drafts(analysis: GapAnalysis, catalogue: Catalogue, answers: pl.DataFrame | None = None) -> Drafts:
    """A draft answer to every requirement, with its source.

    A sentence is made only of what the catalogue says of the capability that answers the row; a wording
    with a field that is not known is passed over, so that there is never a blank to fill. An open question gets
    what the catalogue says of its capability, without a yes in front; lists, documents, prices and conditions
    are left to people. Where the
    counterpart is in doubt, or a limit is not stated, nothing is drafted.

    Parameters
    ----------
    analysis : GapAnalysis
    catalogue : Catalogue
        The one the analysis was made with.
    answers : pl.DataFrame, optional
        [sheet, row, answer, answer_id] out of the library; they go first.

    Returns
    -------
    Drafts
    """
    listed = catalogue.frame.to_dicts()
    by_id, commitments = catalogue.by_id(), limits.stated(listed)
    answered = {(r["sheet"], r["row"]): r for r in answers.iter_rows(named=True)} if answers is not None else {}
    rows = []
    for row in analysis.frame.iter_rows(named=True):
        drafted = draft(row, by_id.get(row["capability_id"]), commitments, answered.get((row["sheet"], row["row"])))
        key_fields = (row["sheet"], row["row"], row["requirement_id"], row["text"])
        rows.append((*key_fields, drafted.statement, drafted.text or None, drafted.sources or None))
    return Drafts(pl.DataFrame(rows, schema=SHAPE, orient="row"))


def draft(
    row: Mapping[str, Any],
    capability: Mapping[str, Any] | None,
    commitments: limits.Stated,
    answer: Mapping[str, Any] | None = None,
    words: Mapping[str, Any] | None = None,
) -> Draft:
    """Draft the answer to one judged requirement.

    Parameters
    ----------
    row : mapping
        text, status and statement of the analysis.
    capability : mapping, optional
        The catalogue's row that answers it.
    commitments : limits.Stated
    answer : mapping, optional
        answer and answer_id out of the library.
    words : mapping, optional
        Other wordings, by status.

    Raises
    ------
    RequirementError
        When a wording names a field there is none of.
    """
    is_open = str(row["statement"]) == TO_CLARIFY or not _may_speak(row, capability)
    slots = [] if is_open else (words or wordings()["wordings"]).get(row["status"], [])
    sentences: list[tuple[str, str]] = []
    if answer is not None and not _BLANK.search(str(answer["answer"])):
        sentences.append((str(answer["answer"]).strip(), str(answer["answer_id"])))
    for slot in slots:
        for fields, source in _fields(row, capability, commitments):
            line = next((text for wording in slot if (text := _filled(wording, fields))), None)
            if line and not any(line == sentence for sentence, _ in sentences):
                sentences.append((line, source))
            if line and "committed" not in str(slot):
                break
    return Draft(str(row["statement"]), tuple(sentences))


def _may_speak(row: Mapping[str, Any], capability: Mapping[str, Any] | None) -> bool:
    """Say whether a capability may answer in words: an open question, with a sure match to something one can have."""
    if row["status"] != IN_WORDS:
        return True
    is_sure = row["kind"] == OPEN and row["confidence"] >= matcher.LIKELY
    return is_sure and capability is not None and capability["status"] in limits.READY


def _fields(
    row: Mapping[str, Any], capability: Mapping[str, Any] | None, commitments: limits.Stated
) -> list[tuple[dict[str, str], str]]:
    """Return the fields a sentence may use, with the id they come from; one set per commitment."""
    if capability is None:
        return [({}, "no counterpart in the catalogue")]
    planned = capability.get("available_on")
    is_plain = row["status"] == IN_WORDS and capability["status"] == "available"
    plain = {
        "name": capability["name"],
        "description": str(capability.get("description") or "").strip().rstrip("."),
        "limit": "" if is_plain else str(capability.get("limit") or "").strip().rstrip("."),
        "date": f"{planned:%B %Y}" if planned else "",
    }
    key = str(capability["capability_id"])
    committed = [
        (plain | {"asked": c.asked, "committed": c.committed}, c.capability_id or key)
        for c in limits.compare(str(row["text"]), capability, commitments)
        if c.committed and (c.verdict == "partial" or row["status"] == "available")
    ]
    return [(plain, key), *committed]


def _filled(wording: str, fields: Mapping[str, str]) -> str | None:
    names = [name for _, name, _, _ in Formatter().parse(wording) if name is not None]
    for name in names:
        if name not in FIELDS:
            raise RequirementError(
                f"A wording uses the field {name!r}.", "draft answers", f"Known: {', '.join(FIELDS)}."
            )
        if not fields.get(name):
            return None
    line = wording.format(**fields)
    return None if _BLANK.search(line) else line
