"""What tables, columns and revision a database has, asked with one query each, and what it lacks."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from sqlalchemy import Connection, text

from core.store.tables import Base

MIGRATIONS = Path(__file__).with_name("migrations")
LEFTOVER = "_alembic_tmp_"
REVISIONS = "alembic_version"
# A row for each table, with its columns in one text: SQLAlchemy takes longer over each row than the database does.
COLUMNS = {
    "sqlite": text(
        "SELECT t.name, group_concat(c.name) FROM sqlite_master AS t JOIN pragma_table_info(t.name) AS c "
        "WHERE t.type = 'table' GROUP BY t.name"
    ),
    "postgresql": text(
        "SELECT t.relname, string_agg(c.attname, ',') FROM pg_catalog.pg_class AS t "
        "JOIN pg_catalog.pg_namespace AS n ON n.oid = t.relnamespace "
        "JOIN pg_catalog.pg_attribute AS c ON c.attrelid = t.oid AND c.attnum > 0 AND NOT c.attisdropped "
        "WHERE t.relkind IN ('r', 'p') AND t.relpersistence <> 't' "
        "AND n.nspname <> 'pg_catalog' AND pg_catalog.pg_table_is_visible(t.oid) GROUP BY t.relname"
    ),
}


@cache
def newest_revision() -> str:
    """Return the revision this version brings databases to: the number that the last migration's file begins with."""
    return max(file.name.partition("_")[0] for file in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))


def revisions(connection: Connection) -> set[str]:
    """Return the revision a database bears, in a set; empty for one without tables."""
    return _revisions(connection, _columns(connection))


def is_whole(connection: Connection) -> bool:
    """Say whether a database bears the newest revision and lacks nothing; two queries tell."""
    present = _columns(connection)
    return not _lacking(present) and _revisions(connection, present) == {newest_revision()}


def lacking(connection: Connection) -> dict[str, tuple[str, ...]]:
    """Compare a database with the tables Quarterdeck works with.

    Parameters
    ----------
    connection : sqlalchemy connection

    Returns
    -------
    dict
        Table to the columns it lacks, in alphabetical order; a table that is not there lacks all of them.
    """
    return _lacking(_columns(connection))


def drop_leftovers(connection: Connection) -> None:
    """Drop the half-made copies an upgrade left behind that was killed; the tables they copied are whole."""
    present = _columns(connection)
    for name in present:
        if name.startswith(LEFTOVER) and name.removeprefix(LEFTOVER) in present:
            connection.exec_driver_sql(f'DROP TABLE "{name}"')


def _columns(connection: Connection) -> dict[str, set[str]]:
    rows = connection.execute(COLUMNS[connection.dialect.name]).all()
    return {table: set(columns.split(",")) for table, columns in rows}


def _lacking(present: dict[str, set[str]]) -> dict[str, tuple[str, ...]]:
    out: dict[str, tuple[str, ...]] = {}
    for name, table in Base.metadata.tables.items():
        absent = {column.name for column in table.columns} - present.get(name, set())
        if absent:
            out[name] = tuple(sorted(absent))
    return out


def _revisions(connection: Connection, present: dict[str, set[str]]) -> set[str]:
    if REVISIONS not in present:
        return set()
    return set(connection.scalars(text(f"SELECT version_num FROM {REVISIONS}")))
