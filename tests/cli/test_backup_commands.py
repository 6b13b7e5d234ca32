"""Backups from the command line."""

from __future__ import annotations

import json
import os

import pytest
from typer.testing import CliRunner

from core import cli
from core.store import Store


@pytest.fixture
def home(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QUARTERDECK_HOME", str(tmp_path / "home"))
    for name in ("QUARTERDECK_DATABASE_URL", "QUARTERDECK_KEY"):
        monkeypatch.delenv(name, raising=False)
    store = Store.open(f"sqlite:///{tmp_path / 'home' / 'quarterdeck.db'}")
    store.audit.add("ana", "signed in", "leader")
    store.close()
    return tmp_path / "home"


def run(*words):
    return CliRunner().invoke(cli.app, list(map(str, words)))


def test_a_key_is_made_a_backup_taken_tried_and_put_back(home, monkeypatch, tmp_path):
    done = run("backup")
    assert "There is no key" in str(done.exception)
    monkeypatch.setenv("QUARTERDECK_KEY", run("keys", "new").output.strip())
    for _ in range(3):
        done = run("backup", "--to", "kept", "--keep", 2)
        assert (done.exit_code, "sealed with key" in done.output) == (0, True)
    files = sorted((tmp_path / "kept").iterdir())
    assert len(files) == 2
    assert "come back as they were" in run("drill", files[-1]).output
    store = Store.open(f"sqlite:///{home / 'quarterdeck.db'}")
    store.audit.add("ana", "signed out", "leader")
    store.close()
    assert json.loads(run("drill", files[-1], "--json").output)["since"]["audit"] == [0, 1]
    assert "audit: 1 rows are new or changed since" in run("drill", files[-1]).output
    monkeypatch.setenv("QUARTERDECK_HOME", str(tmp_path / "other"))
    old = os.environ["QUARTERDECK_KEY"]
    monkeypatch.setenv("QUARTERDECK_KEY", run("keys", "new").output.strip())
    assert "keys at hand" in str(run("restore", files[-1]).exception)
    monkeypatch.setenv("QUARTERDECK_KEY", f"{os.environ['QUARTERDECK_KEY']} {old}")
    done = run("restore", files[-1])
    assert (done.exit_code, "are back" in done.output) == (0, True)


def test_a_plain_backup_is_said_to_be_one_and_carries_the_settings(home, tmp_path, monkeypatch):
    (tmp_path / "quarterdeck.yaml").write_text("company: Ours\n", encoding="utf-8")
    done = run("backup", "--plain")
    assert "not sealed" in done.output
    monkeypatch.setenv("QUARTERDECK_HOME", str(tmp_path / "other"))
    assert "Settings of that day lie in" in run("restore", next((tmp_path / "backups").iterdir())).output
