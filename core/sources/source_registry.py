"""The sources of a workspace: the sample, the folder of the settings, and those that were kept for everybody."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from core.config import Settings
from core.contracts.dataset import Dataset
from core.contracts.errors import SourceError, closest
from core.localization import message
from core.sources import row_limit, sample_titles, snapshot, source_files, source_folders
from core.sources.engines.catalogue import source_name
from core.store import source_in_force
from core.usage import usage_guard

if TYPE_CHECKING:
    from core.store import Store
    from core.store.source_versions import SourceVersion

SAMPLE, SETTINGS = "sample", "settings"
RESERVED = (SAMPLE, SETTINGS)
MOST_VERSIONS = 6


@dataclass(frozen=True)
class Listed:
    """One source a workspace can show.

    Attributes
    ----------
    name : str
        What it is chosen by.
    version : int
        The newest; 0 for the sample and for the folder of the settings.
    title : str
        What it is called.
    author : str
    saved_at : datetime, optional
    n_rows : int
        0 where nobody counted yet.
    is_in_force : bool
        Whether it is used for everybody.
    serving : int
        The version that is used for everybody; 0 where it does not.
    """

    name: str
    version: int
    title: str
    author: str = ""
    saved_at: datetime | None = None
    n_rows: int = 0
    is_in_force: bool = False
    serving: int = 0


def in_force(settings: Settings, store: Store | None = None) -> tuple[str, int]:
    """Return the name and version of the source that is used for everybody; what the settings say where nobody chose.

    Parameters
    ----------
    settings : Settings
    store : Store, optional
        An open database; without one a SQLite file is asked directly, and a server's database is opened for it.
    """
    chosen = store.sources.chosen() if store is not None else source_in_force.chosen(settings.database)
    return chosen or (SETTINGS, 0)


def is_sample(settings: Settings, name: str) -> bool:
    """Say whether a source of the workspace is the sample company."""
    return name == SAMPLE or (name == SETTINGS and not _has_own(settings))


def _has_own(settings: Settings) -> bool:
    return bool(settings.source.folder) or settings.has_warehouse


def listed(settings: Settings, store: Store | None) -> list[Listed]:
    """Return every source of the workspace: the sample, the folder of the settings, and those that were kept."""
    name, version = in_force(settings, store)
    if name == SETTINGS and not _has_own(settings):
        name = SAMPLE
    out = [Listed(SAMPLE, 0, sample_titles.title(settings.demo.industry), is_in_force=name == SAMPLE)]
    if _has_own(settings):
        title = message("Folder of the settings: {name}", name=Path(settings.source.folder).name)
        if settings.has_warehouse:
            title = source_name(settings.engine)
        out.append(Listed(SETTINGS, 0, title, is_in_force=name == SETTINGS))
    for entry in store.sources.standing() if store is not None else ():
        serves = name == entry.name
        about = (entry.author, entry.saved_at, entry.n_rows, serves, version if serves else 0)
        out.append(Listed(entry.name, entry.version, entry.name, *about))
    return out


def named(settings: Settings, store: Store | None, name: str) -> Listed:
    """Return a source of the workspace by its name.

    Raises
    ------
    SourceError
        When there is none; the nearest name is given.
    """
    sources = {entry.name: entry for entry in listed(settings, store)}
    if name in sources:
        return sources[name]
    if name == SETTINGS:
        return Listed(SETTINGS, 0, "What the settings name", is_in_force=sources[SAMPLE].is_in_force)
    near = closest(name, sources)
    mend = (
        message("Did you mean {near!r}?", near=near)
        if near
        else message("There are: {sources}.", sources=", ".join(sources))
    )
    raise SourceError(message("The workspace has no source called {name!r}.", name=name), mend=mend)


def keep(
    store: Store,
    settings: Settings,
    name: str,
    files: Mapping[str, bytes],
    mapping: Mapping[str, Any],
    data: Dataset,
    author: str,
    version: int = 0,
) -> SourceVersion:
    """Keep uploaded files and their map as a source that is used for everybody from now on.

    Parameters
    ----------
    store : Store
    settings : Settings
        The files lie under `home`.
    name : str
    files : mapping
        Name to content.
    mapping : mapping
        The column map they were read by.
    data : Dataset
        What was read.
    author : str
    version : int
        The newest version the author saw; 0 for a new name.

    Raises
    ------
    SourceError, StoreError
        When nothing was read, the name is not free, or there is no room under a limit.
    """
    title = _free_name(name)
    if not sum(data.row_counts.values()):
        raise SourceError("Nothing was read, so there is nothing to keep.", ", ".join(files)[:200])
    row_limit.within(data, settings)
    usage_guard.refuse_bytes(settings, sum(map(len, files.values())), store)
    with source_files.alone(settings.home):
        values = _values(source_files.put(settings.home, files), "", mapping, data)
        saved = store.sources.keep(title, values, author, version)
        _tidy(store, settings)
    return saved


def add_folder(
    store: Store,
    name: str,
    folder: str,
    mapping: Mapping[str, Any],
    data: Dataset,
    author: str,
) -> SourceVersion:
    """Add a folder as a source; its files stay where they are, and are read anew when they change."""
    title = _free_name(name)
    entries = store.sources.versions(title)
    values = _values([], folder, mapping, data)
    return store.sources.keep(title, values, author, entries[0].version if entries else 0, is_chosen=False)


def _free_name(name: str) -> str:
    title = name.strip()
    if title.casefold() in RESERVED:
        raise SourceError(
            message("{title!r} is the name of a source every workspace has.", title=title), mend="Choose another name."
        )
    return title


def _values(files: list[dict[str, Any]], folder: str, mapping: Mapping[str, Any], data: Dataset) -> dict[str, Any]:
    return {
        "folder": folder,
        "files": files,
        "mapping": json.loads(json.dumps(dict(mapping), default=str)),
        "n_rows": sum(data.row_counts.values()),
        "as_of_on": data.as_of,
        "is_removed": False,
    }


def choose(store: Store, settings: Settings, name: str, author: str, version: int = 0) -> tuple[str, int]:
    """Let a source serve everybody from now on, and return its name and version.

    Raises
    ------
    SourceError, StoreError
        When there is no such source or version.
    """
    source = named(settings, store, name)
    number = store.sources.version(name, version).version if source.version else 0
    store.sources.choose(name, number, author)
    return name, number


def remove(store: Store, settings: Settings, name: str, author: str) -> None:
    """Take a source out of the workspace and delete the files kept for it.

    Raises
    ------
    SourceError
        When it is used for everybody, or cannot be removed.
    """
    source = named(settings, store, name)
    if not source.version:
        raise SourceError(
            message("{title} cannot be removed.", title=source.title), mend="Choose another source instead."
        )
    if source.is_in_force:
        raise SourceError(
            message("{name} is used for everybody.", name=name), mend="Choose another source for everybody first."
        )
    last = store.sources.version(name)
    values = {"folder": last.folder, "files": [], "mapping": {}, "n_rows": 0, "as_of_on": None, "is_removed": True}
    with source_files.alone(settings.home):
        store.sources.keep(name, values, author, last.version, is_chosen=False)
        _tidy(store, settings)


def _tidy(store: Store, settings: Settings) -> None:
    """Delete the files of versions that nobody can go back to: of removed sources, and but the newest six of each."""
    chosen = store.sources.chosen()
    needed: set[str] = set()
    for source in store.sources.standing():
        versions = _since_removal(store.sources.versions(source.name))
        for entry in versions:
            if entry in versions[:MOST_VERSIONS] or chosen == (entry.name, entry.version):
                needed |= {str(file["digest"]) for file in entry.files}
    source_files.prune(settings.home, needed)


def _since_removal(versions: list[SourceVersion]) -> list[SourceVersion]:
    gone = next((k for k, entry in enumerate(versions) if entry.is_removed), len(versions))
    return versions[:gone]


def returnable(store: Store, name: str) -> list[SourceVersion]:
    """Return the versions of a source one can go back to, newest first: its files are kept, or lie in a folder."""
    return _since_removal(store.sources.versions(name))[:MOST_VERSIONS]


def load(settings: Settings, version: SourceVersion) -> Dataset:
    """Return a version of a source as a dataset, from its snapshot where there is one; it bears the source's name.

    Raises
    ------
    SourceError
        When a file of it is gone, or can no longer be read.
    """
    rows = snapshot.load_or_read(
        origin(version), settings, lambda: row_limit.within(_read(settings, version), settings)
    )
    return replace(rows, source=version.name)


def origin(version: SourceVersion) -> tuple[Any, ...]:
    """Return what a version of a source comes from, in the state its files are in now; nothing is read."""
    words = json.dumps(dict(version.mapping), sort_keys=True)
    if source_folders.is_below_home(version):
        # Written once and never changed, and the same on all servers, whenever each brought it.
        return ("synced", version.folder, version.name, version.version, words)
    if version.folder:
        return (*snapshot.folder_state(version.folder, ""), words)
    return ("kept", tuple((file["name"], file["digest"]) for file in version.files), words)


def _read(settings: Settings, version: SourceVersion) -> Dataset:
    from core.sources.folder import read_files, read_folder

    mapping = dict(version.mapping) or None
    if version.folder:
        return read_folder(source_folders.brought_here(settings, version), mapping, settings)
    return read_files(source_files.read(settings.home, version.files), mapping, settings)


def saved_version(settings: Settings, name: str, version: int) -> SourceVersion:
    """Return a version of a kept source.

    Raises
    ------
    StoreError
        When there is no such source or version.
    """
    with opened(settings) as store:
        return store.sources.version(name, version)


@contextmanager
def opened(settings: Settings) -> Iterator[Store]:
    """Open the database of the settings for as long as something is done with it."""
    from core.store import Store

    store = Store.open(settings.database)
    try:
        yield store
    finally:
        store.close()


def as_yaml(mapping: Mapping[str, Any]) -> str:
    """Return a column map as YAML."""
    plain = json.loads(json.dumps(dict(mapping), default=str))
    return yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=120)
