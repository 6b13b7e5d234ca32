"""Moments as the command line prints them: by the company's clocks, with the place whose clocks those are."""

from __future__ import annotations

from datetime import datetime


def stamp(at: datetime) -> str:
    """Return day and minute of a moment of the store; the setting `time_zone` says whose clocks count."""
    from core.config import load
    from core.local_times import STAMP, moment

    return moment(at, STAMP, load().time_zone)
