from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, event, text

from core.store import Store, schema_state, upgrade
from core.store.tables import Base

pytestmark = pytest.mark.xdist_group("store")


@pytest.fixture
def statements():
    """What is asked of any database from here on."""
    out = []

    def note(_connection, _cursor, statement, *_):
        out.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield out
    event.remove(Engine, "before_cursor_execute", note)


def test_the_files_of_migrations_begin_with_their_revisions_and_the_last_is_the_newest():
    scripts = ScriptDirectory(str(schema_state.MIGRATIONS))
    revisions = [script.revision for script in scripts.walk_revisions()]
    files = sorted((schema_state.MIGRATIONS / "versions").glob("*.py"), reverse=True)
    assert [file.name.partition("_")[0] for file in files] == revisions
    assert schema_state.newest_revision() == scripts.get_current_head()


def test_a_database_that_is_whole_opens_without_a_migration(url, statements, monkeypatch):
    Store.open(url).close()
    statements.clear()
    monkeypatch.setattr(upgrade, "_upgrade", None)
    opened = Store.open(url)
    assert opened.notices == ()
    assert len(statements) <= 5, statements
    opened.close()


def test_what_a_database_lacks_is_every_column_of_a_table_that_is_gone(store):
    with store.engine.begin() as connection:
        assert schema_state.is_whole(connection)
        connection.execute(text("ALTER TABLE digests RENAME TO away"))
        connection.execute(text("ALTER TABLE comments RENAME COLUMN body TO words"))
        columns = {column.name for column in Base.metadata.tables["digests"].columns}
        assert schema_state.lacking(connection) == {"comments": ("body",), "digests": tuple(sorted(columns))}
        assert schema_state.revisions(connection) == {schema_state.newest_revision()}
        assert not schema_state.is_whole(connection)


def test_a_whole_file_without_a_write_ahead_log_is_brought_up_at_the_lock(tmp_path, monkeypatch):
    file = tmp_path / "q.db"
    Store.open(f"sqlite:///{file}").close()
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA journal_mode=DELETE").fetchone() == ("delete",)
    upgraded, plain = [], upgrade._upgrade
    monkeypatch.setattr(upgrade, "_upgrade", lambda connection: upgraded.append(file) or plain(connection))
    for _ in range(2):
        Store.open(f"sqlite:///{file}").close()
    assert upgraded == [file]
