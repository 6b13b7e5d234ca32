"""Starts the web server in this process, from any folder, with the settings that were read there."""

from __future__ import annotations

import gc
import os
import runpy
import sys
from pathlib import Path

from core.access.proxy_gate import SECRET, is_guarded, is_this_machine
from core.config import Settings
from core.config.handover import allowed_hosts, environment
from core.contracts.errors import ConfigError
from core.jobs import beside
from core.preparing import preparation
from core.replaying import forecast_history
from core.resources import app_folder

OPEN_TO_ALL = "QUARTERDECK_OPEN_TO_ALL"


def arguments(settings: Settings, address: str, port: int, folder: Path) -> list[str]:
    """Return the command line of the server.

    Parameters
    ----------
    settings : Settings
    address : str
    port : int
    folder : Path
        The folder that holds `server.py`.

    Returns
    -------
    list of str
        Who drives the app by its agent interface would come past the pages, so it is off whatever a settings file
        of Streamlit in the working folder says; browsers reach the app under the names given and no other.
    """
    hosts = allowed_hosts(address, settings)
    return [
        "streamlit",
        "run",
        str(folder / "server.py"),
        f"--server.port={port}",
        f"--server.address={address}",
        "--server.enableAgentApi=false",
        *(f"--server.allowedHosts={host}" for host in hosts),
    ]


def refuse_open_door(settings: Settings, address: str, open_to_all: bool) -> None:
    """Refuse to serve a network where anybody on it would be whoever they say, or an administrator.

    Parameters
    ----------
    settings : Settings
    address : str
        What the server would listen on.
    open_to_all : bool
        The administrator has said that everybody who reaches the server may do everything.

    Raises
    ------
    ConfigError
        When others than this machine would reach it, and nobody signs in or no proxy can be told from a browser.
    """
    if is_this_machine(address):
        return
    if settings.access.sign_in == "none" and not open_to_all:
        raise ConfigError(
            f"Nobody signs in, so everybody who reaches {address} could read and change everything.",
            "access.sign_in",
            "Set up signing in, or add --open-to-all on a network you trust.",
        )
    if settings.access.sign_in == "header" and not is_guarded(settings, os.environ):
        raise ConfigError(
            f"Everybody who reaches {address} could call themselves anybody in the header {settings.access.header}.",
            "access.proxies",
            f"Name the proxy's addresses there, or give the server and the proxy a secret in {SECRET}.",
        )


def run(settings: Settings, address: str, port: int, open_to_all: bool = False) -> None:
    """Serve the app until it is stopped; the working folder stays what it was.

    Raises
    ------
    ConfigError
        When the pages are not there, or the door would stand open.
    """
    refuse_open_door(settings, address, open_to_all)
    folder = app_folder()
    os.environ.update(environment(settings))
    if open_to_all and settings.access.sign_in == "none":
        os.environ[OPEN_TO_ALL] = "1"
    if settings.access.sign_in == "header":
        os.environ["FORWARDED_ALLOW_IPS"] = ""  # The server would take the browser's address for the proxy's.
    for wanted in (beside.WANTED, forecast_history.WANTED, preparation.WANTED):
        os.environ.setdefault(wanted, "1")  # A worker beside it replays past quarters and makes changed data ready.
    sys.path.insert(0, str(folder))  # `pages` is that of Quarterdeck, whatever lies in the working folder.
    gc.disable()  # Looking over what imports make, and keep, costs a tenth of the start; the warm-up turns it on again.
    sys.argv = arguments(settings, address, port, folder)
    runpy.run_module("streamlit", run_name="__main__", alter_sys=True)
