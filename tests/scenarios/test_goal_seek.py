"""Goal seek, tornado, heat map and the deciding deals, on the small company and on the sample."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from core.contracts.errors import ScenarioError
from core.scenarios.analysis import goal_seek, sensitivity, whatif
from core.scenarios.analysis.goal_seek import Goal
from core.scenarios.analysis.whatif import Ground
from core.scenarios.data.historical_ranges import Seen
from core.scenarios.engine import expectation
from core.scenarios.levers import LeverSetting, Scenario

NOTHING = Scenario()


@pytest.fixture(scope="module")
def start(sample, settings, bundle):
    return whatif.ground(sample, settings, bundle)


@pytest.mark.parametrize("sure", [0.5, 0.7])
def test_each_lever_alone_reaches_the_goal_it_says(start, sure):
    now = start.before().spread.quantile(1 - sure)
    goal = Goal(now * 1.08, sure)
    found = goal_seek.seek(start, NOTHING, goal)
    assert found.now == pytest.approx(now)
    reached = found.frame.filter(pl.col("value").is_not_null() & (pl.col("lever") != "hires"))
    assert reached.height >= 4
    for row in reached.iter_rows(named=True):
        plan = Scenario("x", (LeverSetting(row["lever"], row["value"]),))
        assert expectation.run(start.base, plan).spread.quantile(1 - sure) == pytest.approx(goal.amount, rel=2e-3)
    assert "one of these alone would do" in found.sentence()


def test_the_cheapest_mix_reaches_the_goal_and_costs_no_more_than_one_lever_within_its_past(start):
    goal = Goal(start.before().spread.quantile(0.5) * 1.06)
    found = goal_seek.seek(start, NOTHING, goal)
    assert found.reached
    assert expectation.run(start.base, found.mix).spread.quantile(0.5) == pytest.approx(goal.amount, rel=2e-3)
    alone = found.frame.filter("is_seen")["effort"].min()
    assert alone is None or found.cost <= alone * 1.02
    assert "easiest mix" in found.mix_sentence()


def test_a_dear_lever_is_left_out_of_the_mix(start):
    goal = Goal(start.before().spread.quantile(0.5) * 1.03)
    cheap = goal_seek.seek(start, NOTHING, goal)
    first = cheap.mix.levers[0].lever
    dear = goal_seek.seek(start, NOTHING, goal, {first: 500.0})
    assert first not in {s.lever for s in dear.mix.levers}


def test_what_is_reached_already_and_what_never_is(start):
    there = goal_seek.seek(start, NOTHING, Goal(1.0))
    assert there.is_there
    assert "already reached" in there.sentence()
    assert there.mix_sentence() == "Nothing has to change."
    never = goal_seek.seek(start, NOTHING, Goal(1e12))
    assert not never.reached
    assert never.frame["value"].null_count() == never.frame.height
    assert set(never.frame["shown"]) == {"not reachable by this lever alone"}
    assert "no lever alone reaches" in never.sentence()
    assert "the goal is not reached" in never.mix_sentence()


def test_a_goal_comes_on_top_of_what_is_set(start):
    plan = Scenario("x", (LeverSetting("win_rate", 0.05),))
    goal = Goal(start.before().spread.quantile(0.5) * 1.06)
    less = goal_seek.seek(start, plan, goal).frame.filter(pl.col("lever") == "deal_size")["value"][0]
    more = goal_seek.seek(start, NOTHING, goal).frame.filter(pl.col("lever") == "deal_size")["value"][0]
    assert less < more


@pytest.mark.parametrize(("amount", "sure"), [(-1.0, 0.5), (float("nan"), 0.5), (1.0, 0.0), (1.0, 1.0)])
def test_a_goal_that_is_none_is_a_sentence(amount, sure):
    with pytest.raises(ScenarioError, match="The goal must be"):
        Goal(amount, sure)


def test_an_effort_of_nothing_is_a_sentence(start):
    with pytest.raises(ScenarioError, match="effort"):
        goal_seek.seek(start, NOTHING, Goal(1.0), {"win_rate": 0.0})


def test_the_tornado_holds_what_the_engine_says(start):
    found = sensitivity.tornado(start, NOTHING)
    swings = (found.frame["high_amount"] - found.frame["low_amount"]).abs().to_list()
    assert swings == sorted(swings, reverse=True)
    row = found.frame.filter(pl.col("lever") == "win_rate").row(0, named=True)
    low = expectation.run(start.base, Scenario("x", (LeverSetting("win_rate", row["low"]),))).total()
    assert row["low_amount"] == pytest.approx(low - start.before().total())
    assert found.frame["label"][0] in found.sentence()
    assert "churn" in sensitivity.tornado(start, NOTHING, "mrr_amount").frame["lever"].to_list()
    bare = Ground(start.base, Seen(pl.DataFrame()))
    assert "too short to say" in sensitivity.tornado(bare, NOTHING).sentence()


def test_the_heat_map_rises_with_both(start):
    found = sensitivity.heat_map(start, NOTHING, "win_rate", "deal_size")
    assert found.frame.height == 49
    grid = found.frame.sort("y", "x")["amount"].to_numpy().reshape(7, 7)
    assert (np.diff(grid, axis=0) > 0).all()
    assert (np.diff(grid, axis=1) > 0).all()
    assert "chance of quota" in found.sentence()
    with pytest.raises(ScenarioError, match="two different levers"):
        sensitivity.heat_map(start, NOTHING, "win_rate", "win_rate")
    without = Ground(replace(start.base, quotas=(None,) * 5), start.seen)
    assert "quota" not in sensitivity.heat_map(without, NOTHING, "win_rate", "deal_size").sentence()


def test_the_deciding_deals_are_those_of_the_largest_variance(start):
    found = sensitivity.decisive(start, NOTHING)
    assert found.frame.height == 5
    w = start.before().parts.window(0)
    own = w.amount**2 * w.chance * (1 - w.chance)
    assert found.share == pytest.approx(np.sort(own)[-5:].sum() / (own.sum() + w.square @ w.count))
    assert (found.frame["p_if_won"] >= found.frame["p_if_lost"]).all()
    assert found.frame["opportunity_name"][0] in found.sentence()
    empty = Ground(replace(start.base, open_deals=start.base.open_deals.clear(), own=start.base.own[:0]), start.seen)
    assert "No open deal" in sensitivity.decisive(empty, NOTHING).sentence()
    without = Ground(replace(start.base, quotas=(None,) * 5), start.seen)
    assert sensitivity.decisive(without, NOTHING).frame["p_if_won"].null_count() == 5


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.5, "beyond any of six quarters"),
        (0.3, "your best quarter of six"),
        (0.15, "your second best quarter of six"),
        (-0.3, "below every one of six quarters"),
        (-0.05, "your fourth best quarter of six"),
    ],
)
def test_a_value_is_placed_among_the_companys_own_quarters(value, words):
    past = Seen(pl.DataFrame(), {"win_rate": [-0.2, -0.1, -0.05, 0.1, 0.15, 0.3], "x": []})
    assert past.rank("win_rate", value) == words
    assert past.rank("price", value) == "no history"
