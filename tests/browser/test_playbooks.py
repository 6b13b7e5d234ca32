"""Playbooks and benchmarks in Chromium: a play is started, a step skipped, a play mended; a file is made and leaves."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from tests.browser.steps import quiet, whole
from tests.servers import own_database, serving

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]


@pytest.fixture(scope="module")
def address(small, small_settings, small_bundle, tmp_path_factory):
    """The address of a server on the small company with a database of its own."""
    folder = tmp_path_factory.mktemp("plays")
    with serving(folder, own_database(small_settings.home, folder)) as served:
        yield served


def test_a_play_is_started_its_step_skipped_and_the_play_mended(address, page):
    page.goto(f"{address}/playbooks")
    whole(page)
    page.get_by_text("Start it by hand").click()
    quiet(page)
    page.get_by_role("button", name="Start", exact=True).click()
    quiet(page)
    expect(page.get_by_text("in 1 run of plays")).to_be_visible()
    page.get_by_label("Reason, where it is skipped").first.fill("They left")
    page.keyboard.press("Tab")
    quiet(page)
    page.get_by_role("button", name="Skip").click()
    quiet(page)
    page.get_by_role("radio", name="Skipped").or_(page.get_by_role("button", name="Skipped")).first.click()
    quiet(page)
    expect(page.get_by_role("button", name="Open again")).to_be_visible()
    page.get_by_text("How it is written").click()
    quiet(page)
    area = page.get_by_label("The play in YAML")
    text = area.input_value()
    area.fill(text.replace("\n  days: 3\n", "\n  dais: 3\n"))
    page.keyboard.press("Tab")
    quiet(page)
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_text("This is not a play yet")).to_be_visible()
    area.fill(text.replace("\n  days: 3\n", "\n  days: 5\n"))
    page.keyboard.press("Tab")
    quiet(page)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name="Put back as it came")).to_be_visible()


def test_a_file_is_made_looked_at_and_leaves(address, page):
    page.goto(f"{address}/benchmarks")
    whole(page)
    page.get_by_label("Privacy budget of this file").fill("4")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Make a file ready").click()
    quiet(page)
    expect(page.get_by_text("Made ready on")).to_be_visible()
    expect(page.get_by_role("button", name="Download the file")).to_have_count(0)
    page.get_by_text("I have looked at it, and it may leave").click()
    quiet(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the file").click()
    content = json.loads(download.value.path().read_text(encoding="utf-8"))
    assert (content["epsilon"], content["k"]) == (4.0, 10)
