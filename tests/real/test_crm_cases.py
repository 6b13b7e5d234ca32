"""Small CRM exports, each with one difficulty: every figure comes out as worked out by hand."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from core.cli import app

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT.parent / "shared" / "data" / "crm_cases"
NAMES = sorted(p.name.removesuffix(".expected.json") for p in FOLDER.glob("*.expected.json"))
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not FOLDER.is_dir(), reason="The folder of CRM cases is not beside the project."),
]


def scorer():
    spec = importlib.util.spec_from_file_location("crm_cases", ROOT / "benchmarks" / "crm_cases.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", NAMES)
def test_a_case_is_right(name, monkeypatch):
    monkeypatch.delenv("QUARTERDECK_DATA", raising=False)
    score = scorer()
    run = CliRunner().invoke(app, score.command(FOLDER, name))
    expected = json.loads((FOLDER / f"{name}.expected.json").read_text())
    word, why = score.verdict(expected, run.exit_code, run.stdout, run.stderr)
    assert (word, why) == ("right", {})


@pytest.mark.parametrize("name", ["empty_file", "header_only"])
def test_what_holds_no_row_is_refused_with_the_file_and_the_mend(name):
    run = CliRunner().invoke(app, scorer().command(FOLDER, name))
    assert run.exit_code == 1
    assert "opportunities.csv" in run.stderr
    assert "Export" in run.stderr
