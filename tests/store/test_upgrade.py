from __future__ import annotations

import sqlite3
import subprocess
import sys
import tarfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import MetaData, create_engine, inspect, text

from core.contracts.errors import StoreError
from core.store import Store
from core.store.tables import Base
from tests.store import release_database
from tests.store.old_databases import HISTORY, make, make_up_to

pytestmark = pytest.mark.xdist_group("store")
ME = "ann@example.com"
FIXTURE = Path(__file__).parents[1] / "fixtures" / "release_0_1_0" / "home-0.1.0.tar.xz"

LEFT = sorted(release_database.FOLDER.glob("*.sql"))
KINDS = [*((file, "sqlite") for file in LEFT), (LEFT[0], "postgres"), (LEFT[-2], "postgres")]
# The first, the last, and two in which branches went their own ways; the others with every change of the store.
OFTEN = {"the first store", "answers last", "training without branches", "sources"}
ORDERS = [
    pytest.param(order, id=name, marks=() if name in OFTEN else pytest.mark.slow) for name, order in HISTORY.items()
]
CUT_SHORT = [
    pytest.param(begun, marks=() if begun in {"0002", "0013"} else pytest.mark.slow)
    for begun in ("0002", "0003", "0005", "0006", "0011", "0012", "0013")
]
CASES = [pytest.param(*case, marks=[pytest.mark.postgres] if case[1] == "postgres" else []) for case in KINDS]


def tables_of(store):
    seen = inspect(store.engine)
    return {name: {c["name"] for c in seen.get_columns(name)} for name in seen.get_table_names()}


def check_whole(store):
    seen = tables_of(store)
    for name, table in Base.metadata.tables.items():
        assert {c.name for c in table.columns} <= seen[name], name
    assert not [name for name in seen if name.startswith("_alembic_tmp_")]


@pytest.mark.parametrize("order", ORDERS)
def test_a_database_of_any_commit_opens_with_what_was_saved_and_all_tables(url, order):
    make(url, order)
    opened = Store.open(url)
    check_whole(opened)
    assert opened.scenarios.get("kept", ME).payload == {"a": 1}
    assert opened.scenarios.keep("new", ME, {}, parent=f"{ME}/kept").parent == f"{ME}/kept"
    assert opened.notices == ()
    opened.close()
    Store.open(url).close()


def test_the_database_of_the_first_release_opens(tmp_path):
    with tarfile.open(FIXTURE) as archive:
        files = [member for member in archive.getmembers() if "quarterdeck.db" in member.name]
        archive.extractall(tmp_path, files, filter="data")
    opened = Store.open(f"sqlite:///{tmp_path}/home/quarterdeck.db")
    check_whole(opened)
    assert [(s.name, s.is_locked) for s in reversed(opened.scenarios.visible(ME))] == [
        ("Plan", True),
        ("Plan, cautious", False),
    ]
    assert opened.answers.frame().height == 1
    saved = opened.requirement_sets.get("Harbour RFP", "everybody")
    assert opened.reviews.rows(saved.id)["answer"].to_list() == ["Yes, as standard."]
    assert opened.notices == ()
    opened.close()


def rows_of(engine, tables):
    """Every row of some tables, with its columns by name; times in UTC, as SQLite keeps them."""
    with engine.connect() as connection:
        read = {name: connection.execute(table.select()).mappings().all() for name, table in tables.items()}
    return {name: [{c: in_utc(cell) for c, cell in row.items()} for row in rows] for name, rows in read.items()}


def in_utc(cell):
    return cell.replace(tzinfo=UTC) if isinstance(cell, datetime) else cell


def reflected(engine):
    tables = MetaData()
    tables.reflect(engine)
    return tables


def put_on_postgres(url, revision, rows):
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    make_up_to(engine, revision)
    with engine.begin() as connection:
        for table in reflected(engine).sorted_tables:
            if rows[table.name]:
                connection.execute(table.delete())
                connection.execute(table.insert(), rows[table.name])
    engine.dispose()


