"""The sample company as a dataset, generated once and then read from disk."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from core.config import Settings
from core.config.kept import code
from core.contracts.dataset import FRAMES, Dataset
from core.contracts.errors import SourceError
from core.sources import snapshot


def load_sample(settings: Settings, progress: Callable[[float, str], None] | None = None) -> Dataset:
    """Return the default sample company.

    Parameters
    ----------
    settings : Settings
        `home/sample` holds the files; they are written when they are missing.
    progress : callable, optional
        Called with a share in [0, 1] and a text while the sample is generated.

    Raises
    ------
    SourceError
        When the home folder cannot be written to.
    """
    folder = settings.sample_folder
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
        with FileLock(settings.home / "sample.lock"):
            mark = folder / f".complete-{code('sample')}"
            if not mark.exists():
                shutil.rmtree(folder, ignore_errors=True)
                _generate(folder, progress)
                mark.touch()
    except OSError as error:
        raise SourceError(
            "The sample cannot be written.", str(settings.home), "Set QUARTERDECK_HOME to a folder you may write to."
        ) from error
    if not all((folder / f"{name}.parquet").exists() for name in FRAMES):
        raise SourceError("Files of the sample are missing.", str(folder), "Delete the folder and start again.")
    return snapshot.load_or_read(folder, "", settings, lambda: _read(str(folder), "", settings))


def _generate(folder: Path, progress: Callable[[float, str], None] | None) -> None:
    from core.sample import generate

    generate(folder, progress=progress)


def _read(folder: str, mapping: str, settings: Settings) -> Dataset:
    from core.sources.folder import read_folder

    return read_folder(folder, mapping or None, settings)


def load_data(settings: Settings, progress: Callable[[float, str], None] | None = None) -> Dataset:
    """Return the data the settings name: a folder, or the sample company when none is named."""
    if settings.source.folder:
        folder, mapping = settings.source.folder, settings.source.mapping
        return snapshot.load_or_read(Path(folder), mapping, settings, lambda: _read(folder, mapping, settings))
    return load_sample(settings, progress)
