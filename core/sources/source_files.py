"""The files of kept sources: one file on disk per content, named by its hash, and no more of them than a bound."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from core.contracts.errors import SourceError
from core.localization import message
from core.replicas import home_files

FOLDER, LOCK = "sources", ".lock"
MOST_BYTES = 2_000_000_000
PATIENCE = 60


def digest(content: bytes) -> str:
    """Return the name a content is kept under."""
    return hashlib.blake2b(content, digest_size=20).hexdigest()


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """Let nobody else keep or delete files until the block ends, so that what was just kept is not taken for unneeded.

    Raises
    ------
    SourceError
        When the folder cannot be written to, or somebody else works in it for more than a minute.
    """
    folder = home / FOLDER
    lock = FileLock(folder / LOCK, timeout=PATIENCE)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except (OSError, Timeout) as error:
        raise _unwritable(folder) from error
    shared = home_files.of(home)
    try:
        with shared.alone(FOLDER) if shared else nullcontext():
            yield
    finally:
        lock.release()


def _unwritable(folder: Path) -> SourceError:
    return SourceError(
        "The files of the source cannot be kept.", str(folder), "Check its rights and the space on its disk."
    )


def put(home: Path, files: Mapping[str, bytes]) -> list[dict[str, Any]]:
    """Keep files under the home folder; a content that is there already is not written again.

    Parameters
    ----------
    home : Path
    files : mapping
        Name to content.

    Returns
    -------
    list of dict
        name, digest and bytes of each file, for `read`.

    Raises
    ------
    SourceError
        When all kept files together would take more than 2 GB, or the folder cannot be written to.
    """
    contents = {digest(content): content for content in files.values()}
    folder = home / FOLDER
    try:
        folder.mkdir(parents=True, exist_ok=True)
        fresh = {name: content for name, content in contents.items() if not (folder / name).is_file()}
        _refuse_too_much(folder, sum(map(len, fresh.values())))
        for name, content in fresh.items():
            part = folder / f"{name}.part"
            part.write_bytes(content)
            part.replace(folder / name)
    except OSError as error:
        raise _unwritable(folder) from error
    if shared := home_files.of(home):
        for name in [name for name in contents if f"{FOLDER}/{name}" not in shared.shared(FOLDER)]:
            shared.push(f"{FOLDER}/{name}")
    return [{"name": name, "digest": digest(content), "bytes": len(content)} for name, content in files.items()]


def _refuse_too_much(folder: Path, n_bytes: int) -> None:
    total = n_bytes + sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
    if total > MOST_BYTES:
        raise SourceError(
            message(
                "All kept files together would take {total:.1f} GB, more than {most_bytes:.0f} GB.",
                total=total / 1000000000.0,
                most_bytes=MOST_BYTES / 1000000000.0,
            ),
            str(folder),
            "Remove sources that are no longer needed, or name a folder in the settings instead.",
        )


def read(home: Path, entries: Iterable[Mapping[str, Any]]) -> dict[str, bytes]:
    """Return kept files by name, as `put` was handed them.

    Raises
    ------
    SourceError
        When one is gone or is no longer what was kept.
    """
    out: dict[str, bytes] = {}
    for entry in entries:
        path = home / FOLDER / str(entry["digest"])
        if (shared := home_files.of(home)) and not path.is_file():
            shared.bring(f"{FOLDER}/{entry['digest']}")
        try:
            content = path.read_bytes()
        except OSError as error:
            raise _lost("is gone", entry) from error
        if digest(content) != entry["digest"]:
            raise _lost("has been changed", entry)
        out[str(entry["name"])] = content
    return out


def _lost(what: str, entry: Mapping[str, Any]) -> SourceError:
    return SourceError(
        message("A file of the source {what}: {name}.", what=what, name=entry["name"]),
        message("{folder}/{digest} in the home folder", folder=FOLDER, digest=entry["digest"]),
        "Put back a copy of it, choose another source, or keep the source again.",
    )


def prune(home: Path, needed: Collection[str]) -> int:
    """Delete every kept content but those needed, and return how many went."""
    folder = home / FOLDER
    if shared := home_files.of(home):
        for name in shared.shared(FOLDER):
            if name.rpartition("/")[2] not in needed:
                shared.drop(name)
    if not folder.is_dir():
        return 0
    gone = [p for p in folder.iterdir() if p.is_file() and p.name != LOCK and p.name not in needed]
    for path in gone:
        with suppress(OSError):
            # What cannot be deleted now is deleted the next time.
            path.unlink(missing_ok=True)
    return len(gone)
