"""Named business measures; each opens into its formula, rows and a sentence."""

from core.metrics import (
    attainment,
    bookings,
    concentration,
    coverage,
    flow,
    growth,
    health,
    loading,
    pipeline,
    recurring,
    risk,
    scope,
    stages,
    velocity,
    winrate,
)
from core.metrics.measure import Measure, money, percent

__all__ = [
    "Measure",
    "attainment",
    "bookings",
    "concentration",
    "coverage",
    "flow",
    "growth",
    "health",
    "loading",
    "money",
    "percent",
    "pipeline",
    "recurring",
    "risk",
    "scope",
    "stages",
    "velocity",
    "winrate",
]
