"""Named business measures; each opens into its formula, rows and a sentence."""

from core.metrics import attainment, bookings, growth, loading, pipeline, recurring, velocity, walk, winrate
from core.metrics.measure import Measure, money, percent

__all__ = [
    "Measure",
    "attainment",
    "bookings",
    "growth",
    "loading",
    "money",
    "percent",
    "pipeline",
    "recurring",
    "velocity",
    "walk",
    "winrate",
]
