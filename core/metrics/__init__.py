"""Named business measures; each opens into its formula, rows and a sentence."""

from core.metrics import attainment, bookings, flow, growth, loading, pipeline, recurring, scope, velocity, winrate
from core.metrics.measure import Measure, money, percent

__all__ = [
    "Measure",
    "attainment",
    "bookings",
    "flow",
    "growth",
    "loading",
    "money",
    "percent",
    "pipeline",
    "recurring",
    "scope",
    "velocity",
    "winrate",
]
