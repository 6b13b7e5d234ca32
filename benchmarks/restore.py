"""How long a backup of 1 GB takes, and how long until it is back: a sealed copy of SQLite with files and rows.

    python -m benchmarks.restore [MEGABYTES]

Six tenths are buyers' files that do not get smaller, four tenths are lines of the audit log. Times are of the wall
clock: a disk that waits is part of them.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from core.backup import archive, drill
from core.config import load
from core.sealing.sealing_keys import Key
from core.store import Store
from core.store.audit_chain import write_down

MEGABYTES = 1_000
FILE_BYTES = 2_000_000
LINES_AT_ONCE = 5_000
DETAIL = "Stage: Discovery → Proposal; amount: 120,000 → 140,000; next step: send the offer before the month ends"
T = TypeVar("T")


def fill(database: str, size: int) -> None:
    """Write files and lines until the database has about `size` bytes."""
    store = Store.open(database)
    for n in range(int(size * 0.6) // FILE_BYTES):
        file = (f"list {n}.xlsx", os.urandom(FILE_BYTES))
        store.requirement_sets.save_with_file(f"List {n}", "ana", {"rows": []}, file)
    at, n = datetime(2026, 5, 1, tzinfo=UTC), 0
    path = Path(store.engine.url.database or "")
    while path.stat().st_size < size:
        with store.retention.sessions.begin() as session:
            lines = [
                {"at": at, "user": "ana", "action": "changed", "target": f"deal {n + k}", "detail": f"{DETAIL} {n + k}"}
                for k in range(LINES_AT_ONCE)
            ]
            write_down(session, lines)
        n += LINES_AT_ONCE
        store.save_count.move_log(store.engine)  # type: ignore[union-attr]
    store.close()


def timed(name: str, work: Callable[[], T]) -> T:
    begin = time.perf_counter()
    out = work()
    print(f"{name:<10} {time.perf_counter() - begin:7.1f} s", flush=True)
    return out


def main(megabytes: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder, key = Path(name), Key(os.urandom(32))
        environ = {"QUARTERDECK_HOME": str(folder / "home")}
        settings = load(environ=environ)
        timed("fill", lambda: fill(settings.database, megabytes * 1_000_000))
        file = folder / "copy"
        at = datetime.now(UTC)
        manifest = timed("backup", lambda: archive.write(settings, file, key, at, environ))
        timed("drill", lambda: drill.run(file, settings, [key]))
        target = load(environ={"QUARTERDECK_HOME": str(folder / "restored")})
        timed("restore", lambda: archive.restore(file, target, [key]))
        timed("open", lambda: Store.open(target.database).close())
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_000
        size = file.stat().st_size / 1e6
        print(
            f"{megabytes:,} MB, {manifest.n_rows:,} rows; the backup has {size:,.0f} MB; peak {peak:,.0f} MB of memory"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else MEGABYTES)
