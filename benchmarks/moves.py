"""What a slider's move costs over the wire: sessions that each move a lever every two seconds.

Run: .venv/bin/python benchmarks/moves.py [sessions] [seconds] [language]

Starts the app, opens websockets as browsers do, and prints the time from sending a move to the end of the
script that answers it, and the server's processor time per move, which other work on the machine disturbs less.
The time an idle server takes is measured first and told apart. Moves go to one of 61 values, which others have
mostly asked for before, as sliders with whole steps do; or each to a value nobody has asked for.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

ROOT = Path(__file__).resolve().parents[1]
PAGE, PERIOD = "scenarios", 2.0
LEVERS = {"en": "Win rate", "de": "Abschlussquote", "es": "Tasa de éxito"}  # as browsers of a language show it
LANGUAGE = sys.argv[3] if len(sys.argv) > 3 else "en"
LEVER = LEVERS[LANGUAGE]
FIRST_RUN, IDLE = 120.0, 5.0
NEW = count(1)


@dataclass
class Session:
    """One browser: its connection, the state of its widgets, and the slider it moves."""

    url: str
    number: int
    taken: list[float] = field(default_factory=list)

    async def open(self) -> None:
        """Connect and run the page once."""
        self.states: dict[str, tuple[str, Any]] = {}
        self.hashes: dict[str, int] = {}
        self.slider, self.fragment, self.page_hash = "", "", ""
        await self.connect()
        await self.ask(page=PAGE)
        if not self.slider:
            raise SystemExit(f"The page shows no slider called {LEVER!r}.")

    async def connect(self, cookie: str = "", **more: Any) -> None:
        """Open the websocket as a browser does."""
        self.socket = await websockets.connect(
            self.url.replace("http", "ws", 1) + "/_stcore/stream",
            subprotocols=[websockets.Subprotocol("streamlit")],
            additional_headers={"Origin": self.url, "Cookie": cookie or f"seat={self.number}"},
            max_size=None,
            compression=None,
            open_timeout=60,
            ping_interval=None,
            **more,
        )

    async def ask(self, page: str = "", fragment: str = "") -> None:
        """Send the widgets' state and wait until the script has answered."""
        message = BackMsg()
        run = message.rerun_script
        run.page_script_hash, run.page_name, run.fragment_id = self.page_hash, page, fragment
        run.context_info.timezone, run.context_info.locale, run.context_info.url = "UTC", LANGUAGE, f"{self.url}/{PAGE}"
        for name, (kind, value) in self.states.items():
            state = run.widget_states.widgets.add()
            state.id = name
            if kind == "doubles":
                state.double_array_value.data.extend(value)
            else:
                setattr(state, kind, value)
        run.cached_message_hashes.extend(self.hashes)
        await self.socket.send(message.SerializeToString())
        while True:
            data = await asyncio.wait_for(self.socket.recv(), FIRST_RUN)
            if isinstance(data, str):
                continue
            if self._read(ForwardMsg.FromString(data)):
                return

    def _read(self, message: ForwardMsg) -> bool:
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self.page_hash = message.new_session.page_script_hash or self.page_hash
        elif kind == "navigation":
            self.page_hash = message.navigation.page_script_hash or self.page_hash
        elif kind == "delta":
            if message.metadata.cacheable:
                self.hashes[message.hash] = 1
            if message.delta.WhichOneof("type") == "new_element":
                self._element(message.delta)
        # A move asks for the answer's fragment alone: the run that brought it ends early and says so.
        return kind == "script_finished" and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN

    def _element(self, delta: Any) -> None:
        kind = delta.new_element.WhichOneof("type")
        if kind == "exception":
            raise SystemExit(f"The page failed: {delta.new_element.exception.message[:300]}")
        if kind == "slider" and not delta.new_element.slider.options:
            slider = delta.new_element.slider
            self.states.setdefault(slider.id, ("doubles", list(slider.default)))
            if slider.label.partition(" :")[0] == LEVER:  # behind it stands the range of the past
                self.slider, self.fragment = slider.id, delta.fragment_id

    async def move(self, value: float) -> None:
        """Move the slider and note how long the answer took."""
        self.states[self.slider] = ("doubles", [value])
        begin = time.perf_counter()
        await self.ask(fragment=self.fragment)
        self.taken.append((time.perf_counter() - begin) * 1000)

    async def work(self, begin: float, end: float, is_new: bool = False) -> None:
        """Move every two seconds, each session at its own moment."""
        chance = random.Random(self.number)
        due = begin + chance.random() * PERIOD
        while due < end:
            await asyncio.sleep(max(due - time.perf_counter(), 0))
            await self.move(chance.randint(-30, 30) + (next(NEW) / 10_000 if is_new else 0.0))
            due += PERIOD


def processor_seconds(pid: int) -> float:
    """Return the processor time a process has used."""
    words = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


async def opened(urls: list[str], sessions: int) -> list[Session]:
    """Open the sessions in turn, each with its first move made."""
    clients = [Session(urls[n % len(urls)], n) for n in range(sessions)]
    for session in clients:
        await session.open()
        await session.move(1.0)
        session.taken.clear()
    return clients


async def rounds(clients: list[Session], pids: list[int], seconds: float, is_new: bool) -> None:
    """Let the sessions move, and print a line."""
    used, begin = sum(map(processor_seconds, pids)), time.perf_counter()
    await asyncio.sleep(IDLE)
    idle = (sum(map(processor_seconds, pids)) - used) / (time.perf_counter() - begin)
    begin, used = time.perf_counter(), sum(map(processor_seconds, pids))
    await asyncio.gather(*(s.work(begin, begin + seconds, is_new) for s in clients))
    lasted = time.perf_counter() - begin
    used = sum(map(processor_seconds, pids)) - used
    every = sorted(t for s in clients for t in s.taken)
    print(
        f"{len(clients):3} sessions, {len(every)} moves in {lasted:.0f} s to values {'nobody' if is_new else 'others'} "
        f"asked for: median {statistics.median(every):.0f} ms, p95 {every[int(0.95 * (len(every) - 1))]:.0f} ms, "
        f"slowest {every[-1]:.0f} ms; processor time a move {(used - idle * lasted) / len(every) * 1000:.1f} ms, "
        f"with the idle server's {idle * 1000:.0f} ms a second {used / len(every) * 1000:.1f} ms"
    )
    for session in clients:
        session.taken.clear()


async def measure(urls: list[str], pids: list[int], sessions: int, seconds: float) -> None:
    """Open the sessions, let them move to known and to new values, and close them."""
    clients = await opened(urls, sessions)
    for is_new in (False, True):
        await rounds(clients, pids, seconds, is_new)
    for session in clients:
        await session.socket.close()


def serve() -> tuple[subprocess.Popen[bytes], str]:
    """Start the app on a free port and wait for it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "core.cli", "serve", "--port", str(port)]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    for _ in range(240):
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=2):
                return server, url
        except OSError:
            time.sleep(0.25)
    raise SystemExit("The app did not start.")


def main() -> None:
    """Print one session and many."""
    sessions = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 30.0
    server, url = serve()
    try:
        for number in dict.fromkeys((1, sessions)):
            asyncio.run(measure([url], [server.pid], number, seconds))
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(20)


if __name__ == "__main__":
    main()
