"""What compose, systemd and the chart start is there, with the options they give; Terraform's files can be read."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main
import yaml

from core.cli import app

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
PROGRAM = "/opt/quarterdeck/bin/quarterdeck"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
MADE = re.compile(r'^resource ("\w+") ("\w+")', re.MULTILINE)
NAMED = re.compile(r"(?<![\w.\"])((?:aws|azurerm|google|random)_\w+)\.(\w+)")
OTHERS = {"database", "proxy", "home"}


def compose_commands():
    return {f"compose {n}": s["command"] for n, s in COMPOSE["services"].items() if n not in OTHERS}


def unit_commands():
    lines = [
        (file.name, line.partition("=")[2].split())
        for file in sorted((DEPLOY / "systemd").glob("*.service"))
        for line in file.read_text(encoding="utf-8").splitlines()
        if line.startswith("ExecStart")
    ]
    assert all(words[0] == PROGRAM for _, words in lines)
    return {f"{name} {words[1]}": words[1:] for name, words in lines}


def chart_commands():
    chart_library = pytest.importorskip("helm_python.chart")
    out = {}
    for text in chart_library.Chart.load(DEPLOY / "chart").render({}, name="x", namespace="x").values():
        for part in filter(None, yaml.safe_load_all(text)):
            spec = part.get("spec", {})
            spec = spec.get("jobTemplate", {}).get("spec", spec).get("template", {}).get("spec", {})
            for container in (*spec.get("containers", []), *spec.get("initContainers", [])):
                out[f"chart {part['kind']} {container['name']}"] = container["args"]
    return out


def test_every_command_is_there_with_its_options():
    program = typer.main.get_command(app)
    commands = compose_commands() | unit_commands() | chart_commands()
    assert len(commands) > 12
    for name, words in commands.items():
        command = program.get_command(None, words[0])
        assert command is not None, name
        command.make_context(words[0], list(words[1:]))


def test_containers_of_compose_may_no_more_than_they_need():
    for name, service in COMPOSE["services"].items():
        if name not in {"database"}:
            assert service["read_only"], name
            assert service["cap_drop"] == ["ALL"], name
    apps = [name for name, service in COMPOSE["services"].items() if service.get("command", [""])[0] == "serve"]
    text = (DEPLOY / "compose" / "haproxy.cfg").read_text(encoding="utf-8")
    assert len(apps) == 2
    assert all(f"{name}:8501 cookie" in text for name in apps)
    assert COMPOSE["services"]["proxy"]["ports"] == ["127.0.0.1:8080:8080"]


def test_haproxy_and_systemd_read_their_files(tmp_path):
    if shutil.which("haproxy"):
        words = ["haproxy", "-c", "-f", str(DEPLOY / "compose" / "haproxy.cfg")]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    if shutil.which("systemd-analyze"):
        units = []
        for file in (DEPLOY / "systemd").iterdir():
            units.append(tmp_path / file.name)
            units[-1].write_text(file.read_text(encoding="utf-8").replace(PROGRAM, "/bin/true"), encoding="utf-8")
        words = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *map(str, units)]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert "quarterdeck" not in done.stderr


@pytest.mark.slow
def test_terraform_reads_and_says_what_it_needs():
    hcl2 = pytest.importorskip("hcl2")
    for folder in ("aws", "azure", "google"):
        files = sorted((DEPLOY / "terraform" / folder).glob("*.tf"))
        texts = [file.read_text(encoding="utf-8") for file in files]
        contents = [hcl2.loads(text) for text in texts]
        assert "terraform" in contents[-1]
        declared = {name.strip('"') for content in contents for entry in content["variable"] for name in entry}
        assert {name for text in texts for name in re.findall(r"\bvar\.(\w+)", text)} == declared
        made = {tuple(s.strip('"') for s in pair) for text in texts for pair in MADE.findall(text)}
        assert {pair for text in texts for pair in NAMED.findall(text)} <= made
        for content in contents:
            for entry in (*content["variable"], *content["output"]):
                assert all("description" in body for body in entry.values())
    assert "were not applied" in (DEPLOY / "terraform" / "README.md").read_text(encoding="utf-8")


def test_the_dockerfile_is_linted_without_a_finding():
    hadolint = shutil.which("hadolint", path=str(Path(sys.executable).parent))
    if hadolint is None:
        pytest.skip("hadolint is not installed")
    done = subprocess.run([hadolint, DEPLOY / "Dockerfile"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    assert "USER 10001:10001" in text
    assert "HEALTHCHECK" in text
