"""The answer library as people edit it: every version of every answer, and the files that prove it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import PurePath
from typing import Any, ClassVar

import polars as pl
from sqlalchemy import delete, func, insert, select
from sqlalchemy.exc import IntegrityError

from core.contracts.errors import StoreError
from core.localization import message
from core.store.audit_chain import write_down
from core.store.bulk_versions import MOST_AT_ONCE, BulkVersions
from core.store.repositories import Clock
from core.store.sessions import Sessions
from core.store.tables import LibraryAnswerRow, LibraryFileRow

LONGEST_ANSWER = 30_000
LONGEST = {
    "answer_id": 40,
    "question": 8_000,
    "answer": LONGEST_ANSWER,
    "detail": LONGEST_ANSWER,
    "product": 200,
    "language": 40,
    "category": 40,
    "capability_id": 200,
    "owner": 200,
    "source": 260,
}
LARGEST_FILE, MOST_FILES = 10 * 2**20, 20
# What a file of each ending begins with; what runs by itself, or may hold macros, is not taken.
BEGINNINGS: Mapping[str, tuple[bytes, ...]] = {
    ".pdf": (b"%PDF",),
    ".png": (b"\x89PNG",),
    ".jpg": (b"\xff\xd8\xff",),
    ".jpeg": (b"\xff\xd8\xff",),
    ".docx": (b"PK\x03\x04",),
    ".xlsx": (b"PK\x03\x04",),
    ".pptx": (b"PK\x03\x04",),
    ".txt": (b"",),
    ".csv": (b"",),
}
FILES: dict[str, Any] = {
    "file_id": pl.Int64,
    "answer_id": pl.String,
    "file_name": pl.String,
    "sha256": pl.String,
    "size": pl.Int64,
    "added_by": pl.String,
    "is_public": pl.Boolean,
    "added_at": pl.Datetime("us"),
}


@dataclass(frozen=True)
class LibraryEdit:
    """What one answer shall say.

    Attributes
    ----------
    answer_id : str
    version : int
        The version its author saw; 0 where there was none.
    values : mapping
        The words of `LibraryAnswerRow`.
    """

    answer_id: str
    version: int
    values: Mapping[str, Any]

    @property
    def key(self) -> str:
        """Return the answer's id."""
        return self.answer_id


class LibraryAnswers(BulkVersions):
    """All versions of all answers of the library."""

    plural: ClassVar[str] = "answers"
    longest: ClassVar[Mapping[str, int]] = LONGEST

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        super().__init__(sessions, clock, LibraryAnswerRow, "library answer")

    def today(self) -> date:
        """Return the day a save would bear."""
        return self.clock().date()

    def of_import(self, book: str, import_id: str) -> list[str]:
        """Return the ids of the answers an import wrote a version of."""
        asked = select(LibraryAnswerRow.answer_id).where(
            LibraryAnswerRow.book == book, LibraryAnswerRow.import_id == import_id
        )
        with self.sessions() as session:
            return sorted(set(session.scalars(asked)))

    def latest(self, book: str, most: int) -> pl.DataFrame:
        """Return the versions written last with all earlier ones of the same answers, oldest first.

        Parameters
        ----------
        book : str
        most : int
            How many of the newest versions say which answers.
        """
        asked = select(LibraryAnswerRow.answer_id).where(LibraryAnswerRow.book == book)
        with self.sessions() as session:
            ids = list(dict.fromkeys(session.scalars(asked.order_by(LibraryAnswerRow.id.desc()).limit(most))))
        return self.versions_of(book, ids)

    def versions_of(self, book: str, answer_ids: Sequence[str]) -> pl.DataFrame:
        """Return every version of some answers, oldest first."""
        parts = [self.all(book, answer_id="")]
        for begin in range(0, len(answer_ids), MOST_AT_ONCE):
            some = list(answer_ids[begin : begin + MOST_AT_ONCE])
            asked = select(LibraryAnswerRow).where(LibraryAnswerRow.book == book, LibraryAnswerRow.answer_id.in_(some))
            parts.append(self._frame(asked.order_by(LibraryAnswerRow.id)))
        return pl.concat(parts)


