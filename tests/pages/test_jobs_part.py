"""Background work on the Data page: it is listed, ended, and asked for again."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from core.config import load
from core.store import Store
from core.store.jobs import CANCELLED
from tests.pages.test_pages import ROOT


@pytest.fixture
def queue(small_settings, small, monkeypatch, tmp_path):
    monkeypatch.setenv("QUARTERDECK_HOME", str(small_settings.home))
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", f"sqlite:///{tmp_path / 'store.db'}")
    store = Store.open(load().database)
    yield store.jobs
    store.close()


def opened():
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).switch_page("pages/data.py").run()


def listed(test):
    (table,) = [frame.value for frame in test.dataframe if "message" in frame.value.columns]
    return table


def test_work_is_listed_ended_and_asked_for_again(queue):
    test = opened()
    assert any("No worker is running" in m.value for m in test.markdown)
    queue.alive("w1", "host", 1)
    job = queue.ask("sync", "CRM", by="ana@example.com")
    queue.ask("replay", "forecast history")
    queue.claim("w1", ["replay"])
    test.run()
    assert any("One worker is there: 1 running, 1 waiting." in m.value for m in test.markdown)
    table = listed(test)
    assert table["what"].to_list() == ["Forecast history", "Sync"]
    assert table["state"].to_list() == ["running", "waiting"]
    assert "ana@example.com" in table["asked_by"].to_list()
    test.selectbox(key="job_chosen").set_value(job.id).run()
    test.button(key="job_cancel").click().run()
    assert not test.exception
    assert queue.get(job.id).state == CANCELLED
    test.selectbox(key="job_chosen").set_value(job.id).run()
    test.button(key="job_again").click().run()
    assert queue.active("sync", "CRM").id != job.id
    trail = Store.open(load().database).audit.newest()["action"].to_list()
    assert trail == ["asked for work again", "cancelled work"]


def test_whoever_may_not_change_data_sees_it_alone(queue, monkeypatch):
    queue.ask("sync", "CRM")
    monkeypatch.setattr("pages.ui.kit.shell.Page.may", lambda _, right: right != "data:write")
    test = opened()
    assert listed(test)["state"].to_list() == ["waiting"]
    assert not [b for b in test.button if b.key in ("job_cancel", "job_again")]
    assert any("ended and tried again by whoever" in c.value for c in test.caption)
