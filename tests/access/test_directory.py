"""Rules of the settings file and of the Admin page give a person one identity."""

from __future__ import annotations

import json

import pytest
import yaml

from core.access.directory import FILE, PAGE, RoleRule, checked, in_force, parsed
from core.access.identity import can
from core.config import load
from core.config.settings import Person
from core.contracts.errors import AccessError, ConfigError

ACCESS = {
    "sign_in": "oidc",
    "people": {"Ana@example.com": {"roles": ["admin"], "name": "Ana"}},
    "groups": {
        "sales-emea": {"roles": ["leader"], "regions": ["EMEA"]},
        "Sales": {"roles": ["rep"], "team_of": "own", "mask_names": True},
    },
    "hidden_fields": {"rep": ["margin", "contacts"], "partner": ["amounts", "margin"]},
}


def settings_of(tmp_path, access=ACCESS, **more):
    file = tmp_path / "quarterdeck.yaml"
    file.write_text(yaml.safe_dump({"access": access, **more}, sort_keys=False), encoding="utf-8")
    return load(file, {})


@pytest.fixture
def settings(tmp_path):
    return settings_of(tmp_path, roles={"partner": ["pipeline:read", "forecast:read", "requirements:write"]})


def entry(kind, title, **content):
    return (kind, title, json.dumps(content), 1)


def test_the_first_group_that_fits_gives_roles_rows_and_masking(settings):
    rules = in_force(settings)
    bo = rules.identify("bo@example.com", "Bo", ["SALES", "sales-emea"])
    assert (bo.roles, bo.regions, bo.team_of, bo.is_masked) == (("leader",), ("EMEA",), "", False)
    cy = rules.identify("cy@example.com", None, [" sales "])
    assert (cy.name, cy.roles, cy.team_of, cy.is_masked) == ("cy@example.com", ("rep",), "own", True)
    assert cy.hidden == ("contacts", "margin")


def test_a_listed_person_is_what_the_list_says_whatever_the_groups(settings):
    ana = in_force(settings).identify("ANA@example.com", None, ["sales-emea"])
    assert (ana.name, ana.roles, ana.regions) == ("Ana", ("admin",), ())


def test_nobody_gets_in_without_a_rule_even_with_four_hundred_groups(settings):
    with pytest.raises(AccessError, match="no role here"):
        in_force(settings).identify("eve@example.com", "Eve", [f"group-{n}" for n in range(400)])
    with pytest.raises(AccessError, match="Nobody is signed in"):
        in_force(settings).identify("  ", "Eve", ["sales-emea"])


def test_rules_of_the_app_add_to_the_file_and_never_change_it(settings):
    entries = [
        entry("person", "ana@example.com", roles=["rep"]),
        entry("person", "di@example.com", roles=["scout"], name="Di"),
        entry("role", "scout", rights=["pipeline:read"]),
        entry("group", "sales-emea", roles=["admin"]),
        entry("role", "rep", rights=["*"]),
    ]
    rules = in_force(settings, entries)
    assert rules.identify("ana@example.com", None).roles == ("admin",)
    di = rules.identify("di@example.com", None)
    assert (di.name, can(di, "pipeline:read", {}), can(di, "data:read", {})) == ("Di", True, False)
    assert (rules.source("person", "di@example.com"), rules.source("person", "ana@example.com")) == (PAGE, FILE)
    assert rules.identify("bo@example.com", None, ["sales-emea"]).roles == ("leader",)
    assert not can(rules.identify("x@example.com", None, ["sales"]), "admin:write", {})
    assert rules.administrators() == ["ana@example.com"]


def test_a_role_without_amounts_opens_every_page_and_writes_nothing_back_to_the_crm(settings):
    rules = in_force(
        settings,
        [
            entry("role", "guest", rights=["*"], hidden_fields=["amounts"]),
            entry("role", "visitor", rights=["*"], hidden_fields=["exact_amounts"]),
        ],
    )
    assert rules.rights(["partner"]) == ("forecast:read", "pipeline:read", "requirements:write")
    for role in ("guest", "visitor"):
        assert {"forecast:read", "scenarios:write", "admin:write"} <= set(rules.rights([role]))
        assert "crm:write" not in rules.rights([role])
    assert rules.hidden(["guest", "visitor"]) == ("exact_amounts",)
    assert rules.hidden(["partner", "rep"]) == ("margin",)
    assert rules.hidden(["partner", "leader"]) == ()
    assert rules.hidden(["nobody"]) == ()


@pytest.mark.parametrize(
    ("kind", "name", "values", "says"),
    [
        ("person", " ", {"roles": ["rep"]}, "1 to 200 characters"),
        ("person", "x@example.com", {"roles": ["raider"]}, "Did you mean 'leader'|There are"),
        ("person", "ANA@example.com", {"roles": ["rep"]}, "settings file says"),
        ("role", "scout", {"rights": ["pipelin:read"]}, "Did you mean 'pipeline'"),
        ("role", "scout", {"rights": ["pipeline:reed"]}, "Did you mean 'read'"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(settings, kind, name, values, says):
    with pytest.raises(ConfigError, match=says):
        checked(kind, name, parsed(kind, values), in_force(settings))


def test_values_of_a_rule_are_checked_by_name(settings):
    with pytest.raises(ConfigError, match="person's roles is not valid"):
        parsed("person", {"roles": []})
    with pytest.raises(ConfigError, match="hidden_fields"):
        parsed("role", {"rights": ["*"], "hidden_fields": ["salaries"]})
    assert checked("role", "scout", RoleRule(rights=("*",)), in_force(settings)) == "scout"
    assert checked("person", " X@Example.com ", Person(roles=("rep",)), in_force(settings)) == "x@example.com"


@pytest.mark.parametrize(
    ("access", "says"),
    [
        ({"groups": {"g": {"roles": ["leadr"]}}}, "did you mean 'leader'"),
        ({"groups": {"g": {"roles": ["zzz"]}}}, "there are admin, leader"),
        ({"groups": {"g": {"roles": ["rep"], "region": ["EMEA"]}}}, "access.groups.g.region"),
        ({"groups": {"g": {"roles": []}}}, "access.groups.g.roles"),
        ({"hidden_fields": {"rep": ["salaries"]}}, "access.hidden_fields.rep"),
        ({"group": {}}, "Did you mean 'groups'"),
    ],
)
def test_a_mistake_in_the_settings_names_the_line(tmp_path, access, says):
    with pytest.raises(ConfigError, match=says):
        settings_of(tmp_path, access)
