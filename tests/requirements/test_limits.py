"""Limits: what a text demands, and how it compares with what we commit to, on cases written by hand."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from core.requirements.judge.limits import compare, demands, stated

CASES = yaml.safe_load(Path(__file__).with_name("limits_cases.yaml").read_text(encoding="utf-8"))


def capability(commitments="", **more):
    return {
        "capability_id": "C1",
        "name": "Thing",
        "status": "available",
        "commitments": commitments,
        "limit": "",
        "description": "",
        "available_on": None,
        **more,
    }


def test_there_are_enough_cases():
    assert sum(len(rows) for rows in CASES.values()) >= 150


@pytest.mark.parametrize(("text", "wanted"), CASES["quantities"])
def test_quantities(text, wanted):
    found = sorted((d.measure, round(d.value, 6)) for d in demands(text) if d.kind == "quantity")
    assert found == sorted((name, pytest.approx(value)) for name, value in wanted)


@pytest.mark.parametrize(("text", "wanted"), CASES["standards"])
def test_standards(text, wanted):
    found = sorted((d.measure, list(d.rank)) for d in demands(text) if d.kind == "standard")
    assert found == sorted((name, rank) for name, rank in wanted)


@pytest.mark.parametrize(("text", "names", "is_any"), CASES["regions"])
def test_regions(text, names, is_any):
    found = [d for d in demands(text) if d.kind == "region"]
    assert [name for d in found for name in d.names] == names
    assert any(d.is_any for d in found) is is_any


@pytest.mark.parametrize(("text", "on"), CASES["dates"])
def test_dates(text, on):
    assert [d.on for d in demands(text) if d.kind == "date"] == ([on] if on else [])


@pytest.mark.parametrize(("text", "commitments", "verdict", "words"), CASES["comparisons"])
def test_comparisons(text, commitments, verdict, words):
    ours = capability(commitments)
    found = compare(text, ours, stated([ours]))
    assert [c.verdict for c in found] == [verdict], found
    assert words in found[0].text


def test_the_products_commitment_is_cited():
    first, second = capability(), capability("uptime 99.95 %", capability_id="C2")
    found = compare("uptime of 99.9 %", first, stated([first, second]))
    assert found[0].text == "Uptime: asks for 99.9 %, we commit 99.95 % (C2): met"
    assert found[0].capability_id == "C2"


def test_what_is_not_ready_commits_to_nothing():
    first, second = capability(), capability("uptime 99.99 %", capability_id="C2", status="roadmap")
    assert compare("uptime of 99.9 %", first, stated([first, second]))[0].verdict == "unclear"


def test_a_measure_of_one_capability_is_not_lent_to_another():
    first, second = capability(), capability("retention 10 years", capability_id="C2")
    assert compare("kept for 1 year", first, stated([first, second]))[0].verdict == "unclear"


def test_commitments_come_before_limit_and_description():
    ours = capability("RTO 4 h", limit="RTO 8 h", description="Restored within 2 days. RPO 1 hour.")
    found = compare("RTO of 6 hours and RPO of 2 hours", ours, stated([ours]))
    assert [c.verdict for c in found] == ["met", "met"]


@pytest.mark.parametrize(
    ("planned", "verdict", "words"),
    [
        (date(2026, 12, 15), "met", "planned for 15 December 2026: in time"),
        (date(2027, 6, 1), "late", "planned for 1 June 2027: late"),
        (None, "unclear", "has no date"),
    ],
)
def test_dates_against_the_roadmap(planned, verdict, words):
    ours = capability(status="roadmap", available_on=planned)
    (found,) = compare("needed by 31 March 2027", ours, stated([ours]))
    assert found.verdict == verdict
    assert words in found.text


def test_a_date_is_no_matter_for_what_is_there():
    ours = capability()
    assert compare("needed by 31 March 2027", ours, stated([ours])) == ()


@settings(max_examples=60, deadline=None)
@given(st.floats(90, 100), st.floats(90, 100))
def test_more_uptime_never_meets_less(asked, given_):
    ours = capability(f"uptime {given_:.4f} %")
    (found,) = compare(f"uptime of {asked:.4f} %", ours, stated([ours]))
    assert found.verdict == ("met" if round(given_, 4) >= round(asked, 4) else "partial")


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_read_without_an_error(text):
    demands(text)
