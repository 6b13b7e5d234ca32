"""What-if: a baseline from the company's history, levers on it, and what they change."""

from typing import TYPE_CHECKING

from core.lazy_imports import later

if TYPE_CHECKING:
    from core.scenarios import (
        analysis,
        board_brief,
        data,
        engine,
        files,
        form,
        levers,
        link,
        presets,
    )

__all__ = [
    "analysis",
    "board_brief",
    "data",
    "engine",
    "files",
    "form",
    "levers",
    "link",
    "presets",
]

__getattr__ = later(__name__, {name: name for name in __all__})
