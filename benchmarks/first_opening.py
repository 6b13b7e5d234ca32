"""The first opening of a page on a server that has made nothing beside one that has: until first words and figures.

Run: .venv/bin/python benchmarks/first_opening.py [--page ""] [--tries 3]

Takes a copy of the home folder of QUARTERDECK_HOME, and makes what it lacks, as that of the first server, which shares
it by the database; the second begins with an empty home folder. What is counted begins with the
connection of a browser, when the server says that it is ready: on the clock and in processor time of that server.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from moves import ROOT, Session, processor_seconds
from replicas import Replica, _free_port

WORDS, FIGURES = ("markdown", "heading", "html"), ("metric", "vega_lite_chart", "arrow_vega_lite_chart")
LONGEST_S = 300.0


@dataclass
class Opening(Session):
    """A browser that opens one page and notes when its first words and figures came, and what they cost."""

    pid: int = 0
    begin: tuple[float, float] = (0.0, 0.0)
    seen: dict[str, tuple[float, float]] = field(default_factory=dict)

    def _element(self, delta: Any) -> None:
        kind = str(delta.new_element.WhichOneof("type"))
        for name, kinds in (("words", WORDS), ("figures", FIGURES)):
            if kind in kinds:
                self.seen.setdefault(name, self._now())

    def _now(self) -> tuple[float, float]:
        return time.perf_counter() - self.begin[0], processor_seconds(self.pid) - self.begin[1]

    async def first(self, page: str) -> dict[str, tuple[float, float]]:
        """Open the page, again while it waits for a worker, and return seconds on the clock and of the processor."""
        self.states, self.hashes, self.slider, self.fragment, self.page_hash = {}, {}, "", "", ""
        self.begin = (time.perf_counter(), processor_seconds(self.pid))
        await self.connect()
        while True:
            await self.ask(page=page)
            if "figures" in self.seen or self._now()[0] > LONGEST_S:
                break
            await asyncio.sleep(1.0)
        self.seen["whole"] = self._now()
        await self.socket.close()
        return self.seen


def variables(home: Path, folder: Path) -> dict[str, str]:
    """Return the variables of a server with a home folder, which shares what is made by the folder's database."""
    (folder / "shared.yaml").write_text("replicas: {artifacts: database}\n", encoding="utf-8")
    return os.environ | {
        "QUARTERDECK_CONFIG": str(folder / "shared.yaml"),
        "QUARTERDECK_DATABASE_URL": f"sqlite:///{folder / 'store.db'}",
        "QUARTERDECK_HOME": str(home),
        "QUARTERDECK_WORKER": "0",
        "QUARTERDECK_REPLAY": "0",
    }


@contextmanager
def server(home: Path, folder: Path) -> Iterator[Replica]:
    """Give a server with a home folder."""
    replica = Replica(_free_port(), variables(home, folder))
    replica.start()
    try:
        replica.wait()
        yield replica
    finally:
        with suppress(Exception):
            replica.stop(signal.SIGKILL)


def opened(replica: Replica, page: str) -> dict[str, tuple[float, float]]:
    """Open a page on a server."""
    return asyncio.run(Opening(f"http://127.0.0.1:{replica.port}", 0, pid=replica.pid).first(page))


def main() -> None:
    """Print what an opening takes: on the warm server for the first and second time, and on servers with nothing."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--page", default="")
    words.add_argument("--tries", type=int, default=3)
    given = words.parse_args()
    print(f"load of the machine before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    rows: dict[str, list[dict[str, tuple[float, float]]]] = {}
    with TemporaryDirectory(prefix="first-") as name:
        folder = Path(name)
        shutil.copytree(os.environ["QUARTERDECK_HOME"], folder / "one", ignore=shutil.ignore_patterns("*.db*"))
        command = [sys.executable, "-m", "core.cli", "build"]
        subprocess.run(command, cwd=ROOT, env=variables(folder / "one", folder), check=True, stdout=subprocess.DEVNULL)
        with server(folder / "one", folder) as first:
            rows["warm server, first page"] = [opened(first, given.page)]
            rows["warm server, next page"] = [opened(first, given.page) for _ in range(given.tries)]
            for number in range(given.tries):
                with server(folder / f"empty{number}", folder) as other:
                    rows.setdefault("empty server beside it, first page", []).append(opened(other, given.page))
                    rows.setdefault("empty server beside it, next page", []).append(opened(other, given.page))
    for title, openings in rows.items():
        parts = [
            f"{part} {statistics.median(o[part][0] for o in openings):.2f} s"
            f" ({statistics.median(o[part][1] for o in openings):.2f} s of the processor)"
            for part in ("words", "figures", "whole")
            if all(part in o for o in openings)
        ]
        print(f"{title}: {', '.join(parts)}")
    print(f"load of the machine after: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
