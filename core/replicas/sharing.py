"""Sets up what servers share, as the settings say; without a word in them nothing is shared."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from core.artifacts.opened import cache_root, open_cache, use_tier
from core.config import Settings

if TYPE_CHECKING:
    from core.artifacts.tiers import Tier
    from core.replicas.places import Place
    from core.store.leases import SharedNotes
    from core.store.sessions import Sessions

DATABASE = "database"


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
    address = settings.replicas.artifacts
    if not address:
        return False
    if getattr(open_cache(settings.home).tier, "shared_as", "") != address:
        from core.store import Store
        from core.store.sessions import Sessions

        sessions = Sessions(Store.open(settings.database, clock).engine, pauses=(0.1,))
        use_tier(settings.home, _tier_of(settings, sessions, clock))
    return True


def notes(settings: Settings) -> SharedNotes | None:
    """Return the notes servers share; None where nothing is shared."""
    return getattr(open_cache(settings.home).tier, "notes", None) if settings.replicas.artifacts else None


def _tier_of(settings: Settings, sessions: Sessions, clock: Callable[[], datetime]) -> Tier:
    """Return the folder of a home with the shared place behind it. Raises as `share`."""
    from core.artifacts.folder_tier import FolderTier
    from core.replicas.database_place import DatabasePlace
    from core.replicas.shared_tier import SharedTier
    from core.store.leases import Leases, SharedNotes

    address = settings.replicas.artifacts
    if address == DATABASE:
        shared: Place = DatabasePlace(sessions, clock)
    else:
        from core.replicas.bucket_place import BucketPlace

        shared = BucketPlace(address, clock)
    local, leases = FolderTier(cache_root(settings.home)), Leases(sessions, clock)
    return SharedTier(local, shared, leases, SharedNotes(sessions), shared_as=address)
