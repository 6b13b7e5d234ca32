"""Whoever waits for an event is told when its cause is written, not when the next look is due."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest

from core.alerts import tick, ways
from core.alerts.ways import Way
from core.jobs import job_kinds
from core.store.event_asks import ALERTS, EVENTS, TELL
from core.store.reviews import Change
from tests.alerts.servers import http_server

BOSS = "boss@example.com"
NUMBERS = {"window": "Q2", "days": 40, "amount": 9.0, "lower": 8.0, "upper": 12.0}
NUMBERS |= {"closed_amount": 1.0, "open_amount": 1.0, "new_amount": 1.0}


@pytest.fixture
def hook(monkeypatch):
    monkeypatch.setenv("QUARTERDECK_DELIVERY_HOSTS", "localhost")
    with http_server() as server:
        yield server


@pytest.fixture
def heard(store, hook):
    """A webhook of the company that is told every event."""
    ways.save(store, Way("company", "Hub", "webhook", hook.url, ways.fresh_secret(), events=tuple(ways.EVENTS)))


def waiting(store):
    return [job.subject for job in store.jobs.recent() if job.kind == TELL and job.state == "queued"]


def end(store, kind, is_failed=False):
    job = store.jobs.ask(kind, "crm")
    store.jobs.claim("w", [kind])
    return store.jobs.fail(job.id, "w", "no answer") if is_failed else store.jobs.finish(job.id, "w")


def submit(store, day):
    about = {"manager_id": "R1", "period_start_on": day}
    values = {"called_on": day, "commit_amount": 5.0, "best_case_amount": 6.0, "note": ""}
    store.calls.save("book", about, values, BOSS, 0)


def approve(store):
    saved = store.requirement_sets.save("Bid", BOSS, {"rows": []})
    for job in store.jobs.recent():
        store.jobs.cancel(job.id)
    store.reviews.change(saved.id, [Change("A", 1, 0, {"state": "answered"})], BOSS)
    assert waiting(store) == []
    store.reviews.change(saved.id, [Change("A", 1, 1, {"state": "approved"})], "other@example.com")


CAUSES = {
    "sync ended": (lambda store, day: end(store, "sync"), ALERTS),
    "sync failed": (lambda store, day: end(store, "sync", is_failed=True), ALERTS),
    "data made ready": (lambda store, day: end(store, "prepare"), ALERTS),
    "models learnt": (lambda store, day: end(store, "learn"), ALERTS),
    "forecast published": (lambda store, day: store.snapshots.keep("book", day, pl.DataFrame([NUMBERS])), ALERTS),
    "call submitted": (submit, EVENTS),
    "list read": (lambda store, day: store.requirement_sets.save("Bid", BOSS, {"rows": []}), EVENTS),
    "answer approved": (lambda store, day: approve(store), EVENTS),
}


@pytest.mark.parametrize("cause", CAUSES)
def test_a_cause_asks_for_a_look_once(store, heard, clock, cause):
    write, subject = CAUSES[cause]
    write(store, clock().date())
    assert waiting(store) == [subject]


def test_nothing_is_asked_for_where_nobody_listens_or_nothing_is_new(store, clock, hook):
    store.requirement_sets.save("Bid", BOSS, {"rows": []})
    end(store, "sync")
    assert waiting(store) == []
    ways.save(store, Way("company", "Hub", "webhook", hook.url, ways.fresh_secret(), events=tuple(ways.EVENTS)))
    saved = store.requirement_sets.get("Bid", BOSS)
    store.requirement_sets.save("Bid", BOSS, {"rows": [1]}, saved.version)
    end(store, "digest")
    assert waiting(store) == []


def test_many_causes_ask_once_and_one_more_while_a_look_runs(store, heard):
    for n in range(3):
        store.requirement_sets.save(f"Bid {n}", BOSS, {"rows": []})
    assert waiting(store) == [EVENTS]
    store.jobs.claim("w", [TELL])
    for n in range(3, 6):
        store.requirement_sets.save(f"Bid {n}", BOSS, {"rows": []})
    assert waiting(store) == ["events, again"]
    assert not store.jobs.ask_events(EVENTS, timedelta(0))
    store.jobs.claim("v", [TELL])
    assert not store.jobs.ask_events(EVENTS, timedelta(0)), "two that run see all there is, or ask again themselves"


def test_a_cause_is_told_at_once_and_not_again_by_the_tick(
    store, heard, days, company_settings, hook, clock, monkeypatch
):
    monkeypatch.setattr(tick, "models_of", lambda *_: None)
    monkeypatch.setattr("core.sources.load_data", lambda _: days[2])
    settings = company_settings.model_copy(update={"database_url": str(store.engine.url)})
    tick.tick(settings, store, days[2], clock, "a")
    clock.pass_by(minutes=1)
    store.requirement_sets.save("Bid", BOSS, {"rows": []})
    job = store.jobs.claim("w", [TELL])
    assert job.subject == EVENTS
    assert job_kinds.tell(settings, job, lambda *_: None, clock).startswith("1 new messages, 1 new events.")
    assert len(hook.requests) == 1
    store.jobs.finish(job.id, "w")
    assert tick.tick(settings, store, days[2], clock, "a").n_events == 0
    assert len(hook.requests) == 1


def test_who_meets_another_look_asks_for_one_afterwards(store, heard, days, company_settings, clock, monkeypatch):
    monkeypatch.setattr("core.sources.load_data", lambda _: days[2])
    settings = company_settings.model_copy(update={"database_url": str(store.engine.url)})
    store.requirement_sets.save("Bid", BOSS, {"rows": []})
    job = store.jobs.claim("w", [TELL])
    store.alert_ledger.take_lease(tick.LEASE, "other", 10**9)
    assert "Somebody else" in job_kinds.tell(settings, job, lambda *_: None, clock)
    assert waiting(store) == ["events, again"]
    assert store.jobs.claim("w", [TELL]) is None, "it waits a moment"
