"""PostgreSQL over TLS: with sslmode=verify-full nothing is sent to a server that cannot show it is the right one."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from core.backup import engines
from core.contracts.errors import StoreError
from core.store import Store
from core.store.database import database_url, is_verified
from tests.slow.certificates import certificate
from tests.store.conftest import cluster

__all__ = ["cluster"]
pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def secured(cluster, tmp_path_factory):
    """A database of the cluster, which shows a certificate for this machine's address; and the certificate."""
    chain, key = certificate("db.example.com")
    with psycopg.connect(f"{cluster}/postgres", autocommit=True) as connection:
        data = Path(connection.execute("SHOW data_directory").fetchone()[0])
        for name, content in (("server.crt", chain), ("server.key", key)):
            (data / name).write_bytes(content)
            (data / name).chmod(0o600)
            if os.geteuid() == 0:
                os.chown(data / name, data.stat().st_uid, data.stat().st_gid)
        connection.execute("ALTER SYSTEM SET ssl = on")
        connection.execute("SELECT pg_reload_conf()")
        connection.execute("CREATE DATABASE secured")
    root = tmp_path_factory.mktemp("authority") / "root.crt"
    root.write_bytes(chain)
    yield f"{cluster}/secured", root
    with psycopg.connect(f"{cluster}/postgres", autocommit=True) as connection:
        connection.execute("ALTER SYSTEM RESET ssl")
        connection.execute("SELECT pg_reload_conf()")


def test_a_server_that_shows_its_certificate_is_used_over_tls(secured, tmp_path):
    url, root = secured
    store = Store.open(f"{url}?sslmode=verify-full&sslrootcert={root}")
    with store.engine.connect() as connection:
        row = connection.execute(text("SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()")).one()
        assert row.ssl
        assert row.version >= "TLSv1.2"
    store.close()
    if shutil.which("pg_dump"):
        engines.copy(database_url(f"{url}?sslmode=verify-full&sslrootcert={root}"), tmp_path / "dump")
        with pytest.raises(StoreError, match="pg_dump failed"):
            engines._run("pg_dump", database_url(f"{url}?sslmode=verify-full&sslrootcert=/nowhere"), "--schema-only")


def test_another_authority_or_another_name_is_refused_in_a_sentence(secured, tmp_path):
    url, root = secured
    other = tmp_path / "other.crt"
    other.write_bytes(certificate("db.example.com")[0])
    named = url.replace("127.0.0.1", "localhost")
    for address, authority in ((url, other), (named, root)):
        with pytest.raises(StoreError, match="cannot be opened") as caught:
            Store.open(f"{address}?sslmode=verify-full&sslrootcert={authority}")
        assert "certificate" in str(caught.value.__cause__)
    # Without the name being looked at, the same server passes: that is what verify-full adds.
    Store.open(f"{named}?sslmode=verify-ca&sslrootcert={root}").close()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:///x.db", True),
        ("postgresql://me@127.0.0.1/x", True),
        ("postgresql://me@localhost/x", True),
        ("postgresql:///x?host=/run/postgresql", True),
        ("postgresql://me@db.example.com/x", False),
        ("postgresql://me@db.example.com/x?sslmode=require", False),
        ("postgresql://me@db.example.com/x?sslmode=verify-full", True),
    ],
)
def test_a_database_elsewhere_counts_as_verified_with_verify_full_alone(url, expected):
    assert is_verified(url) is expected
