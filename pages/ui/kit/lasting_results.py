"""Which results outlive the process, so that the first page after a start is read and not worked out again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from core.artifacts import RESULTS, key
from core.config import Settings
from core.contracts import Dataset
from core.models import versions

LASTING = (
    "core.metrics.",
    "core.models.outlook.",
    "core.models.revenue.forecast.",
    "core.explain.headlines.",
    "core.scenarios.analysis.trend.",
    "change of ",
)
PLAIN = (str, int, float, bool, date, type(None))


def is_kept(name: str, data: Dataset, more: tuple[Any, ...]) -> bool:
    """Say whether a result is written to disk.

    Measures and forecasts of the company's own data under its own names are, never those of a session's data
    or of one person's part.
    """
    is_own = not (data.is_transient or data.whole is not None or data.unmasked is not None)
    return is_own and name.startswith(LASTING) and all(isinstance(item, PLAIN) for item in more)


def name_of(name: str, modules: Sequence[str], data: Dataset, config: Settings, more: tuple[Any, ...]) -> str:
    """Return what a result is kept under: its data, settings, arguments, code, and the models gone back to."""
    return key(RESULTS, data, config, modules, name, more, versions.held(config))
