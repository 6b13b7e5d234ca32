from __future__ import annotations

import json
import sqlite3
import zipfile
from functools import partial

import pytest

from tests.cli.commands import in_process


@pytest.fixture
def run(tmp_path):
    return partial(in_process, QUARTERDECK_HOME=str(tmp_path / "home"))


def test_migrate_makes_the_tables_and_refuses_those_of_a_newer_version_in_a_sentence(run, tmp_path):
    assert run("migrate", "--check").returncode == 1
    assert "The tables are of revision" in run("migrate").stdout
    assert run("migrate", "--check").returncode == 0
    with sqlite3.connect(tmp_path / "home" / "quarterdeck.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    done = run("migrate")
    assert done.returncode == 1
    assert "The database was made by a newer Quarterdeck. Update Quarterdeck" in " ".join(done.stderr.split())
    checked = run("migrate", "--check")
    assert (checked.returncode, "revision 9999" in checked.stdout) == (1, True)


def test_doctor_tells_how_to_mend_and_writes_a_file_for_whoever_helps(run, tmp_path):
    target = tmp_path / "support.zip"
    done = run("doctor", "--bundle", str(target))
    assert done.returncode == 0
    assert "MISSING  Data is there\n         Run: quarterdeck build" in done.stdout
    with zipfile.ZipFile(target) as archive:
        assert "doctor.json" in archive.namelist()
    assert json.loads(run("doctor", "--json").stdout)["The disk has room"] is True
    assert run("doctor", "--url", "http://127.0.0.1:1").returncode == 1
