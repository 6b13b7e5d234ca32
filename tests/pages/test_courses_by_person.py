"""Whose courses somebody sees person by person."""

from __future__ import annotations

from types import SimpleNamespace

import polars as pl
import pytest

from core import contracts
from core.access import Identity
from pages.ui.enablement import learning


@pytest.fixture
def company(sample):
    """The small company with a user of the CRM for each of the sales team."""
    team = sample.sales_team.unique("rep_id", maintain_order=True)
    users = team.select(user_id="rep_id", user_name="rep_name", email=pl.col("rep_id") + "@example.com")
    return sample.with_frames(users=pl.concat([contracts.empty("users"), users], how="diagonal"))


@pytest.mark.parametrize(("role", "whose"), [("rep", "own"), ("sales_engineer", "all"), ("leader", "none")])
def test_courses_are_seen_by_oneself_and_those_above(company, settings, role, whose):
    team = company.sales_team.filter(pl.col("manager_id").is_not_null(), pl.col("valid_to").is_null())
    rep = team.filter(~pl.col("rep_id").is_in(team["manager_id"].implode()))["rep_id"][0]
    people = pl.DataFrame({"rep_id": company.sales_team["rep_id"].unique(maintain_order=True)})
    mail = "nobody@example.com" if whose == "none" else f"{rep}@example.com"
    who = Identity(mail.lower(), rep, (role,))
    page = SimpleNamespace(identity=who, settings=settings, visible=company, data=company)
    seen = learning.of_those_below(page, people)["rep_id"].to_list()
    assert seen == {"own": [rep], "all": people["rep_id"].to_list(), "none": []}[whose]


def test_a_manager_sees_the_team(company, settings):
    team = company.sales_team.filter(pl.col("manager_id").is_not_null(), pl.col("valid_to").is_null())
    head = team["manager_id"][-1]
    who = Identity(f"{head}@example.com".lower(), head, ("manager",))
    page = SimpleNamespace(identity=who, settings=settings, visible=company, data=company)
    below = set(learning.of_those_below(page, team.select("rep_id"))["rep_id"])
    assert set(team.filter(pl.col("manager_id") == head)["rep_id"]) <= below
    assert len(below) < team["rep_id"].n_unique()
