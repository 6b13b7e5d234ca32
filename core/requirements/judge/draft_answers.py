"""Draft answers to a buyer, every sentence with the id it came from, each held against the checklist."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from core.localization import joined, message, message_plural
from core.metrics import out_of
from core.requirements.catalogue.capabilities import Catalogue
from core.requirements.judge import limits
from core.requirements.judge.drafting import draft_checklist, draft_writer
from core.requirements.judge.drafting.draft_records import Draft, Question
from core.requirements.judge.drafting.draft_templates import DraftTemplate, template
from core.requirements.judge.drafting.draft_writer import NOBODY, Material
from core.requirements.judge.gap_analysis import GapAnalysis
from core.requirements.judge.row_judgement import IN_WORDS
from core.requirements.match import matcher
from core.requirements.read import answer_vocabulary
from core.requirements.read.requirement_list import RequirementList
from core.requirements.text.row_kind import DOCUMENT, OPEN, RATED, REASSURING, row_kind

__all__ = ["TO_CLARIFY", "Draft", "Drafts", "buyers_words", "draft", "drafts", "questioned"]

TO_CLARIFY = "To be clarified"
SHAPE = {
    "sheet": pl.String,
    "row": pl.Int64,
    "requirement_id": pl.String,
    "text": pl.String,
    "statement": pl.String,
    "draft": pl.String,
    "sources": pl.String,
    "is_ready": pl.Boolean,
    "to_mend": pl.String,
}


@dataclass(frozen=True)
class Drafts:
    """The draft answers to a list.

    Attributes
    ----------
    frame : pl.DataFrame
        [sheet, row, requirement_id, text, statement, draft, sources, is_ready, to_mend]: draft and sources are null
        where nothing is drafted; is_ready where the checklist finds nothing, else to_mend says what it finds.
    sentences : mapping
        Sheet and row to the sentences of the draft, each with its source.
    """

    frame: pl.DataFrame
    sentences: Mapping[tuple[str, int], tuple[tuple[str, str], ...]] = field(default_factory=dict)

    def sentence(self) -> str:
        """Say how many answers are drafted, what they state, how many are ready, and how many wait for a person."""
        done = self.frame.filter(pl.col("draft").is_not_null())
        counts = done["statement"].value_counts(sort=True).sort("count", "statement", descending=[True, False])
        statements = ", ".join(f"{count:,} {statement.lower()}" for statement, count in counts.iter_rows())
        text = message(
            "{out_of} drafted, every sentence with its source", out_of=out_of(done.height, self.frame.height, "answer")
        )
        text += f": {statements}." if statements else "."
        if done.height:
            n_ready = int(done["is_ready"].sum())
            text += message(" {out_of} ready to send by the checklist.", out_of=out_of(n_ready, done.height, "draft"))
        left = self.frame.height - done.height
        return text + (message_plural(" {n:,} waits for a person.", " {n:,} wait for a person.", left) if left else "")


def drafts(
    analysis: GapAnalysis,
    catalogue: Catalogue,
    answers: pl.DataFrame | None = None,
    chosen: DraftTemplate | None = None,
) -> Drafts:
    """A draft answer to every requirement, with its source, held against the checklist.

    A sentence is made only of what the catalogue says of the capability that answers the row, or of an answer of the
    library; a wording with a field that is not known is passed over, so that there is never a blank to fill. Of a
    double-barrelled question each part is answered, by a second capability where the first says nothing of it; a part
    nobody answers takes the yes away. An open question gets what the catalogue says of its capability, without a yes
    in front; lists, prices and conditions are left to people. Where the counterpart is in doubt, or a limit is not
    stated, nothing is drafted.

    Parameters
    ----------
    analysis : GapAnalysis
    catalogue : Catalogue
        The one the analysis was made with.
    answers : pl.DataFrame, optional
        [sheet, row, answer, answer_id] out of the library; they go before what the catalogue says.
    chosen : DraftTemplate, optional
        Tone and length; default the paragraph.

    Returns
    -------
    Drafts
    """
    listed = catalogue.frame.to_dicts()
    by_id, commitments = catalogue.by_id(), limits.stated(listed)
    answered = {(r["sheet"], r["row"]): r for r in answers.iter_rows(named=True)} if answers is not None else {}
    spoken, near = buyers_words(analysis.source), _near(analysis, by_id)
    rows, sentences = [], {}
    for index, row in enumerate(analysis.frame.iter_rows(named=True)):
        at = (row["sheet"], row["row"])
        written, asked = draft(
            row,
            by_id.get(row["capability_id"]),
            commitments,
            answered.get(at),
            chosen,
            spoken.get(at, ()),
            near.get(index, ()),
        )
        faults = draft_checklist.faults(written, asked) if written.sentences else []
        mend = joined(*(fault.sentence for fault in faults)) or None
        is_ready = bool(written.sentences) and not faults and written.statement != TO_CLARIFY
        sentences[at] = written.sentences
        key_fields = (*at, row["requirement_id"], row["text"])
        rows.append((*key_fields, written.statement, written.text or None, written.sources or None, is_ready, mend))
    return Drafts(pl.DataFrame(rows, schema=SHAPE, orient="row"), sentences)


def draft(
    row: Mapping[str, Any],
    capability: Mapping[str, Any] | None,
    commitments: limits.Stated,
    answer: Mapping[str, Any] | None = None,
    chosen: DraftTemplate | None = None,
    spoken: Sequence[str] = (),
    near: Sequence[Mapping[str, Any]] = (),
) -> tuple[Draft, Question]:
    """Draft the answer to one judged requirement.

    Parameters
    ----------
    row : mapping
        text, status and statement of the analysis; polarity, kind and confidence where they are known.
    capability : mapping, optional
        The catalogue's row that answers it.
    commitments : limits.Stated
    answer : mapping, optional
        answer and answer_id out of the library.
    chosen : DraftTemplate, optional
    spoken : sequence of str
        The words of the buyer's drop-down.
    near : sequence of mappings
        Other candidates, the likeliest first, for parts the first one says nothing of.

    Returns
    -------
    Draft, Question
        The draft, and what it is held against by the checklist.
    """
    is_open = str(row["statement"]) == TO_CLARIFY or not _may_speak(row, capability)
    others = draft_writer.helpers(row["text"], capability, near) if capability and row["status"] == "available" else ()
    material = Material(capability, others, answer)
    asked = questioned(row, material, commitments, chosen, spoken)
    if is_open:
        return _of_library_alone(row, answer, asked), asked
    is_withheld = asked.status == "available" and not asked.may_say_yes
    statement = TO_CLARIFY if is_withheld else str(row["statement"])
    return draft_writer.write(asked, material, statement), asked


def _of_library_alone(row: Mapping[str, Any], answer: Mapping[str, Any] | None, asked: Question) -> Draft:
    """Return what the library says of a row that nothing may be said to by the catalogue, unless it says yes."""
    line = draft_writer.library_line(str(answer["answer"]), asked) if answer is not None else ""
    sentences = ((line, str(answer["answer_id"])),) if answer is not None and line else ()
    return Draft(str(row["statement"]), sentences)


def questioned(
    row: Mapping[str, Any],
    material: Material,
    commitments: limits.Stated,
    chosen: DraftTemplate | None = None,
    spoken: Sequence[str] = (),
) -> Question:
    """Return what a draft of a row has to answer and may rely on.

    Yes may be said where the row is judged available, yes is what reassures (or a person chose the counterpart of a
    demand), every part of a double-barrelled question is answered by what is at hand, and every number with a unit is
    either held against a commitment or stated by what is at hand.
    """
    capability = material.capability
    at_hand = [entry for entry in (capability, *material.others) if entry is not None]
    sources = {str(entry["capability_id"]): entry for entry in at_hand} or {NOBODY: {}}
    if material.answer is not None:
        sources[str(material.answer["answer_id"])] = {"description": material.answer["answer"]}
    compared = limits.compare(str(row["text"]), capability, commitments) if capability else ()
    for comparison in compared:
        if comparison.capability_id and comparison.capability_id not in sources:
            sources[comparison.capability_id] = {"description": comparison.committed}
    word = answer_vocabulary.choose(str(row["status"]), spoken) or ""
    return Question(
        str(row["text"]),
        str(row["status"]),
        chosen or template(),
        sources,
        word if _is_spoken(word) else "",
        tuple(compared),
        _may_say_yes(row, at_hand, compared),
    )


def _may_say_yes(
    row: Mapping[str, Any], at_hand: Sequence[Mapping[str, Any]], compared: Sequence[limits.Comparison]
) -> bool:
    kind = row_kind(str(row["text"]))
    is_decided = float(row.get("confidence") or 0.0) >= 1
    reassures = (row.get("polarity") or kind.polarity) == REASSURING
    if row["status"] != "available" or kind.kind not in RATED or not (reassures or is_decided):
        return False
    if not at_hand or any(comparison.verdict in ("partial", "unclear") for comparison in compared):
        return False
    text = str(row["text"])
    return is_decided or not (draft_writer.lacking(text, at_hand) or draft_writer.uncompared(text, at_hand, compared))


def _is_spoken(word: str) -> bool:
    """Say whether a drop-down's word can open a sentence, unlike a code such as FC or 3."""
    return word.lower() == "no" or (sum(letter.isalpha() for letter in word) >= 3 and not word[0].isdigit())


