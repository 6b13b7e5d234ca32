"""`quarterdeck tenant`: made, listed, exported, run and deleted by commands, each refusal a sentence."""

from __future__ import annotations

import json

import pytest
import yaml

from core import tenant_commands


def test_a_tenant_is_made_listed_and_deleted_by_its_name(tenant_command, root):
    assert "There is no tenant yet" in tenant_command("list").stdout
    made = tenant_command("create", "north", "--host", "north.example.com", "--title", "North AG")
    assert made.returncode == 0
    assert "on port 8601 for north.example.com" in made.stdout
    assert "admin grant MAIL" in made.stdout
    assert "north: port 8601, north.example.com, 0.0 MB" in tenant_command("list").stdout
    (entry,) = json.loads(tenant_command("list", "--json").stdout)
    assert (entry["name"], entry["is_demo"], entry["problem"]) == ("north", False, "")
    wrong = tenant_command("delete", "north", "--confirm", "south")
    assert wrong.returncode == 1
    assert "nothing was deleted" in wrong.stderr
    assert "north is deleted" in tenant_command("delete", "north", "--confirm", "north").stdout
    assert not (root / "north").exists()
    assert tenant_command("delete", "north", "--confirm", "north").returncode == 1


def test_a_demo_bears_a_brand_and_says_who_may_what(tenant_command, root):
    made = tenant_command("create", "demo", "--host", "demo.example.com", "--demo", "--industry", "medical")
    assert "whoever reaches that name may do everything in it, until the next night" in made.stdout
    values = yaml.safe_load((root / "demo" / "quarterdeck.yaml").read_text())
    assert values["branding"]["name"] == "Demo"
    assert values["demo"] == {"industry": "medical", "size": "small"}
    assert "demo (demo): port 8601" in tenant_command("list").stdout


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--sign-in", "none"), "could read and change everything"),
        (("--demo", "--database-url", "postgresql:///demo"), "emptied every night"),
        (("--account", "nobody-of-that-name"), "cannot be given to the account"),
    ],
)
def test_what_would_be_open_or_shared_is_refused(tenant_command, words, sentence):
    refused = tenant_command("create", "north", "--host", "north.example.com", *words)
    assert refused.returncode == 1
    assert sentence in refused.stderr


def test_a_database_of_a_server_is_left_and_told(tenant_command):
    tenant_command("create", "north", "--host", "north.example.com", "--database-url", "postgresql://db.example.com/n")
    assert "dropdb takes it away" in tenant_command("delete", "north", "--confirm", "north").stdout


def test_the_proxys_file_is_written_or_printed(tenant_command, tmp_path):
    tenant_command("create", "north", "--host", "north.example.com")
    assert "backend tenant-north" in tenant_command("proxy", "haproxy").stdout
    assert "1 tenants" in tenant_command("proxy", "nginx", "--out", str(tmp_path / "q.conf")).stdout
    assert "server_name north.example.com;" in (tmp_path / "q.conf").read_text()


@pytest.mark.slow
def test_other_commands_run_with_the_tenants_own_environment(tenant_command, monkeypatch, root):
    tenant_command("create", "north", "--host", "north.example.com")
    asked = []

    def run(command, **options):
        asked.append((command[3:], options["env"], options["cwd"]))
        return type("Done", (), {"returncode": 7})()

    monkeypatch.setattr(tenant_commands.subprocess, "run", run)
    assert tenant_command("run", "north", "admin", "grant", "ana@example.com").returncode == 7
    assert tenant_command("export", "north").returncode == 7
    (granted, env, folder), (backup, _, _) = asked
    assert granted == ["admin", "grant", "ana@example.com"]
    assert env["QUARTERDECK_HOME"] == str(root / "north" / "home")
    assert folder == root / "north"
    assert backup == ["backup", "--to", str(root / "north" / "backups")]
