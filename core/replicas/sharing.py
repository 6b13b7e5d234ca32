"""Sets up what servers share, as the settings say; without a word in them nothing is shared."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from core.artifacts.opened import cache_root, use_tier
from core.config import Settings

if TYPE_CHECKING:
    from core.artifacts.tiers import Tier
    from core.store.leases import SharedNotes
    from core.store.sessions import Sessions

DATABASE = "database"
_SHARED: dict[Path, tuple[str, SharedNotes]] = {}


def share(settings: Settings, clock: Callable[[], datetime]) -> bool:
    """Let the artefacts of the settings' home be shared, where the settings name a place for it; done once.

    Parameters
    ----------
    settings : Settings
    clock : callable
        Returns the present time in UTC.

    Returns
    -------
    bool
        Whether they are shared.

    Raises
    ------
    ConfigError
        When the driver of a bucket is not installed.
    StoreError
        When the database cannot be opened.
    """
    place = settings.replicas.artifacts
    if not place:
        return False
    root = cache_root(settings.home)
    if root not in _SHARED or _SHARED[root][0] != place:
        from core.store import Store
        from core.store.leases import SharedNotes
        from core.store.sessions import Sessions

        sessions = Sessions(Store.open(settings.database, clock).engine, pauses=(0.1,))
        use_tier(settings.home, _tier_of(settings, sessions, clock))
        _SHARED[root] = (place, SharedNotes(sessions))
    return True


def notes(settings: Settings) -> SharedNotes | None:
    """Return the notes servers share; None where nothing is shared."""
    shared = _SHARED.get(cache_root(settings.home))
    return shared[1] if shared is not None and settings.replicas.artifacts else None


def _tier_of(settings: Settings, sessions: Sessions, clock: Callable[[], datetime]) -> Tier:
    """Return the folder of a home with the shared place behind it. Raises as `share`."""
    from core.artifacts.folder_tier import FolderTier
    from core.replicas.database_place import DatabasePlace
    from core.replicas.shared_tier import SharedTier
    from core.store.leases import Leases

    local = FolderTier(cache_root(settings.home))
    if settings.replicas.artifacts == DATABASE:
        return SharedTier(local, DatabasePlace(sessions, clock), Leases(sessions, clock))
    from core.replicas.bucket_place import BucketPlace

    return SharedTier(local, BucketPlace(settings.replicas.artifacts, clock), Leases(sessions, clock))
