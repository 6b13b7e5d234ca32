"""The buyer's answers to our questions, read back from the file they filled, whatever they moved or renamed in it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from core.contracts.errors import RequirementError
from core.localization import message
from core.metrics.measure import counted
from core.requirements.officefiles import grids
from core.requirements.officefiles.grids import Grid
from core.store.buyer_questions import BuyerQuestion

CODE = re.compile(r"[A-Z0-9]{4}-\d+")
ALIKE = 0.85
FEWEST_LETTERS = 12
HEADING_WORDS = (
    *("answer", "answers", "response", "responses", "reply", "clarification", "antwort", "antworten"),
    *("réponse", "réponses", "respuesta", "respuestas", "risposta", "risposte", "resposta", "antwoord"),
)


@dataclass
class AnswersRead:
    """What a file the buyer filled says.

    Attributes
    ----------
    answers : dict
        Code of a question to the answer.
    reworded : list of str
        Codes whose question stands in other words in the file.
    unmatched : list of str
        Texts of rows with an answer that belong to no question.
    contradictions : list of str
        What cannot be taken, in sentences: two answers to one question, or the code of one beside the words of another.
    n_questions : int
        Questions that were found in the file.
    """

    answers: dict[str, str] = field(default_factory=dict)
    reworded: list[str] = field(default_factory=list)
    unmatched: list[str] = field(default_factory=list)
    contradictions: list[str] = field(default_factory=list)
    n_questions: int = 0

    def sentence(self) -> str:
        """Say what was read."""
        text = message(
            "{answers} to {questions} of the file",
            answers=counted(len(self.answers), "answer"),
            questions=counted(self.n_questions, "question"),
        )
        more = (
            (len(self.reworded), "question stands in other words", "questions stand in other words"),
            (len(self.unmatched), "row belongs to no question", "rows belong to no question"),
            (len(self.contradictions), "contradiction was not taken", "contradictions were not taken"),
        )
        return text + "".join(f"; {counted(n, single, plural)}" for n, single, plural in more if n) + "."


def read(content: bytes, name: str, questions: Sequence[BuyerQuestion], texts: Sequence[str] = ()) -> AnswersRead:
    """Read the answers to questions from a file.

    A row belongs to the question whose code stands in it; without a code to the question whose words it has, or
    nearly has. The answers are in the column headed so; where no heading says it, in the column that has most text
    beside the questions and is none of ours.

    Parameters
    ----------
    content : bytes
        XLSX, DOCX or another kind of file that is read.
    name : str
        Its name; the ending tells the kind.
    questions : sequence of BuyerQuestion
    texts : sequence of str
        What else we wrote into the file: references and requirements; none of it is an answer.

    Raises
    ------
    RequirementError
        When the file cannot be read, or none of the questions is in it.
    """
    out = AnswersRead()
    given: dict[str, set[str]] = {}
    seen: set[str] = set()
    ours = {_plain(text) for text in texts} | {_plain(entry.question) for entry in questions}
    for grid in grids.load(content, name):
        _read_grid(grid, questions, ours, out, given, seen)
    if not seen:
        raise RequirementError(
            "None of the questions of this list is in the file.",
            name,
            "Take the file that was sent to the buyer; the codes of another list are not known here.",
        )
    for code, answers in given.items():
        if len(answers) > 1:
            out.contradictions.append(
                message("{code} has {n_answers} different answers in the file.", code=code, n_answers=len(answers))
            )
        else:
            out.answers[code] = next(iter(answers))
    out.n_questions = len(seen)
    return out


def _read_grid(
    grid: Grid,
    questions: Sequence[BuyerQuestion],
    ours: set[str],
    out: AnswersRead,
    given: dict[str, set[str]],
    seen: set[str],
) -> None:
    by_code = {entry.code: entry for entry in questions}
    matched: dict[int, str] = {}
    contradicted: set[int] = set()
    for number, cells in grid.rows:
        code = next((cell.strip() for cell in cells if cell.strip() in by_code), "")
        near = _near(cells, questions)
        if code and near and near != code:
            out.contradictions.append(
                message(
                    "Row {number} has the code {code} beside the question of {near}.",
                    number=number,
                    code=code,
                    near=near,
                )
            )
            seen.add(code)
            contradicted.add(number)
        elif code or near:
            matched[number] = code or near
            if code and not near:
                out.reworded.append(code)
    column = _answer_column(grid, matched, ours) if matched else None
    for number, cells in grid.rows:
        answer = _cell(cells, column)
        if number in matched:
            seen.add(matched[number])
            if answer and _plain(answer) not in ours:
                given.setdefault(matched[number], set()).add(answer)
        elif answer and matched and number > min(matched) and number not in contradicted and _plain(answer) not in ours:
            out.unmatched.append(" · ".join(cell.strip() for cell in cells if cell.strip())[:200])


def _near(cells: Sequence[str], questions: Sequence[BuyerQuestion]) -> str:
    """Return the code of the question whose words a row has, or nearly has; empty where none or several come near."""
    words = [plain for cell in cells if len(plain := _plain(cell)) >= FEWEST_LETTERS]
    by_words: dict[str, list[str]] = {}
    for entry in questions:
        by_words.setdefault(_plain(entry.question), []).append(entry.code)
    for plain in words:
        if plain in by_words:
            codes = by_words[plain]
            return codes[0] if len(codes) == 1 else ""
    best, score, second = "", 0.0, 0.0
    for text, codes in by_words.items():
        likeness = max((_likeness(plain, text) for plain in words), default=0.0)
        if likeness > score:
            best, score, second = codes[0], likeness, score
        else:
            second = max(second, likeness)
    return best if score >= ALIKE and score > second else ""


def _likeness(text: str, other: str) -> float:
    matcher = SequenceMatcher(None, text, other, autojunk=False)
    return matcher.ratio() if matcher.real_quick_ratio() >= ALIKE and matcher.quick_ratio() >= ALIKE else 0.0


def _answer_column(grid: Grid, matched: Mapping[int, str], ours: set[str]) -> int | None:
    """Return the column with the answers."""
    first = min(matched)
    heads = [cells for number, cells in grid.rows if number < first]
    for cells in reversed(heads):
        headed = [position for position, cell in enumerate(cells) if set(_plain(cell).split()) & set(HEADING_WORDS)]
        # A heading is short; a sentence above the table that speaks of answers is none.
        short = [position for position in headed if len(cells[position].split()) <= 4 and sum(map(bool, cells)) > 1]
        if short:
            return short[-1]
    filled: Counter[int] = Counter()
    for number, cells in grid.rows:
        for position, cell in enumerate(cells):
            is_ours = _plain(cell) in ours or CODE.fullmatch(cell.strip())
            if number in matched and cell.strip() and not is_ours:
                filled[position] += 1
    return max(filled, key=lambda position: (filled[position], position)) if filled else None


def _cell(cells: Sequence[str], column: int | None) -> str:
    return cells[column].strip() if column is not None and column < len(cells) else ""


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[^\w]+", " ", text.casefold()).split())
