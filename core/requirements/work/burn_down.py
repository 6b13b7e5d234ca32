"""Rows left day by day against the straight line to the deadline, and when the work will end, as far as can be said."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from math import sqrt

import polars as pl
from scipy import stats

from core.localization import message, message_plural
from core.metrics.measure import counted
from core.requirements.work.business_days import BusinessCalendar

DONE = ("answered", "approved")
WINDOW = 20
FEWEST_DAYS, FEWEST_DONE = 5, 10
COVERAGE = 0.8
LONGEST = 250
FRAME = {"day": pl.Date, "left": pl.Int64, "plan": pl.Float64}


@dataclass(frozen=True)
class Outlook:
    """When the work on a list will end.

    Attributes
    ----------
    n_left : int
        Rows not answered yet.
    rate : float or None
        Rows done per business day of late; None where too little is known.
    early, middle, late : date or None
        The end lies between early and late with 80 % chance; late is None where the pace may lead to no end within a
        year. All are None where nothing can be said.
    why_none : str
        Why nothing can be said; empty where something can.
    """

    n_left: int
    rate: float | None = None
    early: date | None = None
    middle: date | None = None
    late: date | None = None
    why_none: str = ""


@dataclass(frozen=True)
class BurnDown:
    """The rows left on each business day, and what that means for the deadline.

    Attributes
    ----------
    frame : pl.DataFrame
        [day, left, plan]: rows left at the end of a day, null on days to come; plan is the straight line from the
        first day to the deadline, null without one.
    n : int
        Rows of the list.
    outlook : Outlook
    today : date
    deadline : date or None
    days_left : int or None
        Business days after today up to the deadline; negative once it is over.
    """

    frame: pl.DataFrame
    n: int
    outlook: Outlook
    today: date
    deadline: date | None
    days_left: int | None

    def sentence(self) -> str:
        """Say how much is left, how long that may take, and when it will be done."""
        ahead = self.outlook
        if not ahead.n_left:
            return message("All {n:,} rows are answered.", n=self.n)
        text = message_plural(
            "{rows} of {n_2:,} is left{time}",
            "{rows} of {n_2:,} are left{time}",
            ahead.n_left,
            rows=counted(ahead.n_left, "row"),
            n_2=self.n,
            time=self._time(),
        )
        if ahead.why_none:
            return message(
                "{text}. When that is done cannot be said yet: {why_none}", text=text, why_none=ahead.why_none
            )
        if ahead.late is None:
            end = message("not before {early:%d %b %Y}, and at this pace perhaps not within a year", early=ahead.early)
        else:
            end = message(
                "between {early:%d %b} and {late:%d %b %Y} (4 chances in 5)", early=ahead.early, late=ahead.late
            )
        return message(
            "{text}. At {rate:.1f} rows a day of late it is done {end}{verdict}.",
            text=text,
            rate=ahead.rate,
            end=end,
            verdict=self._verdict(),
        )

    def _time(self) -> str:
        if self.days_left is None:
            return ""
        if self.days_left < 0:
            return message("; the deadline was {businesss} ago", businesss=counted(-self.days_left, "business day"))
        return message(
            ", with {businesss} to the deadline of {deadline:%d %b %Y}",
            businesss=counted(self.days_left, "business day"),
            deadline=self.deadline,
        )

    def _verdict(self) -> str:
        ahead = self.outlook
        if self.deadline is None or ahead.early is None:
            return ""
        if ahead.late is not None and ahead.late <= self.deadline:
            return ", in time"
        return ", too late" if ahead.early > self.deadline else ", which may be too late"


def burn_down(
    n_rows: int, changes: pl.DataFrame, today: date, calendar: BusinessCalendar, deadline: date | None = None
) -> BurnDown:
    """Work out the rows left at the end of each business day, and when none will be.

    A row counts as done from the day its state became answered or approved, and as left again once it is neither.
    What was done on a day nobody works counts on the next one that is worked. The forecast takes the net number of
    rows done on each of the last 20 business days (m on average, spread s, k days). The number done in h more days is
    expected to be h·m, with a variance of h·s² + h²·s²/k, for the pace itself is known from k days only; the quantiles
    are Student's with k − 1 degrees of freedom. With fewer than 5 days or 10 rows done there is no forecast.

    Parameters
    ----------
    n_rows : int
        Rows of the list, those nobody has touched too.
    changes : pl.DataFrame
        [sheet, row, state, changed_at], oldest first, as the store's `row_changes.of_list` gives them.
    today : date
    calendar : BusinessCalendar
    deadline : date, optional

    Returns
    -------
    BurnDown
    """
    steps = _steps(changes)
    begin = min([*steps, today])
    worked = calendar.between(begin, today) or [today]
    done, day_of = dict.fromkeys(worked, 0), iter(worked)
    current = next(day_of)
    for day in sorted(steps):
        while current < day and current != worked[-1]:
            current = next(day_of)
        done[current] += steps[day]
    left, total = [], n_rows
    for day in worked:
        total -= done[day]
        left.append(total)
    last = max([deadline or worked[-1], worked[-1]])
    ahead = calendar.between(worked[-1] + timedelta(days=1), last)
    days = [*worked, *ahead]
    frame = pl.DataFrame(
        {"day": days, "left": [*left, *[None] * len(ahead)], "plan": _plan(days, n_rows, deadline)}, schema=FRAME
    )
    outlook = forecast(total, [done[day] for day in worked][-WINDOW:], today, calendar)
    return BurnDown(frame, n_rows, outlook, today, deadline, calendar.days(today, deadline) if deadline else None)


def _steps(changes: pl.DataFrame) -> dict[date, int]:
    """Return by how much the number of rows done rose on each day."""
    was: dict[tuple[str, int], bool] = {}
    out: dict[date, int] = {}
    for sheet, row, state, at in changes.select("sheet", "row", "state", "changed_at").iter_rows():
        is_done = state in DONE
        step = int(is_done) - int(was.get((sheet, row), False))
        if step:
            out[at.date()] = out.get(at.date(), 0) + step
        was[sheet, row] = is_done
    return out


def _plan(days: list[date], n_rows: int, deadline: date | None) -> list[float | None]:
    if deadline is None:
        return [None] * len(days)
    n_steps = max(sum(day <= deadline for day in days) - 1, 1)
    return [max(n_rows * (1 - step / n_steps), 0.0) for step in range(len(days))]


def forecast(n_left: int, done: Iterable[int], today: date, calendar: BusinessCalendar) -> Outlook:
    """Say between which days the work ends with 80 % chance, from the rows done on each of the last business days.

    Parameters
    ----------
    n_left : int
    done : iterable of int
        Net, oldest first; days before the first row was done do not count.
    today : date
    calendar : BusinessCalendar

    Examples
    --------
    >>> forecast(40, [2, 3], date(2026, 5, 15), BusinessCalendar()).why_none
    'that takes 5 business days of work and 10 rows done; there are 2 days and 5 rows.'
    """
    listed = list(done)
    while listed and not listed[0]:
        listed.pop(0)
    n_days, n_done = len(listed), sum(listed)
    if not n_left:
        return Outlook(0)
    if n_days < FEWEST_DAYS or n_done < FEWEST_DONE:
        return Outlook(
            n_left,
            why_none=message(
                "that takes {fewest_days} business days of work and {fewest_done} rows done; "
                "there are {days} and {rows}.",
                fewest_days=FEWEST_DAYS,
                fewest_done=FEWEST_DONE,
                days=counted(n_days, "day"),
                rows=counted(max(n_done, 0), "row"),
            ),
        )
    mean = n_done / n_days
    variance = sum((count - mean) ** 2 for count in listed) / (n_days - 1)
    reach = float(stats.t.ppf((1 + COVERAGE) / 2, n_days - 1))

    def horizon(side: float) -> int | None:
        for ahead in range(1, LONGEST + 1):
            spread = sqrt(ahead * variance + ahead**2 * variance / n_days)
            if ahead * mean + side * reach * spread >= n_left:
                return ahead
        return None

    spans = [horizon(side) for side in (1.0, 0.0, -1.0)]
    early, middle, late = (None if span is None else calendar.after(today, span) for span in spans)
    if early is None:
        return Outlook(n_left, mean, why_none="at the pace of late it takes more than a year.")
    return Outlook(n_left, mean, early, middle, late)
