"""The app in Chromium, as a person uses it."""

from __future__ import annotations

import csv
import io
import re
import secrets

import pytest
from playwright.sync_api import expect

from core.explain import headlines
from tests.browser import steps
from tests.browser.steps import opened, quiet, whole

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def test_executive_opens_a_number_and_downloads_the_notebook(url, page):
    page.goto(url)
    expect(page.get_by_role("heading", name="Bookings to date")).to_be_visible(timeout=60_000)
    whole(page)
    page.get_by_role("button", name="Calculation").first.click()
    expect(page.get_by_text("Source: Sample company")).to_be_visible()
    page.keyboard.press("Escape")
    quiet(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as notebook").click()
    assert download.value.suggested_filename == "executive.ipynb"


def test_upload_replaces_the_data_for_this_session_only(url, page, new_context, tmp_path):
    head = "opportunity_id,stage,amount,created_on,close_on"
    rows = f'{head}\nX1,Discovery,"1,000",2026-01-05,2026-06-30\n,Discovery,500,2026-01-05,\n'
    file = tmp_path / "opportunities.csv"
    file.write_text(rows, encoding="utf-8")
    page.goto(f"{url}/data")
    expect(page.get_by_role("heading", name="Loaded data")).to_be_visible(timeout=60_000)
    quiet(page)
    page.locator("input[type=file]").first.set_input_files(str(file))
    quiet(page)
    page.get_by_role("radio", name="5 Check and use").click()
    expect(page.get_by_text("Deals: 1 read of 2 rows in the files, 1 left out")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("All rows loaded.")).to_be_visible()
    page.get_by_role("button", name="Use for this session").click()
    expect(page.get_by_text("Your files are shown on every page of this session.")).to_be_visible(timeout=30_000)
    expect(page.get_by_text("1 row was rejected.", exact=True)).to_be_visible(timeout=30_000)
    expect(page.get_by_text("All rows loaded.")).to_have_count(0)
    other = new_context().new_page()
    other.goto(f"{url}/data")
    expect(other.get_by_text("All rows loaded.")).to_be_visible(timeout=30_000)
    other.close()


def test_the_win_rate_slider_moves_the_forecast_by_keyboard(url, page, new_context):
    page.goto(f"{url}/scenarios")
    slider = page.get_by_role("slider", name="Win rate")
    expect(slider).to_be_visible(timeout=60_000)
    told = re.compile("bookings (stay at|go from)")
    answer = page.get_by_text(told).first
    before = answer.inner_text()
    slider.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    expect(answer).not_to_have_text(before, timeout=20_000)
    expect(page.get_by_text("The parts add up to the difference: reconciled.")).to_be_visible()
    expect(page).to_have_url(re.compile("win_rate=5"))
    other = new_context().new_page()
    other.goto(page.url)
    expect(other.get_by_text(told).first).to_be_visible(timeout=60_000)
    expect(answer).to_have_text(other.get_by_text(told).first.inner_text(), timeout=20_000)
    other.close()
    for _ in range(5):
        page.keyboard.press("ArrowLeft")
    expect(answer).to_have_text(before, timeout=20_000)


def test_a_list_goes_in_and_the_matrix_comes_out(url, page, tmp_path):
    from openpyxl import load_workbook

    asked = ["All data at rest must be encrypted with AES-256", "=1+1 must stay text 🚀", "Commission statements"]
    file = tmp_path / "asked.csv"
    file.write_text("Ref,Requirement,Priority\n" + "".join(f"{n},{t},Must\n" for n, t in enumerate(asked, 1)), "utf-8")
    page.goto(f"{url}/requirements")
    expect(page.get_by_role("heading", name="Upload the RFP or questionnaire")).to_be_visible(timeout=60_000)
    quiet(page)
    page.locator("input[type=file]").set_input_files(str(file))
    expect(page.get_by_text("3 requirements read from the file.")).to_be_visible(timeout=30_000)
    expect(page.get_by_role("heading", name="Gaps and how to close them")).to_be_visible()
    quiet(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Matrix (Excel)").click()
    sheet = load_workbook(io.BytesIO(download.value.path().read_bytes()))["Matrix"]
    assert [row[4] for row in sheet.iter_rows(min_row=2, values_only=True)] == asked
    assert [row[1] for row in sheet.iter_rows(min_row=2, values_only=True)] == [2, 3, 4]


def test_the_bars_of_a_customer_add_up_to_the_chance_shown(url, page):
    page.goto(f"{url}/customers")
    note = page.get_by_text("points = ")
    expect(note).to_be_visible(timeout=60_000)
    base, shown = (float(v) for v in re.match(r"([\d.]+) % .* = ([\d.]+) %", note.inner_text()).groups())
    # The panel is placed where the page stands when it is opened: the page has to be whole by then.
    whole(page)
    cell = page.get_by_test_id("stVerticalBlock").filter(has=note).last
    cell.get_by_role("button", name=re.compile("^Calculation")).click()
    quiet(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Records as CSV").click()
    rows = list(csv.DictReader(download.value.path().read_text(encoding="utf-8").splitlines()))
    assert len(rows) > 10
    assert base + sum(float(row["contribution"]) for row in rows) == pytest.approx(shown, abs=0.11)


def test_a_buyers_list_is_repaired_remembered_and_goes_back_filled(url, page, tmp_path):
    from openpyxl import Workbook, load_workbook

    made = Workbook()
    for row in (
        ["Wishes of Acme"],
        ["Key", "Wish", "Ours"],
        ["1", "All data must be encrypted at rest"],
        ["2", "Sushi"],
    ):
        made.active.append(row)
    file = tmp_path / "odd.xlsx"
    made.save(file)
    for turn in (1, 2):
        page.goto(f"{url}/requirements")
        expect(page.get_by_role("heading", name="Upload the RFP or questionnaire")).to_be_visible(timeout=60_000)
        quiet(page)
        page.locator("input[type=file]").first.set_input_files(str(file))
        if turn == 1:
            expect(page.get_by_text("No requirement list was found")).to_be_visible(timeout=60_000)
            page.get_by_text("Sheet holds requirements").click()
            for label, wanted in {"Heading": "Row 2: Key | Wish | Ours", "Requirement": "B", "Id": "A"}.items():
                choose(page, label, wanted)
            page.get_by_role("button", name="Read again with these columns").click()
        expect(page.get_by_text("2 requirements read from sheet Sheet.")).to_be_visible(timeout=60_000)
        expect(page.get_by_text("As you said.")).to_be_visible()
    expect(page.get_by_text("No answer is approved yet")).to_be_visible(timeout=60_000)
    theirs = list(load_workbook(file).active.values)
    assert list(load_workbook(io.BytesIO(own_file(page, "0 of 2").read_bytes())).active.values) == theirs
    send_every_draft(page)
    back = load_workbook(io.BytesIO(own_file(page, "1 of 2").read_bytes())).active
    assert [row[:3] for row in back.values] == theirs
    assert [back[cell].value for cell in ("D2", "E2", "D3")] == ["Compliance", "Response", "Compliant"]
    # Nothing in the catalogue answers sushi: that is left to a person, and no "no" goes out by itself.
    assert back["D4"].value is None


@pytest.mark.slow
def test_a_word_file_is_taken_remembered_and_goes_back_filled(url, page, tmp_path):
    import docx

    made = docx.Document()
    table = made.add_table(rows=0, cols=3)
    # How a list is laid out is remembered: a second try must bring one of its own.
    rows = [
        ["Key", f"Wish {secrets.token_hex(3)}", "Vendor reply"],
        ["1", "Encryption at rest", ""],
        ["2", "Sushi", ""],
    ]
    for texts in rows:
        for cell, text in zip(table.add_row().cells, texts, strict=True):
            cell.text = text
    file = tmp_path / "wishes.docx"
    made.save(file)
    page.goto(f"{url}/requirements")
    expect(page.get_by_role("heading", name="Upload the RFP or questionnaire")).to_be_visible(timeout=60_000)
    quiet(page)
    page.locator("input[type=file]").first.set_input_files(str(file))
    expect(page.get_by_text("No requirement list was found")).to_be_visible(timeout=60_000)
    page.get_by_text("Not read: 1 place").click()
    page.get_by_role("button", name="Read it", exact=True).click()
    expect(page.get_by_text("2 requirements read from sheet Table 1.")).to_be_visible(timeout=60_000)
    send_every_draft(page)
    back = docx.Document(own_file(page, "1 of 2", "wishes-answered.docx")).tables[0]
    assert [[cell.text for cell in row.cells[:2]] for row in back.rows] == [row[:2] for row in rows]
    assert back.cell(1, 2).text.startswith("Yes. We encrypt")
    # Nothing in the catalogue answers sushi: that is left to a person.
    assert back.cell(2, 2).text == ""


def send_every_draft(page):
    """Choose that what nobody has approved goes out too, which the page warns of."""
    choose(page, "Fill in", "All drafts, unreviewed")
    expect(page.get_by_text(re.compile("out unreviewed: nobody has approved"))).to_be_visible(timeout=60_000)


def own_file(page, answered, name=None):
    """Download the buyer's file once the page says how much of it is answered, and return where it lies."""
    told = page.get_by_text(re.compile(f"{answered} requirements (is|are) answered in the buyer's own file"))
    expect(told).to_be_visible(timeout=60_000)
    quiet(page)
    with page.expect_download(timeout=60_000) as download:
        page.get_by_role("button", name="Download the buyer's own file").click()
    assert name in (None, download.value.suggested_filename)
    return download.value.path()


def listed(page, label, wanted):
    """Open a list until it shows an option."""
    opened(page, page.get_by_role("combobox", name=label, exact=True), wanted)


def choose(page, label, wanted):
    """Choose from a list."""
    steps.choose(page, page.get_by_role("combobox", name=label, exact=True), wanted)


@pytest.mark.slow
def test_a_list_is_confirmed_shared_out_and_there_after_a_reload(url, page, tmp_path):
    asked = ["All data at rest must be encrypted with AES-256", "Sign in with SAML 2.0", "Sushi on Fridays"]
    name = f"shared-out-{secrets.token_hex(3)}"  # A second try must not open what the first one saved.
    file = tmp_path / f"{name}.csv"
    lines = [f"{n},{text},Must," for n, text in enumerate(asked, 1)]
    file.write_text("\n".join(["Ref,Requirement,Priority,Response", *lines, ""]), "utf-8")
    page.goto(f"{url}/requirements")
    expect(page.get_by_role("heading", name="Upload the RFP or questionnaire")).to_be_visible(timeout=60_000)
    quiet(page)
    page.locator("input[type=file]").first.set_input_files(str(file))
    expect(page.get_by_text("3 requirements read from the file.")).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Confirm 2 likely matches").click()
    expect(page.get_by_role("button", name="No likely match is left to confirm")).to_be_disabled(timeout=60_000)
    expect(page.get_by_text("2 of 3 rows were answered before")).to_be_visible()
    page.get_by_role("button", name="Save and start").click()
    expect(page.get_by_text(f"{name}: 0 of 3 rows are answered")).to_be_visible(timeout=60_000)
    page.get_by_text("Change 3 rows shown at once").click()
    for field, value in (("Owner", "Ana"), ("State", "answered"), ("State", "approved")):
        choose(page, "Field", field)
        if field == "Owner":
            # Nothing but the click follows the last key: what was typed must count all the same.
            page.get_by_role("textbox", name="New value").fill(value)
        else:
            choose(page, "New value", value)
        page.get_by_role("button", name="Change", exact=True).click()
        if value == "answered":
            expect(page.get_by_text(f"{name}: 2 of 3 rows are answered (67 %), 0 approved")).to_be_visible(
                timeout=60_000
            )
    done = page.get_by_text(f"{name}: 2 of 3 rows are answered (67 %), 2 approved")
    expect(done).to_be_visible(timeout=60_000)
    page.reload()
    expect(done).to_be_visible(timeout=60_000)
    listed(page, "Owner", "Ana")
    expect(page.get_by_role("option", name="Identity")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.get_by_text("2 approved answers go out")).to_be_visible(timeout=60_000)
    back = list(csv.reader(own_file(page, "2 of 3").read_text("utf-8").splitlines()))
    assert [row[:3] for row in back[1:]] == [line.split(",")[:3] for line in lines]
    assert [bool(row[3]) for row in back[1:]] == [True, True, False]


def test_a_clicked_bar_of_the_flow_lists_its_deals(url, page):
    page.goto(f"{url}/pipeline")
    expect(page.get_by_role("heading", name="Pipeline changes")).to_be_visible(timeout=60_000)
    bar = page.locator('.st-key-flow_bars path[aria-label*="step: Pushed out"]')
    expect(bar).to_be_visible(timeout=60_000)
    n = int(re.search(r"deals: ([\d,]+)", bar.get_attribute("aria-label")).group(1).replace(",", ""))
    whole(page)
    bar.scroll_into_view_if_needed()
    bar.click(force=True)
    expect(page.get_by_text(re.compile(rf"Pushed out: {n:,} deals in"))).to_be_visible(timeout=30_000)


def test_a_clicked_cell_of_the_heat_table_opens_its_bookings(url, page, sample, settings, bundle):
    page.goto(url)
    cell = page.locator('.st-key-heat_quarter path[aria-label*="region: EMEA"]').last
    expect(cell).to_be_visible(timeout=60_000)
    n = re.search(r"deals: ([\d,]+)", cell.get_attribute("aria-label")).group(1)
    whole(page)
    cell.scroll_into_view_if_needed()
    cell.click(force=True)
    expect(page.get_by_text(re.compile(f"{n} bookings in .*EMEA"))).to_be_visible(timeout=30_000)
    question = headlines.headlines(sample, settings, bundle).told()[0][1]
    anchor = "-".join(re.findall("[a-z]+", question.lower()))
    page.locator(f'span > a[href="#{anchor}"]:not([aria-label])').first.click()  # the one in the news
    expect(page).to_have_url(re.compile(f"#{anchor}$"))
    expect(page.get_by_role("heading", name=question)).to_be_in_viewport(timeout=30_000)


def test_a_clicked_region_and_a_clicked_month_open_what_they_are_made_of(url, page):
    page.goto(url)
    tile = page.locator('.st-key-map_Bookings path[aria-label*="region: EMEA"]').first
    expect(tile).to_be_visible(timeout=60_000)
    whole(page)
    tile.scroll_into_view_if_needed()
    tile.click(force=True)
    expect(page.get_by_text(re.compile(r"[\d,]+ lines of the quarter, EMEA"))).to_be_visible(timeout=30_000)
    month = page.locator('.st-key-trend_Revenue path[aria-label*="month: Jul 2026"]').first
    quiet(page)
    month.evaluate("bar => bar.scrollIntoView({block: 'center'})")  # not below the bar that stays on top
    month.click(force=True)
    expect(page.get_by_text("Forecast of July 2026 by region")).to_be_visible(timeout=30_000)
