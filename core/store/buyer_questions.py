"""Questions to the buyer about rows of their list, and the answers that came back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from core.contracts.errors import StoreError
from core.localization import message
from core.store.audit_chain import write_down
from core.store.project_tables import BuyerQuestionRow
from core.store.repositories import Clock, in_utc
from core.store.sessions import Sessions

OPEN, ANSWERED, WITHDRAWN = "open", "answered", "withdrawn"
LONGEST = 4_000
OURS, THEIRS = "keep", "take"


@dataclass(frozen=True)
class BuyerQuestion:
    """One question to the buyer.

    Attributes
    ----------
    id : int
    sheet : str
    row : int
    code : str
        What stands beside it in the file, by which the answer finds it again.
    question : str
    state : str
        "open", "answered" or "withdrawn".
    answer, answer_file : str
        What the buyer wrote, and in which file.
    rival_answer, rival_file : str
        Another answer of the buyer's, in a later file, while nobody has chosen; empty where there is none.
    asked_by : str
    asked_at : datetime
        In UTC, as the next.
    answered_at : datetime, optional
        When it was read.
    version : int
    """

    id: int
    sheet: str
    row: int
    code: str
    question: str
    state: str
    answer: str
    answer_file: str
    rival_answer: str
    rival_file: str
    asked_by: str
    asked_at: datetime
    answered_at: datetime | None
    version: int


class BuyerQuestions:
    """The questions of all lists."""

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        self._sessions, self._clock = sessions, clock

    def of_list(self, number: int) -> list[BuyerQuestion]:
        """Return the questions of a list, in the order they were asked."""
        asked = select(BuyerQuestionRow).where(BuyerQuestionRow.requirement_set_id == number)
        with self._sessions() as session:
            return [_question(row) for row in session.scalars(asked.order_by(BuyerQuestionRow.id))]

    def ask(self, number: int, rows: Sequence[tuple[str, int, str]], mark: str, user: str) -> int:
        """Add questions about rows; one asked already about the same row is left out.

        Parameters
        ----------
        number : int
            The list's.
        rows : sequence of (str, int, str)
            Sheet, row and question.
        mark : str
            What the codes of the list begin with, so that no other list's file is taken for this one's.
        user : str

        Returns
        -------
        int
            How many were added.

        Raises
        ------
        StoreError
            When a question is empty or longer than 4,000 characters, or the list was deleted.
        """
        texts = [(sheet, row, text.strip()) for sheet, row, text in rows]
        if any(not 0 < len(text) <= LONGEST for _, _, text in texts):
            raise StoreError(
                message("A question has 1 to {longest:,} characters.", longest=LONGEST),
                mend="Write it shorter, or write one.",
            )
        at = self._clock()
        standing = {(entry.sheet, entry.row, entry.question) for entry in self.of_list(number)}
        new = [entry for entry in dict.fromkeys(texts) if entry not in standing]
        blank = {"state": OPEN, "answer": "", "answer_file": "", "rival_answer": "", "rival_file": "", "version": 1}
        try:
            with self._sessions.begin() as session:
                count = select(func.count()).where(BuyerQuestionRow.requirement_set_id == number)
                begin = session.scalar(count) or 0
                for sequence, (sheet, row, text) in enumerate(new, begin + 1):
                    key = {"requirement_set_id": number, "sheet": sheet, "row": row, "code": f"{mark}-{sequence}"}
                    mine = {"question": text, "asked_by": user[:200], "asked_at": at}
                    session.execute(insert(BuyerQuestionRow).values(**key, **mine, **blank))
                trail = [
                    {
                        "at": at,
                        "user": user,
                        "action": "asked the buyer",
                        "target": message("row {row}", row=row),
                        "detail": text[:200],
                    }
                    for _, row, text in new
                ]
                write_down(session, trail)
        except IntegrityError as error:
            raise StoreError("Somebody asked at the same time; nothing was added.", mend="Try again.") from error
        return len(new)

    def take(self, number: int, answers: Mapping[str, str], file_name: str, user: str) -> tuple[int, int, int]:
        """Attach answers read from the buyer's file; one that contradicts an earlier answer waits beside it.

        Parameters
        ----------
        number : int
        answers : mapping
            Code to what the buyer wrote; empty ones change nothing.
        file_name, user : str

        Returns
        -------
        (int, int, int)
            How many were taken, said the same as before, and contradict what stands.
        """
        at, taken, same, rivals = self._clock(), 0, 0, 0
        trail = []
        with self._sessions.begin() as session:
            asked = select(BuyerQuestionRow).where(BuyerQuestionRow.requirement_set_id == number).with_for_update()
            for row in session.scalars(asked):
                text = answers.get(row.code, "").strip()
                if not text:
                    continue
                if row.answer and row.answer != text:
                    row.rival_answer, row.rival_file, rivals = text, file_name[:260], rivals + 1
                elif row.answer:
                    same += 1
                    continue
                else:
                    row.answer, row.answer_file, row.state = text, file_name[:260], ANSWERED
                    row.answered_at, taken = at, taken + 1
                row.version += 1
                entry = {
                    "at": at,
                    "user": user,
                    "action": "read the buyer's answer",
                    "target": message("row {row}", row=row.row),
                }
                trail.append(entry | {"detail": f"{row.code}: {text[:200]}"})
            write_down(session, trail)
        return taken, same, rivals

    def settle(self, question: BuyerQuestion, choice: str, user: str) -> None:
        """Choose between two answers of the buyer's: "keep" the earlier or "take" the later; or withdraw a question.

        Raises
        ------
        StoreError
            When the question has changed since it was read, or the choice is not known.
        """
        if choice not in (OURS, THEIRS, WITHDRAWN):
            raise StoreError(
                message("There is no choice {choice!r}.", choice=choice),
                mend=message("Known: {ours}, {theirs}, {withdrawn}.", ours=OURS, theirs=THEIRS, withdrawn=WITHDRAWN),
            )
        with self._sessions.begin() as session:
            row = session.get(BuyerQuestionRow, question.id, with_for_update=True)
            if row is None or row.version != question.version:
                raise StoreError("The question was changed meanwhile.", mend="Load the page again.")
            if choice == WITHDRAWN:
                row.state = WITHDRAWN
            elif choice == THEIRS and row.rival_answer:
                row.answer, row.answer_file, row.answered_at = row.rival_answer, row.rival_file, self._clock()
            if choice != WITHDRAWN:
                row.rival_answer = row.rival_file = ""
            row.version += 1
            entry = {"at": self._clock(), "user": user, "action": "settled a question to the buyer"}
            write_down(
                session, [entry | {"target": message("row {row}", row=row.row), "detail": f"{row.code}: {choice}"}]
            )


def _question(row: BuyerQuestionRow) -> BuyerQuestion:
    values = {name: getattr(row, name) for name in BuyerQuestion.__annotations__}
    for name in ("asked_at", "answered_at"):
        values[name] = None if values[name] is None else in_utc(values[name])
    return BuyerQuestion(**values)