class LibraryFiles:
    """The files that prove answers; each is known by the hash of its content."""

    def __init__(self, sessions: Sessions, clock: Callable[[], datetime]) -> None:
        self._sessions, self._clock = sessions, clock

    def add(self, answer_id: str, file_name: str, content: bytes, user: str) -> str:
        """Attach a file to an answer; the same content twice is kept once.

        Parameters
        ----------
        answer_id, file_name : str
        content : bytes
            At most 10 MB; PDF, PNG, JPEG, DOCX, XLSX, PPTX, TXT or CSV. Nothing is looked for viruses.
        user : str

        Returns
        -------
        str
            The SHA-256 of the content, in hexadecimal digits.

        Raises
        ------
        StoreError
            When it is empty, too large, of another kind than its name says or of one that is not taken, or the
            answer has 20 files already.
        """
        name = PurePath(file_name.replace("\\", "/")).name[-200:]
        _check_file(name, content)
        digest = hashlib.sha256(content).hexdigest()
        row = {"answer_id": answer_id, "file_name": name, "sha256": digest, "size": len(content), "content": content}
        at = self._clock()
        try:
            with self._sessions.begin() as session:
                same = select(func.count()).where(LibraryFileRow.answer_id == answer_id)
                if (session.scalar(same) or 0) >= MOST_FILES:
                    raise StoreError(
                        message("An answer has at most {most_files} files.", most_files=MOST_FILES),
                        name,
                        "Remove one first.",
                    )
                session.execute(insert(LibraryFileRow), [{**row, "added_by": user[:200], "added_at": at}])
                entry = {"at": at, "user": user[:200], "action": "evidence attached", "target": answer_id}
                write_down(session, [{**entry, "detail": message("{name}, sha256 {digest}", name=name, digest=digest)}])
        except IntegrityError:
            return digest
        return digest

    def frame(self, answer_ids: Sequence[str] | None = None) -> pl.DataFrame:
        """Return the files of some answers, or of all: [file_id, answer_id, file_name, sha256, size, added_by, \
is_public, added_at]."""
        columns = [getattr(LibraryFileRow, "id" if name == "file_id" else name) for name in FILES]
        asked = select(*columns).order_by(LibraryFileRow.id)
        if answer_ids is not None:
            asked = asked.where(LibraryFileRow.answer_id.in_(list(answer_ids)))
        with self._sessions() as session:
            rows = [[*row[:-1], row[-1].replace(tzinfo=None)] for row in session.execute(asked)]
        return pl.DataFrame(rows, schema=FILES, orient="row")

    def content(self, file_id: int) -> bytes:
        """Return a file as it was attached.

        Raises
        ------
        StoreError
            When it is gone, or no longer what its hash says.
        """
        with self._sessions() as session:
            row = session.get(LibraryFileRow, file_id)
            content, digest = (bytes(row.content), row.sha256) if row is not None else (b"", "")
        if hashlib.sha256(content).hexdigest() != digest:
            raise StoreError("The file is gone, or was changed in the database.", mend="Attach it again.")
        return content

    def publish(self, file_id: int, user: str, *, is_public: bool) -> None:
        """Mark a file public, so that it goes out with the public answers it proves, or take that back."""
        with self._sessions.begin() as session:
            row = session.get(LibraryFileRow, file_id)
            if row is None or row.is_public == is_public:
                return
            row.is_public = is_public
            entry = {"at": self._clock(), "user": user[:200], "target": row.answer_id}
            entry["action"] = "evidence marked public" if is_public else "evidence no longer public"
            write_down(
                session,
                [
                    {
                        **entry,
                        "detail": message("{file_name}, sha256 {sha256}", file_name=row.file_name, sha256=row.sha256),
                    }
                ],
            )

    def remove(self, file_id: int, user: str) -> None:
        """Take a file off its answer; its name and hash stay in the audit log."""
        with self._sessions.begin() as session:
            row = session.get(LibraryFileRow, file_id)
            if row is None:
                return
            entry = {"at": self._clock(), "user": user[:200], "action": "evidence removed", "target": row.answer_id}
            write_down(
                session,
                [
                    {
                        **entry,
                        "detail": message("{file_name}, sha256 {sha256}", file_name=row.file_name, sha256=row.sha256),
                    }
                ],
            )
            session.execute(delete(LibraryFileRow).where(LibraryFileRow.id == file_id))


def _check_file(name: str, content: bytes) -> None:
    beginnings = BEGINNINGS.get(PurePath(name).suffix.lower())
    if beginnings is None:
        kinds = ", ".join(ending[1:].upper() for ending in BEGINNINGS)
        raise StoreError("Files of this kind are not attached.", name, message("Use one of {kinds}.", kinds=kinds))
    if not content or len(content) > LARGEST_FILE:
        raise StoreError("The file is empty or larger than 10 MB.", name, "Attach a smaller one, or give a link.")
    if not content.startswith(beginnings) or (b"\x00" in content[:4096] and beginnings == (b"",)):
        raise StoreError("The file is not what its name says.", name, "Save it again in its own program.")
    if b"vbaProject.bin" in content:
        raise StoreError("The file holds macros.", name, "Save it without them.")
