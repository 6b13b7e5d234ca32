"""What tests in the browser do again and again, each waiting for the page and not for a time."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from playwright.sync_api import TimeoutError as PlaywrightTimeout
from playwright.sync_api import expect

from tests.page_measures import POLLING, SETTLED

# A click reaches the server a moment later, so that only a page that stays still has answered it.
STILL = f"""(span) => {{
  const now = performance.now();
  if (!({SETTLED})()) {{
    window.stillSince = undefined;
    return false;
  }}
  window.stillSince ??= now;
  return now - window.stillSince > span;
}}"""
LONG = 120_000
TRIES = 20


def quiet(view: Any, span: float = 500) -> None:
    """Wait until the page's script has ended and its charts are drawn, and that for some milliseconds."""
    view.evaluate("() => { window.stillSince = undefined; }")
    view.wait_for_function(STILL, arg=span, timeout=LONG, polling=POLLING)


def whole(view: Any) -> None:
    """Wait until a page is there to its end, where the notebook is offered, and stands still."""
    expect(view.get_by_role("button", name="Download as notebook")).to_be_visible(timeout=LONG)
    quiet(view)


def at_rest(element: Any) -> dict[str, float]:
    """Return where an element stands once it moves no more, as after the page was scrolled to a heading."""
    last = element.bounding_box()
    for _ in range(20 * TRIES):
        element.page.wait_for_timeout(200)
        box = element.bounding_box()
        if box is not None and box == last:
            return box  # type: ignore[no-any-return]
        last = box
    raise AssertionError("It moves and moves.")


def opened(view: Any, box: Any, name: str) -> Any:
    """Open a list, which closes when the page is drawn anew under it, until it shows an option; return that."""
    quiet(view)
    option = view.get_by_role("option", name=name, exact=True)
    for _ in range(TRIES):
        if option.is_visible():
            break
        box.press("ArrowDown")
        with suppress(PlaywrightTimeout):
            option.wait_for(state="visible", timeout=1_000)
    expect(option).to_be_visible()
    return option


def choose(view: Any, box: Any, name: str, typed: bool = False) -> None:
    """Choose from a list, and wait for what the page makes of it.

    Parameters
    ----------
    view : Page
    box : Locator
        The list's field.
    name : str
        The option.
    typed : bool
        True where the list is long, of which only what is in sight is there: the name is typed.
    """
    for _ in range(TRIES):
        if typed:
            quiet(view)
            box.fill(name)
        with suppress(PlaywrightTimeout):
            opened(view, box, name).click(timeout=2_000)
            break
    quiet(view)
