"""In a browser: what courses and documents go with, and another goal of new reps."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from core.metrics import content_effect, course_record, ramp_up, training_effect
from tests.browser import default_company
from tests.browser.steps import whole

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]
# What is looked for is planted in the default company.
bundle, sample = default_company.bundle, default_company.sample
settings, url = default_company.settings, default_company.url


def test_the_planted_course_and_documents_are_said_and_the_goal_counts(url, page, sample, settings):
    effect = training_effect.win_rate(sample, settings)
    content = content_effect.by_content(sample, settings)
    assert effect.frame.filter("is_sure")["course"].to_list() == ["Discovery workshop"]
    assert set(content.frame.filter("is_sure")["content"]) == {"Value calculator", "Customer story"}
    page.goto(f"{url}/enablement")
    whole(page)
    for measure in (course_record.by_course(sample, settings), effect, ramp_up.by_course(sample, settings), content):
        expect(page.get_by_text(measure.sentence())).to_be_visible(timeout=60_000)
    page.get_by_role("radio", name="First quota").click()
    target = ramp_up.by_course(sample, settings, ramp_up.TARGET)
    expect(page.get_by_text(target.sentence())).to_be_visible(timeout=60_000)
    page.get_by_text("Person by person").click()
    expect(page.get_by_text("Not on the sales team (")).to_be_visible()
