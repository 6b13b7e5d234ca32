"""What a browser is told with every answer."""

from __future__ import annotations

import asyncio

import pytest

from pages.ui.server.security_headers import SecurityHeaders


def answered(host: bytes, *ancestors: str, path: str = "/") -> dict[str, str]:
    sent = []

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x-frame", b"1")]})
        await send({"type": "http.response.body", "body": b""})

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "path": path, "headers": [(b"host", host)]}
    asyncio.run(SecurityHeaders(app, tuple(ancestors))(scope, None, send))
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    return {key.decode(): value.decode() for key, value in sent[0]["headers"]}


def test_a_page_may_talk_to_its_own_host_and_stand_in_named_frames():
    headers = answered(b"sales.example.com:8501", "https://intranet.example.com")
    policy = headers["content-security-policy"]
    assert "connect-src 'self' data: blob: ws://sales.example.com:8501 wss://sales.example.com:8501" in policy
    assert policy.endswith("frame-ancestors 'self' https://intranet.example.com")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame"] == "1"


@pytest.mark.parametrize("host", [b"evil.com; script-src *", b"a b", b"", b"x'"])
def test_a_host_that_is_none_adds_nothing_to_the_policy(host):
    policy = answered(host)["content-security-policy"]
    assert "evil" not in policy
    assert "connect-src 'self' data: blob:;" in policy


def test_scripts_and_fonts_carry_one_header_and_whatever_may_be_a_document_all():
    assert set(answered(b"a.com", path="/static/js/index.1.js")) == {"x-frame", "x-content-type-options"}
    for path in ("/static/index.html", "/api/x.js", "/static/picture.svg", "/media/static/a.js"):
        assert "content-security-policy" in answered(b"a.com", path=path)


def test_websockets_pass_untouched():
    seen = []

    async def app(scope, receive, send):
        seen.append((scope["type"], send))

    asyncio.run(SecurityHeaders(app)({"type": "websocket"}, None, "send"))
    assert seen == [("websocket", "send")]


@pytest.mark.parametrize(
    ("scheme", "headers", "secure"),
    [("https", [], True), ("http", [(b"x-forwarded-proto", b"https, http")], True), ("http", [], False)],
)
def test_cookies_are_secure_behind_tls(scheme, headers, secure):
    cookies = [(b"set-cookie", b"_streamlit_user=a; Path=/; HttpOnly"), (b"set-cookie", b"b=c; Secure; Path=/")]
    sent = []

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": [*cookies]})

    async def send(message):
        sent.append(message)

    asyncio.run(SecurityHeaders(app)({"type": "http", "scheme": scheme, "headers": headers}, None, send))
    values = [value.decode() for key, value in sent[0]["headers"] if key == b"set-cookie"]
    assert len(values) == 2
    assert values[1] == "b=c; Secure; Path=/"
    assert values[0].endswith("; Secure") == secure
