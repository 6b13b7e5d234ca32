"""The audit log is checked and published from the command line."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from core import cli
from core.store import Store


@pytest.fixture
def database(monkeypatch, tmp_path):
    file = tmp_path / "store.db"
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", f"sqlite:///{file}")
    store = Store.open(f"sqlite:///{file}")
    store.audit.add("ana", "signed in", "leader")
    store.audit.add("ana", "saved", "a scenario")
    store.close()
    return file


def run(*words):
    return CliRunner().invoke(cli.app, ["audit", *map(str, words)])


def test_a_whole_trail_is_said_to_be_and_published_and_held_against_it(database, tmp_path):
    done = run("verify")
    assert (done.exit_code, "The audit log is whole: 2 rows" in done.output) == (0, True)
    heads = tmp_path / "heads.jsonl"
    assert run("publish", "--to", heads).exit_code == 0
    assert json.loads(run("publish").output)["rows"] == 2
    answer = json.loads(run("verify", "--published", heads, "--json").output)
    assert (answer["is_whole"], answer["head"]) == (True, json.loads(heads.read_text())["hash"])


def test_an_altered_trail_is_told_with_an_exit_code_and_not_published(database):
    with sqlite3.connect(database) as connection:
        connection.execute("DROP TRIGGER audit_no_update")
        connection.execute("UPDATE audit SET user_name = 'bo' WHERE number = 1")
    for word in ("verify", "publish"):
        done = run(word)
        assert (done.exit_code, "Row 1 was altered" in done.output) == (1, True)


def test_a_file_that_was_not_published_is_refused(database, tmp_path):
    (tmp_path / "heads").write_text("abc\n", encoding="utf-8")
    done = run("verify", "--published", tmp_path / "heads")
    assert done.exit_code != 0
    assert "cannot be read" in str(done.exception)


def test_retention_says_what_it_deletes_and_needs_a_limit(database, tmp_path, monkeypatch):
    def retention(*words):
        return CliRunner().invoke(cli.app, ["retention", *words]).output

    assert retention().splitlines() == [
        "model calls: 0 rows older than 90 days were deleted",
        "mails, meetings and calls: 0 rows older than 730 days were deleted",
    ]
    without = "retention: {model_calls_days: 0}\nengagement: {retention_days: 0}\n"
    (tmp_path / "none.yaml").write_text(without, encoding="utf-8")
    monkeypatch.setenv("QUARTERDECK_CONFIG", str(tmp_path / "none.yaml"))
    assert "Nothing has a limit" in retention()
    (tmp_path / "own.yaml").write_text(
        "retention: {audit_days: 30, sign_ins_days: 7, model_calls_days: 0}\nengagement: {retention_days: 0}\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("QUARTERDECK_CONFIG", str(tmp_path / "own.yaml"))
    assert retention("--dry-run").splitlines() == [
        "sign-ins: 0 rows older than 7 days would be deleted",
        "audit log: 0 rows older than 30 days would be deleted",
    ]
    assert "were deleted" in retention()
    assert run("verify").exit_code == 0


def test_hashes_of_rows_that_were_cut_are_not_missed(database, tmp_path, monkeypatch):
    heads = tmp_path / "heads.jsonl"
    assert run("publish", "--to", heads).exit_code == 0
    store = Store.open(f"sqlite:///{database}", lambda: datetime.now(UTC) + timedelta(days=60))
    store.audit.add("ana", "saved", "something later")
    assert store.retention.apply({"audit log": 30}) == {"audit log": 2}
    store.close()
    assert run("verify", "--published", heads).exit_code == 0
    assert json.loads(run("publish").output)["rows"] == 4
