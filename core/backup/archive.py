"""One file that holds the database, the kept sources and the settings of an installation, with what it must hold."""

from __future__ import annotations

import hashlib
import json
import os
import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from core import __version__
from core.backup import engines
from core.backup.table_hashes import TableHash
from core.config import Settings
from core.config.settings import file_in_force
from core.contracts.errors import ConfigError, SourceError
from core.sealing import sealed_files
from core.sealing.sealing_keys import Key
from core.store.database import database_url

FORMAT = 1
ENDING = ".quarterdeck-backup"
MANIFEST, DATABASE = "manifest.json", "database"
KEPT_IN_HOME = ("sources", "branding")
SETTINGS_FOLDER = "settings"


@dataclass(frozen=True)
class Manifest:
    """What a backup must hold.

    Attributes
    ----------
    format : int
    version : str
        Of the Quarterdeck that made it.
    made_at : str
        ISO 8601, in UTC.
    kind : str
        "sqlite" or "postgresql".
    tables : dict of TableHash
    files : dict of str
        Path within the backup to the SHA-256 of the file there.
    """

    format: int
    version: str
    made_at: str
    kind: str
    tables: dict[str, TableHash]
    files: dict[str, str]

    @property
    def n_rows(self) -> int:
        """Return the number of rows of all tables."""
        return sum(table.n_rows for table in self.tables.values())


def write(settings: Settings, target: Path, key: Key | None, at: datetime, environ: Mapping[str, str]) -> Manifest:
    """Write a backup; a file that is there already stays as it is until the new one is whole.

    Parameters
    ----------
    settings : Settings
        Home and database of the installation.
    target : path
    key : Key or None
        What it is sealed with; None leaves it readable by whoever gets hold of it.
    at : datetime
        In UTC.
    environ : mapping
        Names the settings file and the column map in force.

    Raises
    ------
    StoreError
        When the database cannot be copied.
    """
    url = database_url(settings.database)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as name:
        folder = Path(name)
        tables = engines.copy(url, folder / DATABASE)
        members = {DATABASE: folder / DATABASE, **dict(_files(settings, environ))}
        hashes = {path: _hash(file) for path, file in members.items()}
        manifest = Manifest(FORMAT, __version__, at.isoformat(), url.get_backend_name(), tables, hashes)
        (folder / MANIFEST).write_text(json.dumps(asdict(manifest), indent=2), encoding="utf-8")
        with tarfile.open(folder / "archive", "w:gz", compresslevel=4) as archive:
            archive.add(folder / MANIFEST, MANIFEST)
            for path, file in members.items():
                archive.add(file, path, recursive=False)
        finished = folder / "archive"
        if key is not None:
            finished = folder / "sealed"
            with (folder / "archive").open("rb") as source, finished.open("wb") as sealed:
                sealed_files.seal(source, sealed, key)
        finished.chmod(0o600)
        os.replace(finished, target)
    return manifest


def restore(file: Path, settings: Settings, keys: Sequence[Key]) -> Manifest:
    """Put a backup into an empty place, and see that every row and file is there as it was.

    Parameters
    ----------
    file : path
    settings : Settings
        Home and database to restore into: no database there, or an empty one, and no kept sources. Settings files
        are put into the folder `settings` of the home for the administrator to look at, and take no effect there.
    keys : sequence of Key
        Those at hand; the one it was sealed with is found among them by its number.

    Raises
    ------
    SourceError
        When the file is no backup, is damaged, or was sealed with a key that is not at hand.
    StoreError
        When something is there already, or a row is missing afterwards.
    """
    with opened(file, keys) as (folder, manifest):
        url = database_url(settings.database)
        if manifest.kind != url.get_backend_name():
            raise ConfigError(
                f"The backup is of {manifest.kind}, and the database in force is {url.get_backend_name()}.",
                "QUARTERDECK_DATABASE_URL",
                f"Name a new database of {manifest.kind}.",
            )
        rest = {path: settings.home / path for path in manifest.files if path != DATABASE}
        taken = [target for target in rest.values() if target.exists()]
        if taken:
            raise SourceError("Such files are there already.", str(taken[0]), "Restore into an empty home folder.")
        engines.put_back(folder / DATABASE, url)
        check(manifest, engines.hashes(url))
        for path, target in rest.items():
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(folder / path, target)
    return manifest


def check(manifest: Manifest, tables: Mapping[str, TableHash]) -> None:
    """Refuse a restored database whose rows are not those of the backup.

    Raises
    ------
    SourceError
        Naming the first table that differs.
    """
    for name, expected in manifest.tables.items():
        actual = tables.get(name)
        if actual != expected:
            rows = actual.n_rows if actual else 0
            raise SourceError(
                f"The table {name} has {rows:,} rows after restoring, and not the {expected.n_rows:,} of the backup.",
                mend="Use another backup.",
            )


@contextmanager
def opened(file: Path, keys: Sequence[Key]) -> Iterator[tuple[Path, Manifest]]:
    """Unpack a backup into a folder that is gone afterwards, each file checked against the manifest.

    Raises
    ------
    SourceError
        As `restore`.
    """
    with tempfile.TemporaryDirectory(prefix="quarterdeck-restore-") as name:
        folder = Path(name)
        try:
            archive = _unsealed(file, folder, keys)
            with tarfile.open(archive, "r:gz") as packed:
                packed.extractall(folder / "content", filter="data")
            content = json.loads((folder / "content" / MANIFEST).read_text(encoding="utf-8"))
            content["tables"] = {table: TableHash(**value) for table, value in content["tables"].items()}
            manifest = Manifest(**content)
        except (OSError, tarfile.TarError, EOFError, ValueError, KeyError, TypeError) as error:
            raise SourceError("The file is no backup, or is damaged.", str(file), "Use another copy.") from error
        for path, expected in manifest.files.items():
            unpacked = folder / "content" / path
            is_outside = ".." in Path(path).parts or Path(path).is_absolute()
            if is_outside or not unpacked.is_file() or _hash(unpacked) != expected:
                raise SourceError(f"{path} of the backup is damaged.", str(file), "Use another copy.")
        yield folder / "content", manifest


def oldest(folder: Path, n_kept: int) -> list[Path]:
    """Return the backups of a folder beyond the newest ones; their names begin with the time."""
    return sorted(folder.glob(f"*{ENDING}"), reverse=True)[n_kept:]


def _unsealed(file: Path, folder: Path, keys: Sequence[Key]) -> Path:
    with file.open("rb") as source:
        if not sealed_files.is_sealed(source):
            return file
        if not keys:
            raise SourceError("The backup is sealed.", str(file), "Set QUARTERDECK_KEY, _KEY_FILE or _KEY_COMMAND.")
        with (folder / "archive").open("wb") as target:
            sealed_files.unseal(source, target, keys)
    return folder / "archive"


def _files(settings: Settings, environ: Mapping[str, str]) -> Iterator[tuple[str, Path]]:
    for part in KEPT_IN_HOME:
        for file in sorted((settings.home / part).rglob("*")):
            if file.is_file() and not file.is_symlink() and not file.name.endswith(".lock"):
                yield file.relative_to(settings.home).as_posix(), file
    named = (file_in_force(environ), Path(settings.source.mapping) if settings.source.mapping else None)
    for setting in named:
        if setting is not None and setting.is_file():
            yield f"{SETTINGS_FOLDER}/{setting.name}", setting


def _hash(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