@pytest.mark.parametrize(("file", "url"), CASES, indirect=["url"], ids=[f"{file.stem} {kind}" for file, kind in KINDS])
def test_every_row_that_an_earlier_version_left_is_there_after_the_upgrade(file, url, tmp_path):
    database = tmp_path / "left.db"
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(file.read_text(encoding="utf-8"))
    old = create_engine(f"sqlite:///{database}")
    left = rows_of(old, reflected(old).tables)
    old.dispose()
    if url.startswith("postgresql"):
        put_on_postgres(url, file.stem, left)
    opened = Store.open(url if url.startswith("postgresql") else f"sqlite:///{database}")
    check_whole(opened)
    after = rows_of(opened.engine, reflected(opened.engine).tables)
    assert sum(map(len, left.values())) > len(left)
    for name in left.keys() - {"alembic_version"}:
        assert left[name] == [{column: row[column] for column in left[name][0]} for row in after[name]], name
    assert opened.audit.verify().is_whole
    assert opened.notices == ()
    opened.close()


@pytest.mark.parametrize("begun", CUT_SHORT)
def test_an_upgrade_cut_short_by_an_earlier_version_is_finished(url, begun):
    """An earlier version made tables outside a transaction: they are there, and the version says they are not."""
    order = HISTORY["sources"]
    make(url, order[: order.index(begun) + 1], version=order[order.index(begun) - 1])
    opened = Store.open(url)
    check_whole(opened)
    assert opened.scenarios.get("kept", ME).payload == {"a": 1}
    opened.close()


def test_half_made_copies_of_a_killed_upgrade_go_and_single_columns_stay(tmp_path):
    url = f"sqlite:///{tmp_path / 'q.db'}"
    make(url, HISTORY["answers in order"][:-1])
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE _alembic_tmp_scenarios (id INTEGER)"))
        connection.execute(text("ALTER TABLE scenarios ADD COLUMN parent VARCHAR(320) DEFAULT '' NOT NULL"))
        connection.execute(text("UPDATE scenarios SET parent = 'x/y'"))
    engine.dispose()
    opened = Store.open(url)
    check_whole(opened)
    assert opened.scenarios.branch(f"{ME}/kept", ME).parent == "x/y"
    opened.close()


def test_a_table_that_was_lost_is_made_anew_and_said_to_be_empty(url):
    opened = Store.open(url)
    with opened.engine.begin() as connection:
        connection.execute(text("DROP TABLE answers"))
    opened.close()
    again = Store.open(url)
    assert again.answers.frame().is_empty()
    assert [notice.split(" has been")[0] for notice in again.notices] == [
        "The table answers of the database was missing and"
    ]
    again.close()
    last = Store.open(url)
    assert last.notices == ()
    last.close()


def test_a_column_that_cannot_be_put_back_is_named_and_nothing_is_changed(tmp_path):
    url = f"sqlite:///{tmp_path / 'q.db'}"
    opened = Store.open(url)
    with opened.engine.begin() as connection:
        connection.execute(text("ALTER TABLE answers DROP COLUMN kind"))
    opened.close()
    for _ in range(2):
        with pytest.raises(StoreError, match="table answers of the database lacks kind"):
            Store.open(url)


def run_kills(url, *words):
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("kill_upgrades.py")), url, *map(str, words)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return int(done.stdout)


@pytest.mark.slow
def test_a_kill_after_any_statement_of_an_upgrade_leaves_a_database_that_opens(url):
    make(url, HISTORY["layouts"])
    assert run_kills(url, "statements") > 8
    opened = Store.open(url)
    check_whole(opened)
    assert opened.scenarios.get("kept", ME).payload == {"a": 1}
    opened.close()


def test_kills_at_random_moments_lock_nobody_out(tmp_path):
    url = f"sqlite:///{tmp_path / 'q.db'}"
    make(url, HISTORY["calls before layouts"])
    assert run_kills(url, "moments", 8) > 2
