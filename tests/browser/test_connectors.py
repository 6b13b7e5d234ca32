"""Connect a HubSpot from the Data page, sync it, see its rows on pages, write a close date back and undo it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import yaml
from playwright.sync_api import expect

from tests import servers
from tests.page_measures import settle
from tests.pages.test_data_states import write
from tests.sources.crm_stubs import TOKEN, hubspot
from tests.sources.stub_servers import BEGIN, Book, Stub, serving

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
OWNER = "005000000000001AAA"


@pytest.fixture
def book():
    deals = Book()
    for k in range(4):
        deals.create(f"d{k}", BEGIN, stage="s0", amount=100 * k, close_on="2026-03-31", owner_id=OWNER)
    return deals


@pytest.fixture
def crm(book):
    with serving(Stub()) as stub:
        stub.now = datetime.now(UTC)
        yield hubspot(book, stub)


@pytest.fixture
def address(tmp_path, crm):
    exports = tmp_path / "exports"
    exports.mkdir()
    write(exports, 3)
    env = {
        "QUARTERDECK_HOME": str(tmp_path / "home"),
        "QUARTERDECK_DATABASE_URL": f"sqlite:///{tmp_path / 'store.db'}",
        "QUARTERDECK_DATA": str(exports),
        "QUARTERDECK_CONFIG": "",
        "HUBSPOT_TOKEN": TOKEN,
    }
    with servers.serving(tmp_path, env) as served:
        yield served


def quiet(view):
    view.wait_for_timeout(150)
    settle(view)


def pressed(view, name):
    view.get_by_role("button", name=name, exact=True).click()
    quiet(view)


def chosen(view, key, option):
    """Choose in a list; it closes when the page is drawn anew under it."""
    listed = view.get_by_role("option", name=option, exact=True)
    for _ in range(3):
        view.locator(f".st-key-{key}").get_by_role("combobox").click()
        view.wait_for_timeout(300)
        if listed.is_visible():
            break
    listed.click()
    quiet(view)


def synced(view):
    view.get_by_role("button", name="Sync now", exact=True).click()
    told = view.get_by_text("HubSpot is being synced.")
    expect(told).to_be_visible()
    expect(told).to_have_count(0, timeout=60_000)
    expect(view.get_by_text("One system is connected; the last sync was just now.")).to_be_visible(timeout=60_000)
    quiet(view)


def connected(view, url, folder):
    """Connect by a description, which says where the system is, as for a test account."""
    file = folder / "hubspot.yaml"
    file.write_text(yaml.safe_dump({"vendor": "hubspot", "base": url}), encoding="utf-8")
    view.get_by_text("Connect a system").click()
    chosen(view, "connect_vendor", "Any other REST API")
    view.locator(".st-key-connect_file input[type=file]").set_input_files(file)
    view.locator(".st-key-connect_name-Any-other-REST-API input").fill("HubSpot")
    view.locator(".st-key-connect_name-Any-other-REST-API input").blur()
    quiet(view)
    pressed(view, "Connect")
    expect(view.get_by_text("HubSpot is connected. Sync it to see what it holds.")).to_be_visible()


@pytest.mark.slow
def test_connect_sync_see_and_write_back(page, address, crm, book, tmp_path):
    page.goto(f"{address}/data")
    expect(page.get_by_role("button", name="Download as notebook")).to_be_visible(timeout=90_000)
    connected(page, crm.url, tmp_path)
    synced(page)
    chosen(page, "source_chosen", "HubSpot")
    pressed(page, "Use it for everybody")
    expect(page.get_by_text("HubSpot, version 1 is used for everybody.")).to_be_visible()
    expect(page.get_by_text("4 deals need fixing, of 4 open ones", exact=False)).to_be_visible()

    book.create("d4", datetime.now(UTC), stage="s1", amount=500, close_on="2027-03-31", owner_id=OWNER)
    synced(page)
    expect(page.get_by_text("HubSpot, version 2 is used for everybody.")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("4 deals need fixing, of 5 open ones", exact=False)).to_be_visible(timeout=60_000)
    page.get_by_role("link", name="Pipeline", exact=True).click()
    expect(page.get_by_text("USD 1.1 k is open in 5 deals.")).to_be_visible(timeout=60_000)

    page.get_by_role("link", name="Data", exact=True).click()
    quiet(page)
    page.get_by_text("Write back to HubSpot").click()
    chosen(page, "write_deal", "Deal d1")
    page.get_by_role("spinbutton", name="month, Close date").click()
    page.keyboard.type("1215")
    page.keyboard.press("Enter")
    page.get_by_label("Next step").click()
    page.wait_for_timeout(400)
    quiet(page)
    pressed(page, "Preview")
    expect(page.get_by_text("Look at what would be written.")).to_be_visible()
    assert book.deals["d1"].values["close_on"] == "2026-03-31"
    pressed(page, "Write to the CRM")
    expect(page.get_by_text("It stands in the CRM; the next sync brings it back here.")).to_be_visible()
    assert book.deals["d1"].values["close_on"].startswith("2026-12-15")
    pressed(page, "Undo")
    expect(page.get_by_text("The CRM holds what it held before.")).to_be_visible()
    assert book.deals["d1"].values["close_on"].startswith("2026-03-31")
