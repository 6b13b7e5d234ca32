"""The forecast as a record: what managers call, what was forecast on past dates, and how good it was."""

from core.forecasts import accuracy, backtest, backtest_archive, calls, quota_record, weekly_review

__all__ = [
    "accuracy",
    "backtest",
    "backtest_archive",
    "calls",
    "quota_record",
    "weekly_review",
]
