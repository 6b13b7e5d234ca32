"""The page on plans and pay: statements add up, an exception is asked for and approved."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from core.store import Store
from tests.pages.test_pages import ROOT


@pytest.fixture
def place(settings, sample, bundle, monkeypatch, tmp_path):
    url = f"sqlite:///{tmp_path / 'store.db'}"
    monkeypatch.setenv("QUARTERDECK_HOME", str(settings.home))
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", url)
    return url


def words(page):
    return " ".join(e.value for e in page.markdown)


def test_statements_add_up_and_an_exception_is_approved(place):
    page = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).switch_page("pages/pay.py").run()
    assert not page.exception
    assert "the lines add up to it to the cent." in words(page)
    assert "chance of quota runs from" in words(page)
    assert "are expected to cost" in words(page)
    page.number_input(key="pay_exception_sum").set_value(250.0)
    page.text_input(key="pay_exception_reason").set_value("Trade fair")
    page.button(key="FormSubmitter:pay_exception-Ask").click().run()
    assert not page.exception
    page.button(key="FormSubmitter:pay_decision-Approve").click().run()
    assert not page.exception
    assert "USD 250.00 approved, 0 waiting." in words(page).replace("\\", "")
    store = Store.open(place)
    log = store.audit.newest(5)["action"].to_list()
    store.close()
    assert log.count("exception to pay saved") == 2
