"""A day on which things go wrong: what people see, how soon it is well again, and which of their rows are lost.

Run: .venv/bin/python benchmarks/gameday.py [folder of a home that has models]

Two servers of a copy of that home stand behind HAProxy with the configuration of compose.yaml, beside PostgreSQL of
its own. A visitor asks for the page and a saver saves, each twice a second, while a replica is killed, the database is
stopped, the disk fills up, kept files are damaged, the key goes, the clock is wrong and a backup is put back. All of
it is on this machine, for a few minutes, and is taken away at the end. Needs root (for a small disk of its own),
HAProxy and PostgreSQL; prints Markdown.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp

from core.config import load
from core.contracts.errors import QuarterdeckError
from core.operations import examination
from core.sealing import sealing_keys
from core.store import Store

ROOT = Path(__file__).resolve().parents[1]
QUARTERDECK = (sys.executable, "-m", "core.cli")
OWNER = "gameday@example.com"
PAUSE, PATIENCE = 0.5, 420.0
SMALL_DISK = "1g"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Told:
    """What came of one thing that went wrong."""

    name: str
    seen: str
    recovery: float
    n_lost: int


@dataclass
class Visitor:
    """Asks for the page through the proxy, twice a second, and keeps what came."""

    address: str
    answers: list[tuple[float, str]] = field(default_factory=list)

    def ask(self) -> None:
        at = time.monotonic()
        try:
            with urllib.request.urlopen(f"{self.address}/", timeout=20) as answer:
                seen = str(answer.status)
        except urllib.error.HTTPError as error:
            seen = str(error.code)
        except OSError as error:
            seen = type(error).__name__
        self.answers.append((at, seen))

    def since(self, begin: float) -> str:
        counts = Counter(seen for at, seen in self.answers if at >= begin)
        return ", ".join(f"{n} × {seen}" for seen, n in sorted(counts.items()))

    def back(self, begin: float) -> float:
        """Return the seconds from `begin` until the last answer that was not 200."""
        bad = [at for at, seen in self.answers if at >= begin and seen != "200"]
        return max(bad, default=begin) - begin


@dataclass
class Saver:
    """Saves a plan twice a second and keeps the names of those that were said to be saved."""

    url: str
    saved: set[str] = field(default_factory=set)
    refused: Counter[str] = field(default_factory=Counter)
    last_good: float = 0.0

    def __post_init__(self) -> None:
        self.store = Store.open(self.url)
        self.number = 0

    def save(self) -> None:
        self.number += 1
        name = f"plan {self.number:05}"
        try:
            self.store.scenarios.save(name, OWNER, {"n": self.number})
        except QuarterdeckError as error:
            self.refused[error.what] += 1
        else:
            self.saved.add(name)
            self.last_good = time.monotonic()

    def lost(self) -> int:
        store = Store.open(self.url)
        there = {entry.name for entry in store.scenarios.list(OWNER)}
        store.close()
        return len(self.saved - there)


class Cluster:
    """A PostgreSQL of the game's own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder / "pg", free_port()
        self.bin = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
        self.folder.mkdir()
        user = pwd.getpwnam("postgres")
        os.chown(self.folder, user.pw_uid, user.pw_gid)
        self._run("initdb", "-D", self.folder / "data", "-U", "quarterdeck", "--auth=trust", "-E", "UTF8")
        self.start()

    def url(self, name: str = "postgres") -> str:
        return f"postgresql://quarterdeck@127.0.0.1:{self.port}/{name}"

    def start(self) -> None:
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1"
        self._run("pg_ctl", "-D", self.folder / "data", "-o", options, "-l", self.folder / "log", "-w", "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-D", self.folder / "data", "-m", "fast", "-w", "stop")

    def make(self, name: str) -> str:
        self._run("createdb", "-h", "127.0.0.1", "-p", self.port, "-U", "quarterdeck", name)
        return self.url(name)

    def _run(self, program: str, *words: object) -> None:
        command = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", self.bin / program, *words]
        subprocess.run([str(w) for w in command], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class Game:
    """The installation, and what goes wrong in it."""

    def __init__(self, source: Path) -> None:
        self.folder = Path(mkdtemp(prefix="gameday-"))
        self.folder.chmod(0o755)
        self.home = self.folder / "home"
        self.home.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK}", "tmpfs", self.home], check=True)
        shutil.copytree(source / "artifacts", self.home / "artifacts")
        self.keys = self.folder / "keys"
        self.keys.write_text(sealing_keys.fresh(), encoding="utf-8")
        self.cluster = Cluster(self.folder)
        self.environ = {
            "QUARTERDECK_HOME": str(self.home),
            "QUARTERDECK_DATABASE_URL": self.cluster.make("sales"),
            "QUARTERDECK_KEY_FILE": str(self.keys),
            "QUARTERDECK_WORKER": "0",
            "QUARTERDECK_REPLAY": "0",
        }
        os.environ.update(self.environ)
        self.ports = [free_port(), free_port()]
        self.servers: dict[int, subprocess.Popen[bytes]] = {}
        for port in self.ports:
            self.serve(port)
        self.address = self._proxy()
        for port in self.ports:
            self.until(lambda p=port: self.is_ready(p))
        self.visitor, self.saver = Visitor(self.address), Saver(self.environ["QUARTERDECK_DATABASE_URL"])
        self.until(self._is_good)
        self.over = threading.Event()
        self.threads = [
            threading.Thread(target=self._repeat, args=(work,), daemon=True)
            for work in (self.visitor.ask, self.saver.save)
        ]
        for thread in self.threads:
            thread.start()

    def _is_good(self) -> bool:
        self.visitor.ask()
        return self.visitor.answers.pop()[1] == "200"

    def _repeat(self, work: Callable[[], None]) -> None:
        while not self.over.wait(PAUSE):
            work()

    def serve(self, port: int) -> None:
        with (self.folder / f"server-{port}.log").open("ab") as out:
            self.servers[port] = subprocess.Popen(
                [*QUARTERDECK, "serve", "--port", str(port)],
                stdout=out,
                stderr=out,
                start_new_session=True,
                cwd=self.folder,
                env=os.environ | {"PYTHONPATH": str(ROOT)},
            )

    def _proxy(self) -> str:
        front = free_port()
        text = (ROOT / "deploy" / "compose" / "haproxy.cfg").read_text(encoding="utf-8")
        for name, port in zip(("app-one:8501", "app-two:8501"), self.ports, strict=True):
            text = text.replace(name, f"127.0.0.1:{port}")
        text = text.replace("bind :8080", f"bind 127.0.0.1:{front}").replace(" resolvers containers\n", "\n")
        head, _, rest = text.partition("resolvers containers")
        file = self.folder / "haproxy.cfg"
        file.write_text(head + rest[rest.index("frontend") :], encoding="utf-8")
        self.proxy = subprocess.Popen(["/usr/sbin/haproxy", "-q", "-f", str(file)], start_new_session=True)
        return f"http://127.0.0.1:{front}"

    def is_ready(self, port: int) -> bool:
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=10) as answer:
            return bool(answer.status == 200)
        return False

    def unready(self, port: int) -> str:
        """Return what /readyz tells an operator."""
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=15)
        except urllib.error.HTTPError as error:
            return error.read().decode()
        except OSError as error:
            return type(error).__name__
        return "ready"

    def until(self, check: Callable[[], bool]) -> float:
        begin = time.monotonic()
        while not check():
            if time.monotonic() - begin > PATIENCE:
                raise TimeoutError("It did not become well again.")
            time.sleep(0.2)
        return time.monotonic() - begin

    def kill_a_replica(self) -> Told:
        begin, port = time.monotonic(), self.ports[0]
        os.killpg(self.servers[port].pid, signal.SIGKILL)
        self.servers[port].wait()
        time.sleep(15)
        seen, back = self.visitor.since(begin), self.visitor.back(begin)
        self.serve(port)
        started = self.until(lambda: self.is_ready(port))
        text = (
            f"Visitors: {seen}. The other replica took over; the killed one was ready {started:.0f} s after its start."
        )
        return Told("A replica is killed under load", text, back, self.saver.lost())

    def stop_the_database(self) -> Told:
        begin = time.monotonic()
        self.saver.refused.clear()
        self.cluster.stop()
        down = time.monotonic()
        page, why = self.looked(), self.unready(self.ports[0])
        time.sleep(max(0.0, down + 30 - time.monotonic()))
        self.cluster.start()
        up = time.monotonic()
        self.until(lambda: self.saver.last_good > up)
        saved = time.monotonic() - up
        ready = saved + self.until(lambda: all(map(self.is_ready, self.ports)))
        refused = "; ".join(f"{n} × “{what}”" for what, n in self.saver.refused.items())
        text = f"Visitors: {self.visitor.since(begin)}. A page said: “{page}” Saves refused: {refused}. "
        text += f"/readyz: {why}. Saving again after "
        return Told("PostgreSQL is stopped for 30 s", f"{text}{saved:.1f} s.", ready, self.saver.lost())

    def fill_the_disk(self) -> Told:
        begin, filler = time.monotonic(), self.home / "filler"
        with suppress(OSError), filler.open("wb") as out:
            while True:
                out.write(b"\0" * 1_000_000)
        page, why = self.looked(), self.unready(self.ports[0])
        doctor = self.doctor("The disk has room")
        seen = self.visitor.since(begin)
        filler.unlink()
        ready = self.until(lambda: all(map(self.is_ready, self.ports)))
        text = f"Visitors: {seen}. A page said: “{page}” /readyz: {why}. doctor: {doctor}"
        return Told("The disk of the home folder is full", text, ready, self.saver.lost())

    def corrupt_an_artefact(self) -> Told:
        for file in (self.home / "artifacts" / "models").glob("*/close.json"):
            content = file.read_bytes()
            file.write_bytes(content[: len(content) // 2] + b"#" * 100)
        doctor = self.doctor("What is kept is whole, and new results can be kept")
        begin = time.monotonic()
        done = subprocess.run(
            [*QUARTERDECK, "forecast"],
            cwd=self.folder,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        seconds = time.monotonic() - begin
        line = (done.stdout or done.stderr).strip().splitlines()[-1]
        text = f"doctor: {doctor} The next who asked had the models learnt anew, and read: “{line[:120]}”"
        return Told("The files of all models are damaged", text, seconds, self.saver.lost())

    def expire_the_key(self) -> Told:
        old = self.keys.read_text(encoding="utf-8").strip()
        store = Store.open(self.environ["QUARTERDECK_DATABASE_URL"])
        saved = store.requirement_sets.save_with_file(
            "A list", OWNER, {"rows": []}, ("list.csv", b"need,priority\nx,high\n")
        )
        self.keys.write_text(sealing_keys.fresh(), encoding="utf-8")
        try:
            seen = (
                "It still opened."
                if Store.open(self.environ["QUARTERDECK_DATABASE_URL"]).requirement_sets.file(saved)
                else ""
            )
        except QuarterdeckError as error:
            seen = str(error)
        begin = time.monotonic()
        self.keys.write_text(f"{self.keys.read_text(encoding='utf-8').strip()}\n{old}\n", encoding="utf-8")
        rotated = self.command("keys", "rotate").strip()
        opened = Store.open(self.environ["QUARTERDECK_DATABASE_URL"]).requirement_sets.file(saved)
        seconds = time.monotonic() - begin
        n_lost = self.saver.lost() + (opened is None or opened[1] != b"need,priority\nx,high\n")
        return Told(
            "The key is replaced without the old one",
            f"Whoever opened the file read: “{seen}” {rotated}",
            seconds,
            n_lost,
        )

    def skew_the_clock(self) -> Told:
        url = self.environ["QUARTERDECK_DATABASE_URL"]
        wrong = Store.open(url, lambda: datetime.now(UTC) - timedelta(hours=2))
        wrong.scenarios.save("saved two hours ago", OWNER, {"n": 0})
        entries = examination.examine(load(), datetime.now(UTC) - timedelta(hours=2), os.environ)
        (clock,) = [entry for entry in entries if entry.name == "The clock goes right"]
        begin = time.monotonic()
        verdict = Store.open(url).audit.verify()
        text = f"A machine two hours behind saved. doctor: “{clock.seen} {clock.mend}” The audit log is "
        whole = "whole" if verdict.is_whole else verdict.problem
        return Told(
            "A machine's clock is two hours behind", f"{text}{whole}.", time.monotonic() - begin, self.saver.lost()
        )

    def restore_a_backup(self) -> Told:
        self.over.set()
        for thread in self.threads:
            thread.join(30)
        self.command("backup", "--to", str(self.folder / "backups"))
        (file,) = (self.folder / "backups").glob("*")
        for server in self.servers.values():
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(60)
        begin = time.monotonic()
        fresh = self.folder / "restored"
        fresh.mkdir()
        url = self.cluster.make("restored")
        os.environ.update({"QUARTERDECK_HOME": str(fresh), "QUARTERDECK_DATABASE_URL": url})
        report = self.command("restore", str(file)).strip().splitlines()[0]
        store = Store.open(url)
        there = {entry.name for entry in store.scenarios.list(OWNER)}
        is_whole = store.audit.verify().is_whole
        store.close()
        shutil.copytree(self.home / "artifacts", fresh / "artifacts")
        self.serve(self.ports[0])
        self.until(lambda: self.is_ready(self.ports[0]))
        text = f"{report} The audit log is {'whole' if is_whole else 'not whole'}. A server on it was ready."
        return Told("Everything is gone but a backup", text, time.monotonic() - begin, len(self.saver.saved - there))

    def looked(self) -> str:
        """Open the first page in Chromium through the proxy, and return what it says of the trouble."""
        from playwright.sync_api import sync_playwright

        with sync_playwright() as play:
            flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
            browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
            page = browser.new_page()
            page.goto(f"{self.address}/", timeout=60_000)
            seen = ""
            for _ in range(20):
                page.wait_for_timeout(1_000)
                alerts = page.get_by_role("alert").all_inner_texts()
                n_charts = page.get_by_test_id("stVegaLiteChart").count()
                seen = alerts[0] if alerts else f"nothing, with {n_charts} charts on it" if n_charts > 3 else ""
                if seen:
                    break
            seen = seen or page.locator("body").inner_text()[:200]
            browser.close()
        return " ".join(seen.split())

    def command(self, *words: str) -> str:
        done = subprocess.run(
            [*QUARTERDECK, *words],
            cwd=self.folder,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def doctor(self, name: str) -> str:
        entries = examination.examine(load(), datetime.now(UTC), os.environ)
        (entry,) = [entry for entry in entries if entry.name == name]
        return f"“{entry.seen} {entry.mend}”".replace(" ”", "”") if not entry.is_good else "nothing was said."

    def end(self) -> None:
        self.over.set()
        for server in self.servers.values():
            with suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGKILL)
            server.wait()
        self.proxy.kill()
        self.proxy.wait()
        with suppress(subprocess.CalledProcessError):
            self.cluster.stop()
        subprocess.run(["umount", "-l", self.home], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)


def main() -> None:
    """Let everything go wrong, one after the other, and print what came of it."""
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / ".quarterdeck"
    missing = [
        name for name in ("haproxy", "setpriv") if shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin") is None
    ]
    if os.geteuid() or missing or not list(Path("/usr/lib/postgresql").glob("*/bin/initdb")):
        sys.exit("The game day needs root, HAProxy and PostgreSQL.")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that everything is taken away then too
    game = Game(source)
    try:
        print(
            "| what went wrong | what was seen | well again after | rows lost |\n| --- | --- | ---: | ---: |",
            flush=True,
        )
        for exercise in (
            game.kill_a_replica,
            game.stop_the_database,
            game.fill_the_disk,
            game.corrupt_an_artefact,
            game.expire_the_key,
            game.skew_the_clock,
            game.restore_a_backup,
        ):
            outcome = exercise()
            print(
                f"| {outcome.name} | {' '.join(outcome.seen.split())} | {outcome.recovery:.1f} s | {outcome.n_lost} |",
                flush=True,
            )
        print(f"\n{len(game.saver.saved):,} saves were confirmed on that day.")
    finally:
        game.end()


if __name__ == "__main__":
    main()
