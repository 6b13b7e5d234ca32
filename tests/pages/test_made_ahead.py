"""A page whose process may not train shows what stands, says that a worker is at it, and opens when that is done."""

from __future__ import annotations

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from core.artifacts import SNAPSHOTS, forget_all, open_cache
from core.config import load
from core.preparing import making, session_models
from core.sealing.key_boxes import KeyPair
from core.sources import load_data
from core.store import Store
from pages.ui.kit import made_ahead, own_models
from tests.pages.test_data_states import write
from tests.pages.test_pages import ROOT
from tests.preparing.test_making import take_back


@pytest.fixture
def as_server(monkeypatch):
    """Let this process be the server `quarterdeck serve` starts."""

    def begin():
        monkeypatch.setenv("QUARTERDECK_PREPARE", "1")
        making.leave_to_workers(load())

    yield begin
    take_back()


def opened(page: str) -> AppTest:
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).switch_page(page).run()


def words(test: AppTest) -> str:
    return " ".join(element.value for kind in (test.markdown, test.info, test.warning, test.error) for element in kind)


def jobs(settings):
    store = Store.open(settings.database)
    try:
        return [(job.kind, job.subject) for job in store.jobs.recent()]
    finally:
        store.close()


def test_after_a_change_of_settings_a_page_shows_the_models_trained_last(
    small_settings, small_bundle, monkeypatch, tmp_path, as_server
):
    (tmp_path / "other.yaml").write_text("models: {seed: 8}\n", encoding="utf-8")
    monkeypatch.setenv("QUARTERDECK_CONFIG", str(tmp_path / "other.yaml"))
    monkeypatch.setenv("QUARTERDECK_HOME", str(small_settings.home))
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", f"sqlite:///{tmp_path / 'store.db'}")
    as_server()
    test = opened("pages/pipeline.py")
    assert not test.exception
    assert made_ahead.NO_WORKER in words(test)
    assert jobs(load()) == [(making.KIND, "settings")]
    assert "Shown: those of" in words(test)
    assert "being trained" not in words(test), "the models trained last stand in"


def test_a_server_that_shares_what_is_made_reads_nothing_itself(monkeypatch, tmp_path, as_server):
    exports = tmp_path / "exports"
    exports.mkdir()
    write(exports, 3)
    (tmp_path / "shared.yaml").write_text("replicas: {artifacts: database}\n", encoding="utf-8")
    for name, value in {
        "CONFIG": tmp_path / "shared.yaml",
        "HOME": tmp_path / "home",
        "DATABASE_URL": f"sqlite:///{tmp_path / 'store.db'}",
        "DATA": exports,
    }.items():
        monkeypatch.setenv(f"QUARTERDECK_{name}", str(value))
    as_server()
    test = opened("pages/data.py")
    assert not test.exception
    assert made_ahead.READING in words(test)
    assert jobs(load()) == [(making.KIND, "settings")]
    take_back()
    making.make(load(), "settings", 0, lambda share, text: None)
    forget_all()
    as_server()
    assert made_ahead.READING not in words(test.run())
    assert "3 rows in 8 tables" in words(test)


def test_a_server_of_its_own_lets_a_worker_read_where_one_is_there(monkeypatch, tmp_path, as_server):
    exports = tmp_path / "exports"
    exports.mkdir()
    write(exports, 3)
    for name, value in {
        "HOME": tmp_path / "home",
        "DATABASE_URL": f"sqlite:///{tmp_path / 'store.db'}",
        "DATA": exports,
    }.items():
        monkeypatch.setenv(f"QUARTERDECK_{name}", str(value))
    as_server()
    store = Store.open(load().database)
    store.jobs.alive("w1", "host", 1)
    test = opened("pages/data.py")
    assert not test.exception
    assert made_ahead.READING in words(test)
    assert made_ahead.NO_WORKER not in words(test)
    assert jobs(load()) == [(making.KIND, "settings")]
    assert open_cache(load().home).entries(SNAPSHOTS) == [], "the page read nothing"
    store.jobs.gone("w1")
    store.close()
    assert "3 rows in 8 tables" in words(test.run()), "without a worker it reads, as ever"
    assert made_ahead.READING not in words(test)


def test_models_of_an_upload_are_left_to_a_worker_and_without_one_trained_here(monkeypatch, tmp_path, as_server):
    exports = tmp_path / "exports"
    exports.mkdir()
    write(exports, 3)
    for name, value in {"HOME": tmp_path / "home", "DATABASE_URL": f"sqlite:///{tmp_path / 'store.db'}"}.items():
        monkeypatch.setenv(f"QUARTERDECK_{name}", str(value))
    monkeypatch.setattr(session_models, "FEW_DEALS", 2)
    settings = load()
    upload = load_data(load(environ={"QUARTERDECK_HOME": str(tmp_path / "other"), "QUARTERDECK_DATA": str(exports)}))
    as_server()
    store = Store.open(settings.database)
    store.jobs.alive("w1", "host", 1, KeyPair().public)
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).switch_page("pages/models.py")
    test.session_state["uploaded_data"] = replace(upload, is_transient=True, home=None)
    test.run()
    assert not test.exception
    assert "Models of your own data are being trained (0 %)." in words(test)
    assert [kind for kind, _ in jobs(settings)] == [session_models.KIND]
    store.jobs.cancel(store.jobs.recent()[0].id)
    assert "being trained" not in words(test.run()), "what no worker made is tried here"
    take_back()
    forget_all()
    as_server()
    store.jobs.gone("w1")
    store.close()
    test.run()
    assert own_models.NO_WORKER in words(test)
