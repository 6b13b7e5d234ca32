from __future__ import annotations

from collections import namedtuple
from itertools import count

from sqlalchemy import text

from core.config import load
from core.contracts.errors import StoreError
from core.operations import readiness
from core.operations.readiness import Readiness


def state(checks):
    return {check.name: check.is_good for check in checks}


def test_a_new_installation_is_not_ready_and_says_what_to_do(empty, opened):
    empty.home.mkdir()
    ready = Readiness(empty, opened)
    assert state(ready.checks()) == {"database": True, "disk": True, "data": False, "models": False, "staying": True}
    assert not ready.is_ready()
    assert [c.mend for c in ready.checks() if c.name == "data"] == ["Run `quarterdeck build`."]


def test_an_installation_with_models_is_ready_until_it_is_told_to_stop(small_settings, small_bundle, opened):
    leaving = []
    away, seconds = [], count(0, 10)

    def database():
        if away:
            raise StoreError("The database cannot be opened.")
        return opened()

    ready = Readiness(small_settings, database, lambda: float(next(seconds)), lambda: bool(leaving))
    assert ready.is_ready(), ready.checks()
    away.append(True)
    assert (ready.is_ready(), ready.may_serve()) == (False, True)
    away.clear()
    leaving.append(True)
    assert not ready.may_serve()
    assert [c.name for c in ready.checks() if not c.is_good] == ["staying"]


def test_what_was_looked_at_serves_for_five_seconds(empty, opened):
    seconds = count(0, 4)
    ready = Readiness(empty, opened, monotonic=lambda: float(next(seconds)))
    first = ready.checks()[:4]
    assert ready.checks()[0] is first[0]
    assert ready.checks()[0] is not first[0]


def test_a_database_that_is_away_older_or_newer_is_told(opened):
    def away():
        raise StoreError("The database cannot be opened.", mend="Start it.")

    assert readiness.database(away) == readiness.Check("database", False, "The database cannot be opened.", "Start it.")
    with opened().engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    verdict = readiness.database(opened)
    assert not verdict.is_good
    assert "revision 9999" in verdict.sentence
    assert "quarterdeck migrate" in verdict.mend
    with opened().engine.begin() as connection:
        connection.execute(text("DROP TABLE alembic_version"))
    assert "does not answer" in readiness.database(opened).sentence


def test_a_full_or_locked_disk_is_told(tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(readiness.shutil, "disk_usage", lambda _: usage(1, 1, 400_000_000))
    assert "Only 0.4 GB are free" in readiness.disk(tmp_path).sentence
    monkeypatch.setattr(readiness.os, "access", lambda *_: False)
    assert "cannot be written" in readiness.disk(tmp_path).sentence


def test_a_folder_that_is_not_mounted_is_told(tmp_path, opened):
    settings = load(environ={"QUARTERDECK_HOME": str(tmp_path), "QUARTERDECK_DATA": str(tmp_path / "crm")})
    assert readiness.data(settings, opened).sentence == f"There is nothing at {tmp_path / 'crm'}."
    (tmp_path / "crm").mkdir()
    assert readiness.data(settings, opened).is_good

    def away():
        raise StoreError("The database cannot be opened.")

    assert not readiness.data(settings, away).is_good
