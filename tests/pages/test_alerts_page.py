"""The alerts page: an alert is made in plain words, what was told is listed, ways are set up and tried."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from streamlit.testing.v1 import AppTest

from core.alerts import comparing, delivering, desk
from core.alerts.sight import Sight
from core.store import Store
from core.store.alert_ledger import Changes
from tests.pages.test_pages import ROOT


@pytest.fixture
def store(settings, sample, monkeypatch, tmp_path):
    monkeypatch.setenv("QUARTERDECK_HOME", str(settings.home))
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", f"sqlite:///{tmp_path / 'store.db'}")
    monkeypatch.setenv("QUARTERDECK_DELIVERY_HOSTS", "localhost")
    opened = Store.open(f"sqlite:///{tmp_path / 'store.db'}")
    yield opened
    opened.close()


def open_page(**asked):
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    for name, value in asked.items():
        test.query_params[name] = value
    return test.switch_page("pages/alerts.py").run()


def words(test):
    return " ".join(e.value for kind in (test.markdown, test.success, test.error, test.caption) for e in kind)


def test_an_alert_is_made_stopped_and_deleted(store):
    test = open_page(region="EMEA")
    assert not test.exception
    assert "You have no alert yet." in words(test)
    test.selectbox("alert_kind").select("threshold").run()
    test.selectbox("alert_measure").select("win_rate")
    test.selectbox("alert_side").select("below")
    test.number_input("alert_limit_threshold").set_value(40.0)
    test.button("alert_make").click().run()
    assert "is made" in words(test)
    (rule,) = desk.rules(store, "local")
    assert (rule.sentence(), rule.scope) == ("Win rate below 40 %", "region=EMEA")
    test.button("alert_switch").click().run()
    assert not desk.rules(store, "local")[0].is_on
    test.button("alert_delete").click().run()
    assert desk.rules(store, "local") == []
    test.selectbox("alert_kind").select("slipped").run()
    test.selectbox("alert_who").select("list").run()
    test.button("alert_make").click().run()
    assert "Name at least one person" in words(test)


def test_what_was_told_is_taken_care_of_and_snoozed(store):
    rule = desk.save_rule(store, comparing.Rule("local", "Slips", "slipped"))
    store.alert_ledger.take_lease("alerts", "t", 60)
    rows = [
        comparing.added(rule, "local", False, Sight(name, "2026", f"{name} slipped.", "/deal?id=1"), datetime.now(UTC))
        for name in ("Harbour", "Lantern")
    ]
    store.alert_ledger.apply(Changes(new=rows), "t", "alerts")
    test = open_page()
    assert "2 are still open" in words(test)
    test.button("alert_take").click().run()
    test.button("alert_snooze").click().run()
    states = {
        entry.acknowledged_at is not None and entry.snoozed_until is not None for entry in store.alert_ledger.entries()
    }
    assert True in states
    assert "1 is still open" in words(test)
    hidden = open_page(names="hidden")
    tables = [str(frame.value.to_dict()) for frame in hidden.dataframe]
    assert not [text for text in tables if "Harbour" in text]


def test_a_way_is_set_up_tried_and_deleted_and_habits_are_saved(store):
    test = open_page()
    test.selectbox("alert_way_kind").select("webhook").run()
    test.text_input("alert_way_target_webhook").set_value("http://localhost:9/hook")
    test.button("alert_way_make").click().run()
    assert [code.value[:6] for code in test.code if code.value.startswith("whsec_")] == ["whsec_"]
    test.button("alert_way_test").click().run()
    assert "did not arrive" in words(test)
    (row,) = store.deliveries.recent()
    test.button("alert_again").click().run()
    assert store.deliveries.get(row.id).state == "waiting"
    test.button("alert_way_delete").click().run()
    assert store.alert_ways.list() == []
    next(box for box in test.checkbox if box.label == "Nothing on weekends").check()
    next(button for button in test.button if button.label == "Save").click().run()
    assert desk.habits(store, "local").is_weekend_quiet
    next(box for box in test.text_input if box.label == "Address of this app in messages").set_value(
        "https://a.example"
    )
    next(button for button in test.button if button.label == "Save the address").click().run()
    assert delivering.site_of(store) == "https://a.example"
