"""Artefacts that servers share, in an S3-compatible bucket or another store fsspec knows.

    <address>/<kind>/<key>.json             what is known of an artefact, with the digest of its files; written last
    <address>/<kind>/<key>/<digest>.tar     its files

Whoever reads the first file finds the second whole. The order is that of the first files' last change, as the store
says it.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from core.artifacts.tiers import Entry
from core.contracts.errors import ConfigError, StoreError

STAMPS, TAGS = ("LastModified", "last_modified", "mtime", "created"), ("ETag", "etag", "created", "mtime")
MICROSECONDS = 1_000_000


class BucketPlace:
    """The artefacts in a bucket.

    Parameters
    ----------
    address : str
        Such as `s3://sales-artifacts/quarterdeck`; keys and endpoint come from the environment, as the store's own
        tools read them.
    clock : callable
        Returns the present time in UTC, for display.

    Raises
    ------
    ConfigError
        When the driver is not installed.
    """

    def __init__(self, address: str, clock: Callable[[], datetime]) -> None:
        import fsspec

        self.address, self._clock = address, clock
        self._known: dict[tuple[str, str], dict[str, Any]] = {}
        try:
            self._system, self._root = fsspec.core.url_to_fs(address)
        except (ImportError, ValueError) as error:
            mend = "Install the driver: pip install 'quarterdeck[stores]'"
            raise ConfigError("The bucket's driver is not installed.", "replicas.artifacts", mend) from error

    def digest(self, kind: str, key: str) -> str | None:
        """Return the digest of an artefact's files; None where there is none."""
        facts = self._facts(kind, key)
        return None if facts is None else str(facts["digest"])

    def read(self, kind: str, key: str, target: BinaryIO) -> Entry | None:
        """Write the packed files of an artefact into an open file, and return what is known of it; None without one."""
        facts = self._facts(kind, key)
        if facts is None:
            return None
        try:
            with _told(self.address), self._system.open(self._files(kind, key, str(facts["digest"])), "rb") as source:
                shutil.copyfileobj(source, target)
        except FileNotFoundError:
            return None  # Another server replaced or deleted it in between.
        return _entry(kind, key, facts, 0)

    def write(self, kind: str, key: str, source: BinaryIO, digest: str, about: Mapping[str, object]) -> None:
        """Keep packed files in place of those there are; others see all of them or none."""
        before = self.digest(kind, key)
        path = self._files(kind, key, digest)
        with _told(self.address):
            self._system.makedirs(self._system._parent(path), exist_ok=True)
            with self._system.open(path, "wb") as target:
                shutil.copyfileobj(source, target)
            at = self._clock().isoformat(timespec="seconds")
            facts = {"digest": digest, "n_bytes": source.tell(), "written_at": at, "about": dict(about)}
            self._system.pipe_file(self._about(kind, key), json.dumps(facts).encode())
            if before not in (None, digest):
                self._remove(self._files(kind, key, str(before)))

    def renew(self, kind: str, key: str, latest: int) -> None:
        """Write what is known of an artefact anew, which makes it the latest, unless it is among them."""
        names = [entry.key for entry in self.entries(kind)]
        if key in names[: max(len(names) - latest, 0)]:
            facts = self._facts(kind, key)
            if facts is not None:
                with _told(self.address):
                    self._system.pipe_file(self._about(kind, key), json.dumps(facts).encode())

    def entries(self, kind: str) -> list[Entry]:
        """Return the artefacts of a kind, the lowest number first."""
        with _told(self.address):
            self._system.invalidate_cache()
            try:
                rows = self._system.find(f"{self._root}/{kind}", maxdepth=1, detail=True)
            except FileNotFoundError:
                return []
        listed = []
        for path, row in rows.items():
            if path.endswith(".json"):
                key = PurePosixPath(path).name.removesuffix(".json")
                facts = self._cached(path, str(next((row[name] for name in TAGS if row.get(name)), "")))
                if facts is not None:
                    listed.append(_entry(kind, key, facts, _stamp(row)))
        return sorted(listed, key=lambda entry: (entry.number, entry.key))

    def delete(self, kind: str, key: str) -> None:
        """Delete an artefact; nothing happens where there is none."""
        digest = self.digest(kind, key)
        if digest is not None:
            with _told(self.address):
                self._remove(self._about(kind, key))
                self._remove(self._files(kind, key, digest))

    def _about(self, kind: str, key: str) -> str:
        return f"{self._root}/{kind}/{key}.json"

    def _files(self, kind: str, key: str, digest: str) -> str:
        return f"{self._root}/{kind}/{key}/{digest}.tar"

    def _facts(self, kind: str, key: str) -> dict[str, Any] | None:
        with _told(self.address):
            return self._load(self._about(kind, key))

    def _load(self, path: str) -> dict[str, Any] | None:
        try:
            facts: dict[str, Any] = json.loads(self._system.cat_file(path))
        except FileNotFoundError:
            return None
        return facts

    def _cached(self, path: str, tag: str) -> dict[str, Any] | None:
        """Return what is known of an artefact, read once for each state it is in."""
        if (path, tag) not in self._known:
            with _told(self.address):
                facts = self._load(path)
            if facts is None:
                return None
            self._known = {pair: value for pair, value in self._known.items() if pair[0] != path}
            self._known[path, tag] = facts
        return self._known[path, tag]

    def _remove(self, path: str) -> None:
        with suppress(FileNotFoundError):
            self._system.rm_file(path)


def _entry(kind: str, key: str, facts: Mapping[str, Any], number: int) -> Entry:
    return Entry(kind, key, number, int(facts["n_bytes"]), str(facts["written_at"]), dict(facts["about"]))


def _stamp(row: Mapping[str, Any]) -> int:
    at = next((row[name] for name in STAMPS if row.get(name)), 0)
    seconds = at.timestamp() if isinstance(at, datetime) else float(at)
    return int(seconds * MICROSECONDS)


@contextmanager
def _told(address: str) -> Iterator[None]:
    """Say in one sentence that the store cannot be reached, whatever its driver raises."""
    try:
        yield
    except (FileNotFoundError, StoreError):
        raise
    except Exception as error:
        raise StoreError(f"The bucket cannot be reached: {error}", address, "Check its address and keys.") from error
