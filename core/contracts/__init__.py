"""What each frame must hold, and the errors raised when it does not.

The schemas are imported when they are first asked for, so that a command which only needs an error
class starts at once.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.contracts.dataset import FRAMES, OPTIONAL_FRAMES, RAW_FRAMES, Dataset
    from core.contracts.rejections import Rejections
    from core.contracts.schemas import SCHEMAS, empty

_HOMES = {
    "FRAMES": "dataset",
    "OPTIONAL_FRAMES": "dataset",
    "RAW_FRAMES": "dataset",
    "Dataset": "dataset",
    "Rejections": "rejections",
    "SCHEMAS": "schemas",
    "empty": "schemas",
}


def __getattr__(name: str) -> Any:
    """Import a name from its module when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


__all__ = ["FRAMES", "OPTIONAL_FRAMES", "RAW_FRAMES", "SCHEMAS", "Dataset", "Rejections", "empty"]
