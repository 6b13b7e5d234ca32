"""Databases as sources: a real PostgreSQL and DuckDB, and what is asked of the others in their dialects."""

from __future__ import annotations

import random
import uuid
from datetime import timedelta

import duckdb
import pytest
import sqlglot
from sqlalchemy.dialects.mysql.base import MySQLDialect
from sqlalchemy.dialects.postgresql.base import PGDialect

from core.contracts.errors import SourceError
from core.sealing.secret_values import Secrets
from core.sources import load_data
from core.sources.connectors import connector_files
from core.sources.connectors.declaration import parse
from core.sources.connectors.sql_reader import SqlReader, compiled, statement
from tests.sources.stub_servers import BEGIN, Book
from tests.sources.test_connector_sync import assert_history, filled_book, played, settings_of, synced
from tests.store.conftest import cluster  # noqa: F401

CREATE = (
    "create table deals (id varchar, name varchar, stage varchar, amount numeric(12, 2), close_on date,"
    " owner_id varchar, created_on timestamp, changed_at timestamp)"
)
COLUMNS = "id, name, stage, amount, close_on, owner_id, created_on, changed_at"


class DuckServer:
    def __init__(self, path):
        self.path = path
        self.url = f"duckdb:///{path}"
        with duckdb.connect(str(path)) as connection:
            connection.execute(CREATE)

    def fill(self, rows):
        with duckdb.connect(str(self.path)) as connection:
            connection.execute("delete from deals")
            if rows:
                connection.executemany(f"insert into deals values ({', '.join('?' * 8)})", rows)


class PostgresServer:
    def __init__(self, base):
        import psycopg

        name = f"t{uuid.uuid4().hex[:10]}"
        with psycopg.connect(f"{base}/postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        self.url = f"{base}/{name}"
        self.connection = psycopg.connect(self.url, autocommit=True)
        self.connection.execute(CREATE)

    def fill(self, rows):
        self.connection.execute("delete from deals")
        with self.connection.cursor() as cursor:
            cursor.executemany(f"insert into deals values ({', '.join(['%s'] * 8)})", rows)


@pytest.fixture(params=["duckdb", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request, tmp_path):
    if request.param == "duckdb":
        yield DuckServer(tmp_path / "crm.duckdb")
        return
    server = PostgresServer(request.getfixturevalue("cluster"))
    yield server
    server.connection.close()


@pytest.fixture
def settings(tmp_path):
    return settings_of(tmp_path)


def rows_of_book(book):
    return [
        (
            deal.id,
            f"Deal {deal.id}",
            *(deal.values[n] for n in ("stage", "amount", "close_on", "owner_id")),
            deal.created.replace(tzinfo=None),
            deal.modified.replace(tzinfo=None),
        )
        for deal in book.live()
    ]


def described(url, **more):
    track = {name: name for name in ("stage", "amount", "close_on", "owner_id")}
    deals = {"table": "opportunities", "query": "deals", "id": "id", "created": "created_on", "track": track, **more}
    return {"database": url, "tables": {"deals": deals}}


@pytest.mark.parametrize("modified", ["changed_at", ""])
def test_a_random_log_gives_its_own_history(settings, database, modified):
    generator, book = random.Random(1), Book()
    query = f"select {COLUMNS} from deals where name <> ':nothing'"
    connector_files.add(settings, "shop", described(database.url, modified=modified, query=query))
    for day in range(7):
        played(book, generator, day, 12)
        database.fill(rows_of_book(book))
        # Without a column of changes they count from the sync that saw them.
        outcome = synced(settings, BEGIN + timedelta(days=day, hours=13))
        assert outcome.failures == []
    assert_history(settings, book)
    again = synced(settings, BEGIN + timedelta(days=7))
    assert (again.n_changed, again.n_deleted) == (0, 0)
    data = load_data(settings, source="shop")
    assert sorted(data.opportunities["opportunity_id"]) == sorted(d.id for d in book.live())
    amounts = {d.id: float(d.values["amount"]) for d in book.live()}
    assert dict(data.opportunities.select("opportunity_id", "amount").iter_rows()) == amounts


def test_a_database_that_refuses_says_why(settings, database):
    database.fill(rows_of_book(filled_book(2)))
    connector_files.add(settings, "shop", described(database.url, query="elsewhere"))
    assert "The database refuses" in synced(settings).failures[0]
    connector_files.add(settings, "shop", described(database.url, modified="when_changed"))
    assert "refuses" in synced(settings).failures[0]
    connector_files.add(settings, "shop", described(database.url, id="key"))
    assert "has no column 'key'" in synced(settings).failures[0]


def test_nothing_can_be_written_by_a_query(settings, database):
    database.fill(rows_of_book(filled_book(2)))
    query = "with gone as (delete from deals returning *) select * from gone"
    connector_files.add(settings, "shop", described(database.url, query=query))
    assert synced(settings).failures
    connector_files.add(settings, "shop", described(database.url))
    assert synced(settings).n_rows == 2


def test_a_password_is_the_name_of_a_secret(tmp_path):
    keys = Secrets(tmp_path, {"CRM_PASSWORD": "planted-password"})
    reader = SqlReader("postgresql://reader:${CRM_PASSWORD}@127.0.0.1:1/crm", keys)
    with pytest.raises(SourceError, match="The database refuses") as caught, reader.connected():
        pass
    assert "planted-password" not in str(caught.value)
    content = "database: postgresql://reader:planted-password@host/crm\ntables: {deals: {query: deals}}"
    with pytest.raises(SourceError, match="must name its password") as caught:
        parse(content, "crm")
    assert "planted-password" not in str(caught.value)


def test_what_cannot_be_asked_is_told(tmp_path):
    keys = Secrets(tmp_path, {})
    with pytest.raises(SourceError, match="no database that is read"):
        SqlReader("oracle://host/x", keys)
    for url, extra in (("snowflake://a/b", "snowflake"), ("databricks://a", "databricks"), ("mysql://a/b", "mysql")):
        with pytest.raises(SourceError, match=rf"quarterdeck\[{extra}\]"), SqlReader(url, keys).connected():
            pass
    with pytest.raises(SourceError, match="either base or database"):
        parse("base: https://x\ndatabase: sqlite://\ntables: {}", "crm")
    with pytest.raises(SourceError, match="needs a query"):
        parse("database: sqlite://\ntables: {deals: {table: deals}}", "crm")


@pytest.mark.parametrize("name", ["postgres", "duckdb", "mysql", "snowflake", "bigquery", "redshift", "databricks"])
@pytest.mark.parametrize(
    ("source", "since"), [("crm.deals", True), ("deals", False), ("select *, amount::text from crm.deals;", True)]
)
def test_what_is_asked_is_read_by_every_dialect(name, source, since):
    dialect = MySQLDialect(paramstyle="named") if name == "mysql" else PGDialect(paramstyle="named")
    if name == "mysql":
        source = source.replace("::text", "")
    text, values = compiled(statement(source, "changed_at", "id", is_since=since), dialect)
    tree = sqlglot.parse_one(text.replace("::text", "") if name == "bigquery" else text, read=name)
    assert isinstance(tree, sqlglot.exp.Select)
    assert [o.this.name for o in tree.args["order"].expressions] == ["changed_at", "id"]
    assert bool(tree.args.get("where")) == since == ("since" in values)
    assert next(tree.find_all(sqlglot.exp.Table)).name == "deals"
    ids = (
        sqlglot.parse_one(compiled(statement(source.partition(",")[0], only="id"), dialect)[0], read=name)
        if not since
        else tree
    )
    assert isinstance(ids, sqlglot.exp.Select)
