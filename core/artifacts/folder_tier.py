"""The disk tier: one folder per artefact, written beside and renamed, ordered by numbers of its own.

    home/artifacts/<kind>/<key>/manifest.json, …      an artefact, whole
    home/artifacts/<kind>/.writing-<key>-…            one that is being written
    home/artifacts/<kind>/.removing-<key>-…           one that is being removed
    home/artifacts/<kind>/.locks/<key>.lock           held by whoever makes, writes or removes it
    home/artifacts/<kind>/.locks/<key>.use            shared by the processes that still read from its files
    home/artifacts/<kind>/.counter                    the last number given out

The order never rests on modification times: a clock that jumps changes nothing.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.artifacts import manifest as manifests
from core.artifacts.files_in_use import FilesInUse, is_unused
from core.artifacts.tiers import DamagedError, Entry

if TYPE_CHECKING:
    from filelock import BaseFileLock

NAME = re.compile(r"[A-Za-z0-9_=][A-Za-z0-9._=-]{0,127}")
WRITING, REMOVING = ".writing-", ".removing-"
COUNTER, LOCKS = ".counter", ".locks"


class FolderTier:
    """Artefacts in a folder, which processes of one machine may share.

    Parameters
    ----------
    root : Path
        Made when something is first written.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self._entries: dict[str, tuple[tuple[int, int, int], Entry]] = {}
        self._in_use = FilesInUse()

    @property
    def address(self) -> str:
        """Return the folder's path."""
        return str(self.root)

    @contextmanager
    def read(self, kind: str, key: str) -> Iterator[Path | None]:
        """Give an artefact's folder after its files were compared with its manifest."""
        folder = self._folder(kind, key)
        manifest = manifests.load(folder, kind, key)
        if manifest is None:
            if folder.exists():
                raise DamagedError(key)
            yield None
            return
        manifests.verify(folder, manifest)
        yield folder

    @contextmanager
    def write(self, kind: str, key: str, about: Mapping[str, Any]) -> Iterator[Path]:
        """Give a folder beside; it takes the artefact's place whole, so that half of it is never read."""
        folder = self._folder(kind, key)
        folder.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f"{WRITING}{key}-", dir=folder.parent))
        try:
            yield work
            manifest = manifests.describe(work, kind, key, self._next_number(kind), about)
            (work / manifests.NAME).write_text(manifest.text(), encoding="utf-8")
            self._remove(folder)
            work.replace(folder)
        except BaseException:
            shutil.rmtree(work, ignore_errors=True)
            raise

    def renew(self, kind: str, key: str, latest: int) -> None:
        """Give an artefact the next number, unless it is among the latest or somebody is at it."""
        entry = self._entry(kind, key)
        if entry is None or entry.number > self._last_number(kind) - latest:
            return
        folder = self._folder(kind, key)
        with self._free(kind, key) as is_free:
            manifest = manifests.load(folder, kind, key) if is_free else None
            if manifest is not None:
                manifests.renumbered(folder, manifest, self._next_number(kind))

    def has(self, kind: str, key: str) -> bool:
        """Say whether an artefact is there and its manifest can be read."""
        entry = self._entry(kind, key) if NAME.fullmatch(key) else None
        return entry is not None and not entry.is_damaged

    def entries(self, kind: str) -> list[Entry]:
        """Return the artefacts of a kind by their number; a damaged one has number 0."""
        listed = [entry for key in self._keys(kind) if (entry := self._entry(kind, key)) is not None]
        return sorted(listed, key=lambda entry: (entry.number, entry.key))

    def keep_in_use(self, kind: str, key: str, most: int) -> None:
        """Let nobody delete an artefact while this process lives, or until it uses so many later ones."""
        self._in_use.add(kind, self._use_file(kind, key), most)

    def let_go(self, kind: str) -> None:
        """Let artefacts of a kind be deleted that this process kept in use."""
        self._in_use.clear(kind)

    def delete(self, kind: str, key: str) -> bool:
        """Delete an artefact and its lock file unless somebody holds it or reads from its files."""
        with self._free(kind, key) as is_held_by_nobody, is_unused(self._use_file(kind, key)) as is_read_by_nobody:
            is_free = is_held_by_nobody and is_read_by_nobody
            if is_free:
                self._remove(self._folder(kind, key))
                # Whoever waits for the file that goes notices and opens a new one.
                self._lock_file(kind, key).unlink(missing_ok=True)
                self._use_file(kind, key).unlink(missing_ok=True)
        return is_free

    def sweep(self, kind: str) -> None:
        """Remove what a killed process left.

        Whoever writes or removes holds the artefact's lock, and the system frees it with the process: a work
        folder whose lock is free has no owner.
        """
        folder = self.root / kind
        for path in list(folder.iterdir()) if folder.is_dir() else []:
            prefix = next((p for p in (WRITING, REMOVING) if path.name.startswith(p)), None)
            if prefix is not None:
                self._sweep_one(kind, path, path.name.removeprefix(prefix).rpartition("-")[0])

    @contextmanager
    def lock(self, kind: str, key: str) -> Iterator[None]:
        """Hold an artefact; the system frees it when the process ends, however it ends."""
        file = self._lock_file(kind, key)
        file.parent.mkdir(parents=True, exist_ok=True)
        with _lock_on(file):
            yield

    def _folder(self, kind: str, key: str) -> Path:
        for name in (kind, key):
            if not NAME.fullmatch(name):
                raise ValueError(f"{name!r} cannot be a name of an artefact.")
        return self.root / kind / key

    def _lock_file(self, kind: str, key: str) -> Path:
        return self._folder(kind, key).parent / LOCKS / f"{key}.lock"

    def _use_file(self, kind: str, key: str) -> Path:
        return self._folder(kind, key).parent / LOCKS / f"{key}.use"

    @contextmanager
    def _free(self, kind: str, key: str) -> Iterator[bool]:
        """Hold an artefact if nobody does; give whether that was so."""
        file = self._lock_file(kind, key)
        file.parent.mkdir(parents=True, exist_ok=True)
        guard = _lock_on(file)
        try:
            guard.acquire(timeout=0)
        except TimeoutError:
            yield False
            return
        try:
            yield True
        finally:
            guard.release()

    def _keys(self, kind: str) -> list[str]:
        try:
            with os.scandir(self.root / kind) as names:
                return [entry.name for entry in names if NAME.fullmatch(entry.name) and entry.is_dir()]
        except (FileNotFoundError, NotADirectoryError):
            return []

    def _entry(self, kind: str, key: str) -> Entry | None:
        """Return an artefact's entry, its manifest read once for each state it is in; None where it is gone."""
        path = f"{self.root}{os.sep}{kind}{os.sep}{key}{os.sep}{manifests.NAME}"
        try:
            state = os.stat(path)
            stamp = (state.st_ino, state.st_mtime_ns, state.st_size)
            cached = self._entries.get(path)
            if cached is None or cached[0] != stamp:
                cached = self._entries[path] = (stamp, self._described(kind, key))
            return cached[1]
        except (DamagedError, OSError):
            self._entries.pop(path, None)
            folder = self._folder(kind, key)
            return Entry(kind, key, 0, _size_of_files(folder), is_damaged=True) if folder.is_dir() else None

    def _described(self, kind: str, key: str) -> Entry:
        manifest = manifests.load(self._folder(kind, key), kind, key)
        if manifest is None:
            raise DamagedError(key)
        return manifest.entry()

    def _remove(self, folder: Path) -> None:
        """Rename a folder before it is removed, so that nobody reads half of it."""
        self._entries.pop(str(folder / manifests.NAME), None)
        if folder.exists():
            work = Path(tempfile.mkdtemp(prefix=f"{REMOVING}{folder.name}-", dir=folder.parent))
            folder.replace(work / folder.name)
            shutil.rmtree(work, ignore_errors=True)

    def _last_number(self, kind: str) -> int:
        """Return the last number given out; where the counter is gone or damaged, the highest there is."""
        try:
            number, check = (self.root / kind / COUNTER).read_text(encoding="ascii").split()
            if zlib.crc32(number.encode()) == int(check):
                return int(number)
        except (OSError, ValueError):
            pass
        return max((entry.number for entry in self.entries(kind)), default=0)

    def _next_number(self, kind: str) -> int:
        counter = self.root / kind / COUNTER
        (counter.parent / LOCKS).mkdir(parents=True, exist_ok=True)
        with _lock_on(counter.parent / LOCKS / "counter"):
            number = self._last_number(kind) + 1
            work = counter.with_suffix(".next")
            work.write_text(f"{number} {zlib.crc32(str(number).encode())}", encoding="ascii")
            work.replace(counter)
        return number

    def _sweep_one(self, kind: str, path: Path, key: str) -> None:
        with suppress(OSError, ValueError), self._free(kind, key) as is_free:
            if is_free:
                shutil.rmtree(path, ignore_errors=True)


def _size_of_files(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        with suppress(OSError):
            total += path.stat().st_size if path.is_file() else 0
    return total


def _lock_on(file: Path) -> BaseFileLock:
    # Imported when something is first locked: a start that finds everything on disk locks nothing.
    from filelock import FileLock

    return FileLock(file)
