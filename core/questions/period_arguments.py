"""What a topic's function takes of the period a question names, and what is said of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from core.config import Settings
from core.config.calendar import add_months
from core.contracts.errors import QuarterdeckError
from core.localization import message
from core.questions.slots import Slots
from core.questions.topics import Topic
from core.scope import fiscal_period

MONTHS = {"last quarter": 3, "this quarter": 3, "this year": 12, "last year": 12}
LONGEST_WALK = 60
WEEK = 7
NOT_AHEAD = "That is not known ahead of time."
NOT_BACK = "That is told of today and the running quarter alone."


class UnansweredError(QuarterdeckError):
    """A question that was understood and cannot be answered as it was asked."""


@dataclass(frozen=True)
class Span:
    """What a function is handed of a period.

    Attributes
    ----------
    last : date or None
        The day data are looked at as of; None for today.
    arguments : tuple
    words : str
        What the answer speaks of, in words.
    """

    last: date | None = None
    arguments: tuple[Any, ...] = ()
    words: str = ""


def of(topic: Topic, slots: Slots, as_of: date, settings: Settings) -> Span:
    """Return what a topic's function takes of a question's period.

    Raises
    ------
    UnansweredError
        When the topic says nothing of that period.
    """
    makers = {"months": _months, "days": _days, "end": _end, "span": _span, "today": _today, "quarter": _today}
    if topic.name == "forecast_changes" and slots.days:
        return Span(arguments=(min(slots.days, LONGEST_WALK),), words=message("The last {days} days.", days=slots.days))
    if topic.name == "bookings":
        _last(slots, as_of, settings)  # What is booked in a time to come is nothing, not an answer.
    return makers[topic.handed](slots, as_of, settings)


def _label(slots: Slots, as_of: date, settings: Settings) -> str:
    label = fiscal_period.label(slots.scope, as_of, settings)
    return f"{label[:1].upper()}{label[1:]}."


def _last(slots: Slots, as_of: date, settings: Settings) -> date | None:
    """Return the last day of a period that is over; None for one that runs.

    Raises
    ------
    UnansweredError
        When it has not begun.
    """
    span = fiscal_period.days(slots.scope, as_of, settings)
    if span.begin > as_of:
        raise UnansweredError(NOT_AHEAD)
    return span.last if span.last < as_of else None


def _months(slots: Slots, as_of: date, settings: Settings) -> Span:
    if slots.days and slots.days < 28:
        raise UnansweredError("That is counted over whole months; ask for the last month or more.")
    if back := slots.months or round(slots.days / 30):
        return Span(
            arguments=(back,), words=message("The last {back} months.", back=back) if back > 1 else "The last month."
        )
    if not slots.has_period:
        return Span()
    last = _last(slots, as_of, settings)
    if last is None:
        return Span(arguments=(3,), words="The last three months, for the period is not over.")
    back = MONTHS.get(slots.scope.period, 0)
    if not back and slots.scope.begin is not None:
        back = max(round(((last - slots.scope.begin).days + 1) / 30.4), 1)
    return Span(last, (back,), _label(slots, as_of, settings))


def _days(slots: Slots, as_of: date, settings: Settings) -> Span:
    if slots.days or slots.months:
        begin = (
            as_of - timedelta(days=slots.days - 1) if slots.days else add_months(as_of, -slots.months) + timedelta(1)
        )
        return Span(
            arguments=(begin.isoformat(), as_of.isoformat()),
            words=message("{begin:%d %b %Y} to {as_of:%d %b %Y}.", begin=begin, as_of=as_of),
        )
    span = fiscal_period.days(slots.scope, as_of, settings)
    return Span(arguments=(span.begin.isoformat(), span.last.isoformat()), words=_label(slots, as_of, settings))


def _end(slots: Slots, as_of: date, settings: Settings) -> Span:
    last = _last(slots, as_of, settings)
    if slots.days or slots.months:
        return Span(words=message("As of {as_of:%d %b %Y}; a span of days or months does not change it.", as_of=as_of))
    return Span(last, words=message("As of {last:%d %b %Y}.", last=last) if last else "")


def _span(slots: Slots, as_of: date, settings: Settings) -> Span:
    begin, end = as_of - timedelta(days=slots.days or WEEK), as_of
    if slots.months:
        begin = add_months(as_of, -slots.months)
    elif slots.has_period and not slots.days:
        span = fiscal_period.days(slots.scope, as_of, settings)
        if span.begin > as_of:
            raise UnansweredError(NOT_AHEAD)
        begin, end = span.begin - timedelta(days=1), min(span.last, as_of)
    return Span(
        arguments=(begin.isoformat(), end.isoformat()),
        words=message("{begin:%d %b %Y} to {end:%d %b %Y}.", begin=begin, end=end),
    )


def _today(slots: Slots, as_of: date, settings: Settings) -> Span:
    is_running = slots.scope.period == "this quarter" and not slots.months
    if slots.has_period and not is_running:
        raise UnansweredError(NOT_BACK)
    return Span(words=message("As of {as_of:%d %b %Y}.", as_of=as_of) if slots.days else "")
