"""Chromium for tests: one per module, and a page that may ask nobody but the server for anything."""

from __future__ import annotations

import os
import shutil

import pytest

HERE = "http://127.0.0.1:"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
# Milliseconds; what is there is seen at once, and what is slow on a machine under load is not missing.
PATIENCE = 60_000
LEFT_OUT = "Chromium is not installed"


@pytest.fixture(scope="module")
def browser():
    """Chromium of this machine; without it a test is left out, or fails where the whole suite must run."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("Chromium is missing, and CI must not pass without the browser tests.")
        pytest.skip(LEFT_OUT)
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser):
    """A page of its own, which may ask nobody but the server for anything."""
    context = browser.new_context(viewport={"width": 1440, "height": 1000}, accept_downloads=True)
    context.set_default_timeout(PATIENCE)
    addresses = []
    context.on("request", lambda request: addresses.append(request.url))
    yield context.new_page()
    context.close()
    assert [address for address in addresses if not address.startswith((HERE, "data:", "blob:"))] == []
