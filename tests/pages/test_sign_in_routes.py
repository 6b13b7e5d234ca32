"""The wanted page survives sign-in, nobody is sent elsewhere by it, and cookies stay small."""

from __future__ import annotations

import asyncio

import pytest
from streamlit.web.server.starlette import starlette_auth_routes as routes

from pages.ui.server import sign_in_routes
from pages.ui.server.sign_in_routes import WANTED, WantedPage, groups_of, read, signed, wanted_address

SECRET = "a secret of the tests"
SIGNED_IN = (b"set-cookie", b"_streamlit_user=x; Max-Age=2592000")


@pytest.fixture(autouse=True)
def cookie_secret(monkeypatch):
    monkeypatch.setattr(sign_in_routes, "get_cookie_secret", lambda: SECRET)


def answered(path, headers=(), answer=(), scheme="http", query=b""):
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 302, "headers": [(b"location", b"/"), *answer]})

    sent = []

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "path": path, "scheme": scheme, "headers": list(headers), "query_string": query}
    asyncio.run(WantedPage(app)(scope, None, send))
    return [(key.decode(), value.decode()) for key, value in sent[0]["headers"]]


def cookie_for(referrer, scheme="http"):
    headers = answered("/auth/login", [(b"referer", referrer)], scheme=scheme)
    return next((value for key, value in headers if key == "set-cookie"), "")


def test_the_page_is_opened_that_was_asked_for():
    cookie = cookie_for(b"https://sales.example.com/pipeline?scope=EMEA&deal=D1", "https")
    assert "HttpOnly" in cookie
    assert "Secure" in cookie
    value = cookie.split(";")[0].encode()
    headers = answered("/oauth2callback", [(b"cookie", value)], [SIGNED_IN])
    assert dict(headers)["location"] == "/pipeline?scope=EMEA&deal=D1"
    assert any(key == "set-cookie" and value.startswith(f"{WANTED}=;") for key, value in headers)


def test_without_a_sign_in_nothing_is_opened():
    value = cookie_for(b"http://localhost/pipeline").split(";")[0].encode()
    gone = (b"set-cookie", b"_streamlit_user=; Max-Age=0")
    for answer in ([], [gone]):
        assert dict(answered("/oauth2callback", [(b"cookie", value)], answer))["location"] == "/"
    assert dict(answered("/oauth2callback", [], [SIGNED_IN]))["location"] == "/"
    assert answered("/pipeline", [(b"referer", b"http://localhost/data")]) == [("location", "/")]


@pytest.mark.parametrize(
    ("query", "outcome"),
    [
        (b"error=access_denied&state=s", "/?sign_in=broken_off"),
        (b"error=server_error", "/?sign_in=refused"),
        (b"code=1&state=replayed", "/"),
    ],
)
def test_whom_the_provider_brings_back_signed_out_is_told_why(query, outcome):
    assert dict(answered("/oauth2callback", query=query))["location"] == outcome
    assert wanted_address("https://x.example.com/?sign_in=broken_off") == ""


@pytest.mark.parametrize(
    "referrer",
    [
        "",
        "https://sales.example.com",
        "https://sales.example.com/",
        "https://x.example.com//evil.example.com/",
        "https://x.example.com/\\evil.example.com",
        "https://x.example.com/auth/login?provider=x",
        "https://x.example.com/oauth2callback?code=1",
        "https://x.example.com/" + "a" * 2_000,
        "https://x.example.com/pä",
        "https://x.example.com/a\r\nSet-Cookie: x=1;\x01",
    ],
)
def test_no_other_address_is_kept(referrer):
    address = wanted_address(referrer)
    assert address == "" or address.isprintable()
    assert not address.startswith(("//", "/\\", "/auth", "/oauth2callback"))


def test_a_cookie_that_is_not_ours_or_too_old_counts_for_nothing():
    value = signed("/pipeline", 1_000, SECRET)
    assert read(value, 999, SECRET) == "/pipeline"
    assert read(value, 1_001, SECRET) == ""
    assert read(value, 999, "another") == ""
    other = signed("/data", 1_000, SECRET)
    assert read(other.split(".")[0] + value[value.index(".") :], 999, SECRET) == ""
    for damaged in ("", "a", "a.b", "..", value[:-1], value + "0", "ä.1.x"):
        assert read(damaged, 999, SECRET) == ""


def test_four_hundred_groups_are_noted_and_not_in_the_cookie(monkeypatch):
    kept, noted = [], []

    async def original(response, user_info, tokens):
        kept.append((user_info, tokens))

    monkeypatch.setattr(routes, "_set_auth_cookie", original)
    sign_in_routes.trim(("groups", "roles"), lambda *who: noted.append(who))
    groups = [f"0b1c2d3e-0000-4000-8000-{n:012}" for n in range(400)]
    claims = {
        "iss": "x",
        "sub": "s",
        "email": "Bo@Example.com",
        "name": "Bo",
        "groups": groups,
        "roles": "rep",
        "iat": 1,
    }
    asyncio.run(routes._set_auth_cookie(None, claims, {"id_token": "t" * 21_000, "access_token": "a"}))
    user_info, tokens = kept[0]
    assert noted == [("bo@example.com", "Bo", (*groups, "rep"))]
    assert set(user_info) == {"iss", "sub", "email", "name", "iat"}
    assert tokens == {}
    asyncio.run(routes._set_auth_cookie(None, claims | {"email_verified": False}, {"id_token": "short"}))
    assert len(noted) == 1
    assert kept[1][1] == {"id_token": "short"}


def test_trimming_twice_trims_once(monkeypatch):
    async def original(response, user_info, tokens):
        return None

    monkeypatch.setattr(routes, "_set_auth_cookie", original)
    for _ in range(2):
        sign_in_routes.trim(("groups",), lambda *_: None)
    assert routes._set_auth_cookie.original is original


def test_groups_are_texts_each_once():
    assert groups_of({"groups": ["a", "a", None, {"b": 1}]}, ("groups", "roles")) == ("a",)
