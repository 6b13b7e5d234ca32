"""What a click did stays through the run that newer data bring, and goes after some seconds."""

from __future__ import annotations

import pytest

from pages.ui.kit import notices


@pytest.fixture
def session(monkeypatch):
    state, clock = {}, [100.0]
    monkeypatch.setattr(notices.st, "session_state", state)
    monkeypatch.setattr(notices.time, "monotonic", lambda: clock[0])
    return state, clock


def test_a_notice_outlasts_a_run_that_nobody_asked_for_and_then_goes(session):
    state, clock = session
    state["done"] = "Saved."
    assert notices.recent("done", "failed") == ("Saved.", None)
    clock[0] += 4.0
    assert notices.recent("done", "failed") == ("Saved.", None)
    clock[0] += notices.SHOWN_FOR_S
    assert notices.recent("done", "failed") == (None, None)
    assert not state[notices.RECENT]


def test_a_newer_notice_of_the_same_place_takes_the_earlier_away(session):
    state, clock = session
    state["done"], state["other"] = "Saved.", "Sent."
    notices.recent("done", "failed")
    notices.recent("other")
    clock[0] += 1.0
    state["failed"] = "The file is damaged."
    assert notices.recent("done", "failed") == (None, "The file is damaged.")
    assert notices.recent("other") == ("Sent.",)
