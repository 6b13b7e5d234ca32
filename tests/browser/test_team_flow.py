"""The flow of a team by the hierarchy of then and of now; in the default company a rep changed teams."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest
from playwright.sync_api import expect

from core.metrics import flow
from tests.browser import default_company, steps
from tests.browser.steps import whole

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]
bundle, sample = default_company.bundle, default_company.sample
settings, url = default_company.settings, default_company.url


def choose(view, label, name):
    """Choose from a list once the page stands still, by typing."""
    steps.choose(view, view.get_by_role("combobox", name=label, exact=True), name, typed=True)


def write_day(view, end, day):
    """Type a day into one end of the own dates, part by part."""
    for part in ("year", "month", "day"):
        box = view.get_by_role("spinbutton", name=f"{part}, From (end of day), to (end of day) {end} date")
        box.press_sequentially(f"{getattr(day, part):02d}")


def reorganised(sample):
    """Return a team a rep left for another one, and a span of days with that day in it."""
    left = sample.sales_team.sort("valid_from").with_columns(to=pl.col("team").shift(-1).over("rep_id"))
    moved = left.filter(pl.col("to") != pl.col("team")).row(-1, named=True)
    return moved["team"], (moved["valid_to"] - timedelta(days=30), moved["valid_to"] + timedelta(days=90))


def test_the_flow_of_a_team_by_the_hierarchy_of_then_and_of_now(url, page, sample, settings):
    team, days = reorganised(sample)
    span = (*(day.isoformat() for day in days), "team", team, "this quarter")
    then, now = (flow.flow(sample, settings, *span, hierarchy) for hierarchy in ("then", "now"))
    assert then.amount("Transferred out") != now.amount("Transferred out"), "a rep came into this team or left it"
    page.goto(f"{url}/pipeline")
    whole(page)
    choose(page, "Days", "Custom dates")
    for end, day in zip(("start", "end"), days, strict=True):
        write_day(page, end, day)
    page.keyboard.press("Enter")
    choose(page, "Whose deals", "Team")
    choose(page, "Team", team)
    expect(page.get_by_text(then.check())).to_be_visible(timeout=30_000)
    page.get_by_role("radio", name="Today's teams").click()
    expect(page.get_by_text(now.check())).to_be_visible(timeout=30_000)
    expect(page.get_by_text(now.sentence())).to_be_visible()
    expect(page.get_by_text(then.check())).to_have_count(0)
    page.get_by_role("radio", name="Teams at the time").click()
    expect(page.get_by_text(then.check())).to_be_visible(timeout=30_000)
