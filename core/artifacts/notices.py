"""What went wrong in keeping or reading, as short sentences; what was asked for is returned all the same."""

from __future__ import annotations

import errno
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from core.artifacts.kinds import KINDS, Kind
from core.localization import message

logger = logging.getLogger(__name__)
FULL = (errno.ENOSPC, errno.EDQUOT)
LOCKED = (errno.EROFS, errno.EACCES, errno.EPERM)


@dataclass(frozen=True)
class Notice:
    """One sentence for the person who runs Quarterdeck.

    Attributes
    ----------
    kind : str
        The kind of artefact it concerns.
    what, mend : str
        What happened, and what can be done about it; `mend` may be empty.
    is_lasting : bool
        True as long as it goes on: nothing of the kind can be kept. It goes when something can be.
    cause : str
        Why nothing of the kind can be kept; notices of one cause are told together.
    """

    kind: str
    what: str
    mend: str = ""
    is_lasting: bool = False
    cause: str = ""

    def sentence(self) -> str:
        """Return both parts in one line."""
        return f"{self.what} {self.mend}".strip()


class Notices:
    """The notices of one home, each told once."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._all: dict[Notice, None] = {}

    def add(self, notice: Notice, error: BaseException | None = None) -> None:
        """Note a sentence and log it with its cause; one that stands is not repeated."""
        with self._lock:
            is_new = notice not in self._all
            self._all[notice] = None
        if is_new:
            logger.warning("%s (%s: %s)", notice.sentence(), type(error).__name__, error)

    def works_again(self, kind: Kind) -> None:
        """Take back that nothing of a kind can be kept."""
        if self._all:
            with self._lock:
                self._all = {n: None for n in self._all if not (n.is_lasting and n.kind == kind.name)}

    def all(self) -> tuple[Notice, ...]:
        """Return what stands, oldest first."""
        with self._lock:
            return tuple(self._all)

    def clear(self) -> None:
        """Forget all, as after they were read."""
        with self._lock:
            self._all.clear()


def unreadable(kind: Kind) -> Notice:
    """Say that something kept could not be read."""
    return Notice(
        kind.name,
        message("Some {title} kept on disk could not be read, so they were worked out anew.", title=kind.title),
    )


def unwritable(kind: Kind, home: Path | str, error: BaseException) -> Notice:
    """Say why something could not be kept, and what helps."""
    number = error.errno if isinstance(error, OSError) else None
    text = str(error).lower()
    if number in FULL or "no space left" in text or "os error 28" in text or "quota exceeded" in text:
        why, mend = "The disk is full", message("Free some space where {home} lies.", home=home)
    elif number in LOCKED or "permission denied" in text or "read-only file system" in text:
        why, mend = (
            message("{home} cannot be written to", home=home),
            "Set QUARTERDECK_HOME to a folder you may write to.",
        )
    else:
        why, mend = message("Something is wrong with {home}", home=home), "Look into the log for the cause."
    return Notice(kind.name, _not_kept(why, kind.title), mend, is_lasting=True, cause=why)


def _not_kept(cause: str, titles: str) -> str:
    return message(
        "{cause}, so new {titles} are not kept: they are worked out again after the next start.",
        cause=cause,
        titles=titles,
    )


def combined(notices: Iterable[Notice]) -> list[str]:
    """Return notices as sentences; what has one cause is told once, whatever it concerns."""
    groups: dict[tuple[str, str], list[Notice]] = {}
    for notice in notices:
        groups.setdefault((notice.cause or notice.what, notice.mend), []).append(notice)
    return [_sentence(group) for group in groups.values()]


def _sentence(notices: list[Notice]) -> str:
    first = notices[0]
    *titles, last = dict.fromkeys(KINDS[notice.kind].title for notice in notices if notice.kind in KINDS) or ("",)
    if not titles:
        return first.sentence()
    joined = message("{titles} and {last}", titles=", ".join(titles), last=last)
    return f"{_not_kept(first.cause, joined)} {first.mend}"


def is_failure(error: BaseException) -> bool:
    """Say whether an error is one of the work itself, and no wish to end the thread or the process.

    Polars raises a panic of its engine past `Exception`; Streamlit ends a run, and Python a process, so too.
    """
    return isinstance(error, Exception) or type(error).__name__ == "PanicException"
