"""The scenarios page in Chromium: keyboard, a further lever, save, the link in a fresh browser, compare, export."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture(scope="module")
def url(settings, sample, bundle, tmp_path_factory):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    store = f"sqlite:///{tmp_path_factory.mktemp('store') / 'store.db'}"
    env = {**os.environ, "QUARTERDECK_HOME": str(settings.home), "QUARTERDECK_DATABASE_URL": store}
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py"), "--server.port", str(port)]
    server = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            try:
                with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2) as answer:
                    if answer.status == 200:
                        break
            except OSError:
                time.sleep(0.25)
        yield address
    finally:
        server.terminate()
        server.wait(20)


@pytest.fixture(scope="module")
def browser():
    path = shutil.which("chromium")
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("Chromium is missing, and CI must not pass without the browser tests.")
        pytest.skip("Chromium is not installed: browser tests are left out.")
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


def test_a_scenario_is_made_saved_sent_compared_and_exported(url, browser):
    context = browser.new_context(viewport={"width": 1440, "height": 1200}, accept_downloads=True)
    page = context.new_page()
    page.goto(f"{url}/scenarios")
    slider = page.get_by_role("slider", name="Win rate")
    expect(slider).to_be_visible(timeout=90_000)
    slider.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    expect(page.get_by_text("Win rate USD +").first).to_be_visible(timeout=30_000)
    expect(page).to_have_url(re.compile("win_rate=5"))
    more = page.get_by_role("combobox", name="More levers")
    more.click()
    more.fill("Hires")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    hires = page.get_by_role("slider", name="Hires")
    expect(hires).to_be_visible(timeout=30_000)
    hires.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile("hires=3"), timeout=30_000)
    answer = page.get_by_text("bookings go from").first
    expect(page.get_by_text("Hires USD +").first).to_be_visible(timeout=30_000)
    told = answer.inner_text()

    fresh = browser.new_context().new_page()
    fresh.goto(page.url)
    expect(fresh.get_by_text("bookings go from").first).to_have_text(told, timeout=90_000)
    fresh.context.close()

    page.get_by_label("Name", exact=True).fill("Board")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved: Board")).to_be_visible(timeout=30_000)
    page.get_by_role("button", name="Take in the sliders as they stand").click()
    expect(page.get_by_text("Your scenario brings USD")).to_be_visible(timeout=30_000)
    with page.expect_download() as download:
        page.get_by_role("button", name="Brief for the board").click()
    text = download.value.path().read_text(encoding="utf-8")
    assert told in text
    assert "Hires +3" in text
    context.close()
