"""The scope, the search, a deal's page, the digest and comments in Chromium."""

from __future__ import annotations

import re
from contextlib import suppress

import polars as pl
import pytest
from playwright.sync_api import TimeoutError as PlaywrightTimeout
from playwright.sync_api import expect

from core.metrics.deal_scope import people
from tests.browser.steps import TRIES, choose, quiet, whole
from tests.page_measures import POLLING

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
LONG = 60_000


def ready(page, heading):
    expect(page.get_by_role("heading", name=heading)).to_be_visible(timeout=LONG)


def test_the_scope_is_kept_across_pages_and_in_the_address(url, page):
    page.goto(f"{url}/digest?region=EMEA")
    ready(page, "Digest set-up")
    expect(page.get_by_role("button", name=re.compile("Q2 2026 · EMEA"))).to_be_visible()
    page.get_by_role("link", name="My day").click()
    ready(page, "My quarter")
    expect(page.get_by_role("button", name=re.compile("Q2 2026 · EMEA"))).to_be_visible()
    assert "region=EMEA" in page.url
    quiet(page)
    page.get_by_role("button", name=re.compile("Q2 2026 · EMEA")).click()
    page.get_by_role("button", name="The whole company").click()
    expect(page.get_by_role("button", name=re.compile("Q2 2026 · The whole company"))).to_be_visible(timeout=LONG)
    assert "region" not in page.url


def test_the_slash_key_searches_and_a_hit_opens_its_page(url, page, sample):
    account = sample.accounts.row(0, named=True)
    page.goto(f"{url}/day")
    ready(page, "My quarter")
    page.wait_for_function("window.quarterdeckSearch", polling=POLLING)
    page.locator("body").press("/")
    box = page.get_by_role("textbox", name="Search")
    expect(box).to_be_focused()
    begin, rest = account["account_name"][:4], account["account_name"][4:]
    page.keyboard.type(begin)
    page.evaluate("document.activeElement.blur()")  # as when the page is drawn anew under the box
    page.keyboard.type(rest)
    expect(box).to_have_value(account["account_name"])
    quiet(page, 2_000)  # While somebody types, what is listed is still of the letters before.
    page.get_by_test_id("stSidebar").locator(f'a[href*="account?id={account["account_id"]}"]').click()
    ready(page, "Account overview")
    assert f"account?id={account['account_id']}" in page.url


def opened_by_its_arrow(page, table):
    """Click the arrow of the first row, which has to be drawn and chosen first, until its page opens."""
    arrow = {"x": 24, "y": 46}
    for _ in range(TRIES):
        table.click(position=arrow)  # the cell, and then its link
        with suppress(PlaywrightTimeout), page.context.expect_page(timeout=3_000):
            table.click(position=arrow, delay=50)
        if len(page.context.pages) > 1:
            break
    assert len(page.context.pages) > 1
    return page.context.pages[-1]


def test_the_arrow_of_a_row_opens_its_deal(url, page):
    page.goto(f"{url}/deal")
    ready(page, "Largest open deals")
    whole(page)
    table = page.get_by_test_id("stDataFrame").first
    deal = opened_by_its_arrow(page, table)
    ready(deal, "Deal overview")
    assert "deal?id=" in deal.url


def test_the_digest_is_previewed_before_it_is_saved(url, page):
    page.goto(f"{url}/digest")
    ready(page, "Digest preview")
    expect(page.get_by_text(re.compile("Q2 2026 forecast")).first).to_be_visible(timeout=LONG)
    expect(page.get_by_text("Commits that moved").first).to_be_visible()
    quiet(page)
    with page.expect_download() as download:
        page.get_by_role("button", name=re.compile("HTML")).first.click()
    assert download.value.suggested_filename.endswith(".html")


def test_a_comment_that_names_somebody_is_under_their_mentions(url, page, sample):
    name = next(name for _, name in sorted(people(sample).items()) if name.count(" ") == 1)
    deal = sample.opportunities.filter(~pl.col("is_closed"))["opportunity_id"][0]
    page.goto(f"{url}/deal?id={deal}")
    ready(page, "Comments")
    quiet(page)
    page.get_by_role("textbox", name="Comment").fill(f"@{name} please call them")
    page.get_by_role("button", name="Add comment").click()
    expect(page.get_by_text("1 comment.")).to_be_visible(timeout=LONG)
    page.get_by_role("link", name="My day").click()
    ready(page, "Mentions of me")
    choice = page.get_by_role("combobox", name=re.compile("I am"))
    choose(page, choice, name, typed=True)
    expect(page.get_by_text("1 comment for you.")).to_be_visible(timeout=LONG)
    expect(page.get_by_text("please call them")).to_be_visible()
