"""Several servers behind nginx or HAProxy as shipped: sessions, moves, memory, a kill, a rolling restart.

Run: .venv/bin/python benchmarks/replicas.py [--replicas 2] [--sessions 50] [--seconds 60] [--proxy haproxy]
     [--event none|kill|restart] [--pause 2]

Starts the servers and the proxy with its file of deploy/proxies, only ports and certificate exchanged. Sessions are
websockets that speak as browsers do, each moving a slider; one whose connection ends connects again, with its cookie
and the state of its widgets, as a browser does. A move counts as lost where no server ever answers it.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import os
import random
import shutil
import signal
import ssl
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import websockets
from moves import FIRST_RUN, PAGE, PERIOD, ROOT, Session, processor_seconds

SHIPPED, NAME = ROOT / "deploy" / "proxies", "sales.example.com"
FILES = {"haproxy": "haproxy.cfg", "nginx": "nginx.conf"}
AT_ONCE = 4
READY_SECONDS, STOP_SECONDS, AGAIN_SECONDS = 240.0, 90.0, 60.0
CLOSED = (OSError, websockets.WebSocketException, asyncio.TimeoutError, http.client.HTTPException)


class Visitor(Session):
    """A browser behind the proxy, which comes back when its connection ends."""

    lost = came_back = 0
    cookie = ""

    async def connect(self, cookie: str = "", **more: object) -> None:
        """Get the proxy's cookie once, then open the websocket."""
        if not self.cookie:
            self.cookie = await asyncio.to_thread(_route_cookie, self.url)
        port = int(self.url.rpartition(":")[2])
        await super().connect(self.cookie, ssl=_trusting(), host="127.0.0.1", port=port, **more)

    async def move(self, value: float) -> None:
        """Move the slider; where the connection ends meanwhile, ask again until a server has answered."""
        begin = time.perf_counter()
        try:
            await super().move(value)
            return
        except CLOSED:
            self.came_back += 1
        while time.perf_counter() - begin < AGAIN_SECONDS:
            with suppress(*CLOSED):
                await self.connect()
                self.hashes.clear()
                await self.ask(page=PAGE)
                self.taken.append((time.perf_counter() - begin) * 1000)
                return
            await asyncio.sleep(0.3)
        self.lost += 1


@dataclass
class Replica:
    """One server.

    Attributes
    ----------
    port : int
    env : dict
    process : subprocess.Popen, optional
    """

    port: int
    env: dict[str, str]
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; `wait` says when it answers."""
        command = [sys.executable, "-m", "core.cli", "serve", "--port", str(self.port)]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen(command, cwd=ROOT, env=self.env, start_new_session=True, **quiet)

    def wait(self) -> None:
        """Wait until it answers that it is up."""
        end = time.monotonic() + READY_SECONDS
        while _status(self.port) != 200:
            if time.monotonic() > end or self.pid == 0:
                raise SystemExit("A server did not start.")
            time.sleep(0.2)

    def stop(self, number: int = signal.SIGTERM) -> float:
        """Send a signal to the server and return how long it took to end."""
        begin = time.monotonic()
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait(STOP_SECONDS)
        return time.monotonic() - begin

    @property
    def pid(self) -> int:
        """Return the process's number; 0 where it has ended."""
        return self.process.pid if self.process is not None and self.process.poll() is None else 0

    @property
    def megabytes(self) -> float:
        """Return the memory it takes now."""
        if not self.pid:
            return 0.0
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="utf-8")
        return int(status.split("VmRSS:")[1].split()[0]) / 1024


@dataclass
class Fleet:
    """The servers and the address of the proxy before them."""

    replicas: list[Replica]
    url: str
    notes: list[str] = field(default_factory=list)

    @property
    def megabytes(self) -> float:
        """Return the memory of all servers."""
        return sum(replica.megabytes for replica in self.replicas)

    @property
    def processor(self) -> float:
        """Return the processor time of all servers that live."""
        return sum(processor_seconds(replica.pid) for replica in self.replicas if replica.pid)

    def kill(self) -> None:
        """Kill the first server as a power cut would."""
        self.replicas[0].stop(signal.SIGKILL)
        self.notes.append("one server was killed")

    def restart(self) -> None:
        """Stop and start one server after the other, each when the one before is up again."""
        for replica in self.replicas:
            taken = replica.stop()
            replica.start()
            replica.wait()
            time.sleep(3)  # until the proxy has noticed
            self.notes.append(f"a server was told to stop and was gone in {taken:.1f} s")


