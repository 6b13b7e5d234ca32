"""What a scenario starts from: the baseline, its arrays, win curves, correlation, how far levers moved."""

from typing import TYPE_CHECKING

from core.lazy_imports import later

if TYPE_CHECKING:
    from core.scenarios.data import (
        arrays,
        baseline,
        capacity,
        correlation,
        factors,
        historical_ranges,
        margins,
        recurring_history,
        rescoring,
        win_curves,
    )

__all__ = [
    "arrays",
    "baseline",
    "capacity",
    "correlation",
    "factors",
    "historical_ranges",
    "margins",
    "recurring_history",
    "rescoring",
    "win_curves",
]

__getattr__ = later(__name__, {name: name for name in __all__})
