"""A worker trains the models of one session's own data, which lie open nowhere; the session takes them over."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest

from core.artifacts import ACCOUNTS, LANDMARKS, MODELS, UPLOADS, forget_all, open_cache
from core.artifacts.session_files import SessionFiles
from core.config import load
from core.config.stages import fitted
from core.contracts.errors import NotMadeYetError, SourceError
from core.jobs import job_process
from core.jobs.worker import Worker
from core.models import registry
from core.models.customers import account_outlook
from core.preparing import session_models
from core.sealing.key_boxes import KeyPair, sealed
from core.sources import load_data
from core.store import Store
from tests.clocks import Clock
from tests.preparing.test_making import take_back
from tests.preparing.test_preparing import write


@pytest.fixture
def settings(tmp_path, monkeypatch):
    exports = tmp_path / "exports"
    exports.mkdir()
    write(exports, 3)
    monkeypatch.setattr(session_models, "FEW_DEALS", 2)
    yield load(environ={"QUARTERDECK_HOME": str(tmp_path / "home"), "QUARTERDECK_DATA": str(exports)})
    take_back()


@pytest.fixture
def upload(settings):
    return replace(load_data(settings), is_transient=True, home=None)


@pytest.fixture
def own(settings, upload):
    return fitted(settings, upload)


@pytest.fixture
def store(settings):
    opened = Store.open(settings.database, Clock())
    yield opened
    opened.close()


@pytest.fixture
def files(settings):
    return SessionFiles(open_cache(settings.home))


@pytest.fixture
def worker(settings, store):
    doer = Worker(settings, store.jobs, store.jobs._clock)
    doer._announce()
    return doer


def done(worker, store, settings):
    """Do the next job as the process of a worker does, its memory its own."""
    forget_all()
    take_back()
    job = store.jobs.claim(worker.name, worker._open_kinds())
    secret = worker._secret(job).decode()
    job_process.do(store.jobs, replace(job, payload={**job.payload, session_models.SECRET: secret}))
    forget_all()
    return store.jobs.get(job.id)


def test_a_worker_trains_them_and_the_session_takes_them(settings, own, upload, store, files, worker, monkeypatch):
    assert session_models.lacks(upload, own)
    order = session_models.ask(store, files, upload, own, store.jobs._clock())
    with pytest.raises(NotMadeYetError):
        registry.load_or_train(upload, own)
    monkeypatch.setattr(job_process, "load", lambda: settings)
    monkeypatch.setattr(job_process, "now", store.jobs._clock)
    assert session_models.progress(store, order).has_worker
    assert done(worker, store, settings).state == "done"
    assert session_models.progress(store, order) is None
    assert files.read(order.secret, session_models.ROWS, store.jobs._clock()) is None
    content = files.read(order.secret, session_models.MADE, store.jobs._clock())
    monkeypatch.setattr(registry, "train_all", None)
    assert session_models.take(content, upload, own)
    bundle = registry.load_or_train(upload, own)
    assert bundle.key == registry.key(upload, own)
    assert account_outlook.load_or_build(upload, own, bundle).key
    assert not session_models.lacks(upload, own)
    for kind in (MODELS, ACCOUNTS, LANDMARKS):
        assert open_cache(settings.home).entries(kind) == [], "nothing of it is kept but sealed"
    session_models.drop(files, order)
    assert open_cache(settings.home).entries(UPLOADS) == []


def test_what_other_code_or_settings_made_is_not_taken(settings, own, upload, store, files, worker, monkeypatch):
    order = session_models.ask(store, files, upload, own, store.jobs._clock())
    monkeypatch.setattr(job_process, "load", lambda: settings)
    monkeypatch.setattr(job_process, "now", store.jobs._clock)
    done(worker, store, settings)
    content = files.read(order.secret, session_models.MADE, store.jobs._clock())
    other = own.model_copy(update={"models": own.models.model_copy(update={"seed": 8})})
    assert not session_models.take(content, upload, other)


def test_neither_queue_nor_store_opens_the_rows(upload, own, store, files, worker):
    order = session_models.ask(store, files, upload, own, store.jobs._clock())
    job = store.jobs.get(order.job)
    assert order.secret not in str(job)
    assert worker._secret(job).decode() == order.secret
    stranger = Worker(worker.settings, store.jobs, store.jobs._clock)
    stranger.name = worker.name
    assert stranger._secret(job) == b""
    for file in worker.settings.home.rglob("*.sealed"):
        assert b"PAR1" not in file.read_bytes()


def test_without_a_worker_or_with_few_deals_they_are_made_here(upload, own, store, files, monkeypatch):
    assert session_models.ask(store, files, upload, own, store.jobs._clock()) is None
    assert not session_models.lacks(upload, own)
    assert registry.load_or_train(upload, own).key
    take_back()
    forget_all()
    monkeypatch.setattr(session_models, "FEW_DEALS", 3)
    assert not session_models.lacks(upload, own)


def test_what_the_session_left_is_not_gone_on_with(settings, upload, own, store, files, worker):
    order = session_models.ask(store, files, upload, own, store.jobs._clock())
    session_models.cancel(store, files, order)
    assert session_models.progress(store, order).failure == "Cancelled."
    with pytest.raises(SourceError, match="not there any more"):
        session_models.make(settings, order.secret, lambda share, text: None, store.jobs._clock)
    with pytest.raises(SourceError, match="not there any more"):
        session_models.make(settings, "", lambda share, text: None, store.jobs._clock)


def test_a_box_opens_for_nobody_else_and_not_when_changed():
    pair, other = KeyPair(), KeyPair()
    box = sealed(b"secret", pair.public)
    assert pair.opened(box) == b"secret"
    for owner, text in ((other, box), (pair, box[:-8] + "AAAAAAA="), (pair, ""), (pair, "AAAA")):
        with pytest.raises(SourceError, match="cannot be opened"):
            owner.opened(text)


def test_without_room_in_memory_a_folder_on_disk_serves(monkeypatch, tmp_path):
    monkeypatch.setattr(session_models, "IN_MEMORY", tmp_path / "none")
    with session_models._folder() as folder:
        (folder / "file").write_bytes(io.BytesIO(b"x").getvalue())
        assert folder.is_dir()
    assert not folder.exists()
