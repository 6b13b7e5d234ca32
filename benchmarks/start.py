"""How long from the command to a painted executive page, with data and models on disk.

Run: .venv/bin/python benchmarks/start.py [rounds]
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def port() -> int:
    """Return a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def healthy(address: str) -> bool:
    """Say whether the server answers."""
    try:
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=1) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def once(page: Page, chosen: int) -> tuple[float, float, float]:
    """Return seconds to the server's answer, to the first tile and to the whole page."""
    address = f"http://127.0.0.1:{chosen}"
    begin = time.perf_counter()
    command = [sys.executable, "-m", "core.cli", "serve", "--port", str(chosen)]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        while not healthy(address):
            time.sleep(0.02)
        up = time.perf_counter() - begin
        page.goto(address)
        page.get_by_text(re.compile(r"^Bookings in Q\d")).first.wait_for(timeout=60_000)
        first = time.perf_counter() - begin
        page.get_by_role("button", name="Download as notebook").wait_for(timeout=60_000)
        return up, first, time.perf_counter() - begin
    finally:
        page.close()  # A page left open would connect to the next round's server and share its processor.
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(20)


def main() -> None:
    """Print medians over the rounds, for a browser that has been here before and for a new one."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with sync_playwright() as play, TemporaryDirectory() as home:
        path = shutil.which("chromium")
        chromium = play.chromium.launch(executable_path=path, args=FLAGS)
        show("a new browser", [once(chromium.new_page(), port()) for _ in range(rounds)])
        chromium.close()
        returning = play.chromium.launch_persistent_context(home, executable_path=path, args=FLAGS)
        chosen = port()
        again = [once(returning.new_page(), chosen) for _ in range(rounds + 1)]
        show("a browser that was here before", again[1:])
        returning.close()


def show(who: str, moments: list[tuple[float, float, float]]) -> None:
    """Print one line per moment."""
    print(who)
    for name, values in zip(("server answers", "first tile", "whole page"), zip(*moments, strict=True), strict=True):
        print(f"  {name:16} median {statistics.median(values):5.2f} s  (min {min(values):.2f}, max {max(values):.2f})")


if __name__ == "__main__":
    main()
