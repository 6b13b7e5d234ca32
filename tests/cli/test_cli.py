from __future__ import annotations

import json
import os
import socket
import subprocess
import sys

import pytest


@pytest.fixture
def run(settings, sample, tmp_path):
    def call(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
        values = {**os.environ, "QUARTERDECK_HOME": str(settings.home), **env}
        command = [sys.executable, "-m", "core.cli", *words]
        return subprocess.run(command, capture_output=True, text=True, env=values, check=False, timeout=120)

    return call


def test_summary_prints_the_same_number_as_the_core(run, sample, settings):
    from core import metrics

    found = json.loads(run("summary", "--json").stdout)
    assert found["Open pipeline"]["value"] == metrics.pipeline.open_pipeline(sample, settings).value
    assert metrics.bookings.quarter_to_date(sample, settings).sentence() in run("summary").stdout


def test_build_and_doctor_are_content(run):
    assert "Ready" in run("build").stdout
    good = run("doctor", "--json")
    assert good.returncode == 0
    assert all(json.loads(good.stdout).values())
    assert "MISSING" not in run("doctor").stdout


def test_sample_writes_a_folder(run, tmp_path):
    assert run("sample", str(tmp_path / "s"), "--accounts", "30", "--transactions", "500").returncode == 0
    assert (tmp_path / "s" / "opportunities.parquet").exists()


@pytest.mark.parametrize(
    ("words", "env", "expected"),
    [
        (["summary"], {"QUARTERDECK_DATA": "/nowhere"}, "no such folder"),
        (["summary"], {"QUARTERDECK_CONFIG": "/nowhere.yaml"}, "settings file cannot be read"),
        (["serve"], {"QUARTERDECK_HOME": "/dev/null/x"}, "cannot write"),
        (["sample", "/dev/null/x"], {}, "cannot be written"),
    ],
)
def test_bad_input_ends_in_a_sentence(run, words, env, expected):
    found = run(*words, **env)
    assert found.returncode == 1
    assert expected in found.stderr
    assert "Traceback" not in found.stderr


def test_a_port_in_use_is_told(run):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        found = run("serve", "--port", str(port))
    assert found.returncode == 1
    assert f"Port {port} is in use" in found.stderr
