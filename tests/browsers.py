"""Chromium for tests: one for all that follow one another, and pages that may ask nobody but the server for anything.

`page` is a page of a profile on disk, in which Chromium keeps the server's files and what it compiled of them; all
that a page itself can keep (cookies, storage, workers, permissions) is cleared before every test. `new_context` makes
visitors who have nothing in common with it or with one another.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

HERE = "http://127.0.0.1:"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
# A test is over before the best compilation of the scripts would pay.
FRUGAL = ["--js-flags=--no-opt"]
# Nothing moves for the sake of moving: every frame costs, and whoever asks for less motion sees the same pages.
VISITOR = {"viewport": {"width": 1440, "height": 1000}, "accept_downloads": True, "reduced_motion": "reduce"}
# Milliseconds; what is there is seen at once, and what is slow on a machine under load is not missing.
PATIENCE = 60_000
LEFT_OUT = "Chromium is not installed"
FOLDER = Path(__file__).with_name("browser")


class Chromium:
    """Chromium of this machine with a profile of its own, started when it is first asked for."""

    def __init__(self) -> None:
        self._running = ExitStack()
        self._profile = None
        self._addresses: list[str] = []

    @property
    def profile(self):
        """The context of the profile; begun anew where Chromium has ended, as when it crashed."""
        if self._profile is None or not self._profile.browser.is_connected():
            self.close()
            self._profile = self._started()
        return self._profile

    def _started(self):
        from playwright.sync_api import expect, sync_playwright

        expect.set_options(timeout=PATIENCE)
        play = self._running.enter_context(sync_playwright())
        folder = self._running.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
        context = play.chromium.launch_persistent_context(
            Path(folder), executable_path=path(), args=[*FLAGS, *FRUGAL], **VISITOR
        )
        self._running.callback(context.close)
        for page in context.pages:  # an empty one, with which a profile begins
            page.close()
        context.set_default_timeout(PATIENCE)
        context.on("request", lambda request: self._addresses.append(request.url))
        return context

    def new_page(self):
        """Return a page that finds nothing of those before it but files of the server."""
        context = self.profile
        page = context.new_page()
        asked = {f"{parts.scheme}://{parts.netloc}" for parts in map(urlsplit, self._addresses) if parts.netloc}
        session = context.new_cdp_session(page)
        for origin in sorted(asked):
            session.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "all"})
        session.detach()
        context.clear_cookies()
        context.clear_permissions()
        self._addresses.clear()
        return page

    def close_pages(self) -> list[str]:
        """Close all pages of the profile, and return the addresses they asked for."""
        for page in self.profile.pages:
            page.close()
        return list(self._addresses)

    def close(self) -> None:
        """End Chromium; nothing happens where none runs."""
        self._profile = None
        self._running.close()


CHROMIUM = Chromium()


def path() -> str:
    """Return where Chromium is; without it a test is left out, or fails where the whole suite must run."""
    command = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if command is None:
        if os.environ.get("CI"):
            pytest.fail("Chromium is missing, and CI must not pass without the browser tests.")
        pytest.skip(LEFT_OUT)
    return command


class EndsChromium:
    """Ends Chromium after the last file in a row that needs it: its event loop is in the way of other tests'."""

    @pytest.hookimpl(trylast=True)  # when the fixtures of the file have gone
    def pytest_runtest_teardown(self, item: pytest.Item, nextitem: pytest.Item | None) -> None:
        """End Chromium where the file has ended and the next is not one of those in a browser."""
        is_next = nextitem is not None and (nextitem.path == item.path or nextitem.path.parent == FOLDER)
        if not is_next:
            CHROMIUM.close()


def only_here(addresses: list[str]) -> None:
    """Fail where anybody but the server was asked."""
    assert [address for address in addresses if not address.startswith((HERE, "data:", "blob:"))] == []


@pytest.fixture(scope="module")
def browser():
    """Chromium of this machine, which files that follow one another share."""
    return CHROMIUM.profile.browser


@pytest.fixture
def page(browser):
    """A page of its own, which may ask nobody but the server for anything."""
    yield CHROMIUM.new_page()
    only_here(CHROMIUM.close_pages())


@pytest.fixture
def new_context(browser):
    """A function that makes a visitor of its own, as `browser.new_context` does, who may ask nobody but the server."""
    addresses, contexts = [], []

    def made(**options):
        context = browser.new_context(**VISITOR | options)
        context.set_default_timeout(PATIENCE)
        context.on("request", lambda request: addresses.append(request.url))
        contexts.append(context)
        return context

    yield made
    for context in contexts:
        context.close()
    only_here(addresses)
