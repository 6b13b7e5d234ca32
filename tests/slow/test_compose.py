"""compose.yaml, started: by docker-compose, in containers of podman, with the image that was built.

PostgreSQL and HAProxy are Debian's in images of their own, for no registry answers here; all else is the file's: its
networks, volumes, users, rights, commands, health checks and what waits for what.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import expect

from tests.environments import ROOT
from tests.servers import free_port, is_healthy
from tests.slow.built_image import Storage

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.xdist_group("image")]
DEPLOY, STAND_INS = ROOT / "deploy", Path(__file__).parent / "stand_ins"
NEEDS = ("podman", "runc", "docker-compose")
PASSWORD, PROJECT, USER = "only-for-this-test", "quarterdeck", 10_001
PATIENCE, MOST = 180_000.0, 16_384
SERVICES = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]
JOBS = {"home", "migrate", "prepare"}


@dataclass
class Engine:
    """Podman on a storage, with a socket that docker-compose speaks to."""

    storage: Storage
    folder: Path
    port: int

    def __post_init__(self) -> None:
        # Podman asks for more than a process may have that is root in a machine of somebody else's.
        limits = [f"{name}={MOST}:{MOST}" for name in ("nofile", "nproc")]
        (self.folder / "containers.conf").write_text(f"[containers]\ndefault_ulimits = {json.dumps(limits)}\n")
        text = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
        assert "127.0.0.1:8080:8080" in text
        text = text.replace("name: quarterdeck\n", "", 1)  # Debian's docker-compose is older than that line.
        (self.folder / "deploy").mkdir()
        file = self.folder / "deploy" / "compose.yaml"
        file.write_text(text.replace("127.0.0.1:8080:", f"127.0.0.1:{self.port}:"), encoding="utf-8")
        shutil.copytree(DEPLOY / "compose", file.parent / "compose")
        self.environ = os.environ | {
            "CONTAINERS_CONF": str(self.folder / "containers.conf"),
            "DOCKER_HOST": f"unix://{self.folder / 'socket'}",
            "COMPOSE_HTTP_TIMEOUT": "900",
            "QUARTERDECK_DB_PASSWORD": PASSWORD,
        }
        self.compose_words = ["docker-compose", "-p", PROJECT, "-f", str(file)]

    def command(self, *words: object) -> list[str]:
        options = [*self.storage.options(), "--runtime", "runc", "--network-config-dir", self.folder / "networks"]
        return ["podman", *map(str, options), *map(str, words)]

    def podman(self, *words: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(self.command(*words), capture_output=True, text=True, check=False, env=self.environ)

    def compose(self, *words: str, minutes: float = 20) -> str:
        command = [*self.compose_words, *words]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env=self.environ, timeout=minutes * 60
        )
        assert done.returncode == 0, (done.stdout + done.stderr)[-3_000:] + self.logs()
        return done.stdout

    def inside(self, service: str, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the container of a service, as its user."""
        return self.podman("exec", f"{PROJECT}_{service}_1", *words)

    def state(self, service: str) -> dict[str, object]:
        return dict(json.loads(self.podman("inspect", f"{PROJECT}_{service}_1").stdout)[0]["State"])

    def logs(self) -> str:
        texts = []
        for name in SERVICES:
            done = self.podman("logs", "--tail", "25", f"{PROJECT}_{name}_1")
            texts.append(f"\n{name}: {(done.stdout + done.stderr)[-1_500:]}")
        return "".join(texts)

    def ask_health(self, over: threading.Event) -> None:
        """Run the health checks, as systemd's timers do for podman where there is systemd."""
        while not over.wait(3):
            for name in self.podman("ps", "--format", "{{.Names}}").stdout.split():
                self.podman("healthcheck", "run", name)


