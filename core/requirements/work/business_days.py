"""Business days: weekends and public holidays of a country, taken from the `holidays` package."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Literal

import numpy as np

from core.contracts.errors import ConfigError
from core.localization import message

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
USUAL_WEEKEND = ("Sat", "Sun")
MOST_YEARS = 5


@dataclass(frozen=True)
class BusinessCalendar:
    """Which days are worked.

    Attributes
    ----------
    country : str
        ISO 3166 code of two letters, with "-" and a part of the country where its holidays differ ("DE-BY"); empty
        without public holidays.
    weekend : tuple of str
        Days of the week nobody works, as Mon to Sun; empty takes the country's own.

    Raises
    ------
    ConfigError
        When the country or a day is not known, or no day is left to work on.
    """

    country: str = ""
    weekend: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a calendar that cannot be counted by."""
        unknown = [day for day in self.weekend if day not in WEEKDAYS]
        if unknown or len(set(self.weekend)) == len(WEEKDAYS):
            raise ConfigError(
                message("{unknown!r} is no day of the week.", unknown=unknown[0])
                if unknown
                else "Somebody has to work on one day of the week.",
                mend=message("Write them as {weekdays}.", weekdays=", ".join(WEEKDAYS)),
            )
        if self.country:
            self._public(date(2026, 1, 1).year)

    @cached_property
    def _counted(self) -> dict[int, dict[date, str]]:
        return {}

    def _public(self, year: int) -> dict[date, str]:
        """Return the public holidays of a year, with their names in English where the package has them."""
        if not self.country:
            return {}
        if year not in self._counted:
            import holidays

            country, _, part = self.country.partition("-")
            try:
                listed = holidays.country_holidays(country, subdiv=part or None, years=year, language="en_US")
            except (NotImplementedError, KeyError):
                raise ConfigError(
                    message("No public holidays are known for {country!r}.", country=self.country),
                    mend="Write the country's two letters, such as DE, with its part where holidays differ: DE-BY.",
                ) from None
            self._counted[year] = dict(listed.items())
        return self._counted[year]

    @cached_property
    def _mask(self) -> list[bool]:
        off = set(self.weekend or self._own_weekend())
        return [day not in off for day in WEEKDAYS]

    def _own_weekend(self) -> tuple[str, ...]:
        if not self.country:
            return USUAL_WEEKEND
        import holidays

        country = self.country.partition("-")[0]
        return tuple(WEEKDAYS[day] for day in sorted(holidays.country_holidays(country).weekend))

    def is_worked(self, day: date) -> bool:
        """Say whether a day is worked."""
        return self._mask[day.weekday()] and day not in self._public(day.year)

    def days(self, begin: date, end: date) -> int:
        """Count the business days after one day, up to and with another; negative where that lies before.

        Examples
        --------
        >>> BusinessCalendar().days(date(2026, 5, 14), date(2026, 5, 18))
        2
        >>> BusinessCalendar("DE").days(date(2026, 4, 30), date(2026, 5, 4))
        1
        """
        low, high = min(begin, end), max(begin, end)
        free = [day for year in range(low.year, high.year + 1) for day in self._public(year)]
        shift = np.timedelta64(1, "D")
        count = int(
            np.busday_count(
                np.datetime64(low) + shift, np.datetime64(high) + shift, self._mask, np.array(free, "datetime64[D]")
            )
        )
        return count if end >= begin else -count

    def after(self, begin: date, count: int) -> date:
        """Return the business day that is so many after a day; for 0 the day itself, or the next one that is worked.

        Examples
        --------
        >>> BusinessCalendar().after(date(2026, 5, 15), 1)
        datetime.date(2026, 5, 18)
        """
        years = range(begin.year, begin.year + 1 + count // 200 + 1)
        free = np.array([day for year in years for day in self._public(year)], "datetime64[D]")
        start = np.datetime64(begin, "D")
        roll: Literal["forward", "backward"] = "forward" if count == 0 else "backward"
        moved: date = np.busday_offset(start, count, roll, self._mask, free).astype(object)
        return moved

    def between(self, begin: date, end: date) -> list[date]:
        """Return the business days from one day to another, both included."""
        n_days = (end - begin).days + 1
        return [day for shift in range(n_days) if self.is_worked(day := begin + timedelta(days=shift))]
