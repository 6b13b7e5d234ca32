"""Signing in and out through Chromium at `oidc-provider`, which the OpenID Foundation certified.

Unlike most, it keeps to the letter of the standard: an ID token names nobody's mail address or groups, which come from
the userinfo endpoint; PKCE is required; a prompt it does not know is refused; and it asks before it ends a session.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from tests.servers import free_port, serving
from tests.slow import test_identity_provider as mock

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.xdist_group("identity")]
PACKAGE = "oidc-provider@9"
LEFT_OUT = "Node with npm is not installed"
SCRIPT = Path(__file__).parents[1] / "fixtures" / "certified_provider" / "provider.mjs"
SECRETS = mock.SECRETS.replace('client_secret = "secret"', 'client_secret = "a secret of the tests"')
PEOPLE = {
    "ana": {"email": "ana@example.com", "email_verified": True, "name": "Ana Silva"},
    "cy": {"email": "cy@example.com", "email_verified": True, "name": "Cy", "groups": ["sales-emea", "all-staff"]},
    "di": {"email": "ana@example.com", "email_verified": False, "name": "Di"},
}
page = mock.page


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """The folder in which the provider is installed; without Node or the package, tests are left out."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip(LEFT_OUT)
    folder = tmp_path_factory.mktemp("certified")
    command = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--no-save", "--prefix", str(folder)]
    try:
        run = subprocess.run([*command, PACKAGE], cwd=folder, capture_output=True, text=True, timeout=180, check=False)
        problem = run.stderr[-300:] if run.returncode else ""
    except subprocess.TimeoutExpired:
        problem = "no answer within three minutes"
    if problem:
        pytest.skip(f"{PACKAGE} cannot be had here: {problem}")
    shutil.copy(SCRIPT, folder)
    return folder


@contextmanager
def provider(folder, redirect_uri):
    port = free_port()
    log = folder / "provider.log"
    command = ["node", SCRIPT.name, str(port), redirect_uri, json.dumps(PEOPLE)]
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=folder, stdout=out, stderr=subprocess.STDOUT)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(150):
            try:
                urllib.request.urlopen(f"{address}/.well-known/openid-configuration", timeout=2).close()
                break
            except OSError:
                assert process.poll() is None, log.read_text(encoding="utf-8")[-2_000:]
                time.sleep(0.2)
        yield address
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="module")
def app(package, small_settings, small_bundle, tmp_path_factory):
    folder, port = tmp_path_factory.mktemp("certified-app"), free_port()
    (folder / ".streamlit").mkdir()
    (folder / "quarterdeck.yaml").write_text(mock.SETTINGS, encoding="utf-8")
    env = {"QUARTERDECK_HOME": str(small_settings.home), "QUARTERDECK_DATABASE_URL": f"sqlite:///{folder / 's.db'}"}
    with provider(package, f"http://127.0.0.1:{port}/oauth2callback") as address:
        secrets = SECRETS.format(port=port, provider=address)
        (folder / ".streamlit" / "secrets.toml").write_text(secrets, encoding="utf-8")
        with serving(folder, env, port=port) as url:
            yield url


def sign_in(page, app, login, path=""):
    page.goto(f"{app}{path}")
    page.get_by_role("button", name="Sign in").click(timeout=90_000)
    page.get_by_placeholder("Enter any login").fill(login, timeout=60_000)
    page.get_by_placeholder("and password").fill("any")
    page.get_by_role("button", name="Sign-in").click()
    page.get_by_role("button", name="Continue").click(timeout=60_000)
    page.wait_for_url(f"{app}/**", timeout=60_000)


def sign_out(page):
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Yes, sign me out").click(timeout=60_000)
    expect(page.get_by_role("button", name="Sign in")).to_be_visible(timeout=90_000)


def test_somebody_signs_in_out_at_both_ends_and_in_again(app, page):
    addresses = []
    page.on("request", lambda request: addresses.append(request.url))
    sign_in(page, app, "ana")
    expect(page.get_by_text("Ana Silva, leader")).to_be_visible(timeout=120_000)
    asked = next(parse_qs(urlsplit(address).query) for address in addresses if "code_challenge=" in address)
    assert asked["code_challenge_method"] == ["S256"]
    assert "prompt" not in asked
    sign_out(page)
    ended = next(parse_qs(urlsplit(address).query) for address in addresses if "id_token_hint=" in address)
    assert ended["post_logout_redirect_uri"] == [f"{app}/oauth2callback"]
    sign_in(page, app, "cy")  # A session that went on at the provider would have let Ana in without a question.
    expect(page.get_by_text("Cy, leader")).to_be_visible(timeout=120_000)


def test_a_group_gives_a_role_and_its_regions_and_the_wanted_page_opens(app, page):
    sign_in(page, app, "cy", "/pipeline")
    expect(page.get_by_text("Showing: EMEA")).to_be_visible(timeout=120_000)
    assert page.url.startswith(f"{app}/pipeline")
    sizes = [len(cookie["name"]) + len(cookie["value"]) for cookie in page.context.cookies(app)]
    assert sum(sizes) < 4_000


def test_whose_address_is_not_verified_stays_out(app, page):
    sign_in(page, app, "di")
    expect(page.get_by_text("Your mail address is not verified")).to_be_visible(timeout=90_000)
    expect(page.get_by_text("Showing:")).to_have_count(0)


def test_who_breaks_off_at_the_provider_is_asked_again(app, page):
    page.goto(app)
    page.get_by_role("button", name="Sign in").click(timeout=90_000)
    page.get_by_text("Cancel").click(timeout=60_000)
    expect(page.get_by_role("button", name="Sign in")).to_be_visible(timeout=90_000)
    expect(page.get_by_text("You broke off signing in.")).to_be_visible()
    expect(page.get_by_text("Showing:")).to_have_count(0)
