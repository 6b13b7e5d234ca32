from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from core.contracts import Dataset, empty
from core.contracts.dataset import FRAMES
from core.metrics import hierarchy
from tests.features.conftest import rows

DAY = date(2026, 5, 1)
BEGIN = date(2025, 1, 1)


def team(*people):
    """People from (id, role, manager, from, to)."""
    frames = {name: empty(name) for name in FRAMES}
    frames["sales_team"] = (
        frames["sales_team"]
        if not people
        else rows(
            "sales_team",
            *[
                {"rep_id": i, "rep_name": i.title(), "role": r, "manager_id": m, "valid_from": a, "valid_to": b}
                for i, r, m, a, b in people
            ],
        )
    )
    return Dataset(**frames, as_of=DAY, source="test", rejected=pl.DataFrame())


def test_an_outline_of_those_valid_on_the_day():
    data = team(
        ("vp", "vp", None, BEGIN, None),
        ("m1", "manager", "vp", BEGIN, None),
        ("m2", "manager", "vp", BEGIN, None),
        ("r1", "rep", "m1", BEGIN, date(2026, 4, 1)),
        ("r1", "rep", "m2", date(2026, 4, 1), None),
        ("r2", "rep", "m1", BEGIN, date(2026, 1, 1)),
    )
    found = hierarchy.people(data, DAY)
    assert found.select("person_id", "depth").rows() == [("vp", 0), ("m1", 1), ("m2", 1), ("r1", 2)]
    before = hierarchy.people(data, date(2025, 6, 1))
    assert before.filter(pl.col("person_id") == "r1")["manager_id"].to_list() == ["m1"]
    assert "r2" in before["person_id"].to_list()


def test_chains_hold_everybody_below_each_leader():
    data = team(("vp", "vp", None, BEGIN, None), ("m1", "manager", "vp", BEGIN, None), ("r1", "rep", "m1", BEGIN, None))
    pairs = set(hierarchy.chains(hierarchy.people(data, DAY)).iter_rows())
    assert pairs == {("vp", "vp"), ("vp", "m1"), ("vp", "r1"), ("m1", "m1"), ("m1", "r1"), ("r1", "r1")}


def test_somebody_whose_manager_has_left_stands_at_the_top():
    found = hierarchy.people(team(("r1", "rep", "gone", BEGIN, None)), DAY)
    assert found.select("person_id", "depth", "manager_id").rows() == [("r1", 0, None)]


@pytest.mark.parametrize("loop", [[("a", "b"), ("b", "a")], [("a", "a")], [("a", "b"), ("b", "c"), ("c", "a")]])
def test_a_circle_of_managers_ends(loop):
    data = team(*[(i, "manager", m, BEGIN, None) for i, m in loop], ("r", "rep", "a", BEGIN, None))
    found = hierarchy.people(data, DAY)
    assert sorted(found["person_id"]) == sorted([*(i for i, _ in loop), "r"])
    assert hierarchy.chains(found).filter(pl.col("person_id") == "r").height >= 1


def test_nobody_in_the_team_is_an_empty_outline():
    found = hierarchy.people(team(), DAY)
    assert found.is_empty()
    assert hierarchy.chains(found).is_empty()
