"""What a company uses of its limits, all in one: for the Admin page, the command line, `doctor` and Prometheus."""

from __future__ import annotations

from core.artifacts import SNAPSHOTS, open_cache
from core.config import Settings
from core.contracts import Dataset
from core.sources import loading, source_registry
from core.store import Store
from core.usage import usage_guard
from core.usage.usage_standing import Standing


def standing(data: Dataset | None, settings: Settings, store: Store, n_sessions: int | None = None) -> Standing:
    """Return what is used of every limit.

    Parameters
    ----------
    data : Dataset, optional
        Not used; every call behind a page takes data and settings.
    settings : Settings
        `limits` says how much there may be.
    store : Store
    n_sessions : int, optional
        Browsers with a page open on this server; None where that is not known, as on the command line: no part then.
    """
    parts = [
        usage_guard.rows(settings, n_rows(settings, store)),
        usage_guard.storage(settings, store),
        usage_guard.seats(settings, store),
    ]
    return Standing(parts if n_sessions is None else [*parts, usage_guard.sessions(settings, n_sessions)])


def n_rows(settings: Settings, store: Store) -> int:
    """Return how many rows the company's own data in force have; 0 for the sample company, and before they are read."""
    name, version = source_registry.in_force(settings, store)
    if source_registry.is_sample(settings, name):
        return 0
    if name != source_registry.SETTINGS:
        return int(store.sources.version(name, version).n_rows)
    state = loading.state_of(settings, name).name
    entries = (entry for entry in open_cache(settings.home).entries(SNAPSHOTS) if entry.key == state)
    return next((int(entry.about.get("rows", 0)) for entry in entries), 0)
