"""One rule for who asks what: whoever restarts asks /healthz, whoever sends people asks /readyz?once=1."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
ALIVE, OPEN, PULSE = "/healthz", "/readyz?once=1", "/tmp/worker"
ADDRESS = re.compile(r"/(?:healthz|readyz|_stcore/health)\b[?\w=]*")
# nginx of Debian asks nobody by itself: it goes by what people are answered.
ASKING = ("proxies/haproxy.cfg", "proxies/Caddyfile", "proxies/apache-saml.conf", "compose/haproxy.cfg")


def addresses(file):
    lines = (DEPLOY / file).read_text(encoding="utf-8").splitlines()
    return {address for line in lines for address in ADDRESS.findall(line.partition("# ")[0])}


def chart_probes():
    chart_library = pytest.importorskip("helm_python.chart")
    for text in chart_library.Chart.load(DEPLOY / "chart").render({}, name="x", namespace="x").values():
        for part in filter(None, yaml.safe_load_all(text)):
            if part["kind"] == "Deployment":
                yield from part["spec"]["template"]["spec"]["containers"]


@pytest.mark.parametrize("file", ASKING)
def test_proxies_ask_whether_people_may_be_sent(file):
    assert addresses(file) == {OPEN}


def test_whoever_restarts_the_image_asks_whether_it_lives():
    assert addresses("Dockerfile") == {ALIVE}
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]
    for name, service in compose.items():
        if service.get("command", [""])[0] == "serve":
            assert "healthcheck" not in service, name  # that of the image
    assert compose["worker"]["command"][-2:] == ["--pulse", PULSE]
    assert PULSE in compose["worker"]["healthcheck"]["test"][-1]


def test_the_chart_restarts_by_one_and_sends_by_the_other():
    containers = {container["name"]: container for container in chart_probes()}
    app, worker = containers["app"], containers["worker"]
    assert {app[probe]["httpGet"]["path"] for probe in ("startupProbe", "livenessProbe")} == {ALIVE}
    assert app["readinessProbe"]["httpGet"]["path"] == OPEN
    assert worker["args"][-2:] == ["--pulse", PULSE]
    assert PULSE in worker["livenessProbe"]["exec"]["command"][-1]


def test_nothing_else_that_is_shipped_asks_anything_and_the_documents_say_the_same():
    asking = {*ASKING, "Dockerfile", "chart/templates/app.yaml"}
    for file in DEPLOY.rglob("*"):
        name = file.relative_to(DEPLOY).as_posix()
        if file.is_file() and file.suffix != ".md" and name not in asking and not name.startswith("monitoring/"):
            assert not addresses(name), name
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    table = text.partition("### Who asks what")[2].partition("\n## ")[0]
    assert set(re.findall(r"`(/[^`]+)`", table)) == {ALIVE, OPEN, "/readyz", "/metrics", PULSE}
