"""Files made for somebody, the server's figures and everybody's caches are not for whoever reaches the port."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from streamlit.runtime import app_session
from streamlit.web.server.starlette import starlette_auth_routes
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

from pages.ui.server import patches
from pages.ui.server.private_addresses import PrivateAddresses

SECRET = "only for this test, and long enough"
COOKIE = starlette_auth_routes.USER_COOKIE_NAME


@pytest.fixture(autouse=True)
def secret(monkeypatch):
    monkeypatch.setattr(starlette_auth_routes, "get_cookie_secret", lambda: SECRET)


def status(sign_in, path, counts=lambda user: user["email"] == "ana@example.com", **headers):
    async def answer(_):
        return PlainTextResponse("here")

    app = Starlette(routes=[Route("/{path:path}", answer)])
    with TestClient(PrivateAddresses(app, sign_in, "X-Forwarded-Email", counts)) as client:
        return client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()}).status_code


def test_a_file_opens_for_somebody_signed_in_alone():
    signed = create_signed_value(SECRET, COOKIE, '{"email": "ana@example.com"}').decode()
    forged = create_signed_value("another secret, long enough too", COOKIE, "{}").decode()
    file = "/media/abc123.csv"
    assert status("none", file) == 200
    assert status("header", file) == 404
    assert status("header", file, x_forwarded_email="ana@example.com") == 200
    assert status("oidc", file) == 404
    assert status("oidc", file, cookie=f"{COOKIE}={forged}") == 404
    assert status("oidc", file, cookie=f"{COOKIE}={signed}") == 200
    ended = create_signed_value(SECRET, COOKIE, '{"email": "bo@example.com"}').decode()
    assert status("oidc", file, cookie=f"{COOKIE}={ended}") == 404
    assert status("oidc", "/media/logo.svg") == 200
    assert status("oidc", "/pipeline") == 200


@pytest.mark.parametrize("sign_in", ["none", "oidc", "header"])
def test_the_servers_figures_are_told_to_nobody(sign_in):
    assert status(sign_in, "/_stcore/metrics", x_forwarded_email="ana@example.com") == 404


def test_a_client_cannot_empty_what_everybody_works_with(monkeypatch):
    """Anybody who reaches the port may send this message, signed in or not."""
    cleared = []
    monkeypatch.setattr(app_session.caching.cache_resource, "clear", lambda: cleared.append("everybody's"))
    monkeypatch.setattr(app_session.AppSession, "_handle_clear_cache_request", app_session.AppSession.__init__)
    patches.keep_caches()

    session = SimpleNamespace(_session_state={"own": 1})
    app_session.AppSession._handle_clear_cache_request(session)
    assert (cleared, session._session_state) == ([], {})
