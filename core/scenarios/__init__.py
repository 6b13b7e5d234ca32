"""What-if: a baseline from the company's history, levers on it, and what they change."""

from core.scenarios import attribution, baseline, comparison, engine, levers, presets, seen, whatif
from core.scenarios import io as files

__all__ = ["attribution", "baseline", "comparison", "engine", "files", "levers", "presets", "seen", "whatif"]
