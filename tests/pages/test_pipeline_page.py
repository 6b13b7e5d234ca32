"""The Pipeline page's chosen deal: supposing, deciding, and whether its reasons hold."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from core.contracts import Dataset
from core.explain import stability
from core.metrics import risk
from tests.pages.test_pages import home, nothing, said

__all__ = ["home"]
ROOT = Path(__file__).resolve().parents[2]


def opened(**state) -> AppTest:
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=200)
    for name, value in state.items():
        test.session_state[name] = value
    return test.switch_page("pages/pipeline.py").run()


@pytest.fixture(scope="module")
def one(sample, settings):
    return risk.at_risk(sample, settings).leading["opportunity_id"][0]


def test_a_slider_moves_the_deals_chance_and_back_again(one):
    test = opened()
    assert not test.exception
    before = said(test)
    slider = test.slider(key=f"if-{one}-n_meetings_30d")
    now = slider.value
    moved = slider.set_value(now + 3).run()
    assert not moved.exception
    assert said(moved) != before
    assert any(c.value.startswith("This changes too: ") for c in moved.caption)
    moved = moved.select_slider(key=f"if-{one}-stage_rank").set_value("Prospecting").run()
    assert said(moved.button(key="if-back").click().run()) == before


def notes(test: AppTest) -> str:
    return " ".join(c.value for c in test.caption)


def test_an_action_for_a_deal_is_decided_on_and_kept(one):
    test = opened()
    assert "All deals: Nothing has been decided yet." in notes(test)
    test.text_input(key=f"decide_who_{one}_{test.selectbox(key=f'decide_action_{one}').value}").set_value("Ada")
    test.button(key="decide-assign").click().run()
    assert not test.exception
    assert "All deals: 1 assigned or snoozed, 0 done." in notes(opened())


def test_under_hidden_names_nothing_is_decided_on_a_deal():
    test = opened(hide_names=True)
    assert not test.exception
    assert "Show names to decide on actions." in notes(test)
    assert "similar past deals" in said(test)


def test_a_role_that_only_reads_decides_nothing(monkeypatch):
    monkeypatch.setattr("pages.ui.kit.shell.Page.may", lambda page, right: not right.endswith(":write"))
    test = opened()
    assert not test.exception
    assert "can read decisions but not make them." in notes(test)
    assert not [b for b in test.button if str(b.key).startswith("decide-")]


def test_the_model_is_learnt_again_when_asked(monkeypatch):
    monkeypatch.setattr(stability.deal, "__defaults__", (2, 500))
    test = opened()
    before = said(test)
    assert "Re-tested" not in before
    test.toggle(key="steady_deal").set_value(True).run()
    assert not test.exception
    assert "Re-tested 2 times on different samples of 500 past deals" in said(test)
    assert any(c.value.startswith("Each test used 500 of ") for c in test.caption)


def one_deal(sample) -> Dataset:
    """A company with one open deal, its history, and nothing else."""
    deal = sample.opportunities.filter(~pl.col("is_closed")).head(1)
    mine = {"opportunity_id": deal["opportunity_id"].implode()}
    history = sample.frame("opportunity_history").filter(pl.col("opportunity_id").is_in(mine["opportunity_id"]))
    return nothing().with_frames(
        opportunities=deal.with_columns(n_contacts=1), opportunity_history=history, accounts=sample.accounts
    )


def test_one_deal_without_a_past_is_told_in_sentences(sample):
    test = opened(uploaded_data=one_deal(sample))
    assert not test.exception
    warned = " ".join(w.value for w in test.warning)
    assert "too few past outcomes" in warned
    assert "Not available, for the reason given under" in notes(test)
    assert not [s for s in test.slider if str(s.key).startswith("if-")]
