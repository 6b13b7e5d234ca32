"""A person can be exported and erased: nothing in home or database names them, and the audit log stays whole."""

from __future__ import annotations

import json
from datetime import date

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from core import cli
from core.contracts.errors import ConfigError
from core.store import Store
from core.store.person_keys import ERASED
from core.store.reviews import Change
from core.store.sign_ins import key_of
from tests.store.test_sign_ins import IDLE, LONGEST

MAIL, NAME = "zora.planted@example.com", "Zora Plänted"
OTHER = "bo@example.com"


def fill(store):
    """Let a person leave a trace in every kind of record."""
    store.known_people.note(MAIL, NAME, ["sales"])
    store.access.keep("person", MAIL, json.dumps({"roles": ["rep"], "name": NAME}), OTHER)
    store.access.keep("person", OTHER, json.dumps({"roles": ["rep"]}), MAIL)
    store.sign_ins.seen(key_of(MAIL, 1), MAIL, "Firefox", "10.0.0.7", IDLE, LONGEST)
    store.scenarios.save("Shared plan", MAIL, {"note": f"by {NAME}"})
    store.preferences.save("scope", MAIL, {"part": "EMEA"})
    store.digests.save("weekly", OTHER, {"to": [MAIL.upper(), OTHER]})
    saved = store.requirement_sets.save("List", "everybody", {"owner": MAIL})
    store.reviews.change(saved.id, [Change("Sheet", 3, 0, {"state": "answered", "owner": MAIL})], MAIL)
    store.comments.add("book", "deal", "D1", OTHER, f"@{NAME} please call {MAIL}", [NAME])
    store.comments.add("book", "deal", "D1", MAIL, "Done", [])
    store.calls.save(
        "book",
        {"manager_id": "R1", "period_start_on": date(2026, 4, 1)},
        {"commit_amount": 1.0, "called_on": date(2026, 5, 1), "note": f"agreed with {NAME}"},
        MAIL,
    )
    store.enablement.save("training", "everybody", {"people": [NAME], "done": {NAME: [1]}})
    store.audit.add(OTHER, "gave", "a deal", f"to {MAIL}")


def everything(store):
    """Return every cell of every table as text, the audit log as it is stored."""
    with store.engine.connect() as connection:
        kind = "sqlite_master WHERE type='table'"
        if store.engine.dialect.name == "postgresql":
            kind = "pg_tables WHERE schemaname = current_schema()"
        column = "name" if store.engine.dialect.name == "sqlite" else "tablename"
        tables = connection.execute(text(f"SELECT {column} FROM {kind}")).scalars().all()
        return "\n".join(str(row) for name in tables for row in connection.execute(text(f'SELECT * FROM "{name}"')))


def names(content):
    lowered = content.lower()
    return [word for word in (MAIL, NAME.lower(), json.dumps(NAME.lower())[1:-1]) if word in lowered]


def test_an_export_holds_all_that_names_the_person(store):
    fill(store)
    out = store.personal_data.export(MAIL.upper())
    assert {"known_people", "access_entries", "sign_ins", "scenarios", "digests", "comments", "audit"} <= set(out)
    assert {"review_rows", "forecast_calls", "preferences", "enablement", "requirement_sets"} <= set(out)
    assert any(row["detail"] == f"to {MAIL}" for row in out["audit"])
    json.dumps(out, default=str)
    assert store.personal_data.export("nobody@example.com") == {}


def test_after_erasure_nothing_names_them_and_the_log_is_whole(store):
    fill(store)
    before = store.audit.verify()
    counts = store.personal_data.erase(MAIL)
    assert names(everything(store)) == []
    verdict = store.audit.verify([before.head])
    assert (verdict.problem, verdict.n_rows) == ("", before.n_rows + 1)
    assert counts["audit"] > 5
    assert "audit, by address" not in counts
    assert ERASED in store.audit.newest(500)["user"].to_list()
    assert f"to {ERASED}" in store.audit.newest(500)["detail"].to_list()
    assert store.digests.list(OTHER)[0].payload["to"] == [ERASED, OTHER]
    assert store.preferences.list(MAIL) == []
    assert [entry[1] for entry in store.access.current()] == [OTHER]
    assert store.calls.newest("book")["note"].to_list() == [f"agreed with {ERASED}"]
    assert store.personal_data.export(MAIL) == {}


def test_the_log_names_people_to_readers_and_filters_by_them(store):
    store.audit.add("Ana.Silva@Example.com", "saved", "a plan", "for bo@example.com")
    row = store.audit.newest(user="ana.silva@example.com").row(0)
    assert (row[1], row[4]) == ("ana.silva@example.com", "for bo@example.com")
    assert store.audit.newest(word="BO@ex").height == 1
    assert store.audit.words()[0] == ["ana.silva@example.com"]
    with store.engine.connect() as connection:
        raw = str(connection.execute(text("SELECT * FROM audit")).all())
    assert "example.com" not in raw


def test_lines_of_before_there_were_keys_are_counted(store):
    store.audit.add("x", "did", "y")
    with store.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO audit (at, user_name, action, target, detail) "
                f"VALUES ('2026-01-01 00:00:00', '{MAIL}', 'did', 'x', '')"
            )
        )
    assert store.personal_data.erase(MAIL)["audit, by address"] == 1


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("QUARTERDECK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", f"sqlite:///{tmp_path / 'home' / 'store.db'}")
    store = Store.open(f"sqlite:///{tmp_path / 'home' / 'store.db'}")
    fill(store)
    store.close()
    return tmp_path


def run(*words, answer=None):
    return CliRunner().invoke(cli.app, ["person", *words], input=answer)


def test_by_command_no_byte_of_the_home_names_them(place):
    out = place / "zora.json"
    assert run("export", MAIL, "--to", str(out)).exit_code == 0
    assert NAME in out.read_text(encoding="utf-8")
    assert MAIL in run("export", MAIL).output
    out.unlink()
    assert run("erase", MAIL, answer="n\n").exit_code == 1
    assert "Erased." in run("erase", MAIL, "--yes").output
    home = b"".join(file.read_bytes() for file in (place / "home").rglob("*") if file.is_file())
    assert names(home.decode("utf-8", "replace")) == []
    assert OTHER.encode() in home
    assert "whole" in CliRunner().invoke(cli.app, ["audit", "verify"]).output


def test_whom_the_settings_file_lists_is_taken_off_there_first(place, monkeypatch):
    (place / "own.yaml").write_text(f"access: {{people: {{{MAIL}: {{roles: [rep]}}}}}}\n", encoding="utf-8")
    monkeypatch.setenv("QUARTERDECK_CONFIG", str(place / "own.yaml"))
    assert isinstance(run("erase", MAIL, "--yes").exception, ConfigError)
