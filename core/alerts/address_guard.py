"""Addresses that may be sent to: no private ones, unless the installation allows them, and not by a changing name."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

import httpx

from core.contracts.errors import ContractError
from core.localization import message
from core.sealing import tls_contexts

ALLOWED = "QUARTERDECK_DELIVERY_HOSTS"
TIMEOUT = httpx.Timeout(15, connect=10)
HTTPS, HTTP = "https", "http"


def check(url: str, environ: Mapping[str, str] | None = None, only: Sequence[str] = ()) -> tuple[str, str]:
    """Return the host of an address and the number under which it may be reached.

    Parameters
    ----------
    url : str
    environ : mapping, optional
        `QUARTERDECK_DELIVERY_HOSTS` names hosts and networks, with commas between, that may be reached although they
        are private, and without encryption.
    only : sequence of str
        Domains of which the host must be, unless it is allowed by name.

    Raises
    ------
    ContractError
        When the address is none, is not encrypted, or leads to a private network: a webhook must not be a way into it.
    """
    parts = urlsplit(url.strip())
    host = (parts.hostname or "").lower()
    allowed = [word.strip().lower() for word in (environ or os.environ).get(ALLOWED, "").split(",") if word.strip()]
    is_named = host in allowed
    if not host or parts.scheme not in (HTTPS, HTTP) or parts.username or parts.password:
        raise ContractError("This is no address of a webhook.", "target", "Write it like https://example.com/hook.")
    if only and not is_named and not any(host == domain or host.endswith(f".{domain}") for domain in only):
        raise ContractError(
            message("{host} is not of {only}.", host=host, only=" or ".join(only)),
            "target",
            "Copy the address as the service shows it.",
        )
    numbers = _resolved(host, parts.port or (443 if parts.scheme == HTTPS else 80))
    is_allowed = is_named or all(_is_within(number, allowed) for number in numbers)
    if parts.scheme == HTTP and not is_allowed:
        raise ContractError("The address is not encrypted.", "target", "Use https://.")
    if not is_allowed and not all(_is_public(number) for number in numbers):
        raise ContractError(
            message("{host} is an address of a private network.", host=host),
            "target",
            message("An administrator can allow it by {allowed}.", allowed=ALLOWED),
        )
    return host, numbers[0]


def _resolved(host: str, port: int) -> list[str]:
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise ContractError(
            message("No host is called {host}.", host=host), "target", "Check how it is written."
        ) from error
    return list(dict.fromkeys(str(answer[4][0]).partition("%")[0] for answer in answers))


def _is_public(number: str) -> bool:
    """Say whether a number is one of the public internet, also where it wears another's clothes."""
    address = ipaddress.ip_address(number)
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is None and address in ipaddress.ip_network("64:ff9b::/96"):
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None and not _is_public(str(inner)):
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _is_within(number: str, allowed: Sequence[str]) -> bool:
    address = ipaddress.ip_address(number)
    for word in allowed:
        try:
            if address in ipaddress.ip_network(word, strict=False):
                return True
        except ValueError:
            continue  # The name of a host.
    return False


def post(url: str, body: bytes, headers: Mapping[str, str], environ: Mapping[str, str] | None = None) -> httpx.Response:
    """Send a body to an address that was checked, to the very number it was checked with; nothing is followed.

    Raises
    ------
    ContractError
        As `check`.
    httpx.HTTPError
        When it cannot be reached.
    """
    host, number = check(url, environ)
    parts = urlsplit(url.strip())
    shown = f"[{number}]" if ":" in number else number
    port = f":{parts.port}" if parts.port else ""
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    own = {"Host": f"{parts.hostname}{port}", "User-Agent": "Quarterdeck", **headers}
    trusted = tls_contexts.shared(trust_env=False)
    with httpx.Client(timeout=TIMEOUT, follow_redirects=False, trust_env=False, verify=trusted) as client:
        request = client.build_request("POST", f"{parts.scheme}://{shown}{port}{path}", content=body, headers=own)
        request.extensions["sni_hostname"] = host
        return client.send(request)
