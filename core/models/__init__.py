"""Models: close, churn, forecast and the outlook built on them."""

from core.models import forecast, outlook

__all__ = ["forecast", "outlook"]
