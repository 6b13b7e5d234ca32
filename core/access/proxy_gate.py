"""Whether an identity header may be believed: it counts only from a proxy that has shown itself to be one."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path

from core.config.settings import Settings
from core.contracts.errors import ConfigError
from core.localization import message

SECRET, SECRET_FILE = "QUARTERDECK_PROXY_SECRET", "QUARTERDECK_PROXY_SECRET_FILE"
SECRET_HEADER = "x-quarterdeck-proxy-secret"
SHORTEST_SECRET = 16
THIS_MACHINE = ("127.0.0.0/8", "::1/128")

Header = tuple[bytes, bytes]
Network = IPv4Network | IPv6Network


@dataclass(frozen=True)
class ProxyGate:
    """What stands between a request and the header that names a person.

    Attributes
    ----------
    header : str
        The identity header, in lower case.
    groups_header : str
        The header with the person's groups, in lower case.
    networks : tuple of networks
        Where the proxy may ask from; empty for anywhere.
    secret : str
        What the proxy sends in `X-Quarterdeck-Proxy-Secret`; empty for none.
    """

    header: str
    networks: tuple[Network, ...]
    secret: str = ""
    groups_header: str = ""

    def headers(self, peer: str | None, headers: Sequence[Header]) -> list[Header]:
        """Return the headers of a request as the pages may see them.

        Parameters
        ----------
        peer : str or None
            The address the request came from; None where it is not known.
        headers : sequence of (bytes, bytes)
            As they were sent.

        Returns
        -------
        list of (bytes, bytes)
            The secret is never handed on. The identity header stays only when a proxy sent it, once, and as one
            word without a comma: two of them, or one that white space or a control character stands in, name nobody.
            Groups stay with it, where they were sent once.
        """
        name, groups_name = self.header.encode("latin-1"), self.groups_header.encode("latin-1")
        identities = [value for key, value in headers if key.lower() == name]
        groups = [(groups_name, value) for key, value in headers if key.lower() == groups_name]
        kept_back = (name, groups_name, SECRET_HEADER.encode())
        others = [(key, value) for key, value in headers if key.lower() not in kept_back]
        if len(identities) == 1 and _is_one_word(identities[0]) and self.is_proxy(peer, headers):
            return [*others, (name, identities[0]), *(groups if len(groups) == 1 else [])]
        return others

    def is_proxy(self, peer: str | None, headers: Sequence[Header]) -> bool:
        """Say whether a request comes from the proxy: from its addresses, and with its secret where one is set."""
        if self.networks and not _is_within(peer, self.networks):
            return False
        if not self.secret:
            return bool(self.networks)
        shown = [value for key, value in headers if key.lower() == SECRET_HEADER.encode()]
        return len(shown) == 1 and hmac.compare_digest(shown[0], self.secret.encode())


def gate(settings: Settings, environ: Mapping[str, str]) -> ProxyGate:
    """Return the gate of an installation.

    Parameters
    ----------
    settings : Settings
        `access.header` and `access.proxies`.
    environ : mapping
        Holds the secret, or names a file with it. Without a secret and without addresses only this machine is
        believed.

    Raises
    ------
    ConfigError
        When an address is none, the secret is short or its file cannot be read.
    """
    secret = _secret(environ)
    entries = settings.access.proxies or (() if secret else THIS_MACHINE)
    networks = tuple(_network(entry) for entry in entries)
    return ProxyGate(settings.access.header.lower(), networks, secret, settings.access.groups_header.lower())


def is_guarded(settings: Settings, environ: Mapping[str, str]) -> bool:
    """Say whether a server that others reach would know its proxy from anybody else."""
    return bool(settings.access.proxies or _secret(environ))


def is_this_machine(address: str) -> bool:
    """Say whether a server on an address is reached from its own machine only."""
    return address == "localhost" or _is_within(address, tuple(ip_network(entry) for entry in THIS_MACHINE))


def _secret(environ: Mapping[str, str]) -> str:
    secret = environ.get(SECRET, "")
    if not secret and (file := environ.get(SECRET_FILE)):
        try:
            secret = Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(
                "The file with the proxy's secret cannot be read.", SECRET_FILE, "Name a text file the server may read."
            ) from error
    if secret and len(secret) < SHORTEST_SECRET:
        raise ConfigError(
            message("The proxy's secret has fewer than {shortest_secret} characters.", shortest_secret=SHORTEST_SECRET),
            SECRET,
            "Make one with: openssl rand -hex 32",
        )
    return secret


def _network(entry: str) -> Network:
    try:
        return ip_network(entry, strict=False)
    except ValueError:
        raise ConfigError(
            message("{entry} is no address of a proxy.", entry=entry),
            "access.proxies",
            "Write addresses or networks such as 10.0.0.0/24.",
        ) from None


def _is_within(peer: str | None, networks: Sequence[Network]) -> bool:
    try:
        address: IPv4Address | IPv6Address = ip_address(peer or "")
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return any((mapped or address) in network for network in networks)


def _is_one_word(value: bytes) -> bool:
    return bool(value) and b"," not in value and not any(byte <= 0x20 or byte == 0x7F for byte in value)
