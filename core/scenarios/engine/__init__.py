"""What levers do: expected bookings and recurring revenue by month, and their computed distribution."""

from typing import TYPE_CHECKING

from core.lazy_imports import later

if TYPE_CHECKING:
    from core.scenarios.engine import (
        cumulants,
        distribution,
        expectation,
        parts,
        recurring_range,
        recurring_revenue,
        win_timing,
    )

__all__ = [
    "cumulants",
    "distribution",
    "expectation",
    "parts",
    "recurring_range",
    "recurring_revenue",
    "win_timing",
]

__getattr__ = later(__name__, {name: name for name in __all__})
