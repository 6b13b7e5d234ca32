"""The forecast as a record: what managers call, what was forecast on past dates, and how good it was."""

from core.forecasts import accuracy, calls, weekly_review

__all__ = [
    "accuracy",
    "calls",
    "weekly_review",
]
