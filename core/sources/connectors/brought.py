"""What connected systems have brought, for all servers: how far each is, and its tables, in the place they share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from core.config import Settings
from core.replicas import home_files
from core.sources import source_folders
from core.sources.connectors import connector_files, publishing
from core.sources.connectors.sync_state import FILE, Run

if TYPE_CHECKING:
    from core.store import Store

MOST_RUNS = 20


@contextmanager
def alone(settings: Settings, name: str) -> Iterator[None]:
    """Sync a connector on one server at a time, each from where the one before was."""
    shared = home_files.of(settings.home)
    if shared is None:
        yield
        return
    with shared.alone(f"sync of {name}"):
        shared.bring(_state(name))
        yield


def share_state(settings: Settings, name: str, runs: list[Run]) -> None:
    """Hand on how far a connector is, with its last syncs, and secrets the system changed meanwhile."""
    if shared := home_files.of(settings.home):
        listed = [{key: str(v) if isinstance(v, datetime) else v for key, v in asdict(run).items()} for run in runs]
        shared.push(_state(name), runs=listed[:MOST_RUNS])
        connector_files.share_secrets(settings)


def share_tables(settings: Settings, folder: Path) -> None:
    """Hand on the tables of a sync, before anybody is told of them."""
    if shared := home_files.of(settings.home):
        shared.push(source_folders.name_in(settings, folder))


def tidy(settings: Settings, name: str, needed: Iterable[Path]) -> None:
    """Delete the shared tables of older syncs but the newest six and those that are needed."""
    shared = home_files.of(settings.home)
    if shared is None:
        return
    every = sorted(shared.shared(f"{connector_files.FOLDER}/{name}/{publishing.TABLES}"))
    keep = {*every[-publishing.MOST_FOLDERS :], *(source_folders.name_in(settings, path) for path in needed)}
    for old in every:
        if old not in keep:
            shared.drop(old)


def last_runs(settings: Settings, name: str) -> list[Run]:
    """Return the last syncs any server has made, newest first; empty where servers share nothing."""
    shared = home_files.of(settings.home)
    about = shared.shared(f"{connector_files.FOLDER}/{name}").get(_state(name), {}) if shared else {}
    return [
        Run(
            **{
                **run,
                "started_at": datetime.fromisoformat(run["started_at"]),
                "ended_at": datetime.fromisoformat(run["ended_at"]) if run["ended_at"] else None,
            }
        )
        for run in about.get("runs", ())
    ]


def free_number(store: Store, name: str, number: int) -> int:
    """Return a number above that of every folder published: a sync that was killed may not have handed on its own."""
    ends = [Path(version.folder).name for version in store.sources.versions(name) if version.folder]
    return max([number, *(int(end) + 1 for end in ends if end.isdigit())])


def _state(name: str) -> str:
    return f"{connector_files.FOLDER}/{name}/{FILE}"
