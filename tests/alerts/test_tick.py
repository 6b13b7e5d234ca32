"""A tick looks, writes events down, and sends; two at once send one message."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from core.alerts import company_events, delivering, summaries, tick, ways
from core.alerts.quiet_hours import NAME, Habits
from core.alerts.readers import Readers
from core.alerts.telling import Look
from core.alerts.ways import Way
from core.cli import app
from core.forecasts import calls
from core.jobs import schedule
from core.store import Store
from tests.alerts.servers import http_server

BOSS = "boss@example.com"


@pytest.fixture
def run(store, company_settings, clock, monkeypatch):
    monkeypatch.setattr(tick, "models_of", lambda *_: None)
    return lambda data, holder="a", opened=None: tick.tick(company_settings, opened or store, data, clock, holder)


@pytest.fixture
def hook(monkeypatch):
    monkeypatch.setenv("QUARTERDECK_DELIVERY_HOSTS", "localhost")
    with http_server() as server:
        yield server


def test_two_who_tick_at_once_send_one_message(store, run, rule, days, hook, clock):
    slack = ways.save(store, Way("company", "Deals", "slack", secret=hook.url))
    rule("new_row", ways=(slack.id,))
    assert run(days[0]).sentence().startswith("0 new messages, 0 new events.")
    others = [Store.open(str(store.engine.url), clock) for _ in range(3)]
    threads = [threading.Thread(target=run, args=(days[2], f"t{n}", opened)) for n, opened in enumerate(others)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for opened in others:
        opened.close()
    run(days[2])
    assert len(hook.requests) == 1
    assert [row.state for row in store.deliveries.recent()] == ["sent"]


def test_a_tick_leaves_the_look_to_whoever_has_the_lease(store, run, days):
    store.alert_ledger.take_lease(tick.LEASE, "other", 60)
    outcome = run(days[2])
    assert outcome.is_elsewhere
    assert outcome.sentence().startswith("Somebody else looks")


def test_events_are_written_once_and_begin_with_the_first_look(store, run, days, small_settings, hook, clock):
    every = ways.save(store, Way("company", "Hub", "webhook", hook.url, ways.fresh_secret(), events=tuple(ways.EVENTS)))
    ways.save(store, Way(BOSS, "Mine", "webhook", hook.url, ways.fresh_secret(), events=tuple(ways.EVENTS)))
    assert run(days[0]).n_events == 0
    clock.pass_by(minutes=5)
    store.requirement_sets.save("Bid", BOSS, {"rows": []})
    job = store.jobs.ask("sync", "crm")
    claimed = store.jobs.claim("w", ["sync"])
    assert claimed is not None
    store.jobs.fail(job.id, "w", "crm: no answer")
    outcome = run(days[2])
    kinds = [event.kind for event in store.events.after(0)]
    assert outcome.n_events == len(kinds)
    assert {"list.read", "sync.failed", "deal.slipped"} <= set(kinds)
    assert {row.way_id for row in store.deliveries.recent(500)} == {every.id}, "a person's webhook gets no events"
    assert len(hook.requests) == len(kinds)
    names = {*days[2].accounts["account_name"], *days[2].opportunities["opportunity_name"].drop_nulls()}
    assert not [name for name in names if any(name in str(event.content) for event in store.events.after(0))]
    clock.pass_by(minutes=5)
    assert run(days[2]).n_events == 0


def test_the_forecast_moves_and_the_summary_comes_on_monday(
    store, rule, days, small, small_settings, small_bundle, company_settings, clock, look
):
    rule("forecast_moved", limit=0.001, days=60)
    data = small
    changes = look(data, bundle=lambda *_: small_bundle)
    assert not changes.deliveries
    subjects = {entry.subject: entry.state for entry in store.alert_ledger.entries(BOSS)}
    assert subjects["forecast"] in ("up", "down")
    ways.save(store, Way("company", "Mail", "mail", "localhost:25", sender="crew@example.com"))
    store.preferences.save(NAME, BOSS, Habits(wants_summary=True, zone="Europe/Vienna").payload)

    def due():
        readers = Readers(company_settings, store, data)
        by_id = {way.id: way for way in ways.listed(store)}
        troubles = {"sync_trouble": {}, "model_trouble": {}}
        current = Look(company_settings, store, data, readers, by_id, troubles, lambda *_: small_bundle, clock())
        return summaries.due(current)

    assert due() == [], "the week in which it was chosen is over"
    clock.pass_by(days=7)
    (row,) = due()
    assert row.kind == "digest"
    assert "<table" in row.content["html"]
    assert due() == []


def test_published_numbers_submitted_forecasts_and_approvals_are_events(store, days, company_settings, clock):
    from sqlalchemy import insert

    from core.store.tables import ForecastCallRow, ForecastSnapshotRow, ReviewRow

    published = days[2], company_settings
    number = {"as_of_on": days[2].as_of, "window": "Q2", "days": 40, "amount": 100.0, "lower": 80.0, "upper": 120.0}
    number |= {"closed_amount": 1.0, "open_amount": 1.0, "new_amount": 1.0, "saved_at": clock()}
    book = calls.book(days[2])

    def add(table, **values):
        with store.engine.begin() as connection:
            connection.execute(insert(table).values(**values))

    add(ForecastSnapshotRow, book=book, **number)
    marks: dict[str, str] = {}
    events, after = company_events._forecast(store, *published, marks)
    assert events == []
    later = number | {"as_of_on": days[2].as_of + timedelta(days=1), "amount": 90.0}
    add(ForecastSnapshotRow, book=book, **later)
    (moved,), _ = company_events._forecast(store, *published, after)
    assert (moved.kind, moved.content["amount_before"], moved.content["amount"]) == ("forecast.moved", 100.0, 90.0)
    assert company_events.look(store, None, clock()) == []
    clock.pass_by(hours=1)
    call = {"manager_id": "R1", "period_start_on": days[2].as_of, "called_on": days[2].as_of, "commit_amount": 5.0}
    add(ForecastCallRow, book=book, version=1, author="ana", saved_at=clock(), note="", **call)
    store.requirement_sets.save("Bid", BOSS, {"rows": []})
    review = {"requirement_set_id": 1, "sheet": "A", "row": 3, "state": "approved", "version": 1, "changed_by": BOSS}
    add(ReviewRow, **review, changed_at=clock(), approved_by=BOSS, approved_at=clock())
    kinds = {event.kind for event in company_events.look(store, None, clock())}
    assert kinds == {"call.submitted", "list.read", "answer.approved"}
    assert company_events.look(store, None, clock()) == []


def test_troubles_are_read_off_the_queue(store, company_settings, clock):
    assert tick.troubles(company_settings, store, clock) == {"sync_trouble": {}, "model_trouble": {}}
    job = store.jobs.ask(tick.LEARN, tick.MODELS)
    store.jobs.claim("w", [tick.LEARN])
    store.jobs.fail(job.id, "w", "Too few deals.")
    assert "Too few deals" in tick.troubles(company_settings, store, clock)["model_trouble"]["models"]


def test_the_worker_looks_every_five_minutes_while_there_is_a_rule(store, company_settings, rule, clock):
    assert schedule.ask_due(company_settings, store.jobs, clock, clock()) == []
    rule("slipped")
    assert schedule.ask_due(company_settings, store.jobs, clock, clock()) == ["alerts"]
    assert schedule.ask_due(company_settings, store.jobs, clock, clock()) == []
    clock.pass_by(minutes=5)
    assert schedule.ask_due(company_settings, store.jobs, clock, clock()) == ["alerts"]


def test_the_command_line_sets_the_address_ticks_and_shows_the_log(store, small_settings, monkeypatch, tmp_path):
    monkeypatch.setenv("QUARTERDECK_HOME", str(small_settings.home))
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", str(store.engine.url))
    monkeypatch.setattr(tick, "models_of", lambda *_: None)

    def said(*words):
        run = CliRunner().invoke(app, list(words))
        return run.output if run.exit_code == 0 else str(run.exception)

    assert "No address is set" in said("alerts", "site")
    assert "This is no address" in said("alerts", "site", "sales")
    assert said("alerts", "site", "https://sales.example.com/") == "https://sales.example.com\n"
    assert delivering.site_of(store) == "https://sales.example.com"
    assert "0 new messages" in said("tick")
    assert said("alerts", "log") == "Nothing was sent yet.\n"
    assert "There is no message number 7" in said("alerts", "log", "--again", "7")
