from __future__ import annotations

import pytest

from core.config import load
from core.contracts.errors import ConfigError


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def test_defaults_are_valid_and_hashable():
    settings = load(environ={})
    assert settings.stages.open == ("Prospecting", "Qualification", "Discovery", "Proposal", "Negotiation")
    assert hash(settings.models) == hash(load(environ={}).models)


def test_users_file_wins_over_defaults_and_environment_over_both(tmp_path):
    file = write(tmp_path / "q.yaml", "currency: EUR\nhome: there\nfiscal: {year_start_month: 4}\n")
    settings = load(file, environ={"QUARTERDECK_HOME": str(tmp_path)})
    assert settings.currency == "EUR"
    assert settings.fiscal.year_start_month == 4
    assert settings.home == tmp_path
    assert settings.database == f"sqlite:///{tmp_path / 'quarterdeck.db'}"


def test_environment_names_the_data(tmp_path):
    env = {
        "QUARTERDECK_DATA": "/d",
        "QUARTERDECK_MAPPING": "/m.yaml",
        "QUARTERDECK_DATABASE_URL": "postgresql://x",
    }
    settings = load(environ=env)
    assert (settings.source.folder, settings.source.mapping) == ("/d", "/m.yaml")
    assert settings.database == "postgresql://x"


def test_roles_may_be_added(tmp_path):
    settings = load(write(tmp_path / "q.yaml", "roles: {auditor: ['data:read']}\n"), environ={})
    assert settings.roles["auditor"] == ("data:read",)
    assert "admin" in settings.roles


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("curency: EUR", "currency"),
        ("fiscal: {year_start_mont: 4}", "fiscal.year_start_mont"),
        ("fiscal: {year_start_month: 13}", "fiscal.year_start_month"),
        ("models: {horizons_days: [90, 30]}", "rising order"),
        ("- a\n- b", "names and values"),
        ("a: [1", "not valid YAML"),
    ],
)
def test_a_bad_file_is_told_in_a_sentence(tmp_path, text, expected):
    with pytest.raises(ConfigError, match=expected):
        load(write(tmp_path / "q.yaml", text), environ={})


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path / "none.yaml", environ={})
