"""Named business measures; each opens into its formula, rows and a sentence."""

from core.metrics import bookings, growth, loading, pipeline, recurring, winrate
from core.metrics.measure import Measure, money, percent

__all__ = ["Measure", "bookings", "growth", "loading", "money", "percent", "pipeline", "recurring", "winrate"]
