"""Raw files to a dataset, with what did not fit kept aside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.lazy_imports import later

if TYPE_CHECKING:
    from core.sources import loading
    from core.sources.folder import read_files, read_folder
    from core.sources.loading import load_data, load_sample

__all__ = ["load_data", "load_sample", "loading", "read_files", "read_folder"]

# A start from a snapshot needs no readers, and reading files on trial needs neither store nor snapshots.
__getattr__ = later(
    __name__,
    {
        "load_data": "loading.load_data",
        "load_sample": "loading.load_sample",
        "loading": "loading",
        "read_files": "folder.read_files",
        "read_folder": "folder.read_folder",
    },
)
