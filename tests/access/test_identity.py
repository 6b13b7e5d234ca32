from __future__ import annotations

import pytest

from core.access import LOCAL, Identity, can


def test_the_local_user_may_do_all(settings):
    assert can(LOCAL, "admin:write", settings.roles)
    assert can(LOCAL, "pipeline:read")


@pytest.mark.parametrize(
    ("right", "held"),
    [("pipeline:read", True), ("pipeline:write", False), ("requirements:read", True), ("models:read", False)],
)
def test_a_rep_holds_what_the_settings_give(settings, right, held):
    assert can(Identity("bo", "Bo", ("rep",)), right, settings.roles) is held


def test_an_unknown_role_gives_nothing(settings):
    assert not can(Identity("bo", "Bo", ("captain",)), "pipeline:read", settings.roles)
