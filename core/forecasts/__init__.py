"""Forecasts as people work with them: calls, the weekly review, Monday's table, what moved, and how good they were."""

from typing import TYPE_CHECKING

from core.lazy_imports import later

if TYPE_CHECKING:
    from core.forecasts import (
        accuracy,
        backtest,
        backtest_archive,
        call_approval,
        calls,
        monday,
        my_day,
        quarter_walk,
        quota_record,
        week_ago,
        weekly_review,
    )

__all__ = [
    "accuracy",
    "backtest",
    "backtest_archive",
    "call_approval",
    "calls",
    "monday",
    "my_day",
    "quarter_walk",
    "quota_record",
    "week_ago",
    "weekly_review",
]

__getattr__ = later(__name__, {name: name for name in __all__})
