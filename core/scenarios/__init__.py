"""What-if: a baseline from the company's history, levers on it, and what they change."""

from typing import TYPE_CHECKING

from core.later import later

if TYPE_CHECKING:
    from core.scenarios import attribution, baseline, comparison, engine, levers, presets, seen, whatif
    from core.scenarios import io as files

__all__ = ["attribution", "baseline", "comparison", "engine", "files", "levers", "presets", "seen", "whatif"]

__getattr__ = later(__name__, {name: name for name in __all__} | {"files": "io"})
