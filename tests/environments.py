"""Environments of their own for tests: a wheel of the project, and what is installed beside it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
UV = Path(sys.executable).with_name("uv")
MINUTES = 60.0
NO_INDEX = ("error sending request for url", "the network was disabled")  # uv's words


def run(*words: str | Path, cwd: Path, env: dict[str, str] | None = None, minutes: float = 15) -> str:
    """Return what a command prints; a failure shows the end of it. Where no package index answers the test is left out.

    Raises
    ------
    AssertionError
        When it ends in anything but 0.
    """
    done = subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env={name: value for name, value in (os.environ | (env or {})).items() if value},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=minutes * MINUTES,
    )
    if done.returncode and any(sign in done.stdout for sign in NO_INDEX):
        pytest.skip("no package index answers")
    assert done.returncode == 0, done.stdout[-6_000:]
    return done.stdout


def built_wheel(folder: Path) -> Path:
    """Return the wheel built from the checkout into a folder."""
    run(UV, "build", "--wheel", "--quiet", "--out-dir", folder, ROOT, cwd=ROOT)
    (wheel,) = folder.glob("*.whl")
    return wheel


def environment(folder: Path, *asked: str | Path, options: Sequence[str] = ()) -> Path:
    """Return the folder of commands of a new environment with something installed."""
    run(UV, "venv", "--quiet", "--python", sys.executable, folder, cwd=ROOT)
    if asked:
        install(folder / "bin", *asked, options=options)
    return folder / "bin"


def install(commands: Path, *asked: str | Path, options: Sequence[str] = ()) -> None:
    """Install into an environment that stands."""
    run(UV, "pip", "install", "--quiet", "--python", commands / "python", *options, *asked, cwd=ROOT)
