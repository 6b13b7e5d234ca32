"""Where servers without a common folder share artefacts: what such a place can do, and artefacts packed as one file."""

from __future__ import annotations

import hashlib
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from core.artifacts.manifest import BLOCK
from core.artifacts.manifest import NAME as MANIFEST
from core.artifacts.tiers import DamagedError, Entry

IN_MEMORY = 8 << 20


class Place(Protocol):
    """A database or a bucket. Every method raises `StoreError` or `OSError` where it cannot be reached."""

    @property
    def address(self) -> str:
        """What a sentence calls it."""
        ...

    def digest(self, kind: str, key: str) -> str | None:
        """Return the digest of an artefact's packed files; None where there is none."""
        ...

    def read(self, kind: str, key: str, target: BinaryIO) -> Entry | None:
        """Write the packed files into an open file, and return what is known of the artefact; None where none is."""
        ...

    def write(self, kind: str, key: str, source: BinaryIO, digest: str, about: Mapping[str, object]) -> None:
        """Keep packed files, whole or not at all, in place of those there are."""
        ...

    def renew(self, kind: str, key: str, latest: int) -> None:
        """Give an artefact the next number of its kind, unless it is among the latest."""
        ...

    def entries(self, kind: str) -> list[Entry]:
        """Return the artefacts of a kind, the lowest number first."""
        ...

    def delete(self, kind: str, key: str) -> None:
        """Delete an artefact; nothing happens where there is none."""
        ...


@contextmanager
def packed(folder: Path) -> Iterator[tuple[BinaryIO, str]]:
    """Give the files of a folder as one open file at its start, and its digest: the same for the same files.

    The manifest is left out: it is written anew where the files are unpacked.
    """
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as target:
        with tarfile.open(fileobj=target, mode="w", format=tarfile.GNU_FORMAT) as archive:
            for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.name != MANIFEST):
                entry = tarfile.TarInfo(path.relative_to(folder).as_posix())
                entry.size = path.stat().st_size
                with path.open("rb") as file:
                    archive.addfile(entry, file)
        digest = file_digest(cast("BinaryIO", target))
        target.seek(0)
        yield cast("BinaryIO", target), digest


def unpack(source: BinaryIO, folder: Path) -> None:
    """Write packed files into a folder.

    Raises
    ------
    DamagedError
        When they are cut off, or would lie outside of it.
    """
    source.seek(0)
    try:
        with tarfile.open(fileobj=source, mode="r:") as archive:
            archive.extractall(folder, filter="data")
    except (tarfile.TarError, EOFError) as error:
        raise DamagedError(str(error)) from error


def digest_of(folder: Path) -> str:
    """Return the digest of a folder's files."""
    with packed(folder) as (_, digest):
        return digest


def file_digest(file: BinaryIO) -> str:
    """Return the digest of an open file, from its start to its end."""
    file.seek(0)
    out = hashlib.blake2b(digest_size=32)
    while block := file.read(BLOCK):
        out.update(block)
    return out.hexdigest()
