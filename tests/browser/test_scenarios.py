"""The scenarios page in Chromium: keyboard, further levers, save, links in a fresh browser, Back, compare, export."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.steps import choose, whole

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
SIZE = {"width": 1440, "height": 1200}


def test_a_scenario_is_made_saved_sent_compared_and_exported(url, page, new_context):
    page.set_viewport_size(SIZE)
    page.goto(f"{url}/scenarios")
    slider = page.get_by_role("slider", name="Win rate")
    expect(slider).to_be_visible(timeout=90_000)
    whole(page)
    slider.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    expect(page.get_by_text("Win rate +USD").first).to_be_visible(timeout=30_000)
    expect(page).to_have_url(re.compile("win_rate=5"))
    page.get_by_role("button", name="More levers, exact numbers").click()
    more = page.get_by_role("combobox", name="More levers")
    more.click()
    more.fill("Hires")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    hires = page.get_by_role("slider", name="Hires")
    expect(hires).to_be_visible(timeout=30_000)
    hires.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile("hires=3"), timeout=30_000)
    answer = page.get_by_text("bookings go from").first
    expect(page.get_by_text("Hires +USD").first).to_be_visible(timeout=30_000)

    fresh = new_context().new_page()
    fresh.goto(page.url)
    there = fresh.get_by_text("bookings go from").first
    expect(there).to_be_visible(timeout=90_000)
    told = there.inner_text()
    expect(answer).to_have_text(told, timeout=30_000)
    fresh.context.close()

    page.get_by_label("Name", exact=True).fill("Board")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved: Board")).to_be_visible(timeout=30_000)
    page.get_by_role("button", name="Add current sliders").click()
    expect(page.get_by_text("Your scenario brings USD")).to_be_visible(timeout=30_000)
    with page.expect_download() as download:
        page.get_by_role("button", name="Brief for the board").click()
    text = download.value.path().read_text(encoding="utf-8")
    assert told in text
    assert "Hires +3" in text


def test_a_lever_is_dragged_typed_and_there_after_a_reload(url, page):
    page.set_viewport_size(SIZE)
    page.goto(f"{url}/scenarios")
    slider = page.get_by_role("slider", name="Deal size")
    expect(slider).to_be_visible(timeout=90_000)
    whole(page)
    box = slider.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 30, y, steps=6)
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"deal_size=\d+"), timeout=30_000)
    expect(page.get_by_text("Deal size +USD").first).to_be_visible(timeout=30_000)
    page.get_by_role("button", name="More levers, exact numbers").click()
    page.get_by_text("Type exact numbers").click()
    field = page.get_by_role("spinbutton", name="Win rate, exactly")
    expect(field).to_be_visible(timeout=30_000)
    field.fill("7.5")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"win_rate=7\.5"), timeout=30_000)
    answer = page.get_by_text("bookings go from").first
    expect(page.get_by_text("Win rate +USD").first).to_be_visible(timeout=30_000)
    told = answer.inner_text()
    page.reload()
    expect(page.get_by_text("bookings go from").first).to_have_text(told, timeout=90_000)


def months_table(page: Page) -> Locator:
    """The table of months by segment, as a reader of the screen hears it."""
    return page.get_by_test_id("stDataFrame").locator("canvas").filter(has_text="Difference").first


@pytest.mark.slow
def test_a_presets_link_tells_the_same_and_back_takes_the_last_move_back(url, page, new_context):
    page.set_viewport_size(SIZE)
    page.goto(f"{url}/scenarios")
    expect(page.get_by_role("slider", name="Win rate")).to_be_visible(timeout=90_000)
    whole(page)
    choose(page, page.get_by_role("combobox", name="Templates"), "Big deals slip")
    expect(page).to_have_url(re.compile(r"slip=33.*slip_extra=6|slip_extra=6.*slip=33"), timeout=30_000)
    expect(page).to_have_url(re.compile(r"scope=Segment"))
    answer = page.get_by_text("bookings go from").first
    expect(answer).to_be_visible(timeout=30_000)
    page.get_by_text("Table", exact=True).click()
    table = months_table(page)
    expect(table).to_contain_text("Before", timeout=30_000)
    said, rows = answer.inner_text(), str(table.text_content())

    fresh = new_context(viewport=SIZE).new_page()
    fresh.goto(page.url)
    expect(fresh.get_by_text("bookings go from").first).to_have_text(said, timeout=90_000)
    fresh.get_by_text("Table", exact=True).click()
    expect(months_table(fresh)).to_have_text(rows, timeout=30_000)
    fresh.context.close()

    sent = page.url
    slider = page.get_by_role("slider", name="Win rate")
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile("win_rate=1"), timeout=30_000)
    expect(answer).not_to_have_text(said, timeout=30_000)
    page.go_back()
    expect(page).to_have_url(sent, timeout=30_000)
    expect(answer).to_have_text(said, timeout=30_000)
    expect(page.get_by_role("slider", name="Win rate")).to_have_value("0")
    page.get_by_role("button", name="Reset").click()
    expect(page).not_to_have_url(re.compile("slip"), timeout=30_000)
    expect(page.get_by_text("bookings stay at").first).to_be_visible(timeout=30_000)
