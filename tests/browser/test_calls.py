"""Calls and reviews in two browsers at once."""

from __future__ import annotations

from contextlib import suppress

import polars as pl
import pytest
from playwright.sync_api import TimeoutError as PlaywrightTimeout
from playwright.sync_api import expect

from tests.browser.steps import TRIES, whole

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
SUBMIT = "Submit forecast"


@pytest.fixture
def second(new_context):
    return new_context().new_page()


def at_the_form(view, url):
    view.goto(f"{url}/forecast")
    expect(view.get_by_role("button", name=SUBMIT)).to_be_visible(timeout=90_000)
    whole(view)
    return view


def submit(view, commit, note):
    view.get_by_label("Commit, USD").fill(str(commit))
    view.get_by_label("Best case, USD").fill(str(commit + 1_000_000))
    view.get_by_label("Pipeline, USD").fill(str(commit + 90_000_000))
    view.get_by_label("Note").fill(note)
    view.get_by_label("Note").blur()
    view.get_by_role("button", name=SUBMIT).click()


def at_the_top(sample):
    """Return the name of whoever leads the company, whose call the form takes first."""
    (name,) = sample.sales_team.filter(pl.col("manager_id").is_null(), pl.col("left_on").is_null())["rep_name"]
    return name


@pytest.mark.slow
def test_a_call_in_one_browser_is_seen_in_the_other_and_two_at_once_lose_nothing(url, page, second, sample):
    at_the_form(page, url)
    at_the_form(second, url)
    submit(page, 18_111_000, "first text 🚀")
    expect(page.get_by_text(f"Submitted: {at_the_top(sample)}, ")).to_be_visible(timeout=30_000)
    submit(second, 18_222_000, "second text")
    expect(second.get_by_text("Nothing was overwritten")).to_be_visible(timeout=30_000)
    expect(second.get_by_text("first text 🚀")).to_be_visible()
    expect(second.get_by_text("second text", exact=True).last).to_be_visible()
    expect(second.get_by_text("18,111,000")).to_be_visible()
    second.get_by_role("button", name="My numbers, both notes").click()
    expect(second.get_by_text("version 4.")).to_be_visible(timeout=30_000)
    page.reload()
    expect(page.get_by_label("Commit, USD")).to_have_value("18222000", timeout=90_000)
    expect(page.get_by_label("Note")).to_have_value("first text 🚀\nsecond text")


def write_note(view, url, text):
    """Type a note into the first row of the grid, by keyboard."""
    view.goto(f"{url}/review")
    grid = view.get_by_test_id("stDataFrame").first
    expect(grid).to_be_visible(timeout=90_000)
    whole(view)
    editor = view.locator(".gdg-clip-region textarea")
    for _ in range(TRIES):  # a grid that is still drawn takes no key
        grid.locator(".dvn-scroller").first.click(position={"x": 60, "y": 52})
        for _ in range(6):
            view.keyboard.press("ArrowRight", delay=40)
        view.keyboard.press("Enter")
        with suppress(PlaywrightTimeout):
            editor.wait_for(state="visible", timeout=5_000)
            break
    expect(editor).to_be_visible(timeout=10_000)
    view.keyboard.type(text, delay=20)
    view.keyboard.press("Enter")
    expect(view.get_by_role("button", name="Save 1 changed deal")).to_be_enabled(timeout=20_000)


def test_two_reviews_of_one_deal_lose_nothing(url, page, second):
    write_note(page, url, "sponsor said yes")
    write_note(second, url, "legal says no")
    page.get_by_role("button", name="Save 1 changed deal").click()
    expect(page.get_by_text("Saved: 1 deal.")).to_be_visible(timeout=30_000)
    expect(page.get_by_text("Changes so far: 1 edited")).to_be_visible()
    second.get_by_role("button", name="Save 1 changed deal").click()
    expect(second.get_by_text("Nothing was overwritten")).to_be_visible(timeout=30_000)
    expect(second.get_by_text("Note: sponsor said yes")).to_be_visible()
    expect(second.get_by_text("Note: legal says no")).to_be_visible()
    second.get_by_role("button", name="Mine, with both notes").click()
    expect(second.get_by_text("Nothing was overwritten")).to_have_count(0, timeout=30_000)
    expect(second.get_by_text("Changes so far: 1 edited")).to_be_visible()


@pytest.mark.slow
def test_the_executive_page_is_downloaded_as_pdf_and_html(url, page):
    page.goto(url)
    whole(page)
    for name, begin in (("PDF", b"%PDF-1.7"), ("HTML", b"<!doctype html>")):
        with page.expect_download(timeout=90_000) as download:
            page.get_by_role("button", name=f"Download as {name}").click()
        content = download.value.path().read_bytes()
        assert download.value.suggested_filename.startswith("executive-")
        assert content.startswith(begin)
        assert len(content) > 50_000
