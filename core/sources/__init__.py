"""Raw files to a dataset, with what did not fit kept aside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.sources import loading
from core.sources.loading import load_data, load_sample

if TYPE_CHECKING:
    from core.sources.folder import read_files, read_folder

__all__ = ["load_data", "load_sample", "loading", "read_files", "read_folder"]


def __getattr__(name: str) -> Any:
    """Import the readers when they are first asked for; a start from a snapshot needs none."""
    if name not in ("read_files", "read_folder"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from core.sources import folder

    return getattr(folder, name)
