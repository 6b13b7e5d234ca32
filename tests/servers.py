"""Starts `quarterdeck serve` for a test, and ends it with everything it started."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

QUARTERDECK = (sys.executable, "-m", "core.cli")
PATIENCE = 240.0


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_healthy(address: str) -> bool:
    """Say whether a server answers that it is up."""
    try:
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def own_database(home: Path, folder: Path) -> dict[str, str]:
    """Return what a server is told that works on a home, with a database in a folder, and on no other data."""
    return {
        "QUARTERDECK_HOME": str(home),
        "QUARTERDECK_DATABASE_URL": f"sqlite:///{folder / 'store.db'}",
        "QUARTERDECK_CONFIG": "",
        "QUARTERDECK_DATA": "",
    }


@contextmanager
def serving(
    folder: Path, env: Mapping[str, str], command: Sequence[str] = QUARTERDECK, port: int | None = None
) -> Iterator[str]:
    """Give the address of a server started from a folder.

    Parameters
    ----------
    folder : Path
        The working folder of the server.
    env : mapping
        Variables added to those of the tests; an empty one is taken away.
    command : sequence of str
        What stands for `quarterdeck`.
    port : int, optional
        Default a free one.

    Raises
    ------
    AssertionError
        When it ends before it is up, with what it wrote; or is not up after four minutes.
    """
    number = port or free_port()
    address = f"http://127.0.0.1:{number}"
    given = os.environ | {"QUARTERDECK_REPLAY": "0"} | dict(env)
    variables = {name: value for name, value in given.items() if value}
    log = folder / f"server-{number}.log"
    with log.open("wb") as out:
        server = subprocess.Popen(
            [*command, "serve", "--port", str(number)],
            cwd=folder,
            env=variables,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        end = time.monotonic() + PATIENCE
        while not is_healthy(address):
            assert server.poll() is None, log.read_text(encoding="utf-8", errors="replace")[-2_000:]
            assert time.monotonic() < end, "The server did not come up."
            time.sleep(0.2)
        yield address
    finally:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(PATIENCE / 4)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()
            raise
