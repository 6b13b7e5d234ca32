"""A page whose process may not train shows what stands, says that a worker is at it, and opens when that is done."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from core.artifacts import forget_all
from core.config import load
from core.preparing import making
from core.store import Store
from pages.ui.kit import made_ahead
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
