"""The rules for Prometheus and the dashboard speak of figures that there are."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import typer.main
import yaml

from core import cli
from core.operations import instruments
from tools import dashboard

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "monitoring"
GAUGES = Path(instruments.__file__).with_name("installation_gauges.py")
FIGURE = re.compile(r"\b(?:quarterdeck|process)_[a-z0-9_]+")
COMMAND = re.compile(r"`quarterdeck ([^`]+)`")
RECORDED = re.compile(r"\bquarterdeck:[a-z0-9_:]+")


def rules():
    groups = yaml.safe_load((FOLDER / "quarterdeck.rules.yaml").read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def queries():
    content = json.loads(dashboard.FILE.read_text(encoding="utf-8"))
    return [target["expr"] for panel in content["panels"] for target in panel.get("targets", [])]


def figures():
    """Every name of the metrics there are, with the endings Prometheus gives those of counters and histograms."""
    names = {family.name for family in instruments.REGISTRY.collect()}
    names |= set(re.findall(r'"(quarterdeck_[a-z_]+)"', GAUGES.read_text(encoding="utf-8")))
    return {f"{name}{ending}" for name in names for ending in ("", "_total", "_bucket", "_sum", "_count")}


def test_every_query_is_of_figures_that_there_are():
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    for expression in [*queries(), *(rule["expr"] for rule in rules())]:
        assert set(FIGURE.findall(expression)) <= figures(), expression
        assert set(RECORDED.findall(expression)) <= recorded, expression
    assert len(queries()) > 20


def test_the_dashboard_is_the_one_the_tool_writes():
    assert dashboard.FILE.read_text(encoding="utf-8") == dashboard.text()
    places = [panel["gridPos"] for panel in dashboard.dashboard()["panels"]]
    assert len({(panel["x"], panel["y"]) for panel in places}) == len(places)


def test_the_runbook_has_a_section_for_each_alert_and_names_commands_there_are():
    text = (FOLDER.parents[1] / "docs" / "runbook.md").read_text(encoding="utf-8")
    alerts = {rule["alert"] for rule in rules() if "alert" in rule}
    assert set(re.findall(r"^## (\S+)$", text, re.MULTILINE)) == alerts
    program = typer.main.get_command(cli.app)
    mends = [rule["annotations"]["mend"] for rule in rules() if "alert" in rule]
    for words in COMMAND.findall(" ".join([text, *mends])):
        name, *more = words.split()
        command = program.get_command(None, name)
        assert command is not None, name
        options = {option for param in command.params for option in param.opts}
        options |= set(getattr(command, "commands", {}))
        for sub in getattr(command, "commands", {}).values():
            options |= {option for param in sub.params for option in param.opts}
        assert {word for word in more if word.startswith("--")} <= options, words


def test_every_alert_says_how_to_mend_it():
    for rule in rules():
        if "alert" in rule:
            assert set(rule["annotations"]) == {"summary", "mend"}, rule["alert"]
            assert rule["labels"]["severity"] in ("page", "ticket")


@pytest.mark.parametrize(
    "words", [["check", "rules", "quarterdeck.rules.yaml"], ["test", "rules", "quarterdeck.rules.test.yaml"]]
)
def test_promtool_is_content(words):
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not installed")
    done = subprocess.run(["promtool", *words], cwd=FOLDER, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
