"""Competitors in Chromium: one is looked at closer, split otherwise, opened by a link, and its deals are downloaded."""

from __future__ import annotations

import csv
import io

import pytest
from playwright.sync_api import expect

from core.metrics import competitor_losses, competitor_splits, competitors
from tests.browser.steps import LONG, choose, quiet, whole

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]


def test_a_competitor_is_looked_at_closer_and_its_deals_are_downloaded(url, page, browser, sample, settings):
    name = competitors.names(sample, settings)[0]
    page.goto(f"{url}/competitors")
    whole(page)
    expect(page.get_by_text(competitors.record(sample, settings).sentence())).to_be_visible()
    choose(page, page.get_by_role("combobox", name="Look closer at"), name)
    trend = competitor_splits.trend(sample, settings, name).sentence()
    expect(page.get_by_text(trend)).to_be_visible(timeout=LONG)
    expect(page.get_by_text(competitor_losses.reasons(sample, settings, name).sentence())).to_be_visible()
    page.get_by_role("radio", name="Region").click()
    expect(page.get_by_text(competitor_splits.parts(sample, settings, name, "region").sentence())).to_be_visible(
        timeout=LONG
    )
    against = competitors.deals_against(sample, settings, name)
    expect(page.get_by_text(against.sentence())).to_be_visible()
    other = browser.new_page()
    other.goto(page.url)
    expect(other.get_by_text(trend)).to_be_visible(timeout=LONG)
    other.close()
    cell = page.get_by_test_id("stVerticalBlock").filter(has=page.get_by_text(against.sentence())).last
    cell.get_by_role("button", name="Calculation").click()
    quiet(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Records as CSV").click()
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text(encoding="utf-8-sig"))))
    assert len(rows) == against.frame.height > 0
