from __future__ import annotations

import sqlite3
import threading

import pytest
from sqlalchemy import text

from core.contracts.errors import QuarterdeckError, StoreError
from core.store import Store, database
from core.store.answers import Decision

pytestmark = pytest.mark.xdist_group("store")
ME = "ann@example.com"
SECRET = "s3cr3t/pa:ss"


def every_call(store):
    """Return calls that read and write each kind of content."""
    return {
        "scenarios": store.scenarios.list,
        "a save": lambda: store.scenarios.save("new", ME, {}),
        "answers": store.answers.frame,
        "an answer": lambda: store.answers.add([Decision("t", "s", "p", "confirmed")], ME),
        "audit": store.audit.newest,
        "reviews": lambda: store.reviews.rows(1),
        "calls": lambda: store.calls.newest("b"),
        "edits": lambda: store.deal_edits.all("b"),
        "capabilities": lambda: store.capabilities.stamp("b"),
        "snapshots": lambda: store.snapshots.of("b"),
    }


def test_a_locked_database_is_told_and_what_was_there_stands(tmp_path, monkeypatch):
    monkeypatch.setattr(database, "BUSY_MILLISECONDS", 50)
    opened = Store.open(f"sqlite:///{tmp_path / 'q.db'}")
    opened.scenarios.save("plan", ME, {})
    other = sqlite3.connect(tmp_path / "q.db")
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreError, match=r"Somebody else is writing.*Nothing was saved.*try again"):
        opened.scenarios.save("new", ME, {})
    other.rollback()
    other.close()
    opened.scenarios.save("new", ME, {})
    assert len(opened.scenarios.list()) == 2
    opened.close()


def test_a_missing_table_is_a_sentence_at_every_call(store):
    with store.engine.begin() as connection:
        names = ("scenarios", "answers", "audit", "review_rows", "forecast_calls", "deal_edits", "capabilities")
        for name in (*names, "forecast_snapshots"):
            connection.execute(text(f"DROP TABLE {name}"))
    for call in every_call(store).values():
        with pytest.raises(StoreError, match=r"table of the database is missing.*Start Quarterdeck again"):
            call()


def test_a_damaged_file_is_a_sentence_on_opening_and_later(tmp_path):
    opened = Store.open(f"sqlite:///{tmp_path / 'q.db'}")
    for k in range(60):
        opened.audit.add(ME, "did", f"{k}", "x" * 500)
    opened.close()
    content = bytearray((tmp_path / "q.db").read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    (tmp_path / "q.db").write_bytes(bytes(content))
    with pytest.raises(StoreError, match="damaged"):
        Store.open(f"sqlite:///{tmp_path / 'q.db'}")
    (tmp_path / "q.db").write_bytes(b"\x07" * 20_000)
    with pytest.raises(StoreError, match=r"damaged.*copy"):
        Store.open(f"sqlite:///{tmp_path / 'q.db'}")


@pytest.mark.parametrize(
    "given",
    [
        f"postgresql//ann:{SECRET}@host/name",
        f"ann:{SECRET}@host/name",
        f"postgresql://ann:{SECRET}@host:port/name",
        f"postgresql://ann:{SECRET}@127.0.0.1:1/name",
        f"postgresql://ann@127.0.0.1:1/name?password={SECRET}",
        f"mysql://ann:{SECRET}@host/name",
    ],
)
def test_a_password_is_never_repeated(given, monkeypatch):
    monkeypatch.setattr("core.store.sessions.PAUSES", ())
    with pytest.raises(QuarterdeckError) as refused:
        Store.open(given)
    error = refused.value
    while error is not None:
        assert "s3cr3t" not in f"{error}{error!r}"
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def save_while(store, happening):
    with store.scenarios._sessions.begin() as session:
        session.execute(text("UPDATE scenarios SET version = 9"))
        happening()
        session.execute(text("SELECT 1"))


@pytest.mark.postgres
def test_a_server_that_goes_down_is_a_sentence_and_one_that_comes_back_is_reached_again(url):
    if url.startswith("sqlite"):
        pytest.skip("A file has no server")
    opened = Store.open(url)
    opened.scenarios.save("plan", ME, {})
    name = url.rsplit("/", 1)[1]
    import psycopg

    with psycopg.connect(f"{url.rsplit('/', 1)[0]}/postgres", autocommit=True) as admin:
        end = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        with pytest.raises(StoreError, match=r"does not answer.*Nothing was saved.*what you typed"):
            save_while(opened, lambda: admin.execute(end))
        assert opened.scenarios.get("plan", ME).version == 1
        admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        admin.execute(end)
        back = threading.Timer(0.8, lambda: admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true"))
        back.start()
        assert opened.scenarios.save("after", ME, {}).version == 1
        back.join()
    opened.close()
