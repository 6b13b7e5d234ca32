"""The customers page: every view on the sample, on nothing and on hostile data; one account by its address."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core import explain, metrics
from pages.ui.customers import account_choice, table_columns
from tests.pages.test_pages import home, hostile, nothing, said

__all__ = ["home"]
ROOT = Path(__file__).resolve().parents[2]
UNUSUAL = "take the number with care"  # In a company of 240 accounts many an account has hardly any like it.
SHORT = "The history is too short to check health scores."  # Too few left the small company.


@pytest.fixture(scope="module")
def at_risk(sample, settings, bundle):
    """The account with the most revenue at risk."""
    return explain.customers.churn_list(sample, settings, bundle).frame["account_id"][0]


def opened(view=None, data=None, **address) -> AppTest:
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=200)
    if data is not None:
        test.session_state["uploaded_data"] = data
    for name, value in address.items():
        test.query_params[name] = value
    if view:
        test.session_state[account_choice.VIEW] = view
    return test.switch_page("pages/customers.py").run()


@pytest.mark.parametrize("view", account_choice.VIEWS)
def test_every_view_on_the_sample(view):
    test = opened(view)
    assert not test.exception
    expected = (UNUSUAL, SHORT) if view == "Health score check" else (UNUSUAL,)
    assert [w.value for w in test.warning if not any(text in w.value for text in expected)] == []
    assert len(test.subheader) >= (1 if view == "Health score check" else 2)


@pytest.mark.parametrize("view", account_choice.VIEWS)
def test_every_view_on_nothing(view):
    test = opened(view, nothing())
    assert not test.exception


@pytest.mark.parametrize("view", account_choice.VIEWS)
def test_every_view_on_hostile_data(view, sample):
    test = opened(view, hostile(sample))
    assert not test.exception


def test_an_account_opens_by_its_address(sample, settings, bundle, customers, at_risk):
    test = opened(account=at_risk)
    assert not test.exception
    assert test.session_state[account_choice.VIEW] == account_choice.ONE
    assert metrics.engagement.account(sample, settings, at_risk).sentence() in said(test).replace("**", "")
    advice = explain.actions.account_actions.recommend(sample, settings, bundle, customers, at_risk)
    assert advice.sentence() in said(test)


def test_an_account_that_is_not_there_is_a_sentence():
    test = opened(account="<b>🚀</b>")
    assert not test.exception
    assert any("There is no account" in w.value for w in test.warning)


@pytest.fixture(scope="module")
def likely(sample, settings, bundle):
    """The account most likely to leave: where a renewal is near, the signs count."""
    frame = explain.customers.churn_list(sample, settings, bundle).frame
    return frame.sort("p_churn", descending=True)["account_id"][0]


def test_a_slider_moves_the_chance_and_back_again(likely):
    test = opened(account=likely)
    before = said(test)
    slider = test.slider(key=f"if-{likely}-recent_tickets")
    now = slider.value
    moved = slider.set_value(now + 4 if now < 4 else 0.0).run()
    assert not moved.exception
    assert said(moved) != before
    assert said(moved.slider(key=f"if-{likely}-recent_tickets").set_value(now).run()) == before


def test_the_base_of_the_cohorts_moves():
    test = opened("Retention")
    before = said(test)
    moved = test.slider(key="cohort_base").set_value(6).run()
    assert not moved.exception
    assert "A year after month 6" in said(moved)
    assert said(moved.slider(key="cohort_base").set_value(0).run()) == before


def test_a_click_opens_the_account():
    script = """
from types import SimpleNamespace
import streamlit as st
from pages.ui.customers import account_choice
st.session_state["rows"] = SimpleNamespace(selection=SimpleNamespace(rows=[1]))
account_choice._opened("rows", ["A1", "A2"])
st.write(account_choice.view(), st.query_params["account"])
"""
    test = AppTest.from_string(script, default_timeout=120).run()
    assert not test.exception
    assert test.session_state[account_choice.CHOSEN] == "A2"
    assert "Account A2" in said(test)


def test_bands_are_counted_with_their_money(sample, settings, bundle, customers):
    text = table_columns.bands(explain.accounts.listed(sample, settings, bundle, customers).frame)
    assert text.startswith("Today ")
    assert "of MRR" in text


def test_an_action_is_decided_on_and_kept(at_risk):
    test = opened(account=at_risk)
    assert "Nothing has been decided yet." in " ".join(c.value for c in test.caption)
    test.selectbox(key="decide_action").set_value("Get in touch").run()
    test.button(key="decide-assign").click().run()
    assert not test.exception
    assert "1 assigned or snoozed" in " ".join(c.value for c in test.caption)
    again = opened(account=at_risk)
    assert "1 assigned or snoozed" in " ".join(c.value for c in again.caption)


def test_under_hidden_names_nothing_is_decided():
    test = opened(account_choice.ONE)
    test.toggle(key="hide_names").set_value(True).run()
    assert not test.exception
    assert "Show names to decide on actions." in " ".join(c.value for c in test.caption)
