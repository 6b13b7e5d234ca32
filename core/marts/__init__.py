"""The few tables everything else is worked out from, written once against any engine narwhals knows."""

from core.marts.build import Marts, append, booking_lines, build, of
from core.marts.facts import account_facts, bookings_daily, stage_intervals

__all__ = [
    "Marts",
    "account_facts",
    "append",
    "booking_lines",
    "bookings_daily",
    "build",
    "of",
    "stage_intervals",
]
