"""In a browser: a statement follows the quarter and the person, a proposal its limits, and both open as files."""

from __future__ import annotations

import io
import re

import pytest
from openpyxl import load_workbook
from playwright.sync_api import expect

from core import metrics, territories
from core.compensation import pay_statements, plan_versions
from core.config.calendar import add_quarters, quarter_label, quarter_start
from core.store import Store
from tests.browser.steps import choose, quiet, whole

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]


def sheet_of(page, question):
    """Download the tables of a cell; return the heading and the rows of the last one."""
    words = re.sub(r"\W+", "-", question.rstrip("?"))
    with page.expect_download(timeout=60_000) as download:
        page.locator(f"[class*='st-key-xlsx-{words}'] button").click()
    book = load_workbook(io.BytesIO(download.value.path().read_bytes()))
    heading, *rows = book.worksheets[-1].iter_rows(values_only=True)
    return [str(name) for name in heading], rows


def test_a_statement_follows_the_quarter_and_the_person_and_adds_up_as_a_file(url, page, sample, settings, tmp_path):
    store = Store.open(f"sqlite:///{tmp_path / 'other.db'}")
    plans = plan_versions.current(sample, store).plans
    store.close()
    running = quarter_start(sample.as_of, settings)
    last = add_quarters(running, -1, settings)
    before = add_quarters(running, -2, settings)
    paid, earlier = (pay_statements.payroll(sample, settings, plans, begin) for begin in (last, before))
    assert paid.sentence() != earlier.sentence()
    page.goto(f"{url}/pay")
    whole(page)
    expect(page.get_by_text(paid.sentence())).to_be_visible(timeout=60_000)
    choose(page, page.get_by_role("combobox", name="Quarter"), quarter_label(before, settings))
    expect(page.get_by_text(earlier.sentence())).to_be_visible(timeout=60_000)
    names = sorted(set(earlier.frame["rep_name"]))
    who = names[-1]
    rep = earlier.frame.filter(rep_name=who)["rep_id"][0]
    choose(page, page.get_by_role("combobox", name="Person").first, who, typed=True)
    own = pay_statements.one_of(earlier, rep)
    expect(page.get_by_text(own.sentence())).to_be_visible(timeout=60_000)
    heading, rows = sheet_of(page, "Which deals is it paid for?")
    column = next(k for k, name in enumerate(heading) if name.startswith("Pay"))
    amounts = [row[column] for row in rows if row[column] is not None]
    assert len(amounts) == own.frame.height
    assert sum(amounts) == pytest.approx(own.summary["amount"], abs=0.005)
    answer = page.get_by_text(re.compile("^With another deal of "))
    words = answer.inner_text()
    page.get_by_role("slider", name=re.compile("^Sold on top")).press("ArrowRight")
    expect(answer).not_to_have_text(words, timeout=60_000)


def test_a_proposal_keeps_its_limits_and_opens_as_a_file_and_as_a_scenario(url, page, sample, settings):
    today = metrics.territories.balance(sample, settings)
    region = territories.territory_plan.regions(sample)[0]
    page.goto(f"{url}/territories")
    whole(page)
    expect(page.get_by_text(today.sentence())).to_be_visible(timeout=60_000)
    moves = page.get_by_role("spinbutton", name="At most so many moves")
    # What is found within the time a server takes is not the same on each, so the page's own words are taken.
    answer = page.get_by_text(re.compile(f"accounts? of {region} would change hands|no move within these limits"))
    seen = set()
    for most in (0, 5):
        moves.fill(str(most))
        moves.press("Tab")
        quiet(page)
        page.get_by_role("button", name="Propose").click()
        quiet(page, 2_000)
        expect(answer).to_be_visible(timeout=120_000)
        seen.add(answer.inner_text())
    assert len(seen) == 2
    n_moves = int(re.match(r"\d+", answer.inner_text())[0])
    assert 0 < n_moves <= 5
    heading, rows = sheet_of(page, "Who could have which accounts?")
    accounts, before = (heading.index(name) for name in ("Account", "From"))
    listed = [row[accounts] for row in rows if row[before]]
    assert len(set(listed)) >= n_moves
    assert set(listed) <= set(sample.accounts["account_name"])
    page.get_by_role("link", name="See what it does to the forecast").click()
    whole(page)
    expect(page.get_by_text("New territories").first).to_be_visible(timeout=60_000)
    assert "also=" in page.url or "levers=" in page.url
