"""Named business measures; each opens into its formula, rows and a sentence."""

from core.metrics import (
    attainment,
    bookings,
    engagement,
    growth,
    health,
    loading,
    pipeline,
    recurring,
    retention,
    velocity,
    walk,
    winrate,
)
from core.metrics.measure import Measure, money, percent

__all__ = [
    "Measure",
    "attainment",
    "bookings",
    "engagement",
    "growth",
    "health",
    "loading",
    "money",
    "percent",
    "pipeline",
    "recurring",
    "retention",
    "velocity",
    "walk",
    "winrate",
]
