"""The artefact cache: a memory tier before a disk tier; what is asked for is made once, and kept where it can be."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from threading import Lock
from typing import Any, TypeVar

from core.artifacts import notices as sentences
from core.artifacts.codecs import FolderCodec, UnkeepableError
from core.artifacts.kinds import Kind
from core.artifacts.left_to_workers import is_awaited, is_left
from core.artifacts.memory import MEMORY, Memory, Shelf
from core.artifacts.notices import Notice, Notices, is_failure
from core.artifacts.pins import Pins
from core.artifacts.tiers import Entry, Tier
from core.artifacts.values import VALUES
from core.contracts.errors import NotMadeYetError
from core.localization import message

T = TypeVar("T")
About = Callable[[T], Mapping[str, Any]]
_MISSING: Any = object()


class ArtifactCache:
    """What was worked out, in memory and in one tier behind it.

    Parameters
    ----------
    tier : Tier
    memory : Memory
    """

    def __init__(self, tier: Tier, memory: Memory = MEMORY) -> None:
        self.tier, self._memory = tier, memory
        self._shelves: dict[str, Shelf] = {}
        self._swept: set[str] = set()
        self._lock = Lock()
        self._notices = Notices()
        self._pins = Pins(tier)

    def get(
        self,
        kind: Kind,
        key: Hashable | Callable[[], str],
        make: Callable[[], T],
        codec: FolderCodec[T] | None = None,
        *,
        keep: bool = True,
        about: About[T] | None = None,
        alias: Hashable = None,
    ) -> T:
        """Return an artefact: from memory, else from disk, else made now and kept.

        Parameters
        ----------
        kind : Kind
        key : str, or a callable that returns it
            From `keys.key`; where nothing is written, anything that can be hashed.
        make : callable
            Works it out. Of all threads and processes that ask at once, one does; the others wait.
        codec : FolderCodec, optional
            How it is written; default the kind's own, else `VALUES`.
        keep : bool
            False for a session's own data: nothing is read from disk or written to it.
        about : callable, optional
            Given the artefact, returns plain values to be listed beside it.
        alias : hashable, optional
            What the artefact is called in memory where that costs less than its key, which is then asked for
            only where it is not in memory. It must stand for all that changes while a process runs.

        Returns
        -------
        object
            The same object for all who ask. A disk that is full or may not be written, and a file that is
            damaged, are told by `notices` and change nothing in what is returned.

        Raises
        ------
        NotMadeYetError
            When this process leaves the kind to workers, and none has made it yet.
        Exception
            Whatever `make` raises, to everybody who waited; nothing is kept then.
        """
        is_written = keep and kind.is_kept_on_disk
        return self.in_memory(kind).get(
            key if alias is None else alias,
            lambda: (
                self._from_disk(kind, _text(key), make, _codec(kind, codec), about)
                if is_written
                else _made_here(kind, key, make)
            ),
        )

    def read(self, kind: Kind, key: str, codec: FolderCodec[T] | None = None) -> T | None:
        """Return an artefact if it is there and can be read, None otherwise; nothing is made."""
        value = self.in_memory(kind).peek(key)
        if value is not None:
            return value  # type: ignore[no-any-return]
        value = self._read(kind, key, _codec(kind, codec), is_last_try=True)
        if value is _MISSING:
            return None
        self.in_memory(kind).put(key, value)
        return value  # type: ignore[no-any-return]

    def put(
        self,
        kind: Kind,
        key: str,
        value: T,
        codec: FolderCodec[T] | None = None,
        *,
        about: Mapping[str, Any] | None = None,
    ) -> None:
        """Keep a value in place of what is there, in memory and on disk."""
        self.update(kind, key, lambda _: value, codec, about=about)

    def update(
        self,
        kind: Kind,
        key: str,
        change: Callable[[T | None], T],
        codec: FolderCodec[T] | None = None,
        *,
        about: Mapping[str, Any] | None = None,
    ) -> T:
        """Replace an artefact by what `change` makes of it, while no other process touches it.

        Parameters
        ----------
        change : callable
            Given the artefact as it lies on disk, None where there is none or it cannot be read.
        """
        with self._holding(kind, key):
            old = self._read(kind, key, _codec(kind, codec), is_last_try=True)
            value = change(None if old is _MISSING else old)
            self._write(kind, key, value, _codec(kind, codec), about or {})
        self.in_memory(kind).put(key, value)
        return value

    def in_memory(self, kind: Kind) -> Shelf:
        """Return the memory of a kind in this cache."""
        shelf = self._shelves.get(kind.name)
        if shelf is None:
            with self._lock:
                shelf = self._shelves.setdefault(kind.name, self._memory.new_shelf(kind.name, kind.in_memory))
        return shelf

    def shared(self, kind: Kind) -> Shelf:
        """Return the memory of a kind that all caches share, for what does not depend on the home."""
        return self._memory.shared_shelf(kind.name, kind.in_memory)

    def is_kept(self, kind: Kind, key: str) -> bool:
        """Say whether an artefact is there, in memory or whole on disk; nothing is read but its manifest."""
        if key in self.in_memory(kind):
            return True
        try:
            return self.tier.has(kind.name, key)
        except OSError:
            return False

    def entries(self, kind: Kind) -> list[Entry]:
        """Return what lies on disk of a kind, that made or read last at the end; empty where it cannot be read."""
        try:
            return self.tier.entries(kind.name)
        except OSError:
            return []

    def forget(self, kind: Kind) -> None:
        """Forget what is in memory of a kind; what is on disk stays."""
        self.in_memory(kind).clear()

    def prune(self, kind: Kind, keep: int = 0) -> list[Entry]:
        """Delete what is on disk of a kind but the last few and what is pinned; return what was deleted.

        What other processes still read from stays.
        """
        self.tier.let_go(kind.name)
        pins = set(self._pins.of(kind))
        loose = [entry for entry in self.entries(kind) if entry.key not in pins]
        doomed = loose[: max(len(loose) - keep, 0)]
        self.tier.sweep(kind.name)
        deleted = [entry for entry in doomed if self.tier.delete(kind.name, entry.key)]
        for entry in deleted:
            self.in_memory(kind).drop(entry.key)
        return deleted

    def pin(self, kind: Kind, key: str, **about: Any) -> None:
        """Let no retention and no pruning delete an artefact, and note why."""
        self._pins.add(kind, key, about)

    def unpin(self, kind: Kind, key: str | None = None) -> None:
        """Take a pin back; without a key, all of the kind."""
        self._pins.remove(kind, key)

    def pinned(self, kind: Kind) -> dict[str, Any]:
        """Return the pinned keys of a kind, with what was noted of each."""
        return self._pins.of(kind)

    def notices(self) -> tuple[Notice, ...]:
        """Return what went wrong in keeping and reading, each once."""
        return self._notices.all()

    def clear_notices(self) -> None:
        """Forget the notices, as after somebody read them."""
        self._notices.clear()

    def _from_disk(
        self, kind: Kind, key: str, make: Callable[[], T], codec: FolderCodec[T], about: About[T] | None
    ) -> T:
        value = self._read(kind, key, codec, is_last_try=False)
        if value is _MISSING and is_left(kind, key):
            raise _not_yet(kind)
        if value is _MISSING:
            with self._holding(kind, key):
                value = self._read(kind, key, codec, is_last_try=True)
                if value is not _MISSING:
                    return value  # type: ignore[no-any-return]
                value = make()
                is_written = self._write(kind, key, value, codec, about(value) if about else {})
                again = self._read(kind, key, codec, True) if is_written and kind.is_reread else _MISSING
            return value if again is _MISSING else again
        self._renew(kind, key)
        return value  # type: ignore[no-any-return]

    @contextmanager
    def _holding(self, kind: Kind, key: str) -> Iterator[None]:
        """Hold the artefact against other processes, where it lies in a place that can be written at all."""
        with ExitStack() as stack:
            try:
                self._sweep(kind)
                stack.enter_context(self.tier.lock(kind.name, key))
            except OSError as error:
                self._notices.add(sentences.unwritable(kind, self.tier.address, error), error)
            yield

    def _read(self, kind: Kind, key: str, codec: FolderCodec[Any], is_last_try: bool) -> Any:
        """Return what is on disk; `_MISSING` where nothing is, or nothing that can be read.

        A first try takes no lock. Another process may just be replacing the artefact, so that only what
        cannot be read under the lock is damaged.
        """
        try:
            with self.tier.read(kind.name, key) as folder:
                if folder is None:
                    return _MISSING
                if kind.is_read_later:
                    self._keep_in_use(kind, key)
                return codec.read(folder)
        except BaseException as error:
            if not is_failure(error):
                raise
            if is_last_try:
                self._notices.add(sentences.unreadable(kind), error)
            return _MISSING

    def _write(self, kind: Kind, key: str, value: Any, codec: FolderCodec[Any], about: Mapping[str, Any]) -> bool:
        """Write an artefact and let older ones go; say whether it was written."""
        try:
            with self.tier.write(kind.name, key, about) as folder:
                codec.write(value, folder)
            self._notices.works_again(kind)
            self._retain(kind, key)
            return True
        except UnkeepableError as error:
            sentences.logger.debug("%s of %s is not written: %s", key, kind.name, error)
        except BaseException as error:
            if not is_failure(error):
                raise
            self._notices.add(sentences.unwritable(kind, self.tier.address, error), error)
        return False

    def _retain(self, kind: Kind, key: str) -> None:
        """Delete the oldest artefacts of a kind beyond its number; never the one just written.

        What is pinned stays and does not count.
        """
        spared = {key, *self._pins.of(kind)}
        others = [entry for entry in self.tier.entries(kind.name) if entry.key not in spared]
        for entry in others[: max(len(others) + 1 - kind.entries, 0)]:
            self.tier.delete(kind.name, entry.key)

    def _keep_in_use(self, kind: Kind, key: str) -> None:
        """Keep as many as are in memory; a place that cannot be written to needs none."""
        with suppress(OSError):
            self.tier.keep_in_use(kind.name, key, kind.in_memory)

    def _renew(self, kind: Kind, key: str) -> None:
        try:
            self.tier.renew(kind.name, key, kind.entries // 2)
        except Exception as error:
            sentences.logger.debug("%s of %s keeps its number: %s", key, kind.name, error)

    def _sweep(self, kind: Kind) -> None:
        """Remove what killed processes left, once per kind, before any lock is held."""
        with self._lock:
            is_new = kind.name not in self._swept
            self._swept.add(kind.name)
        if is_new:
            self.tier.sweep(kind.name)


def _made_here(kind: Kind, key: Hashable | Callable[[], str], make: Callable[[], T]) -> T:
    """Make what is never written, unless a worker is at it."""
    if isinstance(key, str) and is_awaited(key):
        raise _not_yet(kind)
    return make()


def _not_yet(kind: Kind) -> NotMadeYetError:
    return NotMadeYetError(
        message("The {title} for this are being made.", title=kind.title), mend="They show here when they are ready."
    )


def _text(key: Hashable | Callable[[], str]) -> str:
    return key() if callable(key) else str(key)


def _codec(kind: Kind, codec: FolderCodec[Any] | None) -> FolderCodec[Any]:
    return codec or kind.codec or VALUES
