"""A worker does what is asked for, ends what nobody wants, and leaves nothing claimed behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from core.cli import app
from core.config import load
from core.contracts.errors import SourceError, StoreError
from core.jobs import beside, job_kinds, job_process, learning, schedule
from core.jobs.worker import Worker
from core.preparing import preparation, states
from core.replaying import forecast_history
from core.sources import loading
from core.sources.connectors import connector_files
from core.store import Store
from core.store.jobs import CANCELLED, DONE, ENDED, FAILED, LEASE
from tests.clocks import Clock

HEAD = "opportunity_id,stage,amount,created_on,close_on\n"
NIGHT = datetime(2026, 5, 15, 3, 0, 10, tzinfo=UTC)


class Process:
    """Stands in for the process of a job."""

    def __init__(self, deaf=False):
        self.code, self.deaf = None, deaf

    def poll(self):
        return self.code

    def terminate(self):
        self.code = None if self.deaf else -15

    def kill(self):
        self.code = -9

    def wait(self, patience=None):
        if self.code is None:
            raise subprocess.TimeoutExpired("job", patience)
        return self.code


@pytest.fixture
def settings(tmp_path, monkeypatch):
    exports = tmp_path / "exports"
    exports.mkdir()
    rows = "".join(f"{k},Discovery,{k * 10},2026-01-02,2026-05-01\n" for k in range(1, 4))
    (exports / "deals.csv").write_text(HEAD + rows, encoding="utf-8")
    monkeypatch.setenv("QUARTERDECK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", f"sqlite:///{tmp_path / 'store.db'}")
    monkeypatch.setenv("QUARTERDECK_DATA", str(exports))
    return load()


@pytest.fixture
def clock():
    return Clock(datetime(2026, 5, 14, 12, tzinfo=UTC))


@pytest.fixture
def queue(settings, clock):
    store = Store.open(settings.database, clock)
    yield store.jobs
    store.close()


@pytest.fixture
def worker(settings, queue, clock, monkeypatch):
    processes = []

    def start(_, job):
        processes.append(Process())
        return processes[-1]

    monkeypatch.setattr(Worker, "_start", start)
    doer = Worker(settings, queue, clock)
    doer.processes = processes
    return doer


def test_several_jobs_go_on_at_once_of_the_long_ones_one(worker, queue):
    for kind, subject in (
        (job_kinds.LEARN, "models"),
        (forecast_history.KIND, forecast_history.SUBJECT),
        ("sync", "CRM"),
    ):
        queue.ask(kind, subject)
    worker._step()
    assert [entry.job.kind for entry in worker.running] == ["sync", forecast_history.KIND]
    worker._step()
    assert len(worker.processes) == 2
    for entry, process in zip(list(worker.running), worker.processes, strict=True):
        queue.finish(entry.job.id, worker.name, "Done.")
        process.code = 0
    worker._step()
    assert [entry.job.kind for entry in worker.running] == [job_kinds.LEARN]
    assert {job.message for job in queue.recent() if job.state == DONE} == {"Done."}


def test_a_job_whose_process_ends_without_a_word_is_tried_again(worker, queue, clock):
    job = queue.ask("sync", "CRM")
    worker._step()
    worker.processes[0].code = -9
    worker._step()
    assert (queue.get(job.id).state, queue.get(job.id).message) == ("queued", ENDED)
    clock.later(seconds=11)
    worker._step()
    assert len(worker.processes) == 2


@pytest.mark.parametrize("deaf", [False, True])
def test_a_job_nobody_wants_is_ended(worker, queue, monkeypatch, deaf):
    monkeypatch.setattr("core.jobs.worker.GRACE_S", 0.01)
    job = queue.ask("sync", "CRM")
    worker._step()
    worker.processes[0].deaf = deaf
    queue.cancel(job.id)
    worker._step()
    assert worker.processes[0].code == (-9 if deaf else -15)
    assert queue.get(job.id).state == CANCELLED
    assert worker.running == []


def test_a_claim_is_kept_while_the_job_goes_on_and_one_that_was_lost_is_let_go(worker, queue, clock):
    job = queue.ask("sync", "CRM")
    worker._step()
    for _ in range(10):
        clock.later(seconds=30)
        worker._step()
    assert queue.claim("another", ("sync",)) is None
    clock.later(seconds=LEASE.total_seconds() + 1)
    assert queue.claim("another", ("sync",)).id == job.id
    worker._step()
    assert worker.processes[0].code == -15
    assert queue.get(job.id).worker == "another"


def test_a_database_that_is_away_is_waited_for_and_what_may_have_been_taken_over_is_ended(worker, queue, clock):
    def away(*_):
        raise StoreError("The database does not answer.")

    queue.ask("sync", "CRM")
    worker._step()
    worker.queue = type("Away", (), {"get": away, "claim": away, "alive": away})()
    clock.later(seconds=20)
    assert worker._step() is False
    assert len(worker.running) == 1
    clock.later(seconds=60)
    worker._step()
    assert worker.running == []
    assert worker.processes[0].code == -15


def test_a_worker_that_stops_gives_back_what_it_was_at(worker, queue):
    job = queue.ask("sync", "CRM")
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    end = time.monotonic() + 20
    while not worker.running and time.monotonic() < end:
        time.sleep(0.05)
    assert queue.workers() == [worker.name]
    stop.set()
    thread.join(20)
    back = queue.get(job.id)
    assert (back.state, back.n_attempts, worker.processes[0].code) == ("queued", 0, -15)
    assert queue.workers() == []


def test_what_a_killed_worker_of_this_machine_left_is_taken_over_at_once(worker, queue):
    with subprocess.Popen([sys.executable, "-c", ""]) as dead:
        dead.wait()
    queue.alive("killed", worker.host, dead.pid)
    queue.alive("elsewhere", "another machine", dead.pid)
    queue.alive("here", worker.host, os.getpid())
    job = queue.ask("sync", "CRM")
    queue.claim("killed", ("sync",))
    worker._announce()
    assert queue.workers() == sorted(["elsewhere", "here", worker.name])
    assert queue.claim(worker.name, ("sync",)).id == job.id


def test_what_is_due_is_asked_for_once(settings, queue, clock, monkeypatch):
    monkeypatch.setattr(connector_files, "FOLDER", str(settings.home.parent / "connectors"))
    connector_files.add(settings, "CRM", {"vendor": "hubspot"})
    since = clock.now
    assert schedule.ask_due(settings, queue, clock, since) == ["CRM"]
    assert schedule.ask_due(settings, queue, clock, since) == []
    queue.claim("w1", ("sync",))
    queue.fail(queue.last("sync", "CRM").id, "w1", "The token is missing.")
    clock.later(minutes=4)
    assert schedule.ask_due(settings, queue, clock, since) == []
    clock.later(minutes=2)
    assert schedule.ask_due(settings, queue, clock, since) == ["CRM"]
    monkeypatch.setattr(schedule.sync_run, "freshness_of", lambda *_: pytest.fail("asked"))
    monkeypatch.setattr(schedule.connector_files, "names", lambda _: [])
    clock.now = NIGHT
    zone = settings.model_copy(update={"time_zone": "UTC"})
    assert schedule.ask_due(zone, queue, clock, since) == [job_kinds.MODELS]
    assert schedule.ask_due(zone, queue, clock, since) == []
    assert schedule.ask_due(zone, queue, clock, NIGHT) == []


def test_a_connector_that_cannot_be_read_keeps_no_other_from_its_turn(settings, queue, clock, monkeypatch):
    monkeypatch.setattr(schedule.connector_files, "names", lambda _: ["broken"])
    assert schedule.ask_due(settings, queue, clock, clock.now) == []


def done(queue, job, monkeypatch, work):
    monkeypatch.setitem(job_kinds.KINDS, "test", job_kinds.Kind("Test", work))
    claimed = queue.claim("w1", ("test",))
    assert claimed.id == job.id
    job_process.do(queue, claimed)
    return queue.get(job.id)


def test_how_a_job_ended_is_told(queue, monkeypatch):
    def told(settings, job, report, clock):
        report(0.25, "a quarter")
        report(0.5, "too soon to be noted")
        assert (queue.get(job.id).share, queue.get(job.id).message) == (0.25, "a quarter")
        return f"{job.subject} is done at {clock():%Y}."

    ended = done(queue, queue.ask("test", "one"), monkeypatch, told)
    assert ended.state == DONE
    assert ended.message.startswith("one is done at 20")

    def refused(*_):
        raise SourceError("The token is refused.", "CRM", "Renew it.")

    ended = done(queue, queue.ask("test", "two"), monkeypatch, refused)
    assert ended.state == FAILED
    assert ended.message == "The token is refused (CRM). Renew it."


def test_what_nobody_foresaw_may_be_tried_again(queue, monkeypatch):
    job = queue.ask("test", "three")

    class Panic(BaseException):
        pass

    def broken(*_):
        raise Panic

    with pytest.raises(Panic):
        done(queue, job, monkeypatch, broken)
    assert (queue.get(job.id).state, queue.get(job.id).message) == ("queued", ENDED)


def test_each_kind_does_its_work(settings, queue, clock, monkeypatch):
    def job(kind, **payload):
        return queue.ask(kind, "s", payload)

    reports = []
    outcome = type("O", (), {"failures": [], "sentence": lambda self: "2 rows changed."})()
    monkeypatch.setattr("core.sources.connectors.sync_run.sync", lambda *_: outcome)
    assert job_kinds.sync(settings, job("sync"), reports.append, clock) == "2 rows changed."
    outcome.failures.append("deals")
    with pytest.raises(SourceError, match="2 rows changed"):
        job_kinds.sync(settings, job("sync"), reports.append, clock)
    failures = iter(["", "The files changed."])
    monkeypatch.setattr(preparation, "prepare", lambda *given: next(failures) if given[1:] == ("s", 2, "a") else 0)
    assert job_kinds.prepare(settings, job("prepare", version=2, state="a"), reports.append, clock)
    with pytest.raises(SourceError, match="The files changed"):
        job_kinds.prepare(settings, job("prepare"), reports.append, clock)
    monkeypatch.setattr(forecast_history, "replay", lambda *_: "7 quarters")
    assert job_kinds.replay(settings, job("replay"), reports.append, clock) == "7 quarters"
    monkeypatch.setattr(learning, "learn_if_due", lambda *_: "learnt")
    assert job_kinds.learn(settings, job("learn"), reports.append, clock) == "learnt"


def test_a_worker_in_a_process_of_its_own_prepares_new_data_and_lists_it(settings):
    state = loading.state_of(settings, "settings").name
    states.note_work(settings, "settings", state, datetime.now(UTC))
    store = Store.open(settings.database)
    job = store.jobs.ask(preparation.KIND, "settings", {"version": 0, "state": state}, "ana@example.com")
    store.close()
    ran = CliRunner().invoke(app, ["worker", "--once"])
    assert ran.exit_code == 0, ran.output
    listed = json.loads(CliRunner().invoke(app, ["jobs", "--json"]).output)
    assert [(entry["id"], entry["state"]) for entry in listed] == [(job.id, DONE)], listed
    assert states.last(settings, "settings", state) is None
    text = CliRunner().invoke(app, ["jobs"]).output
    assert "prepare: settings  The new data are ready." in text
    assert "No worker is there" in text


def test_work_is_ended_and_asked_for_again_by_command(settings):
    store = Store.open(settings.database)
    job = store.jobs.ask("sync", "CRM")
    assert CliRunner().invoke(app, ["jobs", "--cancel", str(job.id)]).exit_code == 0
    assert store.jobs.get(job.id).state == CANCELLED
    out = CliRunner().invoke(app, ["jobs", "--again", str(job.id)]).output
    assert out.count("sync: CRM") == 2
    assert store.audit.newest()["action"].to_list() == ["asked for work again", "cancelled work"]
    assert isinstance(CliRunner().invoke(app, ["jobs", "--cancel", "99"]).exception, StoreError)
    store.close()
    assert "There is no work." not in CliRunner().invoke(app, ["jobs"]).output


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="needs POSIX")
def test_a_worker_beside_ends_with_its_server(settings, monkeypatch, tmp_path):
    """The server's stand-in starts it and is killed; the worker says it has gone."""
    code = (
        "import os, subprocess, sys, time; os.environ['QUARTERDECK_WORKER'] = '1'\n"
        "from core.jobs import beside\nassert beside.start()\ntime.sleep(60)"
    )
    server = subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
    store = Store.open(settings.database)
    try:
        end = time.monotonic() + 60
        while not store.jobs.workers() and time.monotonic() < end:
            time.sleep(0.1)
        assert len(store.jobs.workers()) == 1
        os.kill(server.pid, signal.SIGKILL)
        server.wait()
        while store.jobs.workers() and time.monotonic() < end:
            time.sleep(0.1)
        assert store.jobs.workers() == []
    finally:
        store.close()


