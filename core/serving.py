"""Starts the web server in this process, from any folder, with the settings that were read there."""

from __future__ import annotations

import gc
import os
import runpy
import sys
from pathlib import Path

from core.config import Settings
from core.config.handover import allowed_hosts, environment
from core.replaying import worker
from core.resources import app_folder


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


def run(settings: Settings, address: str, port: int) -> None:
    """Serve the app until it is stopped; the working folder stays what it was.

    Raises
    ------
    ConfigError
        When the pages are not there.
    """
    folder = app_folder()
    os.environ.update(environment(settings))
    os.environ.setdefault(worker.WANTED, "1")  # Once the first page is up, past quarters are replayed beside it.
    sys.path.insert(0, str(folder))  # `pages` is that of Quarterdeck, whatever lies in the working folder.
    gc.disable()  # Looking over what imports make, and keep, costs a tenth of the start; the warm-up turns it on again.
    sys.argv = arguments(settings, address, port, folder)
    runpy.run_module("streamlit", run_name="__main__", alter_sys=True)
