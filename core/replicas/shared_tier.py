"""A folder of this machine in front of a place that servers share: what one has worked out, all read."""

from __future__ import annotations

import logging
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TypeVar, cast

from core.artifacts.folder_tier import FolderTier
from core.artifacts.kinds import DIGESTS, KINDS, UNSAVED, VECTORS
from core.artifacts.pins import PINS
from core.artifacts.tiers import DamagedError, Entry
from core.contracts.errors import StoreError
from core.replicas import leasing
from core.replicas.places import IN_MEMORY, Place, digest_of, packed, unpack
from core.store.leases import Leases, SharedNotes

logger = logging.getLogger(__name__)
T = TypeVar("T")
CHANGING = frozenset(
    {PINS, VECTORS.name, DIGESTS.name, UNSAVED.name}
)  # Under one key another content may come; all else never changes.
AWAY_SECONDS, MOST_NOTED = 10.0, 10_000


class SharedTier:
    """Artefacts of this machine's folder and of a shared place.

    Parameters
    ----------
    local : FolderTier
    shared : Place
    leases : Leases
        By which one server makes an artefact while the others wait for it.
    notes : SharedNotes, optional
        Short texts the same servers share.
    shared_as : str
        What the settings call the place.

    Notes
    -----
    Where the place cannot be reached the folder alone serves, and the place is asked again some seconds later.
    """

    def __init__(
        self,
        local: FolderTier,
        shared: Place,
        leases: Leases,
        notes: SharedNotes | None = None,
        shared_as: str = "",
    ) -> None:
        self.local, self.place, self._leases = local, shared, leases
        self.notes, self.shared_as = notes, shared_as
        self._own = threading.local()
        self._away_until = 0.0
        self._published: set[tuple[str, str]] = set()

    @property
    def address(self) -> str:
        """Return what a sentence calls the place."""
        return f"{self.local.address} and {self.place.address}"

    @property
    def is_away(self) -> bool:
        """Say whether the shared place could not be reached a moment ago."""
        return time.monotonic() < self._away_until

    @contextmanager
    def read(self, kind: str, key: str) -> Iterator[Path | None]:
        """Give an artefact's folder on this machine, brought from the place where it is not there or another by now."""
        if not self._is_current(kind, key):
            self._bring(kind, key)
        with self.local.read(kind, key) as folder:
            if folder is not None:
                self._publish_once(kind, key, folder)
            yield folder

    @contextmanager
    def write(self, kind: str, key: str, about: Mapping[str, Any]) -> Iterator[Path]:
        """Give an empty folder that becomes the artefact, here and in the place."""
        with self.local.write(kind, key, about) as folder:
            yield folder
        with self.local.read(kind, key) as whole:
            if whole is not None:
                self._publish(kind, key, whole, about)
        self._trim(kind, key)

    def renew(self, kind: str, key: str, latest: int) -> None:
        """Give an artefact the next number, here and in the place."""
        self.local.renew(kind, key, latest)
        self._ask(lambda: self.place.renew(kind, key, latest), None)

    def has(self, kind: str, key: str) -> bool:
        """Say whether this machine or the place has an artefact: what was made before anything was shared counts."""
        return self.local.has(kind, key) or self._ask(lambda: self.place.digest(kind, key), None) is not None

    def entries(self, kind: str) -> list[Entry]:
        """Return what the place has of a kind; where it cannot be reached, what this machine has."""
        shared = self._ask(lambda: self.place.entries(kind), None)
        return self.local.entries(kind) if shared is None else shared

    def keep_in_use(self, kind: str, key: str, most: int) -> None:
        """Let nobody on this machine delete an artefact's files while this process reads from them."""
        self.local.keep_in_use(kind, key, most)

    def let_go(self, kind: str) -> None:
        """Let artefacts of a kind be deleted that this process kept in use."""
        self.local.let_go(kind)

    def delete(self, kind: str, key: str) -> bool:
        """Delete an artefact, here unless somebody is at it, and in the place; say whether it is gone for all."""
        if not self.local.delete(kind, key):
            return False
        self._ask(lambda: self.place.delete(kind, key), None)
        return not self.is_away

    @contextmanager
    def lock(self, kind: str, key: str) -> Iterator[None]:
        """Hold an artefact against all processes of this machine and all servers; wait until it is free."""
        with self.local.lock(kind, key):
            own: set[tuple[str, str]] = self._own.__dict__.setdefault("keys", set())
            own.add((kind, key))
            try:
                if self.is_away:
                    yield
                else:
                    with leasing.held(self._leases, f"{kind}/{key}") as is_held:
                        if not is_held:
                            self._is_gone()
                        yield
            finally:
                own.discard((kind, key))

    def sweep(self, kind: str) -> None:
        """Remove what killed processes of this machine left."""
        self.local.sweep(kind)

    def _is_current(self, kind: str, key: str) -> bool:
        """Say whether the folder of this machine has an artefact whole, and as the place has it."""
        try:
            with self.local.read(kind, key) as folder:
                if folder is None:
                    return False
                if kind not in CHANGING:
                    return True
                digest = self._ask(lambda: self.place.digest(kind, key), None)
                return digest is None or digest == digest_of(folder)
        except (DamagedError, OSError):
            return False

    def _publish(self, kind: str, key: str, folder: Path, about: Mapping[str, Any]) -> None:
        with packed(folder) as (file, digest):
            self._ask(lambda: self.place.write(kind, key, file, digest, about), None)
        self._note_published(kind, key)

    def _publish_once(self, kind: str, key: str, folder: Path) -> None:
        """Bring to the place what only this machine has, as from before anything was shared; looked at once."""
        if (kind, key) in self._published or self.is_away:
            return
        if self._ask(lambda: self.place.digest(kind, key), None) is None and not self.is_away:
            about = next((entry.about for entry in self.local.entries(kind) if entry.key == key), {})
            self._publish(kind, key, folder, about)
        self._note_published(kind, key)

    def _note_published(self, kind: str, key: str) -> None:
        if self.is_away:
            return
        if len(self._published) >= MOST_NOTED:
            self._published.clear()
        self._published.add((kind, key))

    def _bring(self, kind: str, key: str) -> None:
        """Copy an artefact from the place into the folder; nothing happens where it has none."""
        with tempfile.SpooledTemporaryFile(IN_MEMORY) as file:
            target = cast("BinaryIO", file)
            entry = self._ask(lambda: self.place.read(kind, key, target), None)
            if entry is None:
                return
            with self._alone(kind, key), self.local.write(kind, key, entry.about) as folder:
                unpack(target, folder)
        self._trim(kind, key)

    @contextmanager
    def _alone(self, kind: str, key: str) -> Iterator[None]:
        """Hold an artefact on this machine, unless this thread does already."""
        if (kind, key) in getattr(self._own, "keys", ()):
            yield
        else:
            with self.local.lock(kind, key):
                yield

    def _trim(self, kind: str, key: str) -> None:
        """Delete the oldest of a kind from the folder beyond its number; the place keeps its own."""
        most = KINDS[kind].entries if kind in KINDS else 0
        entries = [entry for entry in self.local.entries(kind) if entry.key != key]
        for entry in entries[: max(len(entries) + 1 - most, 0)] if most else ():
            self.local.delete(kind, entry.key)

    def _ask(self, act: Callable[[], T], otherwise: T) -> T:
        """Return what the place answers; where it is away, what stands in for it."""
        if self.is_away:
            return otherwise
        try:
            return act()
        except (StoreError, OSError) as error:
            self._is_gone()
            logger.warning("%s cannot be reached, so this server goes on by itself: %s", self.place.address, error)
            return otherwise

    def _is_gone(self) -> None:
        self._away_until = time.monotonic() + AWAY_SECONDS
