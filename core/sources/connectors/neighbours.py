"""Where several companies share a machine, no database of the machine itself is connected: it may be a neighbour's.

A file would be read with the rights of the server's account, and PostgreSQL on the same machine may let that account in
without a password.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Mapping

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from core.config.tenant_name import tenant_name
from core.contracts.errors import SourceError

FILES, SERVERS = ("sqlite", "duckdb"), ("postgresql", "mysql", "mariadb")


def refuse_neighbours(address: str, environ: Mapping[str, str]) -> None:
    """Refuse a database on the machine itself, where it runs several companies.

    Parameters
    ----------
    address : str
        An SQLAlchemy URL; one that cannot be read is told by whoever opens it.
    environ : mapping
        The process environment.

    Raises
    ------
    SourceError
        When it is a file, a socket, or a server of this machine.
    """
    if not tenant_name(environ):
        return
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        return
    hosts = [url.host or "", *_texts(url.query.get("host")), *_texts(url.query.get("hostaddr"))]
    kind = url.get_backend_name()
    is_default = kind in SERVERS and ("service" in url.query or not any(hosts))
    if kind in FILES or is_default or any(map(_is_here, hosts)):
        raise SourceError(
            "Databases of the server itself are not connected, for it runs several companies.",
            "the address",
            "Name a database on another machine, or load its tables as files.",
        )


def _texts(value: object) -> list[str]:
    return [str(entry) for entry in value] if isinstance(value, tuple | list) else [str(value)] if value else []


def _is_here(host: str) -> bool:
    names = [name.strip().strip("[]").lower() for name in host.split(",") if name.strip()]
    return any(name.startswith(("/", "@")) or name.split(".")[0] == "localhost" or _is_loopback(name) for name in names)


def _is_loopback(name: str) -> bool:
    """Say whether a name leads to this machine, by whatever name of the network."""
    try:
        addresses = {str(entry[4][0]).partition("%")[0] for entry in socket.getaddrinfo(name, None)}
    except (OSError, UnicodeError):
        return False
    return any(_own(ipaddress.ip_address(address)) for address in addresses)


def _own(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    mapped = getattr(address, "ipv4_mapped", None) or address
    return bool(mapped.is_loopback or mapped.is_unspecified)
