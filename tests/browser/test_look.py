"""How every page looks: few sizes of text, no page too tall or too wide, the bar in sight, no heading cut."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.steps import at_rest
from tests.page_measures import PAGES, POLLING, measured, open_page, settle

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
# Pixels at 1440, a little over half of what the pages took before they were set in two columns.
TALLEST = {
    "": 3327,
    "pipeline": 4970,
    "forecast": 4200,
    "review": 1570,
    "scenarios": 2689,
    "customers": 2905,
    "requirements": 5450,
    "catalogue": 1242,
    "library": 2400,
    "enablement": 1791,
    "data": 1640,
    "models": 2985,
    "admin": 1210,
}
SIZES = {13, 15, 17, 24}
EDITED = {"Deals to review", "Proof of concept"}
SIDEWAYS = """() => [...document.querySelectorAll('[data-testid="stDataFrame"]')]
  .filter(table => table.getClientRects().length && table.querySelector('.dvn-scroller'))
  .map(table => {
    let box = table.parentElement;
    while (!box.querySelector('h3')) box = box.parentElement;
    const scroller = table.querySelector('.dvn-scroller');
    return [box.querySelector('h3').textContent, scroller.scrollWidth - scroller.clientWidth];
  })"""
TOO_WIDE = """() => [...document.querySelectorAll('[data-testid="stVegaLiteChart"]')].filter(chart => {
  const drawn = chart.checkVisibility() && chart.querySelector('svg.marks');
  return drawn && drawn.getBoundingClientRect().width > chart.clientWidth + 1;
})"""
SCROLLED = """() => { const main = document.querySelector('[data-testid="stMain"]'); main.scrollTo(0, 600); }"""


def wide(page, width: int, height: int = 900) -> None:
    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_timeout(250)
    settle(page)


# The first page with every change; all of them where pages have changed (`make test-slow`).
OFTEN = ("",)


@pytest.mark.parametrize("name", [pytest.param(p, marks=() if p in OFTEN else pytest.mark.slow) for p in PAGES])
def test_a_page_is_short_and_calm_and_fits_every_screen(url, page, name):
    wide_enough = {"width": 1440, "height": 900}
    page.set_viewport_size(wide_enough)
    open_page(page, f"{url}/{name}")
    seen = measured(page)
    assert page.get_by_test_id("stException").count() == 0
    assert seen.height <= TALLEST[name]
    assert {round(float(size)) for size in seen.sizes} <= SIZES, seen.sizes
    assert seen.overflow <= 0
    assert page.locator('[data-testid="stMain"] h1').bounding_box()["y"] < 40
    wide(page, 1440, 6000)  # A table is drawn when it comes into sight.
    cut = [(question, over) for question, over in page.evaluate(SIDEWAYS) if over > 2 and question not in EDITED]
    assert cut == []
    for width in (1280, 390, 1920):
        wide(page, width)
        assert measured(page).overflow <= 0
        page.wait_for_function(f"() => ({TOO_WIDE})().length === 0", timeout=20_000, polling=POLLING)


@pytest.mark.parametrize(("width", "top"), [(1440, 0), (390, 48)])
def test_the_bar_stays_in_sight_and_its_links_lead_below_it(url, page, width, top):
    page.set_viewport_size({"width": width, "height": 900})
    open_page(page, url)
    bar = page.locator(".st-key-bar")
    page.evaluate(SCROLLED)
    assert at_rest(bar)["y"] == pytest.approx(top, abs=2)
    page.locator(".st-key-bar_contents").get_by_role("link", name="Regions").click()
    question = page.get_by_role("heading", name="Which regions are driving the quarter?")
    expect(question).to_be_in_viewport()
    heading, box = at_rest(question), at_rest(bar)
    assert box["y"] + box["height"] <= heading["y"] <= box["y"] + box["height"] + 60
    assert "#which-regions-are-driving-the-quarter" in page.url


def test_method_and_rows_stand_in_the_line_of_the_question(url, page):
    page.set_viewport_size({"width": 1440, "height": 900})
    open_page(page, url)
    question = page.get_by_role("heading", name="Key figures").bounding_box()
    for name in ("Records", "Calculation"):
        button = page.get_by_role("button", name=name).first.bounding_box()
        assert abs(button["y"] + button["height"] / 2 - question["y"] - question["height"] / 2) < 8
    page.get_by_role("button", name="Records").first.click()
    page.get_by_role("combobox", name="Records behind").wait_for()
