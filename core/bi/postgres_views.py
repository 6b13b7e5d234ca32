"""Published tables as views of a PostgreSQL database, each reader seeing its own rows alone.

The rows are copied as each reader may see them, under the reader's name; a view returns those whose reader the session
is. The copies are refused to readers, and row security guards them where somebody grants them all the same. Source:
PostgreSQL documentation, 5.9 Row Security Policies and 41.5 Rules and Privileges (security_barrier).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import polars as pl

from core.bi.published import TABLES, rows
from core.contracts import Dataset
from core.contracts.errors import ContractError, StoreError

VIEWS, COPIES = "bi", "bi_copies"
READER = re.compile(r"bi_[a-z0-9_]{1,50}")
TYPES = {pl.Boolean: "boolean", pl.Date: "date"}
IS_MINE = "pg_has_role(current_user, reader, 'USAGE')"


def sql_type(kind: pl.DataType) -> str:
    """Return the type a column has in PostgreSQL.

    Examples
    --------
    >>> sql_type(pl.Int32()), sql_type(pl.Datetime("us")), sql_type(pl.String())
    ('bigint', 'timestamp', 'text')
    """
    if kind.is_integer():
        return "bigint"
    if kind.is_float():
        return "double precision"
    if isinstance(kind, pl.Datetime):
        return "timestamp"
    return next((name for own, name in TYPES.items() if kind == own), "text")


def publish(url: str, readers: Mapping[str, tuple[Dataset, frozenset[str]]]) -> dict[str, int]:
    """Write published tables for some readers, in place of what was published before; all at once or nothing.

    Parameters
    ----------
    url : str
        A PostgreSQL database whose user may make schemas and roles.
    readers : mapping
        From the role's name, such as `bi_emea`, to the rows it may see and the rights it has. A role that is missing
        is made, and cannot sign in until an administrator grants it to a user or gives it a password.

    Returns
    -------
    dict of str to int
        Rows written, by view.

    Raises
    ------
    ContractError
        When a reader's name is not `bi_` and small letters, digits or underscores, or the database is another kind.
    StoreError
        When the database cannot be reached or written to.
    """
    import psycopg

    _checked(url, readers)
    try:
        with psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://")) as connection:
            return _published(connection, readers)
    except psycopg.Error as error:
        words = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise StoreError(
            f"Nothing was published: {words}.", "the database", "Its user makes schemas and roles."
        ) from error


def _checked(url: str, readers: Mapping[str, Any]) -> None:
    if not url.startswith(("postgresql://", "postgresql+psycopg://")):
        raise ContractError("Views are published to PostgreSQL alone.", mend="Name one as postgresql://…")
    if not readers:
        raise ContractError("There is nobody to publish for.", mend="Name at least one --reader.")
    if wrong := [name for name in readers if not READER.fullmatch(name)]:
        raise ContractError(
            f"{wrong[0]!r} is no reader's name.", mend="Write bi_ and small letters, digits, underscores."
        )


def _published(connection: Any, readers: Mapping[str, tuple[Dataset, frozenset[str]]]) -> dict[str, int]:
    from psycopg import sql

    for schema in (VIEWS, COPIES):
        connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema)))
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
    for reader in readers:
        _made(connection, reader)
    written: dict[str, int] = {}
    for table in TABLES:
        parts = {name: rows(data, table) for name, (data, rights) in readers.items() if table.right in rights}
        if parts:
            written[table.name.lower()] = _copied(connection, table.name.lower(), parts)
    return written


def _made(connection: Any, reader: str) -> None:
    from psycopg import sql

    if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (reader,)).fetchone() is None:
        connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(reader)))
    statement = "GRANT USAGE ON SCHEMA {} TO {}"
    connection.execute(sql.SQL(statement).format(sql.Identifier(VIEWS), sql.Identifier(reader)))


def _copied(connection: Any, name: str, parts: Mapping[str, pl.DataFrame]) -> int:
    """Write one table with its view; readers from whom a column is hidden find nothing in it."""
    from psycopg import sql

    schema = pl.concat([part.head(0) for part in parts.values()], how="diagonal_relaxed").schema
    copy, view = sql.Identifier(COPIES, name), sql.Identifier(VIEWS, name)
    columns = sql.SQL(", ").join(sql.Identifier(column) for column in schema)
    defined = [sql.SQL("{} {}").format(sql.Identifier(c), sql.SQL(sql_type(kind))) for c, kind in schema.items()]
    fields = sql.SQL(", ").join([sql.SQL("reader name NOT NULL"), *defined])
    connection.execute(sql.SQL("CREATE TABLE {} ({})").format(copy, fields))
    with connection.cursor().copy(sql.SQL("COPY {} (reader, {}) FROM STDIN").format(copy, columns)) as out:
        for reader, part in parts.items():
            missing = [
                pl.lit(None, kind).alias(column) for column, kind in schema.items() if column not in part.columns
            ]
            for row in part.with_columns(missing).select(list(schema)).iter_rows():
                out.write_row((reader, *row))
    is_mine = sql.SQL(IS_MINE)
    connection.execute(sql.SQL("ALTER TABLE {} ENABLE ROW LEVEL SECURITY").format(copy))
    connection.execute(sql.SQL("CREATE POLICY own_rows ON {} FOR SELECT USING ({})").format(copy, is_mine))
    statement = "CREATE VIEW {} WITH (security_barrier) AS SELECT {} FROM {} WHERE {}"
    connection.execute(sql.SQL(statement).format(view, columns, copy, is_mine))
    for reader in parts:
        connection.execute(sql.SQL("GRANT SELECT ON {} TO {}").format(view, sql.Identifier(reader)))
    return sum(part.height for part in parts.values())
