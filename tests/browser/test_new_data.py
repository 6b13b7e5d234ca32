"""Exports change under a running server: the page goes on with what it had, says so, and then shows the new rows."""

from __future__ import annotations

import os

import pytest
from playwright.sync_api import expect

from tests.pages.test_data_states import write
from tests.servers import serving

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture
def exports(tmp_path):
    folder = tmp_path / "exports"
    folder.mkdir()
    write(folder, 3)
    return folder


@pytest.fixture
def address(exports, tmp_path):
    env = {
        "QUARTERDECK_HOME": str(tmp_path / "home"),
        "QUARTERDECK_DATABASE_URL": f"sqlite:///{tmp_path / 'store.db'}",
        "QUARTERDECK_DATA": str(exports),
        "QUARTERDECK_CONFIG": "",
    }
    with serving(tmp_path, env) as served:
        yield served


def opened(page, address):
    page.goto(f"{address}/data")
    expect(page.get_by_role("button", name="Download as notebook")).to_be_visible(timeout=90_000)


@pytest.mark.slow
def test_the_last_state_is_shown_marked_and_then_the_new_one(page, address, exports):
    opened(page, address)
    expect(page.get_by_text("3 rows in 8 tables").first).to_be_visible()
    write(exports, 5, age=20)
    notice = page.locator(".st-key-bar_notice")
    # The page stays open and nobody touches it: it learns of the new data within ten seconds.
    expect(notice).to_contain_text("New data are being prepared; shown: as of", timeout=10_000)
    expect(page.get_by_text("3 rows in 8 tables").first).to_be_visible()
    expect(notice).to_have_count(0, timeout=60_000)
    expect(page.get_by_text("5 rows in 8 tables").first).to_be_visible(timeout=20_000)
    (exports / "deals.csv").write_text("nothing,of,use\n", encoding="utf-8")
    os.utime(exports / "deals.csv", (0, 0))
    page.wait_for_timeout(3_100)
    opened(page, address)
    expect(notice).to_contain_text("The new data could not be prepared.", timeout=60_000)
    expect(notice.get_by_role("button", name="Try again")).to_be_visible()
    expect(page.get_by_text("5 rows in 8 tables").first).to_be_visible()
