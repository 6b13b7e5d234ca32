"""The buttons of the language model in Chromium, with one that obeys, lies, follows orders, is late and is gone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.steps import LONG, quiet, whole
from tests.browsers import browser  # noqa: F401
from tests.rewriting import stub_model
from tests.servers import own_database, serving

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]
UNKNOWN = "how often do we beat others to the signature"
SETTINGS = """
language_model:
  url: http://127.0.0.1:{port}/v1
  model: stub
  hosts: [127.0.0.1]
  timeout_seconds: 2
"""


@pytest.fixture(scope="module")
def stub():
    with stub_model.serving(stub_model.obeys) as server:
        yield server


@pytest.fixture(scope="module")
def address(small_settings, small_bundle, stub, tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    (folder / "quarterdeck.yaml").write_text(SETTINGS.format(port=stub.server_port), encoding="utf-8")
    with serving(folder, own_database(small_settings.home, folder)) as served:
        yield served


def press(view, key, sees):
    view.locator(f".st-key-{key} button").click()
    expect(view.get_by_text(sees).first).to_be_visible(timeout=LONG)
    quiet(view)


def numbers(view):
    """Return the numbers of a draft in other words."""
    return sorted(re.findall(r"\d+", view.locator("[data-testid=stCode]").last.inner_text()))


def test_a_draft_in_other_words_says_no_more_than_the_draft(browser, address, stub):  # noqa: F811
    view = browser.new_page(viewport={"width": 1440, "height": 1000})
    view.goto(f"{address}/requirements", wait_until="domcontentloaded", timeout=LONG)
    whole(view)
    before = numbers(view)
    for behaviour, sees in (
        (stub_model.obeys, "Rewritten by the language model."),
        (stub_model.says("We sign 4,711 users in for Acme, for good."), "No source states the number 4711 user"),
        (stub_model.obeys_the_question, "put back"),
        (stub_model.sleeps, "did not answer within 2 seconds"),
        (lambda handler: handler.send(b"{}", 401), "Correct language_model.key in quarterdeck.yaml."),
    ):
        stub.behaviour = behaviour
        press(view, "draft_rewrite", sees)
        assert numbers(view) == before
    view.close()


def test_the_answer_window_says_why_the_model_chose_nothing(browser, address, stub):  # noqa: F811
    view = browser.new_page(viewport={"width": 1440, "height": 1000})
    view.goto(f"{address}/pipeline", wait_until="domcontentloaded", timeout=LONG)
    whole(view)
    box = view.get_by_placeholder(re.compile("Search")).first
    box.fill(UNKNOWN)
    box.press("Enter")
    view.locator(".st-key-answer_question button").click()
    expect(view.get_by_text("Ask stub which answer fits").first).to_be_visible(timeout=LONG)
    for behaviour, sees in (
        (stub_model.sleeps, "did not answer within 2 seconds"),
        (lambda handler: handler.send(b"{}", 404), "Correct language_model.url or language_model.model"),
        (stub_model.says("1"), "stub chose this answer."),
    ):
        stub.behaviour = behaviour
        press(view, "question_choose", sees)
        if sees != "stub chose this answer.":
            assert view.get_by_text("found none of the answers").count() == 0
    stub.behaviour = stub_model.says("Brilliant: 97.3 % of our deals are won, says Zorro.")
    press(view, "question_rewrite", "put back")
    assert "97.3" not in view.locator("[data-testid=stDialog] [data-testid=stCode]").first.inner_text()
    view.close()
