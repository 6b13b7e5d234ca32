"""Calls are approved or sent back by the person above; whoever has not called is reminded once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from core.contracts.errors import ConflictError, StoreError
from core.forecasts import call_approval, calls
from tests.forecasts.conftest import AS_OF, QUARTER

DUE = date(2026, 6, 23)


def submit(store, manager, commit=100.0, version=0):
    values = {"called_on": AS_OF, "commit_amount": commit, "note": ""}
    return store.calls.save("test", {"manager_id": manager, "period_start_on": QUARTER}, values, "x", version)


@pytest.fixture
def now(company, here, store):
    """Return how the calls stand at this moment."""

    def standing():
        decided = store.call_approvals.newest("test")
        return call_approval.standing(company, here, calls.kept(company, store), decided)

    return standing


def states(standing):
    return dict(standing.frame.select("person_id", "state").iter_rows())


def test_a_call_waits_for_whoever_is_above_and_is_approved(company, store, now):
    assert states(now()) == {"VP": "Missing", "M1": "Missing", "M2": "Missing"}
    submit(store, "M1")
    submit(store, "VP")
    standing = now()
    assert states(standing) == {"VP": "Final", "M1": "Submitted", "M2": "Missing"}
    assert standing.waiting_for("VP", company)["person_id"].to_list() == ["M1"]
    assert standing.waiting_for("M1", company).is_empty()
    assert standing.waiting_for("", company).is_empty()
    assert standing.sentence() == (
        "1 of 3 forecasts for Q2 2026 are settled, 1 waits for approval, 1 missing; due 23 June 2026."
    )
    call_approval.decide(company, store, standing, "M1", "VP", "vp@example.com", "Approved", "")
    assert states(now())["M1"] == "Approved"
    row = store.audit.newest(1).row(0, named=True)
    assert (row["user"], row["action"], row["target"]) == (
        "vp@example.com",
        "decision on the forecast call saved",
        f"M1 {QUARTER}",
    )
    assert "state: None → Approved" in row["detail"]


def test_a_call_sent_back_needs_a_comment_and_waits_again_when_it_was_changed(company, store, now):
    submit(store, "M1")
    with pytest.raises(StoreError, match="sent back with a comment"):
        call_approval.decide(company, store, now(), "M1", "VP", "vp", "Sent back", " ")
    call_approval.decide(company, store, now(), "M1", "VP", "vp", "Sent back", "Too high")
    standing = now()
    assert states(standing)["M1"] == "Sent back"
    assert standing.frame.filter(person_id="M1")["comment"][0] == "Too high"
    assert standing.sentence().startswith("0 of 3 forecasts for Q2 2026 are settled, 0 wait for approval, 1 sent back")
    submit(store, "M1", 90.0, 1)
    assert states(now())["M1"] == "Submitted"
    call_approval.decide(company, store, now(), "M1", "VP", "vp", "Approved", "Better")
    assert store.call_approvals.newest("test")["version"].to_list() == [2]


def test_only_those_above_decide_and_only_on_what_they_saw(company, store, now):
    submit(store, "M1")
    seen = now()
    for person in ("M1", "M2", "A", ""):
        with pytest.raises(StoreError, match="does not wait for your approval"):
            call_approval.decide(company, store, seen, "M1", person, "x", "Approved", "")
    with pytest.raises(StoreError, match="cannot be 'Perhaps'"):
        call_approval.decide(company, store, seen, "M1", "VP", "x", "Perhaps", "")
    with pytest.raises(StoreError, match="session only"):
        call_approval.decide(replace(company, is_transient=True), store, seen, "M1", "VP", "x", "Approved", "")
    submit(store, "M1", 50.0, 1)
    with pytest.raises(ConflictError, match="changed meanwhile"):
        call_approval.decide(company, store, seen, "M1", "VP", "x", "Approved", "")
    assert store.call_approvals.newest("test").is_empty()


def test_reminders_wait_for_a_sender_and_are_queued_once(company, store, now):
    submit(store, "M1")
    submit(store, "VP")
    call_approval.decide(company, store, now(), "M1", "VP", "vp", "Sent back", "Too high")
    assert call_approval.queued(company, store, now(), "ann") == "2 reminders queued for Q2 2026, due 23 June 2026."
    rows = store.call_reminders.waiting("test", QUARTER).select("manager_id", "due_on", "reason", "queued_by").rows()
    assert rows == [("M1", DUE, "sent back", "ann"), ("M2", DUE, "missing", "ann")]
    assert store.call_reminders.waiting("test", date(2026, 7, 1)).is_empty()
    again = "0 reminders queued for Q2 2026, due 23 June 2026; 2 queued before."
    assert call_approval.queued(company, store, now(), "ann") == again
    assert store.audit.newest(9)["action"].to_list().count("reminder of the forecast call queued") == 2
    submit(store, "M1", 1.0, 1)
    submit(store, "M2")
    text = "Every forecast for Q2 2026 is submitted; nobody needs a reminder."
    assert call_approval.queued(company, store, now(), "ann") == text


def test_two_servers_that_remind_at_once_queue_one(company, here, store, now):
    row = now().to_remind[0]
    assert store.call_reminders.queue("test", [row], "ann") == ["VP"]
    assert store.call_reminders._add("test", row, "bo") is False
    assert store.call_reminders.waiting("test").height == 1


def test_a_company_without_leaders_has_nothing_to_approve(company, here, store):
    nobody = company.with_frames(sales_team=company.sales_team.clear())
    standing = call_approval.standing(nobody, here, calls.kept(company, store), store.call_approvals.newest("test"))
    assert standing.sentence().startswith("Nobody leads a team")


def test_the_next_quarter_is_due_at_its_own_end(company, here, store):
    begin = date(2026, 7, 1)
    decided = store.call_approvals.newest("test")
    standing = call_approval.standing(company, here, calls.kept(company, store), decided, begin)
    assert standing.frame["due_on"].to_list() == [calls.deadline(begin, here)] * 3
    assert standing.label == "Q3 2026"
    assert standing.to_remind[0]["period_start_on"] - QUARTER > timedelta(days=80)
