"""Models: close, churn, forecast, the outlook built on them, its record, and the calls beside it."""

from core.models import calls, churn, close, forecast, outlook, past, registry

__all__ = ["calls", "churn", "close", "forecast", "outlook", "past", "registry"]
