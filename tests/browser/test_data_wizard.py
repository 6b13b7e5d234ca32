"""An export is dropped, checked, used and kept, and a second browser sees it."""

from __future__ import annotations

import random
import secrets
from contextlib import suppress

import duckdb
import pytest
from playwright.sync_api import expect

from tests.browser.steps import LONG, TRIES, choose, quiet, whole

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
STAGES = ("Prospecting", "Qualification", "Negotiation/Review", "Closed Won", "Closed Lost")
HEAD = "Id,AccountId,Name,StageName,Amount,CloseDate,CreatedDate,IsWon,IsClosed,SystemModstamp"


@pytest.fixture
def export(tmp_path):
    """A Salesforce export whose dates can be read day first and month first."""
    draw = random.Random(16)
    lines = [HEAD]
    for k in range(160):
        stage = draw.choice(STAGES)
        closed, won = str(stage.startswith("Closed")).lower(), str(stage == "Closed Won").lower()
        year = 2025 if stage.startswith("Closed") else 2026
        days = (f"{draw.randint(1, 12):02d}/{draw.randint(1, 12):02d}/{y}" for y in (year, year - 1))
        cells = (
            f"006A00000000{k:03d}AAA",
            f"001A00000000{k % 9:03d}AAA",
            f"Deal {k}",
            stage,
            draw.randint(5, 90) * 1000,
        )
        lines.append(",".join(map(str, (*cells, *days, won, closed, "2025-12-30T10:00:00.000Z"))))
    path = tmp_path / "Opportunity.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.fixture
def source():
    """A name of its own each time: a second try must not meet what the first has left."""
    return f"Browser test {secrets.token_hex(2)}"


@pytest.fixture
def second(new_context):
    return new_context(viewport={"width": 390, "height": 900}, color_scheme="dark").new_page()


def at_the_data_page(view, url):
    view.goto(f"{url}/data")
    expect(view.get_by_role("heading", name="Add your own data")).to_be_visible(timeout=LONG)
    whole(view)


def step(view, name):
    view.get_by_role("button", name=f"Next: {name}").click()
    quiet(view)


def chosen(view, label, option):
    choose(view, view.get_by_role("combobox", name=label, exact=True), option)


@pytest.mark.slow
def test_an_export_is_dropped_checked_used_and_kept_for_everybody(url, page, second, export, source):
    at_the_data_page(page, url)
    page.locator("input[type=file]").first.set_input_files(export)
    expect(page.get_by_text("Recognised by a Salesforce export")).to_be_visible(timeout=LONG)
    quiet(page)
    step(page, "Columns")
    chosen(page, "Close date", "– not in the file –")
    chosen(page, "Created date", "– not in the file –")
    chosen(page, "Modified time", "– not in the file –")
    expect(page.get_by_test_id("stAlertContentError").get_by_text("No column holds a date")).to_be_visible()
    chosen(page, "Close date", "CloseDate")
    chosen(page, "Created date", "CreatedDate")
    chosen(page, "Modified time", "SystemModstamp")
    expect(page.get_by_text("No column holds a date")).to_have_count(0)
    step(page, "Stages")
    expect(page.get_by_text("3 stages are open, 1 won, 1 lost.")).to_be_visible()
    step(page, "Dates and amounts")
    chosen(page, "Close date (CloseDate) is written", "dd/mm/yyyy")
    chosen(page, "Created date (CreatedDate) is written", "dd/mm/yyyy")
    step(page, "Check and use")
    rows = f"read_csv('{export}', header=true, all_varchar=true)"
    n_open, amount = duckdb.sql(
        f"SELECT count(*), sum(Amount::DOUBLE) FROM {rows} WHERE IsClosed = 'false'"
    ).fetchall()[0]
    written = "strptime(CloseDate, '%d/%m/%Y')"
    booked = duckdb.sql(
        f"SELECT sum(Amount::DOUBLE), count(*) FROM {rows} WHERE IsWon = 'true' AND {written} >= DATE '2025-10-01'"
    ).fetchall()[0]
    expect(page.get_by_text(f"USD {amount / 1e6:.1f} M", exact=True).first).to_be_visible()
    page.get_by_role("button", name="Use for this session").click()
    expect(page.get_by_text("shown on every page of this session")).to_be_visible(timeout=LONG)
    open_words = f"USD {amount / 1e6:.1f} M is open in {n_open} deals."
    booked_words = f"USD {booked[0] / 1e3:.1f} k booked in Q4 2025 so far, from {booked[1]} deals."
    page.get_by_role("link", name="Pipeline").click()
    expect(page.get_by_text(open_words)).to_be_visible(timeout=LONG)
    page.get_by_role("link", name="Executive").click()
    expect(page.get_by_text(booked_words)).to_be_visible(timeout=LONG)
    try:
        kept_for_everybody(page, export, source)
        second.goto(f"{url}/pipeline")
        expect(second.get_by_text(open_words)).to_be_visible(timeout=LONG)
        at_the_data_page(second, url)
        expect(second.get_by_text(f"{source}, version 1 is used for everybody.")).to_be_visible()
        assert second.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")
    finally:  # The tests after this one read the sample company.
        back_to_the_sample(page, url, source)


