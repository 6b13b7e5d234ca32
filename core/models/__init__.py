"""Models: close, churn, forecast, the outlook built on them, and what tells whether to trust them."""

from core.models import (
    alarms,
    arrivals,
    churn,
    close,
    forecast,
    outlook,
    parts,
    readiness,
    registry,
    trust,
    upkeep,
    versions,
    weekly,
)

__all__ = [
    "alarms",
    "arrivals",
    "churn",
    "close",
    "forecast",
    "outlook",
    "parts",
    "readiness",
    "registry",
    "trust",
    "upkeep",
    "versions",
    "weekly",
]
