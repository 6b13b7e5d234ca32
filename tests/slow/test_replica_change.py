"""A browser whose server goes away is on another one a moment later, with what it uploaded and what it chose."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from pages.ui.kit import unsaved
from tests.browser.steps import quiet
from tests.browser.test_calls import write_note
from tests.browser.test_data_wizard import chosen
from tests.pages.test_data_states import write
from tests.servers import free_port, serving

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]
HEAD = "opportunity_id,opportunity_name,stage,amount,created_on,close_on\n"


@pytest.fixture
def env(tmp_path):
    exports = tmp_path / "exports"
    exports.mkdir()
    write(exports, 3)
    return {
        "QUARTERDECK_HOME": str(tmp_path / "home"),
        "QUARTERDECK_DATABASE_URL": f"sqlite:///{tmp_path / 'store.db'}",
        "QUARTERDECK_DATA": str(exports),
        "QUARTERDECK_CONFIG": "",
        "QUARTERDECK_KEY": "ab" * 32,
    }


@pytest.fixture
def upload(tmp_path):
    rows = "".join(f"{k},Own {k},Discovery,{k * 10},2026-01-02,2026-05-01\n" for k in range(1, 8))
    file = tmp_path / "own deals.csv"
    file.write_text(HEAD + rows, encoding="utf-8")
    return file


def opened(page, address):
    page.set_default_navigation_timeout(180_000)
    page.goto(f"{address}/data")
    expect(page.get_by_role("button", name="Download as notebook")).to_be_visible(timeout=90_000)
    quiet(page)


def test_what_was_uploaded_outlives_the_server(page, env, upload, tmp_path):
    port = free_port()
    with serving(tmp_path, env, port=port) as address:
        opened(page, address)
        expect(page.get_by_text("3 rows in 8 tables").first).to_be_visible()
        page.locator("input[type=file]").first.set_input_files(upload)
        expect(page.get_by_role("button", name="Next: Columns")).to_be_visible(timeout=60_000)
        quiet(page)
        page.wait_for_timeout(500)
    with serving(tmp_path, env, port=port):
        # The files in the form are there, and can be gone on with.
        expect(page.get_by_text("own deals.csv").first).to_be_visible(timeout=60_000)
        page.get_by_role("button", name="Next: Columns").click()
        quiet(page)
        chosen(page, "Deal name", "– not in the file –")
        expect(page.get_by_text("Not matched, and kept as columns of your own")).to_be_visible()
    with serving(tmp_path, env, port=port):
        # And so can the map that was being put together.
        expect(page.get_by_text(unsaved.BACK)).to_be_visible(timeout=60_000)
        expect(page.get_by_text("Not matched, and kept as columns of your own")).to_be_visible()
        quiet(page)
        chosen(page, "Deal name", "opportunity_name")
        for name in ("Stages", "Dates and amounts", "Check and use"):
            page.get_by_role("button", name=f"Next: {name}").click()
            quiet(page)
        page.get_by_role("button", name="Use for this session").click()
        expect(page.get_by_text("7 rows in 8 tables").first).to_be_visible(timeout=60_000)
        assert "own=" in page.url
    stored = [file.read_bytes() for file in (tmp_path / "home" / "artifacts" / "uploads").rglob("*.sealed")]
    assert stored
    assert not any(b"Own 3" in content or b"PAR1" in content for content in stored)
    with serving(tmp_path, env, port=port) as address:
        expect(page.get_by_text("7 rows in 8 tables").first).to_be_visible(timeout=60_000)
        page.goto(page.url)
        expect(page.get_by_text("7 rows in 8 tables").first).to_be_visible(timeout=60_000)
        stranger = page.context.browser.new_context()
        other = stranger.new_page()
        other.goto(page.url)
        expect(other.get_by_text("Everybody's data are shown").first).to_be_visible(timeout=60_000)
        expect(other.get_by_text("3 rows in 8 tables").first).to_be_visible()
        stranger.close()


def test_a_review_that_is_not_saved_outlives_the_server(page, env, tmp_path):
    port, file = free_port(), tmp_path / "exports" / "deals.csv"
    file.write_text(file.read_text(encoding="utf-8").replace("2026-05-01", "2026-03-01"), encoding="utf-8")  # Due now.
    with serving(tmp_path, env, port=port) as address:
        write_note(page, address, "sponsor said yes")
    with serving(tmp_path, env, port=port) as address:
        expect(page.get_by_text(unsaved.BACK)).to_be_visible(timeout=60_000)
        quiet(page)
        page.get_by_role("button", name="Save 1 changed deal").click()
        expect(page.get_by_text("Saved: 1 deal.")).to_be_visible(timeout=30_000)
        page.goto(f"{address}/review")
        expect(page.get_by_role("button", name="Nothing to save yet")).to_be_visible(timeout=90_000)
    stored = [file.read_bytes() for file in (tmp_path / "home" / "artifacts" / "unsaved").rglob("*.sealed")]
    assert stored
    assert not any(b"sponsor" in content for content in stored)
