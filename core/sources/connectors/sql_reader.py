"""Tables and queries of databases, read in batches by one connection URL each."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, bindparam, column, create_engine, select, table, text
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from core.contracts.errors import SourceError
from core.sealing.secret_values import Secrets
from core.sources.connectors.neighbours import refuse_neighbours

BATCH = 10_000
QUERY = re.compile(r"^\s*(select|with)\b", re.IGNORECASE)
# What a scheme is called inside, and the extra that brings its driver; PostgreSQL's is always there.
DRIVERS = {
    "postgresql": ("postgresql+psycopg", ""),
    "postgres": ("postgresql+psycopg", ""),
    "mysql": ("mysql+pymysql", "mysql"),
    "mariadb": ("mariadb+pymysql", "mysql"),
    "snowflake": ("snowflake", "snowflake"),
    "bigquery": ("bigquery", "bigquery"),
    "redshift": ("redshift+redshift_connector", "redshift"),
    "databricks": ("databricks", "databricks"),
    "duckdb": ("duckdb", "duckdb"),
    "sqlite": ("sqlite", ""),
}


class SqlReader:
    """Reads one database and changes nothing there.

    Parameters
    ----------
    url : str
        Such as postgresql://reader:${CRM_PASSWORD}@host/crm; a secret by its name.
    keys : Secrets

    Raises
    ------
    SourceError
        When the URL is none, or its driver is not installed.
    """

    def __init__(self, url: str, keys: Secrets) -> None:
        self.keys = keys
        scheme = url.partition("://")[0].partition("+")[0].lower()
        if scheme not in DRIVERS:
            raise SourceError(f"{scheme!r} is no database that is read.", mend=f"There are: {', '.join(DRIVERS)}.")
        driver, self.extra = DRIVERS[scheme]
        self.address = f"{driver}://{keys.filled(url).partition('://')[2]}"
        refuse_neighbours(self.address, keys.environment)
        self.is_duckdb = scheme == "duckdb"

    @contextmanager
    def connected(self) -> Iterator[Any]:
        """Give a connection that reads only, for as long as something is asked.

        Raises
        ------
        SourceError
            When the database cannot be reached, or refuses what is asked; its driver's words, without any secret.
        """
        try:
            if self.is_duckdb:
                import duckdb

                path = self.address.partition("://")[2].removeprefix("/")
                with duckdb.connect(path, read_only=True) as connection:
                    yield connection
                return
            engine = create_engine(make_url(self.address))
            try:
                with engine.connect() as connection:
                    options = {"postgresql_readonly": True} if engine.dialect.name == "postgresql" else {}
                    yield connection.execution_options(stream_results=True, **options)
            finally:
                engine.dispose()
        except (ImportError, NoSuchModuleError):
            raise SourceError(
                "The database's driver is not installed.", mend=f"Install quarterdeck[{self.extra}]."
            ) from None
        except SourceError:
            raise
        except ArgumentError:
            raise SourceError("The connection URL cannot be read.", mend="Write scheme://user@host/database.") from None
        except Exception as error:  # Every driver raises errors of its own.
            words = str(error.orig if isinstance(error, SQLAlchemyError) and hasattr(error, "orig") else error)
            first = self.keys.hidden(words.strip().split("\n")[0])[:300]
            raise SourceError(
                f"The database refuses: {first}", mend="Check its address, rights and the query."
            ) from None

    def rows(
        self, connection: Any, selection: Select[Any], since: Any = None
    ) -> Generator[list[dict[str, Any]], None, None]:
        """Yield the rows of a statement in batches, their values as JSON knows them."""
        if self.is_duckdb:
            query, values = compiled(selection, PGDialect(paramstyle="named"))  # type: ignore[no-untyped-call]
            cursor = connection.execute(query.replace(":since", "$since"), {"since": since} if values else None)
            names = [entry[0] for entry in cursor.description]
            while batch := cursor.fetchmany(BATCH):
                yield [dict(zip(names, map(plain, row), strict=True)) for row in batch]
            return
        yield from _batches(connection, selection, since)


def _batches(connection: Connection, selection: Select[Any], since: Any) -> Generator[list[dict[str, Any]], None, None]:
    result = connection.execute(selection, {"since": since} if since is not None else {})
    names = list(result.keys())
    try:
        for batch in result.yield_per(BATCH).partitions():
            yield [dict(zip(names, map(plain, row), strict=True)) for row in batch]
    finally:
        result.close()


def statement(source: str, modified: str = "", order: str = "", is_since: bool = False, only: str = "") -> Select[Any]:
    """Return what is asked of a table or a query.

    Parameters
    ----------
    source : str
        schema.table, or a query that begins with select or with.
    modified, order : str
        Columns to go by; empty for as it comes.
    is_since : bool
        Whether rows from `:since` on are asked for alone.
    only : str
        The one column that is asked for.

    Examples
    --------
    >>> print(statement("crm.deals", "changed_at", "id", is_since=True))
    SELECT *
    FROM crm.deals
    WHERE changed_at >= :since ORDER BY changed_at, id
    """
    wanted: Any = column(only) if only else text("*")
    if QUERY.match(source):
        # A colon in a query is one of its own, not the name of a value.
        query = source.strip().rstrip(";").replace(":", r"\:")
        rows: Any = text(f"({query}) AS q")
    else:
        schema, _, name = source.rpartition(".")
        rows = table(name, schema=schema or None)
    out = select(wanted).select_from(rows)
    if is_since:
        out = out.where(column(modified) >= bindparam("since"))
    return out.order_by(*(column(name) for name in (modified, order) if name)) if modified else out


def compiled(asked: Select[Any], dialect: Any) -> tuple[str, dict[str, Any]]:
    """Return a statement as the text of a dialect, with its parameters."""
    out = asked.compile(dialect=dialect)
    return str(out), dict(out.params)


def plain(value: Any) -> Any:
    """Return a value of a database as JSON knows it.

    Examples
    --------
    >>> plain(Decimal("12.50")), plain(Decimal("3")), plain(date(2026, 1, 2)), plain(None)
    (12.5, 3, '2026-01-02', None)
    """
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime):
        moment = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return moment.isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    return value.hex() if isinstance(value, bytes | memoryview) else str(value)
