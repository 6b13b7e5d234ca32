"""Takes the pictures of the guides anew from an app that runs on the sample company.

Start `quarterdeck serve --port 8501` on a home of its own, for a link is made on it, and run
`python -m tools.pictures`; with names, those alone are taken.
"""

from __future__ import annotations

import io
import re
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "images"
ADDRESS = "http://127.0.0.1:8501"
SIZE = {"width": 1280, "height": 900}
COLORS, PATIENCE_MS, SETTLED_MS = 128, 180_000, 2_500
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
QUESTION = "sales velocity in EMEA"


def answered(page: Any, site: str) -> Any:
    """Ask a question, and return its window."""
    page.goto(f"{site}/")
    page.get_by_placeholder("Search or ask — press /").fill(QUESTION)
    page.get_by_role("button", name="Answer this question").click()
    window = page.get_by_role("dialog")
    window.get_by_text("More on the page").wait_for()
    return window


def question(page: Any, site: str) -> Any:
    """Return the window of an answer."""
    return answered(page, site)


def embed_form(page: Any, site: str) -> Any:
    """Return what is asked before an answer is put into another site."""
    window = answered(page, site)
    window.get_by_text("Embed in another site").click()
    window.get_by_role("button", name="Make a link").wait_for()
    return window.get_by_test_id("stExpander").first


def embedded(page: Any, site: str) -> Any:
    """Return an answer as another site shows it."""
    window = answered(page, site)
    window.get_by_text("Embed in another site").click()
    window.get_by_role("button", name="Make a link").click()
    code = window.locator("code")
    code.wait_for()
    match = re.search(r'src="([^"]+)"', code.inner_text())
    assert match is not None
    page.set_viewport_size({"width": 760, "height": 360})
    page.goto(match[1])
    return page.locator("body")


def alerts(page: Any, site: str) -> Any:
    """Return the page of alerts."""
    page.goto(f"{site}/alerts")
    page.get_by_role("heading", name="Alerts", exact=True).first.wait_for()
    return page


def api(page: Any, site: str) -> Any:
    """Return the page that describes the API."""
    page.goto(f"{site}/api/docs")
    page.locator("summary").first.click()
    return page


PICTURES: Mapping[str, Callable[[Any, str], Any]] = {
    "question": question,
    "embed-form": embed_form,
    "embedded": embedded,
    "alerts": alerts,
    "api": api,
}


def written(shot: bytes, file: Path) -> int:
    """Write a picture with few colors, which is a third of the size; return its bytes."""
    from PIL import Image

    image = Image.open(io.BytesIO(shot)).convert("RGB")
    image.quantize(COLORS, dither=Image.Dither.NONE).save(file, optimize=True)
    return file.stat().st_size


def main(arguments: list[str]) -> int:
    """Take the pictures; an address goes first where the app runs elsewhere."""
    from playwright.sync_api import sync_playwright

    site = next((word for word in arguments if word.startswith("http")), ADDRESS)
    names = [word for word in arguments if word in PICTURES] or list(PICTURES)
    path = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=FLAGS)
        for name in names:
            page = browser.new_page(viewport=SIZE)
            page.set_default_timeout(PATIENCE_MS)
            part = PICTURES[name](page, site)
            page.wait_for_function("!document.querySelector('[data-testid=stSkeleton]')")
            page.wait_for_timeout(SETTLED_MS)
            print(f"{name}.png: {written(part.screenshot(), FOLDER / f'{name}.png'):,} bytes")
            page.close()
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
