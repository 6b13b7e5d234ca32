"""Folders of what was worked out and can be worked out again: written whole, the newest few kept."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

CORE = Path(__file__).resolve().parents[1]


@cache
def code(*rooms: str) -> str:
    """Return a hash of the source of some rooms, so that other code keeps other folders."""
    digest = hashlib.blake2b(digest_size=12)
    for path in sorted(path for room in rooms for path in (CORE / room).rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


@contextmanager
def writing(folder: Path, mark: str, most: int) -> Iterator[Path]:
    """Give a folder to write to; it takes its place whole, so that half of it is never read.

    Parameters
    ----------
    folder : Path
        Where it is to stand; what stood there is replaced.
    mark : str
        The file by which a folder beside it counts as one of the same kind.
    most : int
        How many of a kind are kept, the newest.
    """
    work = Path(tempfile.mkdtemp(prefix=".writing-", dir=folder.parent))
    yield work
    shutil.rmtree(folder, ignore_errors=True)
    os.replace(work, folder)
    finished = sorted((p for p in folder.parent.iterdir() if (p / mark).exists()), key=lambda p: p.stat().st_mtime)
    for old in finished[:-most]:
        shutil.rmtree(old, ignore_errors=True)
