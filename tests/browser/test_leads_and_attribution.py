"""In a browser: other touches are credited otherwise, and the list of leads is as long as the team can work."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from core.metrics import channel_credit
from core.models import leads
from tests.browser import default_company
from tests.browser.steps import whole

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]
# What is looked for is planted in the default company.
bundle, sample = default_company.bundle, default_company.sample
settings, url = default_company.settings, default_company.url


def test_other_touches_are_credited_otherwise_and_the_list_follows_the_room(url, page, sample, settings):
    campaigns, both = (channel_credit.by_model(sample, settings, touches) for touches in ("campaigns", "both"))
    assert campaigns.sentence() != both.sentence()
    page.goto(f"{url}/attribution")
    whole(page)
    expect(page.get_by_text(campaigns.sentence())).to_be_visible(timeout=60_000)
    page.get_by_role("radio", name="Both").click()
    expect(page.get_by_text(both.sentence())).to_be_visible(timeout=60_000)
    scored = leads.scores(sample, settings)
    page.goto(f"{url}/leads")
    whole(page)
    expect(page.get_by_text(leads.work_list(scored, 40).sentence())).to_be_visible(timeout=60_000)
    room = page.get_by_role("spinbutton", name="Leads the team can work")
    room.fill("7")
    room.press("Enter")
    expect(page.get_by_text(leads.work_list(scored, 7).sentence())).to_be_visible(timeout=60_000)
