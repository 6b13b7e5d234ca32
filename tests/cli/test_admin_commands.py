"""The first administrator is named on the command line."""

from __future__ import annotations

import pytest
import yaml
from typer.testing import CliRunner

from core import cli
from core.contracts.errors import AccessError, ConfigError
from core.store import Store


@pytest.fixture(autouse=True)
def place(monkeypatch, tmp_path):
    access = {"sign_in": "oidc", "people": {"ana@example.com": {"roles": ["rep"]}}}
    (tmp_path / "quarterdeck.yaml").write_text(yaml.safe_dump({"access": access}), encoding="utf-8")
    monkeypatch.setenv("QUARTERDECK_CONFIG", str(tmp_path / "quarterdeck.yaml"))
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", f"sqlite:///{tmp_path / 'store.db'}")
    return tmp_path


def run(*words):
    return CliRunner().invoke(cli.app, ["admin", *words])


def test_somebody_becomes_administrator_and_is_taken_off_again(place):
    assert "Nobody. Name one" in run("list").output
    assert run("grant", "Bo@Example.com").output == "bo@example.com is an administrator.\n"
    assert run("list").output == "bo@example.com (Admin page)\n"
    store = Store.open(f"sqlite:///{place / 'store.db'}")
    assert store.audit.newest().row(0)[1:4] == ("command line", "person saved", "bo@example.com")
    store.access.keep("person", "cy@example.com", '{"roles": ["rep"], "name": "Cy"}', "bo@example.com")
    assert run("grant", "cy@example.com").exit_code == 0
    assert '"roles":["rep","admin"]' in {e[1]: e[2] for e in store.access.current()}["cy@example.com"]
    store.provisioned.save("User", "cy@example.com", {}, "SCIM", is_active=False)
    assert "has deactivated this person" in run("grant", "cy@example.com").output
    store.close()
    assert run("revoke", "bo@example.com").output == "bo@example.com is off the list.\n"
    assert run("list").output == "cy@example.com (Admin page)\n"


def test_whom_the_settings_file_lists_is_changed_there():
    assert isinstance(run("grant", "ana@example.com").exception, ConfigError)
    assert isinstance(run("revoke", "ana@example.com").exception, AccessError)


def test_without_sign_in_it_is_said_that_nobody_signs_in(place):
    (place / "quarterdeck.yaml").write_text("access: {sign_in: none}\n", encoding="utf-8")
    assert "Nobody signs in yet" in run("grant", "bo@example.com").output
