"""The server works with the very settings that the command read, wherever it was started."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from core import __version__, cli, resources, serving
from core.config import handover, load

HEADER = "access: {sign_in: header}\n"


@pytest.fixture
def started(monkeypatch, tmp_path):
    """Call `serve` from a folder and return the command line and environment the server would have."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QUARTERDECK_HOME", "home")
    monkeypatch.setattr(cli, "_prepared", lambda settings: True)
    monkeypatch.setattr(os, "environ", os.environ.copy())
    monkeypatch.setattr(sys, "path", sys.path.copy())
    monkeypatch.setattr(sys, "argv", sys.argv.copy())
    monkeypatch.setattr(serving.gc, "disable", lambda: None)
    runs = []
    monkeypatch.setattr(serving.runpy, "run_module", lambda *_, **__: runs.append((list(sys.argv), os.environ.copy())))

    def start(*words: str, **env: str):
        os.environ.update(env)
        done = CliRunner().invoke(cli.app, ["serve", "--port", "0", *words])
        assert done.exit_code == 0, (done.output, done.exception)
        return runs[-1]

    return start


def test_a_server_reads_the_settings_of_the_folder_it_was_started_from(started, tmp_path, monkeypatch):
    (tmp_path / "quarterdeck.yaml").write_text(HEADER, encoding="utf-8")
    (tmp_path / "mine").mkdir()
    (tmp_path / "map.yaml").write_text("{}", encoding="utf-8")
    before = load()
    _, env = started(QUARTERDECK_DATA="mine", QUARTERDECK_MAPPING="map.yaml")
    assert Path.cwd() == tmp_path
    monkeypatch.chdir("/")
    there = load(environ=env)
    assert there.access.sign_in == "header"
    assert there.home == tmp_path / before.home
    assert (there.source.folder, there.source.mapping) == (str(tmp_path / "mine"), str(tmp_path / "map.yaml"))
    assert there.model_dump(exclude={"home", "source"}) == before.model_dump(exclude={"home", "source"})


def test_a_settings_file_named_by_a_relative_path_stays_the_same_file(started, tmp_path):
    (tmp_path / "own.yaml").write_text("company: Ours\n", encoding="utf-8")
    _, env = started(QUARTERDECK_CONFIG="own.yaml")
    assert env["QUARTERDECK_CONFIG"] == str(tmp_path / "own.yaml")


def test_a_settings_file_that_goes_away_is_missed_and_not_replaced_by_the_defaults(started, tmp_path):
    from core.contracts.errors import ConfigError

    file = tmp_path / "quarterdeck.yaml"
    file.write_text(HEADER, encoding="utf-8")
    _, env = started()
    file.unlink()
    with pytest.raises(ConfigError, match="cannot be read"):
        load(environ=env)


def test_a_server_without_readable_settings_does_not_start(tmp_path):
    env = os.environ | {"QUARTERDECK_CONFIG": str(tmp_path / "gone.yaml")}
    server = resources.app_folder() / "server.py"
    command = [sys.executable, "-m", "streamlit", "run", str(server), "--server.port", "0"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=240, check=False, cwd=tmp_path)
    assert done.returncode != 0
    assert "The server does not start. The settings file cannot be read" in done.stderr + done.stdout


def test_nobody_drives_the_app_past_its_pages_or_by_a_foreign_name(started, tmp_path):
    (tmp_path / "quarterdeck.yaml").write_text("access: {hosts: [sales.example.com]}\n", encoding="utf-8")
    command, _ = started()
    assert "--server.enableAgentApi=false" in command
    hosts = [word.partition("=")[2] for word in command if word.startswith("--server.allowedHosts=")]
    assert hosts == ["localhost", "127.0.0.1", "::1", "sales.example.com"]


def test_on_all_addresses_the_machine_is_reached_by_its_own_names():
    import socket

    hosts = handover.allowed_hosts("0.0.0.0", load(environ={}))
    assert socket.gethostname() in hosts
    assert "0.0.0.0" not in hosts
    assert "*" not in hosts


def test_the_version_is_printed():
    done = CliRunner().invoke(cli.app, ["--version"])
    assert done.stdout == f"quarterdeck {__version__}\n"


@pytest.mark.parametrize(
    ("access", "words", "why"),
    [
        ("sign_in: none", [], "everybody who reaches 0.0.0.0 could read and change everything"),
        ("sign_in: header", [], "call themselves anybody in the header X-Forwarded-Email"),
        ("sign_in: header", ["--open-to-all"], "call themselves anybody"),
    ],
)
def test_an_open_door_is_refused(started, tmp_path, access, words, why):
    (tmp_path / "quarterdeck.yaml").write_text(f"access: {{{access}}}\n", encoding="utf-8")
    with pytest.raises(AssertionError, match=why):
        started("--address", "0.0.0.0", *words)


def test_a_guarded_door_opens(started, tmp_path):
    (tmp_path / "quarterdeck.yaml").write_text("access: {sign_in: header, proxies: [10.0.0.2]}\n", encoding="utf-8")
    command, env = started("--address", "0.0.0.0")
    assert "--server.address=0.0.0.0" in command
    assert env["FORWARDED_ALLOW_IPS"] == ""
    (tmp_path / "quarterdeck.yaml").write_text("access: {sign_in: header}\n", encoding="utf-8")
    started("--address", "0.0.0.0", QUARTERDECK_PROXY_SECRET="0123456789abcdef")
    (tmp_path / "quarterdeck.yaml").write_text("{}\n", encoding="utf-8")
    _, env = started("--address", "0.0.0.0", "--open-to-all")
    assert env[serving.OPEN_TO_ALL] == "1"
