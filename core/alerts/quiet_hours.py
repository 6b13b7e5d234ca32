"""When somebody may be told: quiet hours in their own time zone, days off, and a digest instead of single messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.contracts.errors import ContractError
from core.localization import message

AT_ONCE, DAILY, WEEKLY = "at once", "daily", "weekly"
RHYTHMS = (AT_ONCE, DAILY, WEEKLY)
NAME = "alerts"
SATURDAY = 5
STEP = timedelta(minutes=15)  # every wall clock is whole quarters of an hour beside UTC
N_STEPS = 4 * 24 * 8


@dataclass(frozen=True)
class Habits:
    """How a person wants to be told.

    Attributes
    ----------
    zone : str
        Of the IANA, such as Europe/Vienna; empty for the company's.
    quiet_from, quiet_to : int
        Hours of the day, 0 to 23, between which nothing arrives; alike for none. May lie over midnight.
    is_weekend_quiet : bool
    rhythm : str
        "at once", "daily" or "weekly" (on Mondays).
    hour : int
        At which digests come.
    wants_summary : bool
        Whether the weekly summary of the Digest page comes too, by mail.
    is_mail_off : bool
        The person unsubscribed from mail.
    """

    zone: str = ""
    quiet_from: int = 20
    quiet_to: int = 7
    is_weekend_quiet: bool = False
    rhythm: str = AT_ONCE
    hour: int = 8
    wants_summary: bool = False
    is_mail_off: bool = False

    @property
    def payload(self) -> dict[str, Any]:
        """Return what is saved of it."""
        return asdict(self)

    def due(self, now: datetime, zone: str) -> datetime:
        """Return the first time from now on at which a message may arrive, in UTC.

        Parameters
        ----------
        now : datetime
            In UTC.
        zone : str
            The company's, for those who chose none.

        Notes
        -----
        Hours are those the clock on the wall shows: where it is moved on over the end of the quiet hours, they end
        with the first hour there is; where it is moved back, a quiet hour counts twice.
        """
        own = ZoneInfo(self.zone or zone)
        moment = now.astimezone(UTC)
        if self.rhythm != AT_ONCE:
            moment = self._next_digest(moment, own)
        for _ in range(N_STEPS):
            if not self._is_quiet(moment.astimezone(own)):
                break
            moment = moment.replace(minute=moment.minute // 15 * 15, second=0, microsecond=0) + STEP
        return moment

    def _is_quiet(self, local: datetime) -> bool:
        if self.is_weekend_quiet and local.weekday() >= SATURDAY:
            return True
        begin, end = self.quiet_from, self.quiet_to
        return begin <= local.hour < end if begin <= end else local.hour >= begin or local.hour < end

    def _next_digest(self, now: datetime, zone: ZoneInfo) -> datetime:
        local = now.astimezone(zone)
        for days in range(9):
            day = local.date() + timedelta(days=days)
            at = datetime.combine(day, time(self.hour), zone).astimezone(UTC)
            if at > now and (self.rhythm == DAILY or day.weekday() == 0):
                return at
        return now


def checked(habits: Habits) -> Habits:
    """Return habits as they are, if they can be.

    Raises
    ------
    ContractError
    """
    try:
        if habits.zone:
            ZoneInfo(habits.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ContractError(
            message("No time zone is called {zone!r}.", zone=habits.zone), mend="Write it like Europe/Vienna."
        ) from error
    hours = (habits.quiet_from, habits.quiet_to, habits.hour)
    if habits.rhythm not in RHYTHMS or not all(0 <= hour <= 23 for hour in hours):
        raise ContractError("Hours go from 0 to 23, and messages come at once, daily or weekly.", mend="Correct them.")
    return habits


def of_payload(payload: Mapping[str, Any]) -> Habits:
    """Return habits as they were saved; what is not among them is as usual."""
    usual = Habits().payload
    return Habits(**{name: payload.get(name, value) for name, value in usual.items()})
