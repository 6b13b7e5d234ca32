"""What a browser meets on its way to the server: the name, the certificate, the proxy, the websocket, the clock."""

from __future__ import annotations

import http.client
import ssl
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import urlsplit

from core.contracts.errors import ConfigError
from core.localization import message
from core.operations.examination import LONGEST_SKEW, Examined
from core.replicas import stickiness

SECONDS = 10.0
SOCKET = "/_stcore/stream"
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",  # RFC 6455, section 1.3
    "Sec-WebSocket-Protocol": "streamlit",
}
LARGE_COOKIES = "; ".join(f"c{n}={'x' * 3_000}" for n in range(8))
FILES = "The files in deploy/proxies do this."


def look(address: str, now: datetime, trusted: ssl.SSLContext | None = None) -> list[Examined]:
    """Ask the server as a browser would, by the name people use.

    Parameters
    ----------
    address : str
        Such as https://sales.example.com.
    now : datetime
        The present time, in UTC.
    trusted : ssl.SSLContext, optional
        Which certificates count; default those this machine trusts.

    Returns
    -------
    list of Examined

    Raises
    ------
    ConfigError
        When it is no address of the web.
    """
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError(
            message("{address} is no address of a server.", address=address),
            "--url",
            "Write https://sales.example.com.",
        )
    visitor = _Visitor(parts.scheme, parts.hostname, parts.port, parts.path.rstrip("/"), trusted)
    try:
        status, headers = visitor.ask("/healthz")
    except OSError as error:
        mend = "See that the name leads to the proxy, that it runs, and that its certificate is valid for the name."
        return [Examined("The server answers by its name", False, True, f"{type(error).__name__}: {error}", mend)]
    is_tls = parts.scheme == "https"
    return [
        Examined(
            "The server answers by its name",
            status == HTTPStatus.OK,
            True,
            message("Status {status}.", status=status),
            FILES,
        ),
        _socket(visitor),
        _cookies(visitor),
        _servers(address),
        Examined(
            "Browsers are told to come by TLS only",
            not is_tls or "Strict-Transport-Security" in headers,
            mend=message("Let the proxy add Strict-Transport-Security. {files}", files=FILES),
        ),
        Examined(
            "The server's figures are not for everybody",
            visitor.ask("/metrics")[0] != HTTPStatus.OK,
            mend="Set QUARTERDECK_METRICS_TOKEN, or close /metrics in the proxy.",
        ),
        _clock(headers.get("Date", ""), now),
    ]


class _Visitor:
    def __init__(self, scheme: str, host: str, port: int | None, base: str, trusted: ssl.SSLContext | None) -> None:
        self._scheme, self._host, self._port, self._base, self._trusted = scheme, host, port, base, trusted

    def ask(self, path: str, headers: dict[str, str] | None = None) -> tuple[int, http.client.HTTPMessage]:
        """Return the status and the headers of an answer."""
        connection: http.client.HTTPConnection
        if self._scheme == "https":
            context = self._trusted or ssl.create_default_context()
            connection = http.client.HTTPSConnection(self._host, self._port, timeout=SECONDS, context=context)
        else:
            connection = http.client.HTTPConnection(self._host, self._port, timeout=SECONDS)
        try:
            connection.request("GET", f"{self._base}{path}", headers=headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers
        except http.client.HTTPException as error:
            raise ConnectionError(message("no answer of the web ({name})", name=type(error).__name__)) from error
        finally:
            connection.close()


def _socket(visitor: _Visitor) -> Examined:
    name = "The websocket of pages comes through"
    try:
        status, _ = visitor.ask(SOCKET, UPGRADE)
    except OSError as error:
        return Examined(
            name, False, True, str(error), message("Let the proxy pass Upgrade and Connection on. {files}", files=FILES)
        )
    mend = message(
        "Let the proxy pass Upgrade, Connection and Host on, and name the host in access.hosts. {files}", files=FILES
    )
    return Examined(
        name, status == HTTPStatus.SWITCHING_PROTOCOLS, True, message("Status {status}.", status=status), mend
    )


def _cookies(visitor: _Visitor) -> Examined:
    name = "Large cookies of identity providers come through"
    try:
        status, _ = visitor.ask("/healthz", {"Cookie": LARGE_COOKIES})
    except OSError:
        status = 0
    return Examined(
        name, status == HTTPStatus.OK, False, message("24 kB were answered with {status}.", status=status), FILES
    )


def _servers(address: str) -> Examined:
    try:
        seen = stickiness.answers(address)
    except ConfigError as error:
        return Examined("A browser stays with one server", False, False, error.what, stickiness.MEND)
    return Examined("A browser stays with one server", seen.is_sticky, False, seen.sentence(), stickiness.MEND)


def _clock(date: str, now: datetime) -> Examined:
    name = "This machine's clock and the server's agree"
    skew = abs(parsedate_to_datetime(date) - now) if date else timedelta()
    seen = message("They are {total_seconds:.0f} s apart.", total_seconds=skew.total_seconds())
    return Examined(name, skew <= LONGEST_SKEW, False, seen, "Set both by NTP: timedatectl set-ntp true")
