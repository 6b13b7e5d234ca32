"""Every tutorial is clicked through in Chromium, and the documents are read as a site and on the Help page.

With `QUARTERDECK_TAKE_PICTURES=1` the tutorials' pictures are taken anew from the run.
"""

from __future__ import annotations

import os

import pytest
from playwright.sync_api import expect

from tests.browser import default_company
from tests.browser.steps import LONG, quiet, whole
from tests.browser.tutorial_walk import walk
from tools.pictures import written
from tools.tutorials import FOLDER, IMAGES, steps

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]
# What is looked for is planted in the default company.
bundle, sample = default_company.bundle, default_company.sample
settings, url = default_company.settings, default_company.url
TAKEN = "QUARTERDECK_TAKE_PICTURES"
SIZE = {"width": 1280, "height": 800}


@pytest.mark.parametrize("name", sorted(file.stem for file in FOLDER.glob("*.md")))
def test_a_tutorial_can_be_followed(url, browser, tmp_path, name):
    folder = IMAGES if os.environ.get(TAKEN) == "1" else tmp_path
    context = browser.new_context(viewport=SIZE)
    taken = steps((FOLDER / f"{name}.md").read_text(encoding="utf-8"))
    walk(context.new_page(), url, taken, lambda word, shot: written(shot, folder / f"{word}.png"))
    wanted = sum(action.kind == "picture" for step in taken for action in step.actions)
    assert len(list(folder.glob("*.png"))) >= wanted
    context.close()


def test_help_finds_a_section_and_asks_no_other_host(url, browser):
    page = browser.new_context(viewport=SIZE).new_page()
    foreign = []
    page.on("request", lambda request: foreign.append(request.url) if is_foreign(request.url, url) else None)
    page.goto(f"{url}/help?guide=alerts&part=ways")
    whole(page)
    expect(page.locator("#ways")).to_be_in_viewport(timeout=LONG)
    page.get_by_label("Search the guides").fill("exchange rate")
    page.get_by_label("Search the guides").press("Enter")
    page.get_by_role("link", name="Currencies").first.click()
    expect(page.locator("#currencies")).to_be_visible(timeout=LONG)
    quiet(page)
    assert foreign == []
    page.context.close()


def is_foreign(address: str, url: str) -> bool:
    return not address.startswith((url, url.replace("http", "ws", 1), "data:", "blob:"))
