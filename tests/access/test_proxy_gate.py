"""An identity header names somebody only where a proxy sent it."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.access.proxy_gate import SECRET, SECRET_FILE, gate, is_guarded, is_this_machine
from core.config import load
from core.contracts.errors import ConfigError
from pages.ui.server.identity_header import IdentityHeader

MAIL = (b"x-forwarded-email", b"ana@example.com")
LONG = "0123456789abcdef0123"
SHOWN = (b"x-quarterdeck-proxy-secret", LONG.encode())


@pytest.fixture
def settings_with(tmp_path):
    def settings(lines: str = ""):
        file = tmp_path / "quarterdeck.yaml"
        file.write_text(f"access:\n  sign_in: header\n{lines}", encoding="utf-8")
        return load(file, environ={})

    return settings


def test_without_addresses_and_secret_only_this_machine_is_believed(settings_with):
    door = gate(settings_with(), {})
    assert door.headers("127.0.0.1", [MAIL]) == [MAIL]
    assert door.headers("::1", [MAIL]) == [MAIL]
    for stranger in ("10.0.0.9", "192.168.1.4", "2001:db8::1", "", None, "testclient"):
        assert door.headers(stranger, [MAIL, (b"host", b"x")]) == [(b"host", b"x")]


def test_a_proxy_is_known_by_its_address_also_where_that_is_written_as_ipv6(settings_with):
    door = gate(settings_with('  proxies: ["10.0.0.0/30", "2001:db8::7"]\n'), {})
    for peer in ("10.0.0.2", "::ffff:10.0.0.2", "2001:db8::7"):
        assert door.headers(peer, [MAIL]) == [MAIL]
    for peer in ("10.0.0.4", "127.0.0.1", "::ffff:10.0.0.9"):
        assert door.headers(peer, [MAIL]) == []


def test_a_secret_counts_from_anywhere_and_is_never_handed_on(settings_with):
    door = gate(settings_with(), {SECRET: LONG})
    assert door.headers("203.0.113.5", [MAIL, SHOWN]) == [MAIL]
    assert door.headers("127.0.0.1", [MAIL]) == []
    assert door.headers("127.0.0.1", [MAIL, (SHOWN[0], b"guess")]) == []
    assert door.headers("127.0.0.1", [MAIL, SHOWN, SHOWN]) == []


def test_with_both_both_are_asked_for(settings_with, tmp_path):
    (tmp_path / "secret").write_text(f"{LONG}\n", encoding="utf-8")
    door = gate(settings_with("  proxies: [10.0.0.2]\n"), {SECRET_FILE: str(tmp_path / "secret")})
    assert door.headers("10.0.0.2", [MAIL, SHOWN]) == [MAIL]
    assert door.headers("10.0.0.3", [MAIL, SHOWN]) == []
    assert door.headers("10.0.0.2", [MAIL]) == []


@pytest.mark.parametrize(
    "headers",
    [
        [MAIL, MAIL],
        [MAIL, (b"X-Forwarded-Email", b"boss@example.com")],
        [(b"X-FORWARDED-EMAIL", b"a@example.com, boss@example.com")],
        [(b"x-forwarded-email", b" ana@example.com")],
        [(b"x-forwarded-email", b"ana@example.com\t")],
        [(b"x-forwarded-email", b"ana\x00@example.com")],
        [(b"x-forwarded-email", b"")],
    ],
)
def test_two_of_them_or_an_odd_one_names_nobody(settings_with, headers):
    assert gate(settings_with(), {}).headers("127.0.0.1", headers) == []


@given(peer=st.ip_addresses().map(str), name=st.binary(min_size=1, max_size=30))
def test_no_peer_outside_gets_an_identity_in(peer, name):
    from ipaddress import ip_address

    door = gate(load(environ={}), {})
    if not ip_address(peer).is_loopback:
        assert not door.headers(peer, [(b"X-Forwarded-Email", name)])


def test_what_cannot_be_meant_is_refused(settings_with, tmp_path):
    with pytest.raises(ConfigError, match="office is no address of a proxy"):
        gate(settings_with("  proxies: [office]\n"), {})
    with pytest.raises(ConfigError, match="fewer than 16 characters"):
        gate(settings_with(), {SECRET: "short"})
    with pytest.raises(ConfigError, match="cannot be read"):
        is_guarded(settings_with(), {SECRET_FILE: str(tmp_path / "gone")})


def test_addresses_of_this_machine():
    assert [is_this_machine(a) for a in ("127.0.0.1", "localhost", "::1", "127.8.8.8")] == [True] * 4
    assert [is_this_machine(a) for a in ("0.0.0.0", "::", "", "10.0.0.1", "sales.example.com")] == [False] * 5


@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_pages_and_websockets_are_behind_the_gate(settings_with, kind):
    seen = {}

    async def app(scope, receive, send):
        seen[scope["type"]] = scope.get("headers")

    door = IdentityHeader(app, gate(settings_with(), {}))
    asyncio.run(door({"type": kind, "client": ("10.0.0.9", 5), "headers": [MAIL]}, None, None))
    asyncio.run(door({"type": "lifespan"}, None, None))
    assert seen == {kind: [], "lifespan": None}


def test_groups_count_only_with_the_identity_of_a_proxy_and_once(settings_with):
    door = gate(settings_with(), {})
    groups = (b"X-Forwarded-Groups", b"sales,emea")
    assert door.headers("127.0.0.1", [MAIL, groups]) == [MAIL, (b"x-forwarded-groups", b"sales,emea")]
    assert door.headers("127.0.0.1", [MAIL, groups, groups]) == [MAIL]
    assert door.headers("127.0.0.1", [groups]) == []
    assert door.headers("10.0.0.9", [MAIL, groups]) == []
