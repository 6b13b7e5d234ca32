"""Several files as one: a zip file, a folder, or files named together."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from core.contracts.errors import RequirementError
from core.requirements.officefiles.grids import ENDINGS, LARGEST_BYTES
from core.requirements.officefiles.spreadsheet import BROKEN, opened

MOST_FILES = 60
LARGEST_TOGETHER = 200 * 2**20
OTHERS = ("[Content_Types].xml", "mimetype", "META-INF/manifest.xml")
NAME = "project.zip"


def is_bundle(content: bytes) -> bool:
    """Say whether a file is a zip of files, and no workbook or document, which are zips too."""
    if content[:2] != b"PK":
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            return not set(packed.namelist()) & set(OTHERS)
    except BROKEN:
        return False


def members(content: bytes, title: str) -> dict[str, bytes]:
    """Return the files of a zip that can be read, by their names, in its order.

    Raises
    ------
    RequirementError
        When it is damaged, locked, or holds too many or too large files.
    """
    packed = opened(content, title)
    infos = [info for info in packed.infolist() if _is_read(info.filename)]
    if len(infos) > MOST_FILES or sum(info.file_size for info in infos) > LARGEST_TOGETHER:
        raise RequirementError(
            f"The zip file holds more than {MOST_FILES} files, or more than 200 MB.",
            title,
            "Leave out what is no list.",
        )
    large = next((info.filename for info in infos if info.file_size > LARGEST_BYTES), None)
    if large is not None:
        raise RequirementError("A file in the zip file is larger than 50 MB.", f"{title}: {large}", "Leave it out.")
    try:
        return {info.filename: packed.read(info) for info in infos}
    except BROKEN as error:
        raise RequirementError("The zip file is damaged.", title, "Pack it again.") from error


def left_out(content: bytes) -> list[str]:
    """Return the names of files in a zip whose kind is not read."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return [n for n in packed.namelist() if not n.endswith("/") and not _is_read(n) and not _is_aside(n)]


def packed_together(files: Sequence[tuple[str, bytes]]) -> bytes:
    """Return several files as one zip; the same files in the same order always give the same bytes."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files:
            made.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return target.getvalue()


def of_paths(paths: Sequence[Path]) -> tuple[str, bytes]:
    """Return files and folders as one zip, with a name for it.

    Files of kinds that are not read are named in it, empty, so that nobody misses them without a word; of two files
    of one name the second is named by its folder too.

    Raises
    ------
    RequirementError
        When one cannot be read.
    """
    files: dict[str, bytes] = {}
    try:
        for path in paths:
            inner = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
            base = path if path.is_dir() else path.parent
            for file in inner:
                name = file.relative_to(base).as_posix()
                if not _is_aside(name):
                    files[_free(name, path, files)] = file.read_bytes() if _is_read(name) else b""
    except OSError as error:
        raise RequirementError("The file cannot be read.", str(error), "Check its name and rights.") from error
    name = f"{paths[0].name}.zip" if len(paths) == 1 and paths[0].is_dir() else NAME
    return name, packed_together(list(files.items()))


def replaced(content: bytes, fresh: Mapping[str, tuple[str, bytes]]) -> bytes:
    """Return a zip with some files replaced by others, which may have other names.

    All else stays, but for empty files of kinds that are not read: they only stand for files of a folder.
    """
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(target, "w") as new:
        for info in old.infolist():
            if not info.file_size and not info.is_dir() and not _is_read(info.filename):
                continue
            name, data = fresh.get(info.filename, (info.filename, b""))
            made = zipfile.ZipInfo(name, info.date_time)
            made.compress_type, made.external_attr = info.compress_type, info.external_attr
            new.writestr(made, data if info.filename in fresh else old.read(info))
    return target.getvalue()


def _free(name: str, path: Path, taken: Mapping[str, bytes]) -> str:
    """Return a name no other file has: with the folder in front, then with a number."""
    folder = (path if path.is_dir() else path.parent).name
    tries = [name, f"{folder}/{name}", *(f"{n}/{name}" for n in range(2, len(taken) + 3))]
    return next(free for free in tries if free not in taken)


def _is_read(name: str) -> bool:
    ending = PurePosixPath(name).suffix.lower()
    return ending in ENDINGS and ending != ".zip" and not _is_aside(name)


def _is_aside(name: str) -> bool:
    """Say whether a file is one of a program's own: hidden ones, and what exports of web pages bring along."""
    parts = PurePosixPath(name).parts
    return any(part.startswith((".", "__MACOSX", "~$")) or part == "resources" for part in parts)
