"""Does in a browser what the steps of a tutorial say."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from playwright.sync_api import expect

from tests.browser.steps import LONG, choose, quiet, whole
from tools.tutorials import Action, Step

ROLES = ("button", "link", "tab")
# As a link in the page's contents does it, so that a picture shows what was looked for last.
TO_THE_TOP = "element => (element.closest('[data-testid=stHeading]') ?? element).scrollIntoView()"
# What stays in sight at the top of a page would take the click.
TO_THE_MIDDLE = "element => element.scrollIntoView({block: 'center'})"
COLD = 400_000  # milliseconds: the first page of a server that has just started waits for models and tables
Picture = Callable[[str, bytes], None]


def walk(view: Any, site: str, steps: Sequence[Step], picture: Picture) -> None:
    """Do every action of every step; what fails names the step.

    Parameters
    ----------
    view : playwright.sync_api.Page
    site : str
        The app's address.
    steps : sequence of Step
    picture : callable
        Takes the name and the PNG of each picture.
    """
    for number, step in enumerate(steps, start=1):
        for action in step.actions:
            try:
                _do(view, site, action, picture)
            except Exception as error:
                raise AssertionError(f"Step {number}, {action}: {error}") from error


def _do(view: Any, site: str, action: Action, picture: Picture) -> None:
    if action.kind == "open":
        view.goto(f"{site}/{action.words}", wait_until="commit", timeout=LONG)
        view.get_by_role("button", name="Download as notebook").wait_for(timeout=COLD)
        whole(view)
    elif action.kind == "click":
        target = _clickable(view, action)
        target.evaluate(TO_THE_MIDDLE)
        target.click(timeout=LONG)
        quiet(view)
    elif action.kind == "choose":
        choose(view, view.get_by_role("combobox", name=action.field).first, action.words, typed=True)
    elif action.kind == "type":
        field = view.get_by_label(action.field).first
        field.fill(action.words)
        field.press("Enter")
        quiet(view)
    elif action.kind == "expect":
        expect(view.get_by_text(action.words).first).to_be_visible(timeout=LONG)
        on_page = view.get_by_test_id("stMain").get_by_text(action.words)
        if on_page.count():  # what is open over the page is in sight
            on_page.last.evaluate(TO_THE_TOP)
    else:
        quiet(view)
        picture(action.words, view.screenshot())


def _clickable(view: Any, action: Action) -> Any:
    if action.field:
        key = re.sub(r"[^A-Za-z0-9_-]", "-", f"method-{action.words}")
        return view.locator(f".st-key-{key}").get_by_role("button", name=action.field)
    either = view.get_by_role(ROLES[0], name=action.words)
    for role in ROLES[1:]:
        either = either.or_(view.get_by_role(role, name=action.words))
    return either.or_(view.locator("summary, label").filter(has_text=action.words)).first
