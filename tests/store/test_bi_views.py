"""Views for BI tools: each reader finds its own rows in PostgreSQL, and the copies behind them are refused."""

from __future__ import annotations

import json
import uuid

import psycopg
import pytest
from typer.testing import CliRunner

from core import bi_commands
from core.access.identity import AREAS
from core.access.row_view import view
from core.bi import postgres_views
from core.bi.published import TABLES
from core.cli import app
from core.contracts.errors import ContractError, StoreError

ALL = frozenset(f"{area}:read" for area in AREAS)


@pytest.fixture(scope="module")
def database(cluster, small, small_settings):
    name = f"bi{uuid.uuid4().hex[:10]}"
    with psycopg.connect(f"{cluster}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    emea = view(small, small_settings, ("EMEA",), "", True)
    readers = {"bi_all": (small, ALL), "bi_emea": (emea, ALL), "bi_narrow": (small, frozenset({"pipeline:read"}))}
    for _ in range(2):  # A second time in place of the first.
        postgres_views.publish(f"{cluster}/{name}", readers)
    with psycopg.connect(f"{cluster}/{name}", autocommit=True) as connection:
        for user, role in (("anna", "bi_all"), ("ben", "bi_emea"), ("carl", "bi_narrow"), ("dora", None)):
            connection.execute(f"CREATE ROLE {user} LOGIN")
            if role:
                connection.execute(f"GRANT {role} TO {user}")
    yield f"{cluster}/{name}"
    with psycopg.connect(f"{cluster}/postgres", autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
        for role in ("anna", "ben", "carl", "dora", *readers):
            connection.execute(f"DROP ROLE {role}")


def _asked(database, user, statement):
    with psycopg.connect(database.replace("quarterdeck@", f"{user}@")) as connection:
        return connection.execute(statement).fetchall()


@pytest.mark.postgres
def test_each_reader_finds_its_own_rows(database, small):
    for table in TABLES:
        (count,) = _asked(database, "anna", f"SELECT count(*) FROM bi.{table.name.lower()}")[0]
        assert count == getattr(small, table.table).height, table.name
    regions = _asked(database, "ben", "SELECT DISTINCT region FROM bi.accounts")
    assert regions == [("EMEA",)]
    names = {name for (name,) in _asked(database, "ben", "SELECT account_name FROM bi.accounts")}
    assert not names & set(small.accounts["account_name"])
    total = _asked(database, "anna", "SELECT sum(amount) FROM bi.deals WHERE NOT is_closed")[0][0]
    assert total == pytest.approx(small.opportunities.filter(is_closed=False)["amount"].sum())


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("user", "statement"),
    [
        ("ben", "SELECT * FROM bi_copies.deals"),
        ("ben", "DELETE FROM bi.deals"),
        ("ben", "SET ROLE bi_all"),
        ("carl", "SELECT * FROM bi.accounts"),
        ("dora", "SELECT * FROM bi.deals"),
    ],
)
def test_what_is_not_a_reader_s_is_refused(database, user, statement):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        _asked(database, user, statement)


@pytest.mark.postgres
def test_row_security_holds_where_somebody_grants_the_copies(database, small, small_settings):
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("GRANT USAGE ON SCHEMA bi_copies TO ben")
        connection.execute("GRANT SELECT ON bi_copies.accounts TO ben")
    mine = view(small, small_settings, ("EMEA",), "", True).accounts.height
    assert _asked(database, "ben", "SELECT count(*) FROM bi_copies.accounts")[0][0] == mine


def test_wrong_targets_and_names_are_refused(small):
    with pytest.raises(ContractError, match="PostgreSQL alone"):
        postgres_views.publish("sqlite:///x.db", {"bi_all": (small, ALL)})
    with pytest.raises(ContractError, match="no reader's name"):
        postgres_views.publish("postgresql://x/y", {'bi_a"; DROP': (small, ALL)})
    with pytest.raises(ContractError, match="nobody to publish for"):
        postgres_views.publish("postgresql://x/y", {})
    with pytest.raises(StoreError, match="Nothing was published"):
        postgres_views.publish("postgresql://127.0.0.1:1/none", {"bi_all": (small, ALL)})


@pytest.mark.parametrize("form", ["parquet", "arrow"])
def test_files_hold_the_rows_their_manifest_names(form, small, small_settings, tmp_path, monkeypatch):
    import hashlib

    import polars as pl
    import yaml

    settings = small_settings.model_copy(update={"database_url": f"sqlite:///{tmp_path / 'own.db'}"})
    monkeypatch.setattr(bi_commands, "_company", lambda: (settings, small))
    result = CliRunner().invoke(app, ["bi", "export", str(tmp_path / "out"), "--format", form])
    assert result.exit_code == 0, result.output
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["data"] == small.fingerprint
    assert len(manifest["files"]) == len(TABLES)
    for file in manifest["files"]:
        path = tmp_path / "out" / file["name"]
        assert hashlib.sha256(path.read_bytes()).hexdigest() == file["sha256"]
        frame = pl.read_parquet(path) if form == "parquet" else pl.read_ipc(path)
        assert (frame.height, frame.columns) == (file["rows"], list(file["columns"]))
    measures = yaml.safe_load((tmp_path / "out" / "measures.yaml").read_text())["measures"]
    assert {"name", "label", "formula", "grain", "right"} <= set(measures[0])
    assert all(entry["formula"] for entry in measures)
