"""Where artefacts lie when the process is gone: what any such place must be able to do.

A folder on disk does it today; replicas of a server may share an object store or a database in its stead.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol


class DamagedError(Exception):
    """What lies there is not what was written: cut off, changed, or of another format."""


@dataclass(frozen=True)
class Entry:
    """One artefact as it lies there.

    Attributes
    ----------
    kind, key : str
    number : int
        Its place in the order of writing and reading; higher is later, 0 where it cannot be read.
    n_bytes : int
    written_at : str
        When it was written, UTC in ISO format, for display alone; empty where that is not known.
    about : mapping
        What its maker noted beside it.
    is_damaged : bool
    """

    kind: str
    key: str
    number: int
    n_bytes: int
    written_at: str = ""
    about: Mapping[str, Any] = field(default_factory=dict)
    is_damaged: bool = False


class Tier(Protocol):
    """A place for artefacts; each is a few files under a kind and a key, whole or not there.

    Any method may raise `OSError` where the place cannot be reached or written.
    """

    @property
    def address(self) -> str:
        """What a sentence calls the place."""
        ...

    def read(self, kind: str, key: str) -> AbstractContextManager[Path | None]:
        """Give the folder with an artefact's files, None where there is none.

        Raises
        ------
        DamagedError
            When the files are not those that were written.
        """
        ...

    def write(self, kind: str, key: str, about: Mapping[str, Any]) -> AbstractContextManager[Path]:
        """Give an empty folder; when the block ends well, it becomes the artefact, with the next number.

        The caller holds the artefact's lock. What was there before is replaced; where the block raises,
        it stays.
        """
        ...

    def renew(self, kind: str, key: str, latest: int) -> None:
        """Give an artefact that was read the next number, unless it is among the latest ones already."""
        ...

    def has(self, kind: str, key: str) -> bool:
        """Say whether `read` would give an artefact's folder; nothing is read but its manifest."""
        ...

    def entries(self, kind: str) -> list[Entry]:
        """Return all artefacts of a kind, the lowest number first."""
        ...

    def keep_in_use(self, kind: str, key: str, most: int) -> None:
        """Let nobody delete an artefact while this process lives, or until it uses `most` later ones of the kind."""
        ...

    def let_go(self, kind: str) -> None:
        """Let artefacts of a kind be deleted that this process kept in use."""
        ...

    def delete(self, kind: str, key: str) -> bool:
        """Delete an artefact unless somebody holds its lock or uses its files; say whether it is gone."""
        ...

    def lock(self, kind: str, key: str) -> AbstractContextManager[None]:
        """Hold an artefact against all other processes; wait until it is free."""
        ...

    def sweep(self, kind: str) -> None:
        """Remove what processes that were killed left half written; what somebody is at stays."""
        ...