def kept_for_everybody(page, export, source):
    page.get_by_role("link", name="Data", exact=True).click()
    page.locator("input[type=file]").first.set_input_files(export)
    expect(page.get_by_text("Recognised by a Salesforce export")).to_be_visible(timeout=LONG)
    quiet(page)
    page.get_by_role("radio", name="5 Check and use").click()
    quiet(page)
    page.get_by_label("Name of the source").fill(source)
    page.get_by_label("Name of the source").blur()
    quiet(page)
    page.get_by_role("button", name="Save for everybody").click()
    expect(page.get_by_text(f"{source}, version 1, is used for everybody from now on.")).to_be_visible(timeout=LONG)
    expect(page.get_by_test_id("stSidebar").get_by_text(source)).to_be_visible(timeout=LONG)


def back_to_the_sample(page, url, source):
    at_the_data_page(page, url)
    chosen(page, "Source", "Sample company")
    page.get_by_role("button", name="Use it for everybody").click()
    expect(page.get_by_text("Sample company is used for everybody.")).to_be_visible(timeout=LONG)
    chosen(page, "Source", source)
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text(f"{source} is removed.")).to_be_visible(timeout=LONG)


def test_stages_are_put_in_order_in_the_grid(url, page, export):
    at_the_data_page(page, url)
    page.locator("input[type=file]").first.set_input_files(export)
    expect(page.get_by_text("Recognised by a Salesforce export")).to_be_visible(timeout=LONG)
    quiet(page)
    page.get_by_role("radio", name="3 Stages").click()
    quiet(page)
    grid = page.locator('[class*="st-key-"][class*="stages"]').get_by_test_id("stDataFrame").first
    grid.scroll_into_view_if_needed()  # What is out of sight is not drawn.
    order = grid.locator("td[role=gridcell]")
    expect(order.first).to_have_text("Prospecting")
    quiet(page)
    editor = page.locator(".gdg-clip-region input")
    for _ in range(TRIES):  # A grid that is still drawn takes no key.
        grid.locator(".dvn-scroller").first.click(position={"x": 60, "y": 85})
        for _ in range(2):
            page.keyboard.press("ArrowRight", delay=60)
        page.keyboard.type("1", delay=40)
        with suppress(AssertionError):
            expect(editor).to_have_value("1", timeout=3_000)
            break
        page.keyboard.press("Escape")
    expect(editor).to_have_value("1")
    page.keyboard.press("Enter", delay=60)
    expect(grid.locator("td[role=gridcell]").first).to_have_text("Qualification", timeout=LONG)
