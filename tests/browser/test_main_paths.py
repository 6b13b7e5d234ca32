"""The app in Chromium, as a person uses it."""

from __future__ import annotations

import os
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
def url(settings, sample):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = {**os.environ, "QUARTERDECK_HOME": str(settings.home)}
    command = [sys.executable, "-m", "core.cli", "serve", "--port", str(port)]
    server = subprocess.Popen(
        command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
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
        os.killpg(server.pid, 15)
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


@pytest.fixture
def page(browser):
    context = browser.new_context(viewport={"width": 1440, "height": 1000}, accept_downloads=True)
    yield context.new_page()
    context.close()


def test_executive_opens_a_number_and_downloads_the_notebook(url, page):
    page.goto(url)
    expect(page.get_by_role("heading", name="How do bookings run?")).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Method").first.click()
    expect(page.get_by_text("rows behind it")).to_be_visible()
    page.keyboard.press("Escape")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as notebook").click()
    assert download.value.suggested_filename == "executive.ipynb"


def test_upload_replaces_the_data_for_this_session_only(url, page, browser, tmp_path):
    head = "opportunity_id,stage,amount,created_on,close_on"
    rows = f'{head}\nX1,Discovery,"1,000",2026-01-05,2026-06-30\nX2,Discovery,abc,2026-01-05,\n'
    file = tmp_path / "opportunities.csv"
    file.write_text(rows, encoding="utf-8")
    page.goto(f"{url}/data")
    expect(page.get_by_role("heading", name="What is loaded?")).to_be_visible(timeout=60_000)
    page.locator("input[type=file]").set_input_files(str(file))
    page.get_by_role("button", name="Use for this session").click()
    expect(page.get_by_text("1 rows were left out.")).to_be_visible(timeout=30_000)
    other = browser.new_page()
    other.goto(f"{url}/data")
    expect(other.get_by_text("Every row was taken in.")).to_be_visible(timeout=30_000)
    other.close()
