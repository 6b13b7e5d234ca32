"""While changed data are prepared, pages show the state before and say so; then they show the new one."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from core.artifacts import forget_all
from core.config import load
from core.jobs import job_process
from core.preparing import preparation, states
from core.sources import loading
from core.store import Store
from core.store.jobs import DONE
from pages.ui.kit import cache, data_states
from tests.pages.test_pages import ROOT

HEAD = "opportunity_id,opportunity_name,stage,amount,created_on,close_on\n"
PREPARING, FAILED = "New data are being prepared", "The new data could not be prepared"


def write(folder, n, age=60, stage="Discovery"):
    """Write deals into the exports, as if it had been done some seconds ago."""
    rows = "".join(f"{k},Deal {k},{stage},{k * 10},2026-01-02,2026-05-01\n" for k in range(1, n + 1))
    file = folder / "deals.csv"
    file.write_text(HEAD + rows, encoding="utf-8")
    moment = file.stat().st_mtime - age
    os.utime(file, (moment, moment))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    forget_all()
    exports = tmp_path / "exports"
    exports.mkdir()
    write(exports, 3)
    monkeypatch.setenv("QUARTERDECK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", f"sqlite:///{tmp_path / 'store.db'}")
    monkeypatch.setenv("QUARTERDECK_DATA", str(exports))
    monkeypatch.setenv(preparation.WANTED, "1")
    monkeypatch.setattr(data_states, "LOOK_SECONDS", 0.0)
    yield exports
    forget_all()


@pytest.fixture
def queue(folder):
    store = Store.open(load().database)
    yield store.jobs
    store.close()


def n_asked(queue):
    return len(queue.recent())


def prepare(queue):
    """Do what a worker would do, but for models, which three deals give none of; say whether the data can be shown."""
    job = queue.claim("w1", [preparation.KIND])
    job_process.do(queue, job)
    return queue.get(job.id).state == DONE


def deals(settings):
    return cache.data(settings).opportunities.height


def test_the_first_opening_reads_what_there_is(folder, queue):
    settings = load()
    assert deals(settings) == 3
    assert cache.served(settings).waiting is None
    assert n_asked(queue) == 0


def test_the_last_state_is_shown_until_the_new_one_is_ready(folder, queue):
    settings = load()
    before = cache.data(settings)
    write(folder, 5)
    shown = cache.served(settings)
    assert shown.waiting is not None
    assert shown.waiting.as_of == before.as_of
    assert cache.data(settings) is before
    assert n_asked(queue) == 1
    forget_all()  # As after a start of the server: the rows come from their snapshot.
    assert deals(settings) == 3
    assert cache.data(settings).fingerprint == before.fingerprint
    assert prepare(queue)
    assert cache.served(settings).waiting is None
    assert deals(settings) == 5
    assert n_asked(queue) == 1


def test_files_that_are_being_written_are_left_alone(folder, queue):
    settings = load()
    deals(settings)
    write(folder, 4, age=0)
    assert cache.served(settings).waiting is None
    write(folder, 5, age=0)
    assert cache.served(settings).waiting is None
    assert cache.served(settings).waiting is not None
    assert n_asked(queue) == 1


def test_a_source_is_looked_at_every_few_seconds_alone(folder, queue, monkeypatch):
    settings = load()
    deals(settings)
    monkeypatch.setattr(data_states, "LOOK_SECONDS", 60.0)
    write(folder, 5)
    assert cache.served(settings).waiting is None


def test_rows_of_the_last_state_that_cannot_be_read_give_way_to_the_new(folder, queue, monkeypatch):
    settings = load()
    deals(settings)
    write(folder, 5)
    monkeypatch.setattr("core.sources.snapshot.kept", lambda *_: None)
    forget_all()
    assert deals(settings) == 5
    assert cache.served(settings).waiting is None


def test_without_a_server_that_asks_for_it_nothing_is_prepared_beside(folder, queue, monkeypatch):
    monkeypatch.setenv(preparation.WANTED, "0")
    settings = load()
    deals(settings)
    write(folder, 5)
    assert cache.served(settings) == data_states.Served("settings", 0)
    assert n_asked(queue) == 0


def opened():
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).switch_page("pages/data.py").run()


def said(test):
    return " ".join(m.value for m in test.markdown)


@pytest.mark.parametrize("stage", ["Discovery", "A stage of its own"])
def test_the_page_says_what_it_shows_and_then_shows_the_new(folder, queue, stage):
    write(folder, 3, stage=stage)
    assert PREPARING not in said(opened())
    write(folder, 5, stage=stage)
    test = opened()
    assert f"{PREPARING}; shown: as of" in said(test)
    assert not test.exception
    assert "Deal 5" not in str(cache.data(load()).opportunities["opportunity_name"].to_list())
    assert prepare(queue)
    test.run()
    assert PREPARING not in said(test)
    assert deals(load()) == 5


def test_the_page_says_why_new_data_cannot_be_prepared_and_tries_again(folder, queue):
    opened()
    (folder / "deals.csv").write_text("nothing,of,use\n", encoding="utf-8")
    os.utime(folder / "deals.csv", (0, 0))
    opened()
    assert not prepare(queue)
    test = opened()
    assert FAILED in said(test)
    assert "deals.csv" in said(test).replace("\\", "")
    assert n_asked(queue) == 1
    test.button(key="prepare_again").click().run()
    assert n_asked(queue) == 2
    assert PREPARING in said(test)


def test_the_page_says_that_no_worker_is_there(folder, queue, monkeypatch):
    opened()
    write(folder, 5)
    assert f"{PREPARING}; shown: as of" in said(opened())
    monkeypatch.setattr("pages.ui.kit.data_notice.PATIENCE", timedelta(0))
    assert "New data wait, for no worker is running; shown: as of" in said(opened())
    queue.alive("w1", "host", 1)
    assert f"{PREPARING}; shown: as of" in said(opened())


def test_whoever_may_not_change_data_is_not_told_the_reason(folder, queue, monkeypatch):
    opened()
    write(folder, 5)
    settings = load()
    states.give_up(settings, "settings", loading.state_of(settings, "settings").name, "secret.csv is broken.")
    monkeypatch.setattr("pages.ui.kit.data_notice.can", lambda *_: False)
    test = opened()
    assert FAILED in said(test)
    assert "secret" not in said(test)
    assert not [b for b in test.button if b.key == "prepare_again"]
