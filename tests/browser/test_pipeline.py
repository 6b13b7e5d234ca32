"""The Pipeline page: a deal supposed to stand otherwise."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from core.explain.counterfactual import deals
from core.metrics import risk
from tests.browser.steps import whole

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def test_a_slider_of_a_deal_moves_its_chance(url, page, sample, settings, bundle, landmarks):
    one = risk.at_risk(sample, settings).leading["opportunity_id"][0]
    now = next(f.now for f in deals.fields(sample, settings, bundle, landmarks, one) if f.name == "n_meetings_30d")
    moved = deals.suppose(sample, settings, bundle, landmarks, one, (("n_meetings_30d", now + 2),))
    page.goto(f"{url}/pipeline")
    whole(page)
    slider = page.get_by_role("slider", name="Meetings in the last 30 days")
    slider.press("ArrowRight")
    slider.press("ArrowRight")
    expect(page.get_by_text(moved.sentence())).to_be_visible(timeout=30_000)
    expect(page.get_by_text(moved.along)).to_be_visible()
    page.get_by_role("button", name="Reset").click()
    still = deals.suppose(sample, settings, bundle, landmarks, one)
    expect(page.get_by_text(still.sentence())).to_be_visible(timeout=30_000)
