"""Tokens for provisioning from the command line."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from core import cli
from core.contracts.errors import StoreError
from core.store import Store


@pytest.fixture(autouse=True)
def database(monkeypatch, tmp_path):
    url = f"sqlite:///{tmp_path / 'store.db'}"
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", url)
    return url


def run(*words):
    return CliRunner().invoke(cli.app, ["scim", *words])


def test_a_token_is_made_listed_and_ended(database):
    assert "provisioning is off" in run("list").output
    done = run("token", "Entra")
    token = done.stdout.strip()
    store = Store.open(database)
    assert store.scim_tokens.label_of(token) == "Entra"
    assert token not in str(store.audit.newest().rows())
    assert "Entra: made by command line" in run("list").output
    assert "last used" in run("list").output
    assert isinstance(run("token", "Entra").exception, StoreError)
    assert isinstance(run("token", " ").exception, StoreError)
    assert "counts no more" in run("revoke", "Entra").output
    assert store.scim_tokens.label_of(token) is None
    store.close()
    assert isinstance(run("revoke", "Entra").exception, StoreError)
