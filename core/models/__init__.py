"""Models: close, churn, forecast, the outlook built on them, and what tells whether to trust them."""

from core.models import churn, close, evaluation, monitoring, outlook, readiness, registry, retraining, versions
from core.models.close import pipeline_creation
from core.models.revenue import forecast, revenue_by_segment, weekly

__all__ = [
    "churn",
    "close",
    "evaluation",
    "forecast",
    "monitoring",
    "outlook",
    "pipeline_creation",
    "readiness",
    "registry",
    "retraining",
    "revenue_by_segment",
    "versions",
    "weekly",
]
