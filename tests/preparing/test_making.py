"""A server of pages makes no tables and trains no models: it asks a worker, and shows what stands meanwhile."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from core import marts
from core.artifacts import ACCOUNTS, MARTS, MODELS, SNAPSHOTS, forget_all, left_to_workers
from core.config import load
from core.contracts.errors import NotMadeYetError
from core.jobs import job_kinds, job_process
from core.models import registry
from core.preparing import making
from core.sources import load_data
from core.store import Store
from tests.clocks import Clock
from tests.preparing.test_preparing import write


def take_back():
    """Let this process make everything itself again."""
    left_to_workers._LEFT.clear()
    left_to_workers._TRIED.clear()
    left_to_workers._AWAITED.clear()


@pytest.fixture
def settings(tmp_path):
    exports = tmp_path / "exports"
    exports.mkdir()
    write(exports, 3)
    environ = {"QUARTERDECK_HOME": str(tmp_path / "home"), "QUARTERDECK_DATA": str(exports)}
    made = load(environ=environ)
    return made.model_copy(update={"replicas": made.replicas.model_copy(update={"artifacts": "database"})})


@pytest.fixture
def as_pages(settings):
    """Return what lets this process answer for pages."""
    yield lambda: making.leave_to_workers(settings)
    take_back()


@pytest.fixture
def store(settings):
    opened = Store.open(settings.database, Clock())
    yield opened
    opened.close()


def made(settings):
    """Make everything as a worker does, and forget it in memory."""
    forget_all()
    take_back()
    job = type("Job", (), {"subject": "settings", "payload": {"version": 0}})
    sentence = job_kinds.KINDS[making.KIND].work(settings, job, lambda share, text: None, job_process.now)
    forget_all()
    return sentence


def test_rows_and_models_are_left_to_a_worker(settings, as_pages, monkeypatch):
    as_pages()
    with pytest.raises(NotMadeYetError, match="are being made"):
        load_data(settings, source="settings")
    lack = making.rows_lack(settings, "settings", 0)
    assert lack.has_no_tables
    assert [kind for kind, _ in lack.names] == [SNAPSHOTS.name]
    assert made(settings) == "Tables and models are ready."
    as_pages()
    monkeypatch.setattr(registry, "train_all", lambda *_: pytest.fail("a page trains"))
    assert making.rows_lack(settings, "settings", 0) is None
    assert making.is_there(lack, settings)
    data = load_data(settings, source="settings")
    assert marts.of(data).row_days.height
    own = registry.load_or_train(data, settings)
    assert own.key == registry.key(data, settings)
    assert registry.stands_in(data, settings) is None


def test_after_a_change_of_settings_the_models_trained_last_stand_in(settings, as_pages, monkeypatch):
    made(settings)
    as_pages()
    monkeypatch.setattr(registry, "train_all", lambda *_: pytest.fail("a page trains"))
    other = settings.model_copy(update={"models": settings.models.model_copy(update={"seed": 8})})
    data = load_data(other, source="settings")
    before = registry.key(data, settings)
    assert registry.bundle_key(data, other) == f"{registry.key(data, other)}-{before}"
    assert registry.load_or_train(data, other).key == registry.bundle_key(data, other)
    assert registry.stands_in(data, other).name == before
    lack = making.lack_of(data, other, "settings", 0)
    assert not lack.has_no_tables
    assert (MODELS.name, registry.key(data, other)) in lack.names
    monkeypatch.setattr(registry, "load_version", lambda *_: {}["no such part"])
    forget_all()
    with pytest.raises(NotMadeYetError, match="are being trained"):
        registry.load_or_train(data, other)


def test_without_any_model_there_is_none_to_stand_in(settings, as_pages):
    left_to_workers.leave([MODELS])
    data = load_data(settings, source="settings")
    with pytest.raises(NotMadeYetError, match="The models for this are being made"):
        registry.load_or_train(data, settings)
    lack = making.lack_of(data, settings, "settings", 0)
    assert [kind for kind, _ in lack.names] == [MODELS.name]


def test_a_worker_is_asked_once_and_says_why_it_cannot(store, settings):
    now = Clock()
    lack = making.Lack("settings", 0, ((MARTS.name, "m"), (ACCOUNTS.name, "a")), "m a")
    assert making.ask(store, lack, now()) == making.Work(has_worker=False)
    store.jobs.alive("w", "host", 1)
    job = store.jobs.claim("w", [making.KIND])
    assert job.payload == {"version": 0, "wanted": "m a"}
    store.jobs.note(job.id, "w", 0.4, "Training the models")
    assert making.ask(store, lack, now()) == making.Work(0.4, "Training the models")
    store.jobs.fail(job.id, "w", "The disk is full.")
    assert making.ask(store, lack, now()).failure == "The disk is full."
    making.again(store, lack)
    again = store.jobs.claim("w", [making.KIND])
    store.jobs.cancel(again.id)
    store.jobs.finish(again.id, "w")
    assert [j.kind for j in store.jobs.recent()] == [making.KIND] * 2


def test_work_that_workers_do_not_come_to_is_late_and_only_tables_are_then_made_here(store, settings):
    lack = making.Lack("settings", 2, ((SNAPSHOTS.name, "s"), (MODELS.name, "m")), "s m")
    store.jobs.alive("w", "host", 1)
    asked_at = store.jobs._clock()
    assert not making.ask(store, lack, asked_at).is_late
    assert making.ask(store, lack, asked_at + 2 * making.PATIENCE).is_late
    earlier = making.Lack("settings", 1, lack.names, "s m")
    assert making.ask(store, earlier, asked_at).is_late, "another version of it is made first"
    store.jobs.claim("w", [making.KIND])
    assert not making.ask(store, lack, asked_at + 2 * making.PATIENCE).is_late
    making.make_here(lack)
    assert left_to_workers.is_tried("s")
    assert not left_to_workers.is_tried("m")
    take_back()


def test_what_no_worker_could_make_is_tried_where_it_is_asked_for(store, settings, as_pages):
    as_pages()
    now = Clock()
    lack = making.Lack("settings", 0, ((ACCOUNTS.name, "a"),), "m a")
    making.ask(store, lack, now())
    job = store.jobs.claim("w", [making.KIND])
    store.jobs.finish(job.id, "w", "Tables and models are ready.")
    assert left_to_workers.is_left(ACCOUNTS, "a")
    assert making.ask(store, lack, now()) is None
    assert not left_to_workers.is_left(ACCOUNTS, "a")
    assert making.is_there(lack, settings)
    assert making.ask(store, lack, now() + making.AGAIN + timedelta(seconds=1)) == making.Work(has_worker=False)


def test_one_sessions_own_rows_are_made_where_they_are(settings, as_pages):
    data = load_data(settings, source="settings")
    as_pages()
    assert making.lack_of(replace(data, is_transient=True), settings, "", 0) is None
