"""What a page looks like in numbers: how tall it is, its sizes of text, what runs over its side."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

PAGES = (
    "",
    "pipeline",
    "forecast",
    "review",
    "scenarios",
    "customers",
    "requirements",
    "catalogue",
    "library",
    "enablement",
    "data",
    "models",
    "admin",
)
SIZES = """() => {
  const main = document.querySelector('[data-testid="stMain"]'), seen = {};
  const walk = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const text = walk.currentNode.textContent.trim(), box = walk.currentNode.parentElement;
    if (!text || !box.getClientRects().length) continue;
    const style = getComputedStyle(box);
    if (style.visibility === 'hidden' || style.opacity === '0' || box.closest('style, script')) continue;
    if (/material|symbols/i.test(style.fontFamily) || box.closest('[data-testid="stIconMaterial"]')) continue;
    const size = Math.round(parseFloat(style.fontSize) * 10) / 10;
    (seen[size] ??= []).length < 3 && seen[size].push(text.slice(0, 40));
  }
  return seen;
}"""
SETTLED = """() => {
  const app = document.querySelector('[data-testid="stApp"]');
  const waits = ['stSkeleton', 'stAppSkeleton', 'stSpinner'].map(name => `[data-testid="${name}"]`).join(', ');
  const charts = [...document.querySelectorAll('[data-testid="stVegaLiteChart"]')];
  return app?.dataset.testScriptState === 'notRunning' && !document.querySelector(waits)
    && charts.every(chart => !chart.checkVisibility() || chart.querySelector('svg, canvas'));
}"""
HEIGHT = """() => document.querySelector('[data-testid="stMain"]').scrollHeight"""
# Milliseconds. By default a browser is asked with every frame it draws, and draws sixty a second to be asked.
POLLING = 100
OVERFLOW = """() => {
  const main = document.querySelector('[data-testid="stMain"]');
  return Math.max(main.scrollWidth - main.clientWidth, document.documentElement.scrollWidth - window.innerWidth);
}"""


@dataclass(frozen=True)
class Measures:
    """A page as it stands in the browser.

    Attributes
    ----------
    height : int
        Of everything that can be scrolled to, in pixels.
    sizes : dict of str to list of str
        Sizes of text in pixels, with up to three examples each; symbols are no text.
    overflow : int
        Pixels that run over the side.
    """

    height: int
    sizes: dict[str, list[str]]
    overflow: int


def open_page(page: Any, address: str, patience: float = 90) -> None:
    """Open an address and wait until its script has ended, its charts are drawn and its height stays the same."""
    page.goto(address, wait_until="domcontentloaded")
    settle(page, patience)


def settle(page: Any, patience: float = 90) -> None:
    """Wait until the page's script has ended, its charts are drawn and its height stays the same."""
    page.wait_for_selector('[data-testid="stMain"] h1', timeout=patience * 1000)
    page.wait_for_function(SETTLED, timeout=patience * 1000, polling=POLLING)
    last, since = -1, time.monotonic()
    end = since + patience
    while time.monotonic() < end:
        height = page.evaluate(HEIGHT)
        if height != last or not page.evaluate(SETTLED):
            last, since = height, time.monotonic()
        elif time.monotonic() - since > 0.8:
            return
        page.wait_for_timeout(150)


def measured(page: Any) -> Measures:
    """Return the measures of the page that is open."""
    return Measures(page.evaluate(HEIGHT), page.evaluate(SIZES), page.evaluate(OVERFLOW))