def _may_speak(row: Mapping[str, Any], capability: Mapping[str, Any] | None) -> bool:
    """Say whether a capability may answer in words: an open question, or a document one has, with a sure match."""
    if row["status"] != IN_WORDS:
        return True
    if capability is None or row["confidence"] < matcher.LIKELY or capability["status"] not in limits.READY:
        return False
    return row["kind"] == OPEN or (row["kind"] == DOCUMENT and bool(capability.get("evidence")))


def buyers_words(source: RequirementList) -> dict[tuple[str, int], tuple[str, ...]]:
    """Return the words of the drop-down a row is answered with, by sheet and row; nothing for rows without one."""
    out = {}
    for grid, layout in zip(source.grids, source.layouts, strict=True):
        columns = [cell.column for cell in layout.answers if cell.kind == "choice"]
        numbers = source.frame.filter(pl.col("sheet") == grid.name)["row"].to_list() if columns else []
        for number in numbers:
            words = next(
                (c.words for column in columns for c in grid.choices if any(s.holds(number, column) for s in c.spans)),
                (),
            )
            if words:
                out[grid.name, int(number)] = tuple(words)
    return out


def _near(analysis: GapAnalysis, by_id: Mapping[str, Mapping[str, Any]]) -> dict[int, tuple[Mapping[str, Any], ...]]:
    """Return the candidates of each row of an analysis, by its place in it."""
    rows = analysis.candidates.select("place", "capability_id", "rank").sort("place", "rank")
    out: dict[int, tuple[Mapping[str, Any], ...]] = {}
    for number, key, _ in rows.iter_rows():
        if key in by_id:
            out[int(number)] = (*out.get(int(number), ()), by_id[key])
    return out
