"""Models: close, churn, forecast, the outlook built on them, and what tells whether to trust them."""

from core.models import churn, close, forecast, outlook, readiness, registry, trust, versions

__all__ = ["churn", "close", "forecast", "outlook", "readiness", "registry", "trust", "versions"]