@pytest.fixture(scope="module")
def engine(storage, small_settings, small_bundle, tmp_path_factory):
    """Everything of the file started by one command, on a home whose models are those of the small company."""
    lacks = [name for name in NEEDS if shutil.which(name) is None]
    if lacks:
        pytest.skip(f"{' and '.join(lacks)} not installed")
    for name, tag in {"postgres": "16-bookworm", "haproxy": "2.8-bookworm"}.items():
        image = f"docker.io/library/{name}:{tag}"
        assert f"{name}:{tag}" in {service["image"] for service in SERVICES.values()}
        storage.build(STAND_INS / name / "Dockerfile", image, STAND_INS / name)
    out = Engine(storage, tmp_path_factory.mktemp("compose"), free_port())
    over = threading.Event()
    with (out.folder / "service.log").open("wb") as log:
        words = out.command("system", "service", "--time=0", out.environ["DOCKER_HOST"])
        service = subprocess.Popen(words, stdout=log, stderr=log, env=out.environ)
    health = threading.Thread(target=out.ask_health, args=(over,))
    try:
        assert out.podman("volume", "create", f"{PROJECT}_home").returncode == 0
        home = Path(out.podman("volume", "inspect", "--format", "{{.Mountpoint}}", f"{PROJECT}_home").stdout.strip())
        shutil.copytree(small_settings.home / "artifacts", home / "artifacts")
        subprocess.run(["chown", "-R", f"{USER}:{USER}", home / "artifacts"], check=True)
        health.start()
        out.compose("up", "-d", "--no-build")
        yield out
    finally:
        over.set()
        if health.is_alive():
            health.join(60)
        try:
            out.compose("down", "--volumes", "--timeout", "20")
        finally:
            service.terminate()
            service.wait(30)


def until(check, seconds=240):
    end = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < end, "It did not come to that in time."
        time.sleep(1)


def test_what_is_started_waits_for_what_it_needs_and_all_of_it_is_well(engine):
    assert {name: engine.state(name)["ExitCode"] for name in JOBS} == dict.fromkeys(JOBS, 0)
    began = {name: str(engine.state(name)["StartedAt"]) for name in SERVICES}
    ended = {name: str(engine.state(name)["FinishedAt"]) for name in JOBS}
    assert max(began["database"], ended["home"]) < began["migrate"]
    assert ended["migrate"] < began["prepare"]
    assert ended["prepare"] < min(began[name] for name in ("app-one", "app-two", "worker"))
    lasting = sorted(set(SERVICES) - JOBS - {"proxy"})
    until(lambda: [engine.state(name)["Health"]["Status"] for name in lasting] == ["healthy"] * len(lasting))
    assert engine.state("proxy")["Running"]


def test_a_page_opens_through_the_proxy_and_stays_with_a_server(engine, page):
    address = f"http://127.0.0.1:{engine.port}"
    until(lambda: is_healthy(address))
    page.set_default_timeout(PATIENCE)
    page.goto(f"{address}/scenarios")
    slider = page.get_by_role("slider", name="Win rate")
    expect(slider).to_be_visible(timeout=PATIENCE)
    slider.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile("win_rate=5"), timeout=PATIENCE)
    (route,) = [cookie for cookie in page.context.cookies() if cookie["name"] == "quarterdeck_route"]
    assert route["value"] in {"one", "two"}
    assert page.get_by_test_id("stException").count() == 0
    assert page.goto(f"{address}/metrics").status == 404
    engine.compose("stop", f"app-{route['value']}")
    until(lambda: is_healthy(address))
    page.goto(f"{address}/")
    page.get_by_role("button", name="Download as notebook").wait_for()
    (other,) = [cookie for cookie in page.context.cookies() if cookie["name"] == "quarterdeck_route"]
    assert {other["value"], route["value"]} == {"one", "two"}
    engine.compose("start", f"app-{route['value']}")


def test_nobody_may_more_than_the_file_says(engine):
    for name in ("app-two", "worker"):
        assert engine.inside(name, "id", "-u").stdout.strip() == str(USER)
        assert engine.inside(name, "touch", "/opt/quarterdeck/x").returncode != 0
        assert engine.inside(name, "sh", "-c", "touch /tmp/x /data/x && rm /tmp/x /data/x").returncode == 0
        status = engine.inside(name, "cat", "/proc/self/status").stdout
        assert re.search(r"^CapEff:\s0{16}$", status, re.MULTILINE)
        assert re.search(r"^NoNewPrivs:\s1$", status, re.MULTILINE)
    assert (
        engine.inside(
            "app-two", "python", "-c", "import socket; socket.create_connection(('database', 5432), 5)"
        ).returncode
        == 0
    )
    assert engine.inside("proxy", "getent", "hosts", "app-two").returncode == 0
    assert engine.inside("proxy", "getent", "hosts", "database").returncode != 0
