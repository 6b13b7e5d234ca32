"""Confirming and correcting matches on the requirements page, as a person does."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.store import Store

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def url(settings, sample, bundle, monkeypatch, tmp_path):
    where = f"sqlite:///{tmp_path / 'store.db'}"
    monkeypatch.setenv("QUARTERDECK_HOME", str(settings.home))
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", where)
    return where


def said(test):
    return " ".join(m.value for m in test.markdown)


def test_what_is_confirmed_and_corrected_comes_back(url):
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=180)
    test.switch_page("pages/requirements.py").run()
    assert not test.exception
    assert "None of these rows was answered before" in said(test)
    row = test.selectbox(key="match_row_0")
    place = row.value
    test.radio(key=f"match_choice_{place}").set_value("None of our capabilities")
    test.text_area(key=f"match_answer_{place}").set_value("We do not offer this.")
    next(b for b in test.button if b.label == "Save this answer").click().run()
    assert not test.exception
    assert "1 of 60 rows was answered before; 1 is filled in from then." in said(test)
    test.button(key="match_all").click().run()
    assert not test.exception
    opened = Store.open(url)
    rows = opened.answers.frame()
    opened.close()
    corrected = rows.filter(rows["kind"] == "corrected")
    assert corrected["answer"].to_list() == ["We do not offer this."]
    assert corrected["capability_id"].to_list() == [None]
    assert corrected["chance"].null_count() == 0
    likely = rows.filter(rows["kind"] == "likely")
    assert likely.height > 20
    assert likely["chance"].null_count() == likely.height
    assert rows.filter(rows["kind"] == "confirmed").is_empty()


def test_what_was_confirmed_wrongly_is_taken_back(url):
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=180)
    test.switch_page("pages/requirements.py").run()
    place = test.selectbox(key="match_row_0").value
    test.radio(key=f"match_choice_{place}").set_value("None of our capabilities")
    next(b for b in test.button if b.label == "Save this answer").click().run()
    assert "1 of 60 rows was answered before" in said(test)
    chosen = test.multiselect(key="withdraw_1")
    chosen.set_value([chosen.options[0]] if chosen.options[0].startswith("answer") else chosen.options[:1]).run()
    test.button(key="withdraw_go").click().run()
    assert not test.exception
    assert "None of these rows was answered before" in said(test)
    opened = Store.open(url)
    assert opened.answers.frame().is_empty()
    opened.close()
