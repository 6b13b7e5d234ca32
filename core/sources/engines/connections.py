"""Connections to the databases of engines, each asked in SQL and answering with Arrow tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit


def connect(engine: str, url: str, time_zone: str) -> Any:
    """Open a connection whose moments are those of a time zone.

    Parameters
    ----------
    engine : str
        One that has a dialect.
    url : str
        With its secrets.
    time_zone : str
        The company's, by which the database turns a moment into a day.

    Returns
    -------
    DB-API connection
        Its cursors give Arrow tables.
    """
    connection = OPENERS[engine](url)
    if engine in ZONES:
        with connection.cursor() as cursor:
            cursor.execute(ZONES[engine].format(zone=time_zone.replace("'", "")))
    return connection


def arrow_of(connection: Any, statement: str) -> Any:
    """Run a statement and return its rows as an Arrow table."""
    with connection.cursor() as cursor:
        cursor.execute(statement)
        # ADBC and Databricks have each their own word for it.
        fetch = getattr(cursor, "fetch_arrow_table", None) or cursor.fetchall_arrow
        return fetch()


def _postgres(url: str) -> Any:
    from adbc_driver_postgresql import dbapi

    return dbapi.connect(url)


def _snowflake(url: str) -> Any:
    from adbc_driver_snowflake import dbapi

    return dbapi.connect(url)


def _bigquery(url: str) -> Any:
    from adbc_driver_bigquery import dbapi

    parts = urlsplit(url)
    names = {"adbc.bigquery.sql.project_id": parts.netloc, "adbc.bigquery.sql.dataset_id": parts.path.strip("/")}
    return dbapi.connect({name: value for name, value in names.items() if value})


def _databricks(url: str) -> Any:
    from databricks import sql

    parts = urlsplit(url)
    more = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    return sql.connect(
        server_hostname=parts.hostname, http_path=parts.path, access_token=unquote(parts.password or ""), **more
    )


OPENERS: dict[str, Callable[[str], Any]] = {
    "postgres": _postgres,
    "redshift": _postgres,
    "snowflake": _snowflake,
    "bigquery": _bigquery,
    "databricks": _databricks,
}
# BigQuery keeps moments without a zone as DATETIME, and takes UTC where they have one.
ZONES = {
    "postgres": "SET TIME ZONE '{zone}'",
    "redshift": "SET timezone TO '{zone}'",
    "snowflake": "ALTER SESSION SET TIMEZONE = '{zone}'",
    "databricks": "SET TIME ZONE '{zone}'",
}
