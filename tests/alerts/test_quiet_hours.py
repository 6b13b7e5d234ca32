"""Messages wait until the quiet hours of their reader are over, also where clocks are moved and quarters end."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from core.alerts.quiet_hours import Habits, checked, of_payload
from core.alerts.summaries import last_monday
from core.contracts.errors import ContractError


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("habits", "now", "due"),
    [
        (Habits("Europe/Vienna"), "2026-05-18T10:00", "2026-05-18T10:00"),
        (Habits("Europe/Vienna"), "2026-05-18T19:30", "2026-05-19T05:00"),
        (Habits("Europe/Vienna"), "2026-01-18T19:30", "2026-01-19T06:00"),
        # Clocks go on by an hour on 29 March 2026 and back on 25 October.
        (Habits("Europe/Vienna"), "2026-03-28T22:00", "2026-03-29T05:00"),
        (Habits("Europe/Vienna"), "2026-10-24T22:00", "2026-10-25T06:00"),
        (Habits("Europe/Vienna", quiet_from=22, quiet_to=2), "2026-03-29T00:30", "2026-03-29T01:00"),
        (Habits("Europe/Vienna", quiet_from=22, quiet_to=3), "2026-10-24T23:30", "2026-10-25T02:00"),
        (Habits("Asia/Kolkata"), "2026-05-18T18:10", "2026-05-19T01:30"),
        (Habits("UTC", is_weekend_quiet=True), "2026-05-16T12:00", "2026-05-18T07:00"),
        (Habits("UTC", rhythm="daily"), "2026-03-31T08:00", "2026-04-01T08:00"),
        (Habits("America/New_York", rhythm="daily", hour=7), "2026-03-07T13:00", "2026-03-08T11:00"),
        (Habits("UTC", rhythm="weekly", hour=8), "2026-06-30T09:00", "2026-07-06T08:00"),
        (Habits("UTC", rhythm="weekly", hour=8), "2026-07-06T07:59", "2026-07-06T08:00"),
        (Habits("UTC", quiet_from=0, quiet_to=0), "2026-05-18T03:00", "2026-05-18T03:00"),
        (Habits(quiet_from=20, quiet_to=7), "2026-05-18T22:00", "2026-05-19T05:00"),
    ],
)
def test_a_message_is_due_when_its_reader_is_awake(habits, now, due):
    assert habits.due(at(now), "Europe/Vienna") == at(due)


def test_the_summary_comes_on_monday_at_the_hour_on_the_wall():
    winter, summer = Habits("Europe/Vienna", hour=8), Habits("Europe/Vienna", hour=8)
    assert last_monday(winter, at("2026-03-25T00:00"), "UTC") == at("2026-03-23T07:00")
    assert last_monday(summer, at("2026-03-30T06:00"), "UTC") == at("2026-03-30T06:00")
    assert last_monday(summer, at("2026-03-30T05:59"), "UTC") == at("2026-03-23T07:00")


def test_what_cannot_be_is_refused_and_what_is_not_there_is_as_usual():
    assert of_payload({"hour": 9, "other": 1}) == Habits(hour=9)
    assert checked(Habits("Asia/Kolkata")) == Habits("Asia/Kolkata")
    with pytest.raises(ContractError, match="No time zone"):
        checked(Habits("Middle/Earth"))
    with pytest.raises(ContractError, match="0 to 23"):
        checked(Habits(hour=24))
