"""In a browser: a mailbox is taken in on the Data page, a deal's people are shown, and a person is forgotten."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from core.interactions import contact_breadth, interaction_view, quiet_deals
from core.store import Store
from tests.browser import default_company
from tests.browser.steps import whole
from tests.interactions.conftest import mail

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]
# What is looked for is planted in the default company.
bundle, sample = default_company.bundle, default_company.sample
settings, url = default_company.settings, default_company.url


def test_a_mailbox_is_taken_in_and_a_person_forgotten(url, page, sample, settings, tmp_path):
    page.goto(f"{url}/engagement")
    whole(page)
    store = Store.open(f"sqlite:///{tmp_path / 'other.db'}")
    invented = interaction_view.of(sample, settings, store)
    store.close()
    expect(page.get_by_text(quiet_deals.quiet(sample, settings, invented).sentence())).to_be_visible(timeout=60_000)
    page.get_by_role("radio", name="30 days").click()
    narrow = contact_breadth.by_deal(sample, settings, invented, 30)
    expect(page.get_by_text(narrow.sentence())).to_be_visible(timeout=60_000)
    page.goto(f"{url}/data")
    whole(page)
    stranger = "stranger@elsewhere.example"
    content = mail((4, 9), stranger, "someone@harbourline.example", 1) + mail(
        (5, 9), stranger, "x@harbourline.example", 2
    )
    files = page.locator(".st-key-engagement_files input[type=file]")
    files.set_input_files({"name": "box.mbox", "mimeType": "application/mbox", "buffer": content})
    page.get_by_role("button", name="Take in").click()
    expect(page.get_by_text("2 mails, meetings and calls new; 0 there before.")).to_be_visible(timeout=60_000)
    page.get_by_text("Delete what is kept of a person").click()
    page.get_by_label("Mail address, or name of who only spoke").fill(stranger)
    page.get_by_label("Mail address, or name of who only spoke").press("Tab")
    page.get_by_text("Delete it for good").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("2 mails, meetings and calls, 0 mentions, 0 turns deleted.")).to_be_visible(timeout=60_000)
