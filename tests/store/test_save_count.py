from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys

import pytest

from core.contracts.errors import StoreError
from core.store import Store
from core.store.save_count import MOST_SAVES

pytestmark = pytest.mark.xdist_group("store")
ME = "ann@example.com"


def file_of(tmp_path):
    return tmp_path / "q.db"


def url_of(tmp_path):
    return f"sqlite:///{file_of(tmp_path)}"


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """Databases by their number of saves, left by a process that ended without closing: the newest are in the log."""
    homes = {saves: tmp_path_factory.mktemp("killed") for saves in (3, 7, 25)}
    code = (
        "import os; from core.store import Store\n"
        f"for saves, url in {[(saves, url_of(home)) for saves, home in homes.items()]!r}:\n"
        "    store = Store.open(url)\n"
        f"    for k in range(saves): store.scenarios.save(f'plan {{k}}', {ME!r}, {{}})\n"
        "os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=240, env=os.environ)
    return homes


@pytest.fixture
def left_by_a_kill(tmp_path, killed):
    return lambda saves: shutil.copytree(killed[saves], tmp_path, dirs_exist_ok=True)


def names(store):
    return {saved.name for saved in store.scenarios.list(ME)}


def log_of(tmp_path):
    return tmp_path / "q.db-wal"


DAMAGES = {
    "lost": lambda log: log.unlink(),
    "emptied": lambda log: log.write_bytes(b""),
    "random": lambda log: log.write_bytes(bytes(range(256)) * 400),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
@pytest.mark.parametrize("saves", [3, 25])
def test_a_log_that_is_gone_is_noticed(tmp_path, left_by_a_kill, damage, saves):
    left_by_a_kill(saves)
    damage(log_of(tmp_path))
    if saves < MOST_SAVES:
        with pytest.raises(StoreError, match=r"3 of 3 saves are gone.*delete q\.db\.saves"):
            Store.open(url_of(tmp_path))
        return
    opened = Store.open(url_of(tmp_path))
    assert len(names(opened)) >= saves - MOST_SAVES
    assert [notice.split(" saves")[0] for notice in opened.notices] == [
        f"The last {saves - len(names(opened))} of {saves}"
    ]
    opened.close()
    again = Store.open(url_of(tmp_path))
    assert again.notices == ()
    again.close()


def test_a_log_that_is_there_brings_everything_back_after_a_kill(tmp_path, left_by_a_kill):
    left_by_a_kill(7)
    opened = Store.open(url_of(tmp_path))
    assert len(names(opened)) == 7
    assert opened.notices == ()
    opened.close()


def test_closing_leaves_nothing_in_the_log(tmp_path):
    opened = Store.open(url_of(tmp_path))
    opened.scenarios.save("plan", ME, {})
    opened.close()
    shutil.copy(file_of(tmp_path), tmp_path / "copy.db")
    with sqlite3.connect(tmp_path / "copy.db") as alone:
        assert alone.execute("SELECT COUNT(*) FROM scenarios").fetchone() == (1,)
    alone.close()


@pytest.mark.parametrize("damage", ["emptied", "gone"])
def test_a_database_file_without_its_content_is_refused_and_is_left_as_it_is(tmp_path, damage):
    opened = Store.open(url_of(tmp_path))
    opened.scenarios.save("plan", ME, {})
    opened.close()
    good = file_of(tmp_path).read_bytes()
    file_of(tmp_path).write_bytes(b"") if damage == "emptied" else file_of(tmp_path).unlink()
    assert Store.is_there(url_of(tmp_path))
    for _ in range(2):
        with pytest.raises(StoreError, match=r"(empty|gone), though 1 saves were made.*copy.*delete q\.db\.saves"):
            Store.open(url_of(tmp_path))
    file_of(tmp_path).write_bytes(good)
    restored = Store.open(url_of(tmp_path))
    assert names(restored) == {"plan"}
    restored.close()
    file_of(tmp_path).unlink()
    (tmp_path / "q.db.saves").unlink()
    Store.open(url_of(tmp_path)).close()


def test_an_older_copy_put_back_is_told_from_the_newest(tmp_path):
    opened = Store.open(url_of(tmp_path))
    opened.scenarios.save("plan", ME, {})
    opened.close()
    old = file_of(tmp_path).read_bytes()
    opened = Store.open(url_of(tmp_path))
    for k in range(MOST_SAVES + 1):
        opened.scenarios.save(f"later {k}", ME, {})
    opened.close()
    file_of(tmp_path).write_bytes(old)
    with pytest.raises(StoreError, match=r"11 of 12 saves are gone"):
        Store.open(url_of(tmp_path))
    (tmp_path / "q.db.saves").unlink()
    kept = Store.open(url_of(tmp_path))
    assert names(kept) == {"plan"}
    kept.close()


def test_a_save_that_failed_and_a_page_that_reads_count_nothing(tmp_path):
    opened = Store.open(url_of(tmp_path))
    opened.scenarios.save("plan", ME, {})
    with pytest.raises(StoreError):
        opened.scenarios.save("plan", ME, {})
    opened.scenarios.list()
    opened.audit.newest()
    assert (tmp_path / "q.db.saves").read_text() == "1\n"
    opened.close()


def test_a_database_from_before_the_count_gets_one(tmp_path):
    opened = Store.open(url_of(tmp_path))
    opened.scenarios.save("plan", ME, {})
    with opened.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA user_version = 0")
    opened.close()
    (tmp_path / "q.db.saves").unlink()
    Store.open(url_of(tmp_path)).close()
    assert (tmp_path / "q.db.saves").read_text() == "1\n"
