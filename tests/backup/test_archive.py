"""A backup taken while people work comes back row for row, and a drill says what it would lose."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import tarfile
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from core.backup import archive, drill, engines
from core.contracts.errors import ConfigError, SourceError, StoreError
from core.jobs.job_process import now
from core.replicas.database_place import DatabasePlace
from core.sealing.sealing_keys import Key
from core.store import Store
from core.store.database import database_url
from core.store.sessions import Sessions

AT = datetime(2026, 5, 1, 9, 30, tzinfo=UTC)
WRITER = """
import sys
from core.store import Store
store = Store.open(sys.argv[1])
for n in range(100_000):
    store.audit.add("writer", "did", str(n))
    print(n, flush=True)
"""

SAVER = """
import sys
from core.store import Store
store = Store.open(sys.argv[1])
for n in range(100_000):
    store.scenarios.save(f"Plan {n}", "writer", {"n": n})
    store.requirement_sets.save_with_file(str(n), "writer", {"rows": []}, (f"{n}.xlsx", bytes([n % 256]) * 40_000))
    print(n, flush=True)
"""


def emptied(settings, tmp_path):
    """Return settings of another, empty installation on the same kind of database."""
    home = tmp_path / "restored"
    if settings.database.startswith("sqlite"):
        return settings.model_copy(update={"home": home, "database_url": f"sqlite:///{home / 'quarterdeck.db'}"})
    base, name = settings.database.rsplit("/", 1)
    store = Store.open(settings.database)
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"CREATE DATABASE {name}_restored"))
    store.close()
    return settings.model_copy(update={"home": home, "database_url": f"{base}/{name}_restored"})


@pytest.mark.parametrize("is_sealed", [True, False])
def test_everything_comes_back(installation, key, tmp_path, is_sealed):
    settings, environ = installation
    file = tmp_path / "copy"
    lock, keys = (key, [key]) if is_sealed else (None, [])
    manifest = archive.write(settings, file, lock, AT, environ)
    content = file.read_bytes()
    assert (b"deals.csv" in content, file.stat().st_mode & 0o777) == (False, 0o600)
    assert set(manifest.files) == {"database", "sources/deals.csv", "settings/quarterdeck.yaml"}
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".backup-")]
    target = emptied(settings, tmp_path)
    assert archive.restore(file, target, keys) == manifest
    assert (target.home / "sources" / "deals.csv").read_bytes() == b"id,amount\n1,2\n"
    assert (target.home / "settings" / "quarterdeck.yaml").read_text() == "company: Ours\n"
    store = Store.open(target.database)
    assert DatabasePlace(Sessions(store.engine), now).entries("results") == [], "made again when needed"
    assert store.scenarios.get("Plan ü", "ana").payload == {"levers": {"win_rate": 5}}
    assert store.requirement_sets.file(store.requirement_sets.get("Acme", "bo")) == ("rfp.xlsx", bytes(range(256)) * 5)
    assert store.audit.verify().is_whole
    store.audit.add("ana", "did", "more")
    assert store.audit.verify().is_whole
    store.close()


def test_nothing_that_is_there_is_overwritten(installation, key, tmp_path):
    settings, environ = installation
    file = tmp_path / "copy"
    archive.write(settings, file, key, AT, environ)
    with pytest.raises(SourceError, match="there already"):
        archive.restore(file, settings, [key])
    with pytest.raises(StoreError, match=r"There is a database already|not empty"):
        archive.restore(file, settings.model_copy(update={"home": tmp_path / "new"}), [key])


def test_a_drill_says_what_changed_since_and_leaves_nothing(installation, key, tmp_path):
    settings, environ = installation
    file = tmp_path / "copy"
    archive.write(settings, file, key, AT, environ)
    assert drill.run(file, settings, [key]).since == {}
    store = Store.open(settings.database)
    store.scenarios.save("Another", "ana", {})
    store.close()
    since = drill.run(file, settings, [key]).since
    assert since["scenarios"] == (0, 1)
    assert since["audit"] == (0, 1)
    if settings.database.startswith("postgres"):
        store = Store.open(settings.database)
        with store.engine.connect() as connection:
            left = connection.execute(text("SELECT count(*) FROM pg_database WHERE datname LIKE 'quarterdeck_drill%'"))
            assert left.scalar() == 0
        store.close()


def test_a_backup_taken_while_somebody_writes_holds_all_that_was_acknowledged(installation, key, tmp_path):
    settings, environ = installation
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, settings.database], stdout=subprocess.PIPE, text=True, env=os.environ
    )
    acknowledged = [int(writer.stdout.readline()) for _ in range(5)][-1]
    file = tmp_path / "copy"
    archive.write(settings, file, key, AT, environ)
    os.kill(writer.pid, signal.SIGKILL)
    writer.communicate()
    target = emptied(settings, tmp_path)
    archive.restore(file, target, [key])
    store = Store.open(target.database)
    written = store.audit.newest(200_000).filter(user="writer")["target"].cast(int)
    assert sorted(written) == list(range(len(written)))
    assert max(written) >= acknowledged
    assert store.audit.verify().is_whole
    store.close()


def test_nothing_acknowledged_is_lost_when_a_writer_is_killed_and_the_place_restored(installation, key, tmp_path):
    """The disaster drill: kill -9 in the middle of a save, a backup of what is left, a restore into an empty place."""
    settings, environ = installation
    writer = subprocess.Popen([sys.executable, "-c", SAVER, settings.database], stdout=subprocess.PIPE, text=True)
    acknowledged = [writer.stdout.readline().strip() for _ in range(12)]
    os.kill(writer.pid, signal.SIGKILL)
    acknowledged += writer.communicate()[0].split("\n")[:-1]
    file = tmp_path / "copy"
    archive.write(settings, file, key, AT, environ)
    target = emptied(settings, tmp_path)
    archive.restore(file, target, [Key(bytes([9] * 32)), key])
    store = Store.open(target.database)
    lists = {saved.name: saved for saved in store.requirement_sets.list("writer")}
    assert set(acknowledged) <= set(lists)
    for name in acknowledged:
        n = int(name)
        assert store.requirement_sets.file(lists[name]) == (f"{n}.xlsx", bytes([n % 256]) * 40_000)
        assert store.scenarios.get(f"Plan {n}", "writer").payload == {"n": n}
    assert store.audit.verify().is_whole
    store.close()


def test_a_row_that_does_not_come_back_is_named(installation, key, tmp_path):
    settings, environ = installation
    manifest = archive.write(settings, tmp_path / "copy", key, AT, environ)
    tables = dict(engines.hashes(database_url(settings.database)))
    archive.check(manifest, tables)
    tables["scenarios"] = replace(tables["scenarios"], n_rows=0)
    with pytest.raises(SourceError, match="scenarios has 0 rows after restoring, and not the 1"):
        archive.check(manifest, tables)
    del tables["scenarios"]
    with pytest.raises(SourceError, match="scenarios has 0 rows"):
        archive.check(manifest, tables)


def packed(file, members):
    with tarfile.open(file, "w:gz") as out:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            out.addfile(entry, io.BytesIO(content))


def test_a_foreign_or_forged_file_is_refused(installation, key, tmp_path):
    settings, environ = installation
    file = tmp_path / "copy"
    archive.write(settings, file, key, AT, environ)
    with pytest.raises(SourceError, match="The backup is sealed"):
        archive.restore(file, settings, [])
    cut = tmp_path / "cut"
    cut.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(SourceError, match="damaged or was changed"):
        archive.restore(cut, settings, [key])
    cut.write_bytes(b"hello")
    with pytest.raises(SourceError, match="no backup"):
        archive.restore(cut, settings, [key])
    forged = {"format": 1, "version": "0", "made_at": "", "kind": "sqlite", "tables": {}}
    for path in ("../content/manifest.json", "/etc/hostname", "database"):
        packed(cut, {"manifest.json": json.dumps({**forged, "files": {path: "0" * 64}}).encode()})
        with pytest.raises(SourceError, match="is damaged"):
            archive.restore(cut, settings, [key])
    packed(cut, {"../outside": b"x"})
    with pytest.raises(SourceError, match="no backup"):
        archive.restore(cut, settings, [key])


def test_a_backup_of_the_other_kind_is_refused(installation, key, tmp_path):
    settings, environ = installation
    file = tmp_path / "copy"
    archive.write(settings, file, key, AT, environ)
    is_file = settings.database.startswith("sqlite")
    other = "postgresql://nobody@127.0.0.1:1/x" if is_file else f"sqlite:///{tmp_path / 'x.db'}"
    target = settings.model_copy(update={"home": tmp_path / "new", "database_url": other})
    with pytest.raises(ConfigError, match="The backup is of"):
        archive.restore(file, target, [key])


def test_missing_programs_and_servers_are_sentences(tmp_path, monkeypatch):
    url = database_url("postgresql://nobody:secret-word@127.0.0.1:1/x")
    with pytest.raises(StoreError, match=r"pg_dump (is missing|failed)") as caught:
        engines._run("pg_dump", url, "--schema-only")
    assert "secret-word" not in str(caught.value)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StoreError, match="pg_dump is missing"):
        engines._run("pg_dump", url)


def test_the_oldest_go(tmp_path):
    for day in range(5):
        (tmp_path / f"2026050{day}T000000Z{archive.ENDING}").touch()
    assert [path.name[:8] for path in archive.oldest(tmp_path, 3)] == ["20260501", "20260500"]
