"""Where the folder of a source's version lies: below the home folder by its name there, which all servers share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from core.config import Settings
from core.replicas import home_files

if TYPE_CHECKING:
    from core.store.source_versions import SourceVersion


def name_in(settings: Settings, folder: Path) -> str:
    """Return what a folder is kept as: its path below the home folder, else its whole path."""
    home, whole = settings.home.absolute(), folder.absolute()
    return whole.relative_to(home).as_posix() if whole.is_relative_to(home) else str(whole)


def is_below_home(version: SourceVersion) -> bool:
    """Say whether a version's folder is one a connected system filled; addresses and other folders are not."""
    return bool(version.folder) and "://" not in version.folder and not Path(version.folder).is_absolute()


def path_of(settings: Settings, version: SourceVersion) -> Path:
    """Return where a version's folder lies on this server; nothing is looked at."""
    return settings.home.absolute() / version.folder


def brought_here(settings: Settings, version: SourceVersion) -> str:
    """Return the folder a version is read from, brought from the place servers share where this one has it not.

    Raises
    ------
    StoreError
        When that place cannot be reached.
    """
    if not is_below_home(version):
        return version.folder
    path, shared = path_of(settings, version), home_files.of(settings.home)
    if shared is not None and not path.is_dir():
        shared.bring(version.folder)
    return str(path)
