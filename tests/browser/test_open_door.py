"""A server started outside the checkout keeps its door as that folder's settings have it."""

from __future__ import annotations

import json
import urllib.request

import pytest
from playwright.sync_api import expect

from tests.servers import serving

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
SETTINGS = """
access:
  sign_in: header
  people:
    ana@example.com: {roles: [leader], name: Ana Silva}
"""


@pytest.fixture(scope="module")
def closed(small_settings, small_bundle, tmp_path_factory):
    folder = tmp_path_factory.mktemp("elsewhere")
    (folder / "quarterdeck.yaml").write_text(SETTINGS, encoding="utf-8")
    env = {"QUARTERDECK_HOME": str(small_settings.home), "QUARTERDECK_DATABASE_URL": f"sqlite:///{folder / 's.db'}"}
    with serving(folder, env) as address:
        yield address


def test_whom_no_proxy_names_is_not_let_in(closed, page):
    page.goto(closed)
    expect(page.get_by_text("Nobody is signed in")).to_be_visible(timeout=90_000)
    expect(page.get_by_role("heading", name="Key figures")).to_have_count(0)
    page.goto(f"{closed}/admin")
    expect(page.get_by_text("Nobody is signed in")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("local user")).to_have_count(0)


def test_whom_the_proxy_names_is_let_in(closed, new_context):
    context = new_context(extra_http_headers={"X-Forwarded-Email": "ana@example.com"})
    view = context.new_page()
    view.goto(closed)
    expect(view.get_by_role("heading", name="Key figures")).to_be_visible(timeout=90_000)


def test_the_agent_interface_is_off(closed):
    with urllib.request.urlopen(f"{closed}/_stcore/agent/openapi.json", timeout=20) as answer:
        assert "disabled" in json.dumps(json.load(answer)).lower()


def test_a_page_under_a_foreign_name_gets_no_connection(closed, browser):
    context = browser.new_context(extra_http_headers={"X-Forwarded-Email": "ana@example.com"})
    view = context.new_page()
    view.goto(closed.replace("127.0.0.1", "foreign.localhost"))
    view.wait_for_timeout(4_000)
    expect(view.get_by_role("heading", name="Key figures")).to_have_count(0)
    context.close()


def test_every_page_works_under_the_policy_and_no_other_site_is_asked(closed, new_context):
    context = new_context(extra_http_headers={"X-Forwarded-Email": "ana@example.com"})
    view = context.new_page()
    refused, asked = [], set()
    view.on("console", lambda entry: refused.append(entry.text) if "Content Security Policy" in entry.text else None)
    view.on("request", lambda request: asked.add(request.url.split("/")[2]) if request.url.startswith("http") else None)
    answer = view.goto(closed)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert f"ws://{closed.removeprefix('http://')}" in answer.headers["content-security-policy"]
    expect(view.locator("[data-testid=stVegaLiteChart] svg, [data-testid=stVegaLiteChart] canvas").first).to_be_visible(
        timeout=90_000
    )
    for name in ("scenarios", "data"):
        view.goto(f"{closed}/{name}")
        expect(view.locator("h1").first).to_be_visible(timeout=60_000)
        view.wait_for_timeout(3_000)
    assert (refused, asked) == ([], {closed.removeprefix("http://")})
