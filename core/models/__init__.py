"""Models: close, churn, forecast and the outlook built on them."""

from core.models import churn, close, forecast, outlook, registry

__all__ = ["churn", "close", "forecast", "outlook", "registry"]
