"""Whose numbers a page shows, in words."""

from __future__ import annotations

from core.access import LOCAL, WHOLE, Identity, View, view
from pages.ui.kit import whose


def test_the_whole_company_goes_without_saying(small):
    assert whose.sentence(LOCAL, WHOLE, small) == ""


def test_ones_own_deals_ones_team_and_regions_are_told_apart(small, small_settings):
    reports = small.sales_team.drop_nulls("manager_id")
    manager = reports["manager_id"].mode()[0]
    own = reports.filter(~reports["rep_id"].is_in(reports["manager_id"].implode()))["rep_id"][0]

    def said(who, head="", regions=()):
        return whose.sentence(who, View(regions, head), view(small, small_settings, regions, head))

    rep, boss = Identity("bo", "Bo", ("rep",), team_of="own"), Identity("al", "Al", ("manager",), team_of="own")
    assert said(rep, own).startswith("Your ")
    assert "of your team, " in said(boss, manager)
    leader = Identity("cy", "Cy", ("leader",), team_of=manager)
    assert "of the team you look after, " in said(leader, manager)
    assert " in EMEA. " in said(leader, "", ("EMEA",))


def test_a_manager_reviews_and_forecasts_with_the_team(small_settings):
    rights = small_settings.roles["manager"]
    assert {"review:write", "forecast:read", "pipeline:read"} <= set(rights)
    assert not [right for right in rights if right.startswith("admin")]
