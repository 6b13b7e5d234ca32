"""What is used of a limit, in sentences: room, nearly full, full, and no limit at all."""

from __future__ import annotations

import pytest

from core.usage.usage_standing import FREE, FULL, KINDS, NEAR, ROWS, SEATS, SESSIONS, STORAGE, Standing, Usage


@pytest.mark.parametrize(
    ("used", "limit", "state", "leaves"),
    [(0, 0, FREE, True), (9, 0, FREE, True), (7, 10, FREE, True), (8, 10, NEAR, True), (10, 10, FULL, False)],
)
def test_four_fifths_of_a_limit_are_nearly_full(used, limit, state, leaves):
    usage = Usage(SEATS, used, limit)
    assert (usage.state, usage.leaves(1)) == (state, leaves)


def test_a_warning_says_what_is_full_and_who_can_mend_it():
    standing = Standing([Usage(ROWS, 5, 10), Usage(STORAGE, 85_000_000, 100_000_000), Usage(SEATS, 3, 2)])
    storage, seats = standing.warnings
    assert storage.startswith("What is stored here takes 85.0 of 100.0 MB. Remove sources")
    assert "raise limits.storage_mb." in storage
    assert seats.startswith("People hold 3 of 2 seats. An administrator can take people off the list")
    assert standing.sentence() == "Full: seats. Nearly full: storage."


def test_without_a_limit_nothing_is_held_against_it():
    standing = Standing([Usage(kind, 3) for kind in KINDS])
    assert standing.warnings == []
    assert standing.sentence() == "Nothing is limited on this installation."
    assert standing.frame["limit"].null_count() == standing.frame["share_rate"].null_count() == len(KINDS)
    assert Usage(SESSIONS, 1).short() == "1 session"
    assert Usage(SEATS, 1, 1).sentence() == "People hold 1 of 1 seat."


def test_room_left_is_said_in_one_sentence():
    assert Standing([Usage(ROWS, 1, 10)]).sentence() == "There is room left under every limit."
