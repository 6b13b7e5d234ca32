"""The lowest versions pyproject.toml allows work, and so do the highest there are."""

from __future__ import annotations

import shutil

import pytest

from tests.environments import ROOT, environment, install, run

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("versions")]
TOOLS = ("pytest<9.2", "pytest-cov", "pytest-xdist", "hypothesis", "openpyxl", "duckdb", "playwright", "pyyaml")


@pytest.mark.parametrize("resolution", ["lowest-direct", "highest"])
def test_quick_tests_pass_with(resolution, tmp_path):
    commands = environment(tmp_path / "env", ROOT, options=["--resolution", resolution])
    install(commands, *TOOLS)
    copy = tmp_path / "checkout"
    left_out = shutil.ignore_patterns(".venv", ".git", ".quarterdeck*", "__pycache__", "dist")
    shutil.copytree(ROOT, copy, ignore=left_out)
    quick = ["-q", "-m", "quick", "-n", "2", "--dist", "loadgroup", "--ignore", "tests/architecture"]
    out = run(commands / "python", "-m", "pytest", *quick, cwd=copy, minutes=20)
    assert " passed" in out