def test_no_worker_is_started_unless_the_server_asks_for_one(monkeypatch):
    beside.start.cache_clear()
    monkeypatch.delenv(beside.WANTED, raising=False)
    assert not beside.start()
    beside.start.cache_clear()


def test_the_history_is_asked_for_once_where_the_server_wants_it(settings, queue, monkeypatch):
    forecast_history.ask.cache_clear()
    monkeypatch.delenv(forecast_history.WANTED, raising=False)
    assert not forecast_history.ask()
    forecast_history.ask.cache_clear()
    monkeypatch.setenv(forecast_history.WANTED, "1")
    assert forecast_history.ask()
    assert forecast_history.ask()
    assert [job.kind for job in queue.recent()] == [forecast_history.KIND]
    forecast_history.ask.cache_clear()
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", "nonsense")
    assert not forecast_history.ask()
    forecast_history.ask.cache_clear()


def test_three_deals_have_no_past_to_replay(settings):
    assert forecast_history.replay(settings, lambda *_: None) == "There is no past quarter to replay yet."


def test_a_worker_shows_its_pulse_while_the_database_is_away(worker, tmp_path, monkeypatch):
    pulse, stop = tmp_path / "pulse", threading.Event()

    def away(*_):
        stop.set()
        raise StoreError("The database does not answer.")

    monkeypatch.setattr(worker, "_tick", away)
    worker.run(stop, pulse=pulse)
    assert pulse.exists()
