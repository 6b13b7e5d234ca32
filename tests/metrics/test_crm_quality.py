"""What the CRM should mend, counted on deals whose faults are known."""

from __future__ import annotations

from datetime import date

import pytest

from core.config import load
from core.metrics import crm_quality
from core.sources.folder import read_files

HEAD = (
    "opportunity_id,opportunity_name,account_id,owner_id,stage,amount,close_on,created_on,is_closed,is_won,"
    "next_step,n_contacts"
)
DEALS = f"""{HEAD}
1,Fine,a1,u1,Discovery,10,2026-05-01,2026-01-02,false,false,Call,3
2,Bare,a2,u1,Discovery,,2026-05-01,2026-01-02,false,false,Call,3
3,Late,a3,u1,Discovery,12,2026-01-05,2026-01-02,false,false,,1
4,Twin,a4,u2,Discovery,13,2026-05-01,2026-01-02,false,false,Call,3
5,Twin,a4,u2,Discovery,14,2026-06-01,2026-01-02,false,false,Call,3
6,Odd,a5,,Closed Lost,15,2026-02-01,2026-01-02,true,true,Call,3
7,Undated,a6,u2,Discovery,16,,2026-01-02,false,false,Call,3
8,Done,a7,u2,Closed Won,,2026-02-01,2026-01-02,true,true,,0
"""
TEAM = "rep_id,rep_name,valid_from,role\nu1,Ana,2025-01-01,rep\nu2,Ben,2025-01-01,rep\n"


@pytest.fixture(scope="module")
def data():
    files = {"opportunities.csv": DEALS.encode(), "sales_team.csv": TEAM.encode()}
    return read_files(files, None, load(environ={}), date(2026, 3, 1))


def test_every_fault_is_listed_once_with_its_owner(data):
    measure = crm_quality.to_fix(data, load(environ={}))
    pairs = set(measure.frame.select("opportunity_id", "rule").iter_rows())
    rules = crm_quality.RULES
    assert pairs == {
        ("2", rules["no_amount"]),
        ("3", rules["overdue"]),
        ("3", rules["no_next_step"]),
        ("3", rules["single_contact"]),
        ("4", rules["duplicate"]),
        ("5", rules["duplicate"]),
        ("6", rules["stage_against_flag"]),
        ("7", rules["no_close_date"]),
    }
    assert (measure.value, measure.frame["opportunity_id"][0]) == (6, "2")
    assert "6 deals need fixing, of 6 open ones" in measure.sentence()


def test_owners_are_counted(data):
    measure = crm_quality.by_owner(data, load(environ={}))
    assert measure.frame.select("owner", "n_deals").rows() == [("Ben", 3), ("Ana", 2), ("Nobody", 1)]
    assert measure.sentence() == "3 owners have something to fix, Ben most: 3 deals."
    assert measure.frame.filter(owner="Ana")["overdue"].to_list() == [1]


def test_weeks_are_counted_back_by_the_histories(data):
    measure = crm_quality.over_time(data, load(environ={}))
    frame = measure.frame
    assert (frame.height, frame["on"][-1]) == (13, date(2026, 3, 1))
    assert frame.filter(on=date(2026, 3, 1)).row(0) == (date(2026, 3, 1), 6, 1, 1, 1)
    assert frame.filter(on=date(2025, 12, 7)).row(0) == (date(2025, 12, 7), 0, 0, 0, 0)
    assert measure.sentence() == "1 open deal is overdue; 12 weeks ago it was 0."


def test_nothing_to_fix_is_said(data):
    fine = data.with_frames(opportunities=data.opportunities.filter(opportunity_id="1"))
    settings = load(environ={})
    assert crm_quality.to_fix(fine, settings).sentence() == "Nothing needs fixing in the CRM."
    assert crm_quality.by_owner(fine, settings).sentence() == "Nobody has anything to fix."


def test_a_rule_without_its_column_finds_nothing(data):
    bare = data.opportunities.with_columns(next_step=None, n_contacts=None)
    rules = crm_quality.to_fix(data.with_frames(opportunities=bare), load(environ={})).frame["rule"]
    assert not {crm_quality.RULES["no_next_step"], crm_quality.RULES["single_contact"]} & set(rules)
