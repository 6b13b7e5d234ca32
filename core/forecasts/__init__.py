"""The forecast as a record: what managers call, what was forecast on past dates, and how good it was."""

from core.forecasts import calls, past, review

__all__ = ["calls", "past", "review"]
