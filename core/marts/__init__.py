"""The few tables everything else is worked out from, written once against any engine narwhals knows."""

from core.marts.facts import account_facts, bookings_daily, stage_intervals

__all__ = ["account_facts", "bookings_daily", "stage_intervals"]
