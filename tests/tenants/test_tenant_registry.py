"""Nothing of a tenant is another's: folders, keys, ports, hosts, databases; and a bad name changes nothing."""

from __future__ import annotations

import stat

import pytest
import yaml

from core.contracts.errors import ConfigError, StoreError
from core.tenants.process_environment import environment
from core.tenants.tenant_registry import Registry

SECRETS = ("seal", "log-secret", "metrics-token")
DATABASE_OF_NORTH = {"database_url": "sqlite:///{north}/home/quarterdeck.db", "access": {"hosts": ["s.example.com"]}}
SETTINGS = {"company": "Acme", "access": {"sign_in": "oidc"}}


def two(registry: Registry):
    return registry.create("north", ["north.example.com"], SETTINGS), registry.create(
        "south", ["south.example.com", "SOUTH.example.com."], SETTINGS
    )


def test_two_tenants_share_no_path_key_port_or_variable(registry):
    north, south = two(registry)
    assert south.hosts == ("south.example.com",)
    assert north.port != south.port
    for name in SECRETS:
        keys = [tenant.key_file(name).read_text() for tenant in (north, south)]
        assert len(set(keys)) == 2
        assert all(len(key.strip()) == 64 for key in keys)
    given = [environment(tenant, {"PATH": "/bin"}) for tenant in (north, south)]
    shared = {name for name, value in given[0].items() if given[1].get(name) == value}
    assert shared == {"PATH", "PYTHON_KEYRING_BACKEND", "QUARTERDECK_LOG"}
    assert north.settings.database != south.settings.database


def test_only_the_owner_reads_a_tenants_folder_and_keys(registry):
    north, _ = two(registry)
    assert stat.S_IMODE(north.folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in (north.folder / "keys").iterdir()} == {0o600}


def test_nothing_of_the_supervisors_environment_reaches_a_tenant(registry):
    north, _ = two(registry)
    outside = {"PATH": "/bin", "CRM_TOKEN": "secret", "QUARTERDECK_KEY": "0" * 64, "HOME": "/root"}
    outside |= {"QUARTERDECK_DATABASE_URL": "postgresql:///other", "QUARTERDECK_HOME": "/elsewhere", "TMPDIR": "/tmp"}
    given = environment(north, outside)
    assert "secret" not in given.values()
    assert "QUARTERDECK_KEY" not in given
    assert "QUARTERDECK_DATABASE_URL" not in given
    assert given["HOME"] == str(north.folder)
    assert given["QUARTERDECK_HOME"] == str(north.home)
    assert given["TMPDIR"].startswith(str(north.folder))


@pytest.mark.parametrize(
    ("name", "hosts", "words"),
    [
        ("..", ["a.example.com"], "no name for a tenant"),
        ("North", ["a.example.com"], "no name for a tenant"),
        ("a--b", ["a.example.com"], "no name for a tenant"),
        ("west", [], "needs a name people reach it by"),
        ("west", ["a.example.com; return 200"], "no name of a host"),
        ("west", ["localhost"], "no name of a host"),
        ("west", ["*.example.com"], "no name of a host"),
        ("west", ["North.example.com"], "leads to north already"),
        ("north", ["west.example.com"], "a tenant called north already"),
    ],
)
def test_what_would_not_be_apart_is_refused_and_leaves_nothing(registry, name, hosts, words):
    two(registry)
    with pytest.raises(ConfigError, match=words):
        registry.create(name, hosts, SETTINGS)
    assert sorted(path.name for path in registry.root.iterdir() if path.is_dir()) == ["north", "south"]


def test_a_database_is_one_tenants_whatever_its_address_looks_like(registry):
    url = "postgresql://ana:pw@db.example.com/sales"
    made = registry.create("north", ["north.example.com"], SETTINGS, url)
    assert made.settings.database == url
    assert url not in (made.folder / "quarterdeck.yaml").read_text()
    with pytest.raises(ConfigError, match="north has that database"):
        registry.create(
            "south",
            ["south.example.com"],
            SETTINGS,
            "postgresql+psycopg://bo@DB.example.com:5432/sales?sslmode=require",
        )
    with pytest.raises(StoreError, match="not a URL"):
        registry.create("south", ["south.example.com"], SETTINGS, "nowhere")


@pytest.mark.parametrize(
    ("file", "changes", "words"),
    [
        ("tenant.yaml", {"port": 8601}, "has the port 8601, and so has"),
        ("quarterdeck.yaml", {"access": {"hosts": ["north.example.com"]}}, "leads to it and to"),
        ("quarterdeck.yaml", DATABASE_OF_NORTH, "the database of"),
    ],
)
def test_tenants_made_to_share_by_hand_are_not_run(registry, file, changes, words):
    north, south = two(registry)
    text = yaml.safe_dump(changes).replace("{north}", str(north.folder))
    (south.folder / file).write_text(text)
    problems = {tenant.name: tenant.problem for tenant in registry.tenants()}
    assert words in problems["south"]
    assert words in problems["north"]


def test_a_tenant_whose_files_cannot_be_read_says_why_and_the_others_run(registry):
    north, south = two(registry)
    (north.folder / "quarterdeck.yaml").write_text("branding: {accent: '#ffff00'}")
    (registry.root / "odd").mkdir()
    (registry.root / "odd" / "tenant.yaml").write_text("port: many")
    (south.folder / "quarterdeck.yaml").write_text("company: South")
    problems = {tenant.name: tenant.problem for tenant in registry.tenants()}
    assert "contrast" in problems["north"]
    assert "cannot be read" in problems["odd"]
    assert "No host leads to it" in problems["south"]
    with pytest.raises(ConfigError, match="There is no tenant called"):
        registry.get("west")


def test_a_deleted_tenant_leaves_nothing_and_frees_its_names(registry):
    north, _ = two(registry)
    registry.delete("north")
    assert [path.name for path in registry.root.iterdir() if path.is_dir()] == ["south"]
    assert registry.create("north", ["north.example.com"], SETTINGS).port == north.port


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="cannot be written to"):
        Registry(tmp_path / "file" / "tenants").create("north", ["north.example.com"], SETTINGS)
