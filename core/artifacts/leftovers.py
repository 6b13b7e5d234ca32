"""What earlier versions kept beside the artefacts; nothing reads it any more, and it can be deleted.

Only what bears the mark of its kind is ever looked at or deleted, for a home folder may hold other things.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

MARKS = {
    "snapshots": "about.json",
    "results": "result.json",
    "charts": "chart.json",
    "models": "bundle.json",
    "customers": "customers.json",
    "replays": "about.json",
}
VECTORS = "capability_vectors.npz"
SAMPLE, COMPLETE = "sample", ".complete-*"
HASH = re.compile(r"[0-9a-f]{24}|[0-9a-f]{32}")


def left_behind(home: Path) -> list[Path]:
    """Return the files and folders an earlier version left in a home folder."""
    return sorted(_all(home))


def _all(home: Path) -> Iterator[Path]:
    for name, mark in MARKS.items():
        folders = [path for path in _inner(home / name) if HASH.fullmatch(path.name) and (path / mark).is_file()]
        yield from folders
        yield from (lock for folder in folders if (lock := folder.with_name(f"{folder.name}.lock")).is_file())
    if (home / VECTORS).is_file():
        yield home / VECTORS
    if any((home / SAMPLE).glob(COMPLETE)):
        beside = (home / SAMPLE, home / f"{SAMPLE}_truth", home / f"{SAMPLE}.lock")
        yield from (path for path in beside if path.exists())


def _inner(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def size_of_all(paths: list[Path]) -> int:
    """Return the bytes that files and folders take."""
    files = [file for path in paths for file in ([path] if path.is_file() else path.rglob("*"))]
    total = 0
    for file in files:
        with suppress(OSError):
            total += file.stat().st_size if file.is_file() else 0
    return total


def remove(home: Path) -> int:
    """Delete what an earlier version left, and folders that are empty then; return how many bytes went.

    Raises
    ------
    OSError
        When the folder cannot be written.
    """
    paths = left_behind(home)
    n_bytes = size_of_all(paths)
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    for name in MARKS:
        # A folder with anything else in it stays.
        with suppress(OSError):
            (home / name).rmdir()
    return n_bytes
