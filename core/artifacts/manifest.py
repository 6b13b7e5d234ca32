"""What is written beside an artefact's files, so that a file cut off or changed is noticed."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.artifacts.tiers import DamagedError, Entry

FORMAT = 1
NAME = "manifest.json"
NEXT = "manifest.next"
BLOCK = 1 << 20


@dataclass(frozen=True)
class Manifest:
    """An artefact's own account of itself.

    Attributes
    ----------
    kind, key : str
    number : int
        Its place in the order of writing and reading.
    written_at : str
        The file system's own stamp of the first file, UTC; it is shown, and nothing is decided by it.
    about : mapping
        What its maker noted: plain values.
    files : mapping
        Size and checksum (CRC-32) of each file, by its path within the folder.
    """

    kind: str
    key: str
    number: int
    written_at: str = ""
    about: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    def entry(self) -> Entry:
        """Return what a list shows of it."""
        n_bytes = sum(size for size, _ in self.files.values())
        return Entry(self.kind, self.key, self.number, n_bytes, self.written_at, self.about)

    def text(self) -> str:
        """Return it as JSON with a checksum of itself."""
        content = {
            "format": FORMAT,
            "kind": self.kind,
            "key": self.key,
            "number": self.number,
            "written_at": self.written_at,
            "about": dict(self.about),
            "files": {name: list(pair) for name, pair in self.files.items()},
        }
        return json.dumps({**content, "check": _check(content)}, indent=1)


def _check(content: Mapping[str, Any]) -> int:
    return zlib.crc32(json.dumps(content, sort_keys=True).encode())


def describe(folder: Path, kind: str, key: str, number: int, about: Mapping[str, Any]) -> Manifest:
    """Return the manifest of a folder that has just been filled.

    Raises
    ------
    TypeError
        When `about` is not of plain values.
    """
    names = sorted(path for path in folder.rglob("*") if path.is_file())
    files = {path.relative_to(folder).as_posix(): checksum(path) for path in names}
    stamp = datetime.fromtimestamp(names[0].stat().st_mtime, UTC).isoformat(timespec="seconds") if names else ""
    plain = json.loads(json.dumps(dict(about)))
    return Manifest(kind, key, number, stamp, plain, files)


def checksum(path: Path) -> tuple[int, int]:
    """Return a file's size and the CRC-32 of its content."""
    size = value = 0
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            size += len(block)
            value = zlib.crc32(block, value)
    return size, value


def load(folder: Path, kind: str, key: str) -> Manifest | None:
    """Return the manifest in a folder; None where there is none.

    Raises
    ------
    DamagedError
        When it cannot be read, is of another format, or speaks of something else.
    """
    try:
        raw = (folder / NAME).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        content = json.loads(raw)
        check = content.pop("check")
        if content.pop("format") != FORMAT or _check({"format": FORMAT, **content}) != check:
            raise DamagedError(key)
        files = {str(name): (int(size), int(crc)) for name, (size, crc) in content.pop("files").items()}
        manifest = Manifest(**content, files=files)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DamagedError(key) from error
    if (manifest.kind, manifest.key) != (kind, key):
        raise DamagedError(key)
    return manifest


def verify(folder: Path, manifest: Manifest) -> None:
    """Compare the files of a folder with its manifest.

    Raises
    ------
    DamagedError
        When one is missing, cut off or changed.
    """
    for name, expected in manifest.files.items():
        try:
            actual = checksum(folder / name)
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
            raise DamagedError(f"{manifest.key}/{name}") from error
        if actual != expected:
            raise DamagedError(f"{manifest.key}/{name}")


def renumbered(folder: Path, manifest: Manifest, number: int) -> None:
    """Write a manifest anew with another number; a kill leaves the one before."""
    (folder / NEXT).write_text(replace(manifest, number=number).text(), encoding="utf-8")
    (folder / NEXT).replace(folder / NAME)
