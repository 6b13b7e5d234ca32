"""A warehouse for tests: the hard rows in a real PostgreSQL."""

from __future__ import annotations

import uuid
from contextlib import closing

import pytest

from core.config import load
from core.contracts import RAW_FRAMES
from core.sources.engines.catalogue import missing_modules
from tests.engines import hard_rows
from tests.store.conftest import cluster

__all__ = ["cluster", "company", "postgres"]


@pytest.fixture(scope="module")
def company():
    """The company of hard rows, in memory."""
    return hard_rows.company()


@pytest.fixture(scope="module")
def postgres(company, request, tmp_path_factory):
    """The settings of a company whose tables lie in a real PostgreSQL, amounts as decimals, moments with a zone."""
    if missing_modules("postgres"):
        pytest.skip("SQLFrame or the ADBC driver of PostgreSQL is not installed")
    import adbc_driver_postgresql.dbapi as adbc
    import psycopg

    base, name = request.getfixturevalue("cluster"), f"t{uuid.uuid4().hex[:10]}"
    with psycopg.connect(f"{base}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    with psycopg.connect(f"{base}/{name}", autocommit=True) as connection:
        connection.execute("CREATE SCHEMA sales")
    with closing(adbc.connect(f"{base}/{name}")) as connection, connection.cursor() as cursor:
        for entity in (*RAW_FRAMES, "accounts", "opportunities"):
            cursor.adbc_ingest(entity, company.frame(entity).to_arrow(), db_schema_name="sales")
        cursor.execute(
            "ALTER TABLE sales.transactions ALTER amount TYPE numeric(18, 2), ALTER cost_amount TYPE numeric"
        )
        cursor.execute("SET TIME ZONE 'Europe/Vienna'")
        cursor.execute("ALTER TABLE sales.activities ALTER occurred_at TYPE timestamptz")
        connection.commit()
    home = tmp_path_factory.mktemp("home")
    own = home / "own.yaml"
    own.write_text(
        f"engine: postgres\nhome: {home}\ntime_zone: Europe/Vienna\n"
        f"warehouse: {{url: '{base}/{name}', schema: sales, as_of: 2024-12-31}}\n"
    )
    yield load(own, environ={})
    with psycopg.connect(f"{base}/postgres", autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
