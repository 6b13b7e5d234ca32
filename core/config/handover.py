"""What a server is told by the command that starts it, so that both work with the same settings."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from contextlib import suppress

from core.config.addresses import absolute
from core.config.settings import Settings, file_in_force

EVERYWHERE = ("0.0.0.0", "::", "")
THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
SOMEWHERE = ("192.0.2.1", 9)  # RFC 5737: an address for documents, at which nobody is
PATHS = ("QUARTERDECK_DATA", "QUARTERDECK_MAPPING")


def environment(settings: Settings, environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the variables under which a server in any folder reads the settings that were read here.

    Parameters
    ----------
    settings : Settings
        As they were read in the working folder.
    environ : mapping, optional
        Stands in for the process environment.

    Returns
    -------
    dict of str
        The same variables with absolute paths; the settings file of the working folder is named. A server given
        a file that has gone does not fall back to the defaults, under which nobody would have to sign in.
    """
    env = os.environ if environ is None else environ
    out = {"QUARTERDECK_HOME": str(settings.home.absolute())}
    file = file_in_force(env)
    if file is not None:
        out["QUARTERDECK_CONFIG"] = str(file.absolute())
    return out | {name: absolute(env[name]) for name in PATHS if env.get(name)}


def allowed_hosts(address: str, settings: Settings) -> list[str]:
    """Return the names under which browsers may reach a server; a page of a foreign name cannot drive it.

    Parameters
    ----------
    address : str
        What the server listens on. On all addresses, the machine's own names and addresses count too.
    settings : Settings
        `access.hosts` are the names a proxy or a DNS entry adds.

    Returns
    -------
    list of str
        Without ports, each once. Source: the allow-list against DNS rebinding of Streamlit's `server.allowedHosts`.
    """
    own = _own_names() if address in EVERYWHERE else [address]
    return list(dict.fromkeys((*THIS_MACHINE, *own, *settings.access.hosts)))


def _own_names() -> list[str]:
    name = socket.gethostname()
    addresses = set()
    with suppress(OSError):
        addresses = {str(entry[4][0]) for entry in socket.getaddrinfo(name, None)}
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(SOMEWHERE)  # Nothing is sent: the system only chooses the address it would send from.
        addresses.add(probe.getsockname()[0])
    return [name, *sorted(addresses)]