@contextmanager
def fleet(n_replicas: int, proxy: str, homes: Sequence[dict[str, str]] = ()) -> Iterator[Fleet]:
    """Give servers behind a proxy with its shipped file.

    Parameters
    ----------
    n_replicas : int
    proxy : {"haproxy", "nginx"}
    homes : sequence of dict, optional
        Variables of each server, such as a home folder of its own; default those of this process.
    """
    if shutil.which(proxy) is None and shutil.which(proxy, path="/usr/sbin") is None:
        raise SystemExit(f"{proxy} is not installed, so there is nothing to measure.")
    with TemporaryDirectory(prefix="replicas-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        settings = folder / "quarterdeck.yaml"
        settings.write_text(f"access:\n  hosts: [{NAME}]\n", encoding="utf-8")
        env = os.environ | {"QUARTERDECK_CONFIG": str(settings), "QUARTERDECK_WORKER": "0", "QUARTERDECK_REPLAY": "0"}
        given = list(homes) or [{}] * n_replicas
        replicas = [Replica(_free_port(), env | variables) for variables in given]
        port = _free_port()
        command = _proxy_command(proxy, folder, [replica.port for replica in replicas], port)
        balancer: subprocess.Popen[bytes] | None = None
        try:
            for replica in replicas:
                replica.start()
            for replica in replicas:
                replica.wait()
            balancer = subprocess.Popen(command, start_new_session=True, stderr=subprocess.DEVNULL)
            time.sleep(3)
            yield Fleet(replicas, f"https://{NAME}:{port}")
        finally:
            for replica in replicas:
                with suppress(subprocess.TimeoutExpired):
                    replica.stop(signal.SIGKILL)
            if balancer is not None:
                os.killpg(balancer.pid, signal.SIGKILL)
                balancer.wait(20)


async def visit(
    fleet: Fleet, sessions: int, seconds: float, event: str = "none", pause: float = PERIOD, longest: float = 3_600.0
) -> dict[str, float]:
    """Open sessions, let them move, do something to the servers in the middle, and return what it was like.

    Parameters
    ----------
    fleet : Fleet
    sessions : int
    seconds : float
    event : {"none", "kill", "restart"}
    pause : float
        Seconds between two moves of a session.
    longest : float
        Seconds after which no more sessions are opened.
    """
    before = fleet.megabytes
    visitors = [Visitor(fleet.url, number) for number in range(sessions)]
    used, begin = fleet.processor, time.perf_counter()
    visitors = await _opened(visitors, begin + longest)
    sessions = len(visitors)
    opening = (fleet.processor - used) / sessions
    opened = fleet.megabytes
    print(f"{sessions} sessions open after {time.perf_counter() - begin:.0f} s", flush=True)
    used, begin = fleet.processor, time.perf_counter()
    work = asyncio.gather(*(_work(visitor, begin, begin + seconds, pause) for visitor in visitors))
    watch = asyncio.create_task(_watch(fleet, begin))
    if event != "none":
        await asyncio.sleep(seconds / 4)
        await asyncio.to_thread(fleet.kill if event == "kill" else fleet.restart)
    await work
    watch.cancel()
    taken = sorted(duration for visitor in visitors for duration in visitor.taken)
    moved = max(len(taken), 1)
    out = {
        "sessions": sessions,
        "moves": len(taken),
        "lost": sum(visitor.lost for visitor in visitors),
        "came_back": sum(visitor.came_back for visitor in visitors),
        "median_ms": statistics.median(taken),
        "p95_ms": taken[int(0.95 * (len(taken) - 1))],
        "slowest_ms": taken[-1],
        "processor_ms_a_move": (fleet.processor - used) / moved * 1000 if event == "none" else 0.0,
        "processor_ms_an_opening": opening * 1000,
        "mb_before": before,
        "mb_opened": opened,
        "mb_a_session": (opened - before) / sessions,
        "mb_at_the_end": fleet.megabytes,
    }
    for visitor in visitors:
        with suppress(*CLOSED):
            await visitor.socket.close()
    await asyncio.sleep(5)
    return out | {"mb_after_closing": fleet.megabytes}


async def _opened(visitors: list[Visitor], end: float) -> list[Visitor]:
    """Open sessions, a few at a time, and return those that were opened before the time was up."""
    waiting, out = list(reversed(visitors)), []

    async def some() -> None:
        while waiting and time.perf_counter() < end:
            visitor = waiting.pop()
            await visitor.open()
            await visitor.move(1.0)
            visitor.taken.clear()
            out.append(visitor)
            if len(out) % 100 == 0:
                print(f"{len(out)} open, load {os.getloadavg()[0]:.0f}", flush=True)

    await asyncio.gather(*(some() for _ in range(AT_ONCE)))
    return out


async def _work(visitor: Visitor, begin: float, end: float, pause: float) -> None:
    chance = random.Random(visitor.number)
    due = begin + chance.random() * pause
    while due < end:
        await asyncio.sleep(max(due - time.perf_counter(), 0))
        await visitor.move(chance.randint(-30, 30))
        due += pause


async def _watch(fleet: Fleet, begin: float) -> None:
    while True:
        await asyncio.sleep(60)
        print(f"{time.perf_counter() - begin:5.0f} s: {fleet.megabytes:,.0f} MB in all servers", flush=True)


def _route_cookie(url: str) -> str:
    """Return the cookie by which the proxy sends this browser to one server, from the first document it asks for."""
    port = int(url.rpartition(":")[2])
    connection = http.client.HTTPSConnection("127.0.0.1", port, context=_trusting(), timeout=FIRST_RUN)
    connection.request("GET", "/", headers={"Host": f"{NAME}:{port}"})
    answer = connection.getresponse()
    answer.read()
    cookies = [value.partition(";")[0] for name, value in answer.getheaders() if name.lower() == "set-cookie"]
    connection.close()
    return "; ".join(cookies)


def _trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _proxy_command(proxy: str, folder: Path, ports: Sequence[int], port: int) -> list[str]:
    """Write the shipped file with this run's ports and a certificate, and return what starts the proxy with it."""
    chain, key = _certificate()
    for name, content in {"fullchain.pem": chain, "privkey.pem": key, "haproxy.pem": chain + key}.items():
        (folder / name).write_bytes(content)
    text = (SHIPPED / FILES[proxy]).read_text(encoding="utf-8")
    first = next(line for line in text.splitlines() if "127.0.0.1:8501" in line)
    words = ("one", "two", "three", "four", "five", "six", "seven", "eight")
    lines = [
        first.replace("127.0.0.1:8501", f"127.0.0.1:{number}").replace("one", words[index % len(words)])
        for index, number in enumerate(ports)
    ]
    plain = _free_port()
    exchanged = {
        first: "\n".join(lines),
        "/etc/ssl/quarterdeck": str(folder),
        "/etc/nginx/quarterdeck.d": str(folder / "none.d"),
        "listen 443": f"listen 127.0.0.1:{port}",
        "listen 80": f"listen 127.0.0.1:{plain}",
        "bind :443": f"bind 127.0.0.1:{port}",
        "bind :80": f"bind 127.0.0.1:{plain}",
    }
    for shipped, here in exchanged.items():
        text = text.replace(shipped, here)
    site = folder / FILES[proxy]
    site.write_text(text, encoding="utf-8")
    program = shutil.which(proxy) or shutil.which(proxy, path="/usr/sbin") or proxy
    if proxy == "haproxy":
        return [program, "-W", "-f", str(site)]
    places = "".join(
        f"{kind}_temp_path {folder / kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "main.conf").write_text(
        f"pid {folder / 'nginx.pid'}; error_log stderr; worker_rlimit_nofile 16384; "
        "events { worker_connections 8192; } "
        f"http {{ access_log off; {places} include {site}; }}",
        encoding="utf-8",
    )
    return [program, "-g", "daemon off;", "-c", str(folder / "main.conf")]


def _certificate() -> tuple[bytes, bytes]:
    """Return a certificate of a day and its key, for this run alone."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(hours=1))
    chain = made.not_valid_after(now + timedelta(days=1)).sign(key, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return chain.public_bytes(serialization.Encoding.PEM), private


def _status(port: int) -> int:
    try:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
            connection.request("GET", "/_stcore/health")
            return connection.getresponse().status
    except OSError:
        return 0


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> None:
    """Print what the servers carry together."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--replicas", type=int, default=2)
    words.add_argument("--sessions", type=int, default=50)
    words.add_argument("--seconds", type=float, default=60.0)
    words.add_argument("--pause", type=float, default=PERIOD)
    words.add_argument("--proxy", choices=sorted(FILES), default="haproxy")
    words.add_argument("--event", choices=("none", "kill", "restart"), default="none")
    words.add_argument(
        "--opening", type=float, default=3_600.0, help="no more sessions are opened after so many seconds"
    )
    given = words.parse_args()
    print(f"load of the machine before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    with fleet(given.replicas, given.proxy) as servers:
        figures = asyncio.run(visit(servers, given.sessions, given.seconds, given.event, given.pause, given.opening))
        print(*servers.notes, sep="\n")
    print(json.dumps({name: round(value, 1) for name, value in figures.items()}, indent=1))
    print(f"load of the machine after: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
