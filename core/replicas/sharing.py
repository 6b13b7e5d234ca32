"""Sets up what servers share, as the settings say; without a word in them nothing is shared."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from core.artifacts.opened import cache_root, open_cache, use_tier
from core.config import Settings, load
from core.contracts.errors import StoreError
from core.replicas import home_files
from core.replicas.home_files import HomeFiles

if TYPE_CHECKING:
    from core.replicas.places import Place
    from core.replicas.shared_tier import SharedTier
    from core.store.leases import SharedNotes
    from core.store.sessions import Sessions

DATABASE = "database"
logger = logging.getLogger(__name__)


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
        from core.store.leases import Leases
        from core.store.sessions import Sessions

        sessions = Sessions(Store.open(settings.database, clock).engine, pauses=(0.1,))
        tier = _tier_of(settings, sessions, clock)
        use_tier(settings.home, tier)
        _share_home(HomeFiles(settings.home, tier.place, Leases(sessions, clock)))
    return True


def loaded(clock: Callable[[], datetime]) -> Settings:
    """Return the settings in force, what they let servers share being shared. Raises as `share`."""
    settings = load()
    share(settings, clock)
    return settings


def bring_sources(settings: Settings) -> None:
    """Bring every kept source that other servers have, as before a backup of the home folder.

    Raises
    ------
    StoreError
        When the place cannot be reached.
    """
    if files := home_files.of(settings.home):
        for name in files.shared(home_files.SOURCES):
            files.bring(name)


def _share_home(files: HomeFiles) -> None:
    """Share the files of a home folder; kept sources of before anything was shared are brought to the place."""
    home_files.use(files, files.home)
    folder = files.home / home_files.SOURCES
    files_here = [p for p in folder.glob("[0-9a-f]*") if p.is_file() and not p.suffix] if folder.is_dir() else []
    try:
        files.publish(home_files.SOURCES, [f"{home_files.SOURCES}/{path.name}" for path in files_here])
    except (StoreError, OSError) as error:
        logger.warning("Kept sources are not shared yet: %s", error)


def notes(settings: Settings) -> SharedNotes | None:
    """Return the notes servers share; None where nothing is shared."""
    return getattr(open_cache(settings.home).tier, "notes", None) if settings.replicas.artifacts else None


def _tier_of(settings: Settings, sessions: Sessions, clock: Callable[[], datetime]) -> SharedTier:
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
