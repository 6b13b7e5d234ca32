"""The checks a machine can make: lint, format, types, layers, and the lock file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent

CHECKS = {
    "lint": ["ruff", "check", "--no-cache", "."],
    "format": ["ruff", "format", "--check", "."],
    "types": ["mypy"],
    "layers": ["lint-imports"],
}


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.xdist_group("standards")
def test_standard(check):
    tool, *rest = CHECKS[check]
    run = subprocess.run([BIN / tool, *rest], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-2000:]


def test_lock_file_pins_everything_and_names_no_host():
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith(("#", " "))]
    assert len(pins) > 50
    assert all("==" in pin and pin.endswith(" \\") for pin in pins)
    others = {line.split("=")[0].strip() for line in lines if line.startswith(" ") and not line.strip().startswith("#")}
    assert others == {"--hash"}
    assert not any("://" in line or "index" in line for line in lines)
