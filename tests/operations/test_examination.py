from __future__ import annotations

import os
from datetime import timedelta

from core.config import load
from core.operations import examination
from core.operations.examination import examine, lacking
from core.sources.connectors import connector_files
from core.sources.connectors.sync_run import Freshness
from core.store import Store


def bad(entries):
    return {entry.name: entry for entry in entries if not entry.is_good}


def settings_of(tmp_path, text):
    (tmp_path / "quarterdeck.yaml").write_text(text, encoding="utf-8")
    return load(tmp_path / "quarterdeck.yaml", environ={"QUARTERDECK_HOME": str(tmp_path / "home")})


def test_a_new_installation_lacks_data_and_models_and_nothing_is_made_for_looking(empty, now):
    entries = examine(empty, now, {})
    assert set(bad(entries)) == {"Data is there", "Models are there"}
    assert bad(entries)["Models are there"].lines() == [
        "MISSING  Models are there",
        "         None were learnt yet.",
        "         Run: quarterdeck build",
    ]
    assert not (empty.home / "quarterdeck.db").exists()


def test_libraries_that_are_missing_or_too_old_are_named():
    assert lacking(["no-such-library>=1", "pydantic<1"])[0] == "no-such-library is not installed"
    assert "should be <1" in lacking(["pydantic<1"])[0]


def test_open_doors_and_secrets_others_can_read_are_told(tmp_path, empty, now):
    settings = settings_of(
        tmp_path, "access: {sign_in: header, hosts: [sales.example.com], everyone_else: [presales]}\n"
    )
    Store.open(settings.database).close()
    secret = tmp_path / "key"
    secret.write_text("00" * 32, encoding="utf-8")
    secret.chmod(0o644)
    environ = {"QUARTERDECK_KEY_FILE": str(secret), "QUARTERDECK_CONFIG": str(tmp_path / "quarterdeck.yaml")}
    (tmp_path / "quarterdeck.yaml").chmod(0o666)
    seen = bad(examine(settings, now, environ))
    assert {
        "Secrets can be read by nobody else on this machine",
        "Nobody can name themselves in a header",
        "People nobody listed cannot change anything",
        "Somebody administers",
        "Only its owner can change the settings file",
    } <= set(seen)
    assert seen["People nobody listed cannot change anything"].seen == "access.everyone_else gives presales."
    assert all(entry.mend for entry in seen.values())


def test_a_door_without_sign_in_and_no_key_are_told(tmp_path, now, monkeypatch):
    monkeypatch.chdir(tmp_path)
    open_door = settings_of(tmp_path, "access: {hosts: [sales.example.com]}\n")
    assert "Whoever reaches the app over the network signs in" in bad(examine(open_door, now, {}))
    signed_in = settings_of(tmp_path, "access: {sign_in: oidc}\n")
    assert "Somebody administers" in bad(examine(signed_in, now, {}))
    assert "What is kept is sealed, and backups can be" in bad(examine(signed_in, now, {}))


def test_a_database_that_is_of_another_version_or_no_database_is_told(empty, now):
    store = Store.open(empty.database)
    with store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    store.close()
    assert "revision 9999" in bad(examine(empty, now, {}))["Its tables are those of this version"].seen
    (empty.home / "quarterdeck.db").write_bytes(b"no database at all" * 100)
    seen = bad(examine(empty, now, {}))["The database opens"]
    assert (seen.is_needed, "does not answer" in seen.seen) == (True, True)


def test_a_clock_that_went_back_is_told(empty, now):
    Store.open(empty.database).close()
    for file in empty.home.iterdir():
        os.utime(file, (now.timestamp() + 3_600,) * 2)
    assert bad(examine(empty, now, {}))["The clock goes right"].seen.endswith("was written 3600 s from now.")


def test_what_cannot_be_looked_at_is_told_and_the_rest_goes_on(empty, now):
    entries = examine(empty, now, {"QUARTERDECK_KEY": "no key"})
    assert bad(entries)["Everything could be looked at"].seen == "The key is not 64 hexadecimal digits."
    assert entries[-1].name == "People nobody listed cannot change anything"


def test_syncs_that_are_late_are_told(empty, now, monkeypatch):
    late = Freshness("crm", "x", None, False, now - timedelta(hours=2))
    monkeypatch.setattr(connector_files, "names", lambda _: ["crm"])
    monkeypatch.setattr(examination.sync_run, "freshness_of", lambda *_: late)
    assert bad(examine(empty, now, {}))["Connected systems are read on time"].seen == "Overdue: crm."


def test_models_of_the_small_company_are_there_and_good(small_settings, small_bundle, now):
    names = [entry.name for entry in examine(small_settings, now, {}) if entry.is_good]
    assert {"Models are there", "Data are fresh", "Chances came true as often as they said"} <= set(names)
