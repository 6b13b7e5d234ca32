"""One sign-in through Chromium at an identity provider of our own, with everything as an installation has it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from tests.servers import free_port, serving

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.xdist_group("identity")]
ANA = {"sub": "ana-1", "email": "ana@example.com", "email_verified": True, "name": "Ana Silva"}
BO = {"sub": "bo-1", "email": "bo@example.com", "email_verified": True, "name": "Bo Berg"}
GROUPS = [f"0b1c2d3e-0000-4000-8000-{number:012}" for number in range(400)]
CY = {"sub": "cy-1", "email": "cy@example.com", "email_verified": True, "name": "Cy", "groups": [*GROUPS, "sales-emea"]}
DI = {"sub": "di-1", "email": "ana@example.com", "email_verified": False, "name": "Di", "groups": ["sales-emea"]}
SETTINGS = """access:
  sign_in: oidc
  people: {ana@example.com: {roles: [leader], name: Ana Silva}}
  groups: {sales-emea: {roles: [leader], regions: [EMEA]}}
"""
SECRETS = """[auth]
redirect_uri = "http://127.0.0.1:{port}/oauth2callback"
cookie_secret = "only for this test, and long enough"
client_id = "quarterdeck"
client_secret = "secret"
server_metadata_url = "{provider}/.well-known/openid-configuration"
"""


@contextmanager
def provider():
    port = free_port()
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port)]
    people = [word for person in (ANA, BO, CY, DI) for word in ("--user-claims", json.dumps(person))]
    process = subprocess.Popen([*command, *people], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(150):
            try:
                urllib.request.urlopen(f"{address}/.well-known/openid-configuration", timeout=2).close()
                break
            except OSError:
                assert process.poll() is None, "The identity provider did not start."
                time.sleep(0.2)
        yield address
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="module")
def app(small_settings, small_bundle, tmp_path_factory):
    folder, port = tmp_path_factory.mktemp("signed"), free_port()
    (folder / ".streamlit").mkdir()
    (folder / "quarterdeck.yaml").write_text(SETTINGS, encoding="utf-8")
    env = {"QUARTERDECK_HOME": str(small_settings.home), "QUARTERDECK_DATABASE_URL": f"sqlite:///{folder / 's.db'}"}
    with provider() as address:
        secrets = SECRETS.format(port=port, provider=address)
        (folder / ".streamlit" / "secrets.toml").write_text(secrets, encoding="utf-8")
        with serving(folder, env, port=port) as url:
            yield url


@pytest.fixture
def page(browser):
    """A page that asks nobody but this machine: the provider's own pages name a style sheet elsewhere."""
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    context.route(lambda address: not address.startswith("http://127.0.0.1:"), lambda route: route.abort())
    yield context.new_page()
    context.close()


def sign_in(page, app, person, path=""):
    page.goto(f"{app}{path}")
    page.get_by_role("button", name="Sign in").click(timeout=90_000)
    expect(page.get_by_text(person["sub"]).first).to_be_visible(timeout=60_000)
    page.get_by_role("button", name=person["sub"]).click()
    page.wait_for_url(f"{app}/**", timeout=60_000)


def test_who_is_listed_signs_in_and_out_again(app, page):
    sign_in(page, app, ANA)
    expect(page.get_by_role("heading", name="Key figures")).to_be_visible(timeout=120_000)
    expect(page.get_by_text("Ana Silva, leader")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="End session").click(timeout=60_000)
    expect(page.get_by_role("button", name="Sign in")).to_be_visible(timeout=90_000)
    expect(page.get_by_role("heading", name="Key figures")).to_have_count(0)


def test_who_is_not_listed_is_turned_away(app, page):
    sign_in(page, app, BO)
    expect(page.get_by_text("bo@example.com").first).to_be_visible(timeout=90_000)
    expect(page.get_by_role("heading", name="Key figures")).to_have_count(0)


def test_a_copy_of_the_cookie_opens_nothing_after_signing_out(app, page, browser):
    sign_in(page, app, ANA)
    expect(page.get_by_text("Ana Silva, leader")).to_be_visible(timeout=120_000)
    copied = browser.new_context(storage_state=page.context.storage_state())
    thief = copied.new_page()
    thief.goto(app)
    expect(thief.get_by_text("Ana Silva, leader")).to_be_visible(timeout=120_000)
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="End session").click(timeout=60_000)
    thief.goto(app)
    expect(thief.get_by_text("Your sign-in was ended")).to_be_visible(timeout=120_000)
    expect(thief.get_by_text("Ana Silva, leader")).to_have_count(0)
    copied.close()


def test_the_page_that_was_asked_for_is_opened_after_signing_in(app, page):
    sign_in(page, app, ANA, "/pipeline?region=EMEA")
    expect(page.get_by_role("heading", name="Pipeline", exact=True)).to_be_visible(timeout=120_000)
    assert "/pipeline?region=EMEA" in page.url
    assert "quarterdeck_wanted" not in {cookie["name"] for cookie in page.context.cookies()}


def test_somebody_in_four_hundred_groups_comes_in_by_one_of_them_with_a_small_cookie(app, page):
    sign_in(page, app, CY, "/pipeline")
    expect(page.get_by_text("Showing: EMEA")).to_be_visible(timeout=120_000)
    sizes = [len(cookie["name"]) + len(cookie["value"]) for cookie in page.context.cookies()]
    assert sum(sizes) < 4_000


def test_an_address_that_is_not_verified_opens_nothing(app, page):
    sign_in(page, app, DI)
    expect(page.get_by_text("Your mail address is not verified")).to_be_visible(timeout=90_000)
    expect(page.get_by_text("Showing:")).to_have_count(0)


def test_a_callback_that_is_played_again_signs_nobody_in(app, page, browser):
    addresses = []
    page.on("request", lambda request: addresses.append(request.url) if "/oauth2callback" in request.url else None)
    sign_in(page, app, ANA)
    expect(page.get_by_text("Ana Silva, leader")).to_be_visible(timeout=120_000)
    thief = browser.new_context()
    other = thief.new_page()
    other.goto(addresses[0])
    expect(other.get_by_role("button", name="Sign in")).to_be_visible(timeout=90_000)
    thief.close()
