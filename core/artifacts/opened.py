"""The caches and shelves that all of a process shares."""

from __future__ import annotations

from pathlib import Path
from threading import Lock

from core.artifacts.cache import ArtifactCache
from core.artifacts.folder_tier import FolderTier
from core.artifacts.kinds import Kind
from core.artifacts.memory import MEMORY, Shelf
from core.artifacts.notices import Notice
from core.artifacts.tiers import Tier

FOLDER = "artifacts"
_CACHES: dict[Path, ArtifactCache] = {}
_OPENING = Lock()


def open_cache(home: Path) -> ArtifactCache:
    """Return the cache of a home folder, one per process; its files lie in `home/artifacts`.

    Parameters
    ----------
    home : Path
        Usually `settings.home`. Nothing is written before there is something to keep.
    """
    root = cache_root(home)
    cache = _CACHES.get(root)
    if cache is None:
        with _OPENING:
            cache = _CACHES.setdefault(root, ArtifactCache(FolderTier(root)))
    return cache


def cache_root(home: Path) -> Path:
    """Return the folder in which the artefacts of a home lie."""
    return home.absolute() / FOLDER


def use_tier(home: Path, tier: Tier) -> None:
    """Let the artefacts of a home lie in another tier from now on, such as one that servers share."""
    with _OPENING:
        _CACHES[cache_root(home)] = ArtifactCache(tier)


def all_notices() -> tuple[Notice, ...]:
    """Return the notices of all caches this process has opened."""
    return tuple(notice for cache in list(_CACHES.values()) for notice in cache.notices())


def process_shelf(kind: Kind) -> Shelf:
    """Return the memory of a kind that all of a process shares, whatever the home."""
    return MEMORY.shared_shelf(kind.name, kind.in_memory)


def forget_all() -> None:
    """Forget everything in memory, of all homes; for tests and after a change that no key speaks of."""
    for shelf in MEMORY.shelves():
        shelf.clear()
