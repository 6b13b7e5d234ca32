"""Nobody hands on what is not theirs: rights, rows, names, fields."""

from __future__ import annotations

import pytest

from core.access.delegation import Delegation, viewed_by
from core.access.directory import GROUP, PERSON, ROLE, RoleRule, in_force
from core.access.identity import Identity, can
from core.config import load
from core.config.settings import AccessRule
from core.contracts.errors import AccessError

EMEA = AccessRule(roles=("rep",), regions=("EMEA",))


@pytest.fixture(scope="module")
def directory():
    settings = load(environ={})
    roles = settings.roles | {"clerk": ("admin:write", "pipeline:read")}
    access = settings.access.model_copy(update={"hidden_fields": {"clerk": ("margin",)}})
    return in_force(settings.model_copy(update={"roles": roles, "access": access}))


def who(directory, *roles, **bounds):
    return Identity("ana", "Ana", roles, rights=directory.rights(roles), **bounds)


def refused(actor, kind, before, after, directory, **more):
    try:
        Delegation(actor, **more).check(kind, before, after, directory)
    except AccessError as error:
        return str(error)
    return ""


def test_an_administrator_of_the_company_gives_everything(directory):
    admin = who(directory, "admin")
    for rule in (EMEA, AccessRule(roles=("admin",)), AccessRule(roles=("leader",), team_of="own")):
        assert refused(admin, PERSON, None, rule, directory) == ""
    assert refused(admin, ROLE, None, RoleRule(rights=("*",)), directory) == ""


def test_an_administrator_of_a_region_stays_within_it(directory):
    admin = who(directory, "admin", regions=("EMEA", "APAC"))
    assert refused(admin, PERSON, None, EMEA, directory) == ""
    assert refused(admin, GROUP, EMEA, None, directory) == ""
    for beyond in (AccessRule(roles=("rep",)), AccessRule(roles=("rep",), regions=("EMEA", "Americas"))):
        assert "beyond what you see" in refused(admin, PERSON, None, beyond, directory)
        assert "beyond what you see" in refused(admin, PERSON, beyond, EMEA, directory)
        assert "beyond what you see" in refused(admin, PERSON, beyond, None, directory)
    assert "whole company" in refused(admin, ROLE, None, RoleRule(rights=("pipeline:read",)), directory)
    bounded = Delegation(admin).bounded(AccessRule(roles=("rep",)))
    assert bounded.regions == ("EMEA", "APAC")


def test_an_administrator_of_a_team_stays_within_it(directory):
    admin = who(directory, "admin", team_of="own")
    given = {"head": "R1", "team": {"R1", "R2"}}
    for head, is_within in (("R1", True), ("R2", True), ("R3", False), ("own", False), ("", False)):
        rule = AccessRule(roles=("rep",), team_of=head)
        assert (refused(admin, PERSON, None, rule, directory, **given) == "") is is_within
    assert Delegation(admin, **given).bounded(AccessRule(roles=("rep",))).team_of == "R1"


def test_nobody_gives_a_right_a_name_or_a_field_they_do_not_have(directory):
    clerk = who(directory, "clerk")
    assert "right that you do not have" in refused(clerk, PERSON, None, AccessRule(roles=("admin",)), directory)
    assert "right that you do not have" in refused(clerk, ROLE, None, RoleRule(rights=("*",)), directory)
    assert refused(clerk, ROLE, None, RoleRule(rights=("pipeline:read",)), directory) == ""
    masked = who(directory, "admin", is_masked=True)
    assert "Names are hidden" in refused(masked, PERSON, None, AccessRule(roles=("rep",)), directory)
    assert refused(masked, PERSON, None, AccessRule(roles=("rep",), mask_names=True), directory) == ""
    blind = who(directory, "admin", hidden=("margin",))
    assert "You do not see margin" in refused(blind, PERSON, None, AccessRule(roles=("rep",)), directory)
    assert refused(blind, PERSON, None, AccessRule(roles=("clerk",)), directory) == ""


def test_whoever_looks_through_others_eyes_sees_no_more_than_before(directory):
    actor = who(directory, "clerk", is_masked=True, hidden=("margin",))
    other = Identity("bo", "Bo", ("admin",), regions=("APAC",), rights=("*",), hidden=("contacts",))
    viewed = viewed_by(actor, other)
    assert (viewed.user, viewed.name, viewed.regions) == ("ana", "Ana as Bo", ("APAC",))
    assert viewed.rights == ("pipeline:read", "admin:read")
    assert (viewed.is_masked, viewed.hidden) == (True, ("contacts", "margin"))
    assert not can(viewed, "admin:write")
