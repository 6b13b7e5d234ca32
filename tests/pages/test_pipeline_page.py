"""The Pipeline page's chosen deal: supposing, deciding, and whether its reasons hold."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.metrics import risk
from tests.pages.test_pages import home, said

__all__ = ["home"]
ROOT = Path(__file__).resolve().parents[2]


def opened(data=None) -> AppTest:
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=200)
    if data is not None:
        test.session_state["uploaded_data"] = data
    return test.run().switch_page("pages/pipeline.py").run()


@pytest.fixture(scope="module")
def one(sample, settings):
    return risk.at_risk(sample, settings).frame["opportunity_id"][0]


def test_a_slider_moves_the_deals_chance_and_back_again(one):
    test = opened()
    assert not test.warning
    before = said(test)
    slider = test.slider(key=f"if-{one}-n_meetings_30d")
    now = slider.value
    moved = slider.set_value(now + 3).run()
    assert not moved.exception
    assert said(moved) != before
    assert any(c.value.startswith("Moving along: ") for c in moved.caption)
    moved = moved.select_slider(key=f"if-{one}-stage_rank").set_value("Prospecting").run()
    assert said(moved.button(key="if-back").click().run()) == before
