"""Kills upgrades: `kill_upgrades.py URL statements` after each changing statement, `... moments N` at random moments.

Prints how many were killed. Each upgrade runs in a fork of this process, for a new interpreter would take a second.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path

from sqlalchemy import Engine, event

from core.store import Store

ME = "ann@example.com"


def opened(url, kill_after=None):
    """Start opening the database in a process of its own; it kills itself after some statements."""
    child = os.fork()
    if child:
        return child
    try:
        if kill_after is not None:
            left = [kill_after]

            def count(_connection, _cursor, statement, *_):
                left[0] -= not statement.lstrip().startswith(("SELECT", "PRAGMA"))
                if left[0] == 0:
                    os.kill(os.getpid(), signal.SIGKILL)

            event.listen(Engine, "after_cursor_execute", count)
        store = Store.open(url)
        right = store.scenarios.get("kept", ME).payload == {"a": 1}
        store.close()
        os._exit(0 if right else 3)
    except BaseException as error:
        sys.stderr.write(f"{error}\n")
        sys.stderr.flush()
        os._exit(2)


def was_killed(child):
    status = os.waitpid(child, 0)[1]
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        sys.exit(f"a process ended with {os.WEXITSTATUS(status)}")
    return os.WIFSIGNALED(status)


def after_statements(url):
    kills = 0
    while was_killed(opened(url, kills + 1)):
        kills += 1
    return kills


def at_moments(url, times):
    file = Path(url.removeprefix("sqlite:///"))
    old = file.read_bytes()
    begin = time.monotonic()
    was_killed(opened(url))
    length = time.monotonic() - begin
    chance, kills = random.Random(7), 0
    for _ in range(times):
        for rest in file.parent.glob("q.db*"):
            rest.unlink()
        file.write_bytes(old)
        child = opened(url)
        time.sleep(chance.uniform(0, length))
        os.kill(child, signal.SIGKILL)
        kills += was_killed(child)
        was_killed(opened(url))
    return kills


if __name__ == "__main__":
    url, kind, *times = sys.argv[1:]
    killed = after_statements(url) if kind == "statements" else at_moments(url, int(times[0]))
    sys.stdout.write(f"{killed}\n")
