"""Sessions whose database errors are sentences, and that reach a database that was away for a moment."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Engine
from sqlalchemy.exc import DatabaseError, DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from core.contracts.errors import StoreError

PAUSES = (0.1, 0.5, 1.0, 2.0)
UNSAVED, READ, UNSURE = "Nothing was saved.", "", "It is not certain whether the last change was saved."
LOCKED = ("database is locked", "database table is locked", "lock timeout", "deadlock detected", "lock_timeout")
DAMAGED = ("malformed", "not a database", "disk i/o error", "could not read block", "invalid page")
MISSING = ("no such table", "no such column", "undefinedtable", "undefinedcolumn", "does not exist", "has no column")
FULL = ("database or disk is full", "no space left", "diskfull")
READ_ONLY = ("readonly database", "read-only", "permission denied")


@dataclass(frozen=True)
class Sessions:
    """Opens sessions on a database.

    Attributes
    ----------
    engine : sqlalchemy engine
    pauses : tuple of float
        Seconds between the attempts to reach the database, before anything was read or written.
    """

    engine: Engine
    pauses: tuple[float, ...] = PAUSES

    @contextmanager
    def __call__(self) -> Iterator[Session]:
        """Open a session that reads.

        Raises
        ------
        StoreError
            When the database cannot be reached or read.
        """
        with _told(READ), self._connected() as session:
            yield session

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """Open a session that writes: all of it is saved at the end, or nothing where an error leaves it.

        Raises
        ------
        StoreError
            When the database cannot be reached or written to; it says whether anything was saved.
        IntegrityError
            When a row breaks a rule of its table; the caller knows what that means.
        """
        with _told(UNSAVED), self._connected() as session:
            yield session
            with _told(UNSURE if self.engine.dialect.name == "postgresql" else UNSAVED):
                session.commit()

    @contextmanager
    def _connected(self) -> Iterator[Session]:
        with Session(self.engine, expire_on_commit=False) as session:
            self._reach(session)
            yield session

    def _reach(self, session: Session) -> None:
        """Connect, and try again where the server is away: nothing has been asked or written yet."""
        for pause in self.pauses if self.engine.dialect.name == "postgresql" else ():
            try:
                session.connection()
                return
            except DBAPIError:
                session.rollback()
                time.sleep(pause)
        session.connection()


@contextmanager
def _told(outcome: str) -> Iterator[None]:
    try:
        yield
    except IntegrityError:
        raise
    except (SQLAlchemyError, OSError) as error:
        raise sentence(error, outcome) from error


def sentence(error: SQLAlchemyError | OSError, outcome: str = UNSAVED) -> StoreError:
    """Say what is wrong with a database in a sales team's words.

    Parameters
    ----------
    error : exception
        As the database's driver raised it.
    outcome : str
        What became of what was to be saved.

    Returns
    -------
    StoreError
    """
    text = str(getattr(error, "orig", None) or error).lower() + type(getattr(error, "orig", error)).__name__.lower()
    for words, tell in TELLING:
        if any(word in text for word in words) or (words is FULL and _number(error) == errno.ENOSPC):
            what, mend = tell(error)
            return StoreError(f"{what} {outcome}".strip(), "the database", mend)
    what, mend = _away(error) if _is_away(error) else _unknown(error)
    return StoreError(f"{what} {outcome}".strip(), "the database", mend)


def _number(error: BaseException) -> int | None:
    return error.errno if isinstance(error, OSError) else None


def _is_away(error: BaseException) -> bool:
    return (
        isinstance(error, PoolTimeout)
        or bool(getattr(error, "connection_invalidated", False))
        or (isinstance(error, DBAPIError) and not isinstance(error, DatabaseError))
        or any(word in str(error).lower() for word in ("connect", "server closed", "terminat", "shutting down"))
    )


def _locked(error: BaseException) -> tuple[str, str]:
    return "Somebody else is writing to the database and does not finish.", "Wait a moment and try again."


def _damaged(error: BaseException) -> tuple[str, str]:
    return "The database is damaged and cannot be read.", "Put back a copy of it; the admin guide shows how."


def _missing(error: BaseException) -> tuple[str, str]:
    return (
        "A table of the database is missing or is not as it should be.",
        "Start Quarterdeck again: it puts back what is missing, and says what that was.",
    )


def _full(error: BaseException) -> tuple[str, str]:
    return "The disk the database lies on is full.", "Free some space and try again."


def _read_only(error: BaseException) -> tuple[str, str]:
    return "The database cannot be written to.", "Ask the administrator to allow this user to write to it."


def _away(error: BaseException) -> tuple[str, str]:
    return "The database does not answer.", "Try again once it runs; what you typed still stands here."


def _unknown(error: BaseException) -> tuple[str, str]:
    return "The database refused.", "Try again; where it goes on, the log tells the administrator why."


TELLING: tuple[tuple[tuple[str, ...], Callable[[BaseException], tuple[str, str]]], ...] = (
    (LOCKED, _locked),
    (FULL, _full),
    (READ_ONLY, _read_only),
    (DAMAGED, _damaged),
    (MISSING, _missing),
)
