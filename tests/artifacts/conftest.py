"""Caches over a folder and over a stand-in that keeps files in memory, as an object store would."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from threading import Lock
from typing import Any

import polars as pl
import pytest

from core.artifacts.cache import ArtifactCache
from core.artifacts.folder_tier import FolderTier
from core.artifacts.memory import Memory
from core.artifacts.tiers import DamagedError, Entry
from core.contracts.dataset import FRAMES, Dataset


class ObjectStore:
    """A tier that keeps each artefact's files as bytes under a name."""

    address = "the object store"

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], dict[str, bytes]] = {}
        self.notes: dict[tuple[str, str], tuple[int, dict[str, Any]]] = {}
        self.locks: dict[tuple[str, str], Lock] = {}
        self.last = 0

    def _next(self) -> int:
        self.last += 1
        return self.last

    @contextmanager
    def read(self, kind: str, key: str) -> Iterator[Path | None]:
        files = self.objects.get((kind, key))
        if files is None:
            yield None
            return
        if b"damaged" in files.values():
            raise DamagedError(key)
        with tempfile.TemporaryDirectory() as folder:
            for name, content in files.items():
                (Path(folder) / name).write_bytes(content)
            yield Path(folder)

    @contextmanager
    def write(self, kind: str, key: str, about: Mapping[str, Any]) -> Iterator[Path]:
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder)
            self.objects[kind, key] = {path.name: path.read_bytes() for path in Path(folder).iterdir()}
            self.notes[kind, key] = (self._next(), dict(about))

    def renew(self, kind: str, key: str, latest: int) -> None:
        number, about = self.notes[kind, key]
        if number <= self.last - latest:
            self.notes[kind, key] = (self._next(), about)

    def has(self, kind: str, key: str) -> bool:
        return (kind, key) in self.objects

    def entries(self, kind: str) -> list[Entry]:
        out = [
            Entry(kind, name[1], *(self.notes[name][0], sum(map(len, files.values()))), about=self.notes[name][1])
            for name, files in self.objects.items()
            if name[0] == kind
        ]
        return sorted(out, key=lambda entry: entry.number)

    def keep_in_use(self, kind: str, key: str, most: int) -> None:
        """Nothing of an object store is read later: what is asked for is fetched."""

    def let_go(self, kind: str) -> None:
        """Nothing was kept in use."""

    def delete(self, kind: str, key: str) -> bool:
        if self.locks.get((kind, key), Lock()).locked():
            return False
        self.objects.pop((kind, key), None)
        self.notes.pop((kind, key), None)
        return True

    @contextmanager
    def lock(self, kind: str, key: str) -> Iterator[None]:
        with self.locks.setdefault((kind, key), Lock()):
            yield

    def sweep(self, kind: str) -> None:
        pass


@pytest.fixture
def tier(tmp_path: Path) -> FolderTier:
    return FolderTier(tmp_path / "home" / "artifacts")


@pytest.fixture
def cache(tier: FolderTier) -> ArtifactCache:
    return ArtifactCache(tier, Memory())


@pytest.fixture
def restart(tier: FolderTier):
    """Return a cache as another process would have it: the same folder, nothing in memory."""
    return lambda: ArtifactCache(FolderTier(tier.root), Memory())


@pytest.fixture(params=["folder", "objects"])
def any_tier(request: pytest.FixtureRequest, tier: FolderTier) -> FolderTier | ObjectStore:
    return tier if request.param == "folder" else ObjectStore()


@pytest.fixture
def dataset() -> Dataset:
    frame = pl.DataFrame({"account_id": ["a", "b"]})
    return Dataset(**dict.fromkeys(FRAMES, frame), as_of=date(2026, 8, 14), source="a test", rejected=frame)
