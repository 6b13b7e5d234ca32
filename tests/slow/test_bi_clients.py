"""Tableau, Excel and others read PostgreSQL by psqlODBC: a role that may do nothing else finds its views."""

from __future__ import annotations

import uuid

import psycopg
import pytest

from core.access.identity import AREAS
from core.access.row_view import view
from core.bi import postgres_views
from core.bi.published import TABLES
from tests.store.conftest import cluster  # noqa: F401 - the fixture

pyodbc = pytest.importorskip("pyodbc", exc_type=ImportError, reason="pyodbc is not installed: pip install pyodbc")
DRIVER = "PostgreSQL Unicode"
ALL = frozenset(f"{area}:read" for area in AREAS)
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def source(cluster, small, small_settings):  # noqa: F811
    """The views of the small company, and how a role that sees EMEA's rows without names connects to them."""
    if DRIVER not in pyodbc.drivers():
        pytest.skip("psqlODBC is not installed: apt-get install odbc-postgresql unixodbc")
    name = f"bi{uuid.uuid4().hex[:10]}"
    with psycopg.connect(f"{cluster}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    postgres_views.publish(f"{cluster}/{name}", {"bi_emea": (view(small, small_settings, ("EMEA",), "", True), ALL)})
    with psycopg.connect(f"{cluster}/{name}", autocommit=True) as connection:
        connection.execute("CREATE ROLE tableau LOGIN")
        connection.execute("GRANT bi_emea TO tableau")
    port = cluster.rpartition(":")[2]
    yield f"DRIVER={{{DRIVER}}};SERVER=127.0.0.1;PORT={port};DATABASE={name};UID=tableau"
    with psycopg.connect(f"{cluster}/postgres", autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
        for role in ("tableau", "bi_emea"):
            connection.execute(f"DROP ROLE {role}")


def test_a_role_of_its_own_reads_the_views_by_odbc_and_nothing_else(source, small):
    with pyodbc.connect(source, readonly=True) as connection:
        cursor = connection.cursor()
        listed = {row.table_name for row in cursor.tables(schema="bi")}
        assert listed == {table.name.lower() for table in TABLES}
        types = {row.column_name: row.type_name for row in cursor.columns(table="deals", schema="bi")}
        assert (types["amount"], types["is_closed"], types["created_on"]) == ("float8", "bool", "date")
        rows = cursor.execute("SELECT account_name, region FROM bi.accounts").fetchall()
        assert {row.region for row in rows} == {"EMEA"}
        assert not {row.account_name for row in rows} & set(small.accounts["account_name"])
        day = small.as_of.replace(year=small.as_of.year - 1)
        asked = "SELECT count(*) FROM bi.deals WHERE created_on >= ? AND NOT is_closed"
        n_open = small.opportunities.join(small.accounts.filter(region="EMEA"), on="account_id", how="semi").filter(
            is_closed=False
        )
        assert cursor.execute(asked, day).fetchval() == n_open.filter(n_open["created_on"] >= day).height
        for statement in ("SELECT * FROM bi_copies.deals", "DELETE FROM bi.deals", "CREATE TABLE bi.own (n int)"):
            with pytest.raises(pyodbc.Error):
                cursor.execute(statement)
            connection.rollback()
