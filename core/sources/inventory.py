"""The files of a folder, of an archive or of an object store, unpacked, with their names."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, cast

import yaml

from core.config.addresses import address
from core.contracts.errors import SourceError
from core.sources import scorm_manifest
from core.sources.files import ENDINGS

META = ("meta.yaml", "meta.yml")
LEAST_UNPACKED, MOST_TIMES = 200 * 2**20, 100
ASIDE = (".yaml", ".yml", ".md", ".ds_store", ".lock")


@dataclass(frozen=True)
class Inventory:
    """What lies in a folder.

    Attributes
    ----------
    files : mapping
        Name -> content, archives unpacked.
    facts : mapping
        The content of `meta.yaml`: as_of, source, currency.
    unread : tuple of str
        Names of files of other kinds.
    newest : float, optional
        When the newest file was changed, in seconds since 1970 UTC.
    """

    files: Mapping[str, bytes]
    facts: Mapping[str, Any]
    unread: tuple[str, ...] = ()
    newest: float | None = None


def of_folder(folder: Path | str) -> Inventory:
    """Read the files of a folder, or of an object store named by an address.

    Raises
    ------
    SourceError
        When there is no such folder, or an archive in it is broken.
    """
    if store := address(folder):
        from core.sources.object_store import contents

        return of_files(contents(store))
    path = Path(folder)
    if path.is_file() and path.suffix.lower() in ENDINGS:
        return of_files({path.name: path.read_bytes()}, path.stat().st_mtime)
    if not path.is_dir():
        raise SourceError("There is no such folder.", str(path), "Check QUARTERDECK_DATA.")
    paths = sorted(p for p in path.iterdir() if p.is_file())
    if not any(p.suffix.lower() in ENDINGS for p in paths):
        paths += sorted(p for p in path.glob("*/*") if p.is_file() and not p.parent.name.startswith("."))
    read = [p for p in paths if p.suffix.lower() in ENDINGS or p.name in META]
    times = [p.stat().st_mtime for p in read if p.name not in META]
    by_path = {p.relative_to(path).as_posix(): p.read_bytes() for p in read}
    others = {p.name: b"" for p in paths if p not in read}
    return of_files({**by_path, **others}, max(times, default=None))


def of_files(files: Mapping[str, bytes], newest: float | None = None) -> Inventory:
    """Unpack files held in memory; see `Inventory`."""
    facts: dict[str, Any] = {}
    out: dict[str, bytes] = {}
    unread: list[str] = []
    for name, content in files.items():
        base = PurePosixPath(name).name
        if base in META:
            facts = _facts(name, content)
            continue
        if base.startswith(("~$", ".", "__MACOSX")) or base.lower().endswith(ASIDE):
            continue
        if PurePosixPath(base).suffix.lower() not in ENDINGS:
            unread.append(name)
            continue
        for inner, plain in unpacked(name, content).items():
            if PurePosixPath(inner).name in META:
                facts = facts or _facts(inner, plain)
            elif PurePosixPath(inner).suffix.lower() in ENDINGS:
                out[inner] = plain
    return Inventory(out, facts, tuple(unread), newest)


def unpacked(name: str, content: bytes) -> dict[str, bytes]:
    """Return the files of an archive, or the one file itself.

    Raises
    ------
    SourceError
        When the archive is broken, locked by a password, or would unpack to far more than files of tables do.
    """
    ending = PurePosixPath(name).suffix.lower()
    try:
        if ending == ".gz":
            inner = name[:-3]
            inner = inner if PurePosixPath(inner).suffix else f"{inner}.csv"
            return {
                inner: _bounded(cast(IO[bytes], gzip.GzipFile(fileobj=io.BytesIO(content))), name, _most(len(content)))
            }
        if ending == ".zip":
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                return _members(archive, name, len(content))
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        raise SourceError(
            "The archive cannot be unpacked.", name, "Unpack it yourself and give the files in it."
        ) from error
    return {name: content}


def _members(archive: zipfile.ZipFile, name: str, n_packed: int) -> dict[str, bytes]:
    """Return the files of a zip. Of a course made to the SCORM standard only its manifest is read, as a table."""
    names = [n for n in archive.namelist() if not n.endswith("/") and "__MACOSX" not in n]
    courses = scorm_manifest.packages(names)
    out = {}
    for folder in courses:
        title = PurePosixPath(folder).name or PurePosixPath(name).stem
        out[f"{title} {scorm_manifest.TABLE}.csv"] = scorm_manifest.read(archive, folder, f"{name}: {title}")
    left = _most(n_packed)
    for inner in names:
        is_read = PurePosixPath(inner).suffix.lower() in (*ENDINGS, *ASIDE)
        if is_read and not any(inner.startswith(folder) for folder in courses):
            with archive.open(inner) as flow:
                plain = _bounded(flow, name, left)
            left -= len(plain)
            out |= unpacked(inner, plain) if inner.lower().endswith(".gz") else {inner: plain}
    return out


def _most(n_packed: int) -> int:
    """Return how many bytes an archive may unpack to: tables shrink to a tenth, seldom to a hundredth."""
    return max(LEAST_UNPACKED, MOST_TIMES * n_packed)


def _bounded(flow: IO[bytes], name: str, most: int) -> bytes:
    """Return what a packed file holds; what it claims to hold is not asked.

    Raises
    ------
    SourceError
        When it is more than some bytes.
    """
    content = flow.read(most + 1)
    if len(content) > most:
        raise SourceError("The archive unpacks to far more than tables do.", name, "Give the files in it unpacked.")
    return content


def _facts(name: str, content: bytes) -> dict[str, Any]:
    try:
        parsed = yaml.safe_load(content)
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        raise SourceError("The file is not valid YAML.", name, "Check its indents and quotes.") from error
    if parsed is not None and not isinstance(parsed, dict):
        raise SourceError("The file must hold names and values.", name, "Write as_of: 2026-03-31, for example.")
    return dict(parsed or {})
