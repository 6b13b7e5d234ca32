"""Models: close, churn, forecast, the outlook built on them, and what tells whether to trust them."""

from core.models import (
    churn,
    close,
    customers,
    evaluation,
    leads,
    monitoring,
    outlook,
    readiness,
    registry,
    retraining,
    revenue,
    train,
    versions,
)
from core.models.bundle import Bundle
from core.models.close import pipeline_creation
from core.models.revenue import forecast, revenue_by_segment, weekly

__all__ = [
    "Bundle",
    "churn",
    "close",
    "customers",
    "evaluation",
    "forecast",
    "leads",
    "monitoring",
    "outlook",
    "pipeline_creation",
    "readiness",
    "registry",
    "retraining",
    "revenue",
    "revenue_by_segment",
    "train",
    "versions",
    "weekly",
]
