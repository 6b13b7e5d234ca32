"""The data the API answers from beside the pages: the same rows, in memory once."""

from __future__ import annotations

from core.artifacts import SNAPSHOTS, process_shelf, settings_text
from core.config import Settings
from core.contracts import Dataset
from pages.ui.kit import cache, data_states


def read(settings: Settings) -> Dataset:
    """Return the rows of the source that serves everybody, in the state the pages show."""
    shown = cache.served(settings)
    key = (settings_text(settings), shown.source, shown.state or shown.version)
    rows: Dataset = process_shelf(SNAPSHOTS).get(key, lambda: data_states.read(settings, shown))
    return rows
