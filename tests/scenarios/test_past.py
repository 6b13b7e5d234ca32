"""What the past tells: the test of the levers, shared fates, model levers, and the brief for the board."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from scipy.special import ndtr, ndtri

from core.scenarios import board_brief
from core.scenarios.analysis import backtest, whatif
from core.scenarios.data import arrays, correlation
from core.scenarios.data.correlation import measure
from core.scenarios.engine import expectation
from core.scenarios.levers import LeverSetting, Scenario


@pytest.fixture(scope="module")
def start(sample, settings, bundle):
    return whatif.ground(sample, settings, bundle)


@pytest.fixture(scope="module")
def tested(sample, settings):
    return backtest.run(sample, settings)


def test_the_actual_bookings_of_a_past_quarter_are_those_won_in_it(tested, sample):
    assert tested.frame.height == 6
    last = tested.frame.row(-1, named=True)
    won = sample.opportunities.filter(
        pl.col("is_won") & pl.col("close_on").is_between(date(2026, 1, 1), date(2026, 3, 31))
    )
    assert last["quarter"] == "Q1 2026"
    assert last["actual_amount"] == pytest.approx(won["amount"].sum())


def test_told_what_happened_the_engine_comes_closer(tested):
    plain, told = tested.miss("plain_amount"), tested.miss("told_amount")
    assert told < plain
    assert told < 0.15
    assert "Over 6 past quarters" in tested.sentence()


def test_with_too_few_quarters_nothing_is_claimed(tested):
    few = replace(tested, frame=tested.frame.head(2))
    assert few.miss("told_amount") is None
    assert "too few past quarters" in few.sentence()


def test_rewinding_knows_nothing_of_later(sample, settings):
    day = date(2025, 7, 1)
    then = backtest.rewound(sample, day)
    later = pl.col("close_on") > day
    wild = sample.opportunities.with_columns(
        is_won=pl.when(pl.col("is_closed") & later).then(~pl.col("is_won")).otherwise("is_won"),
        amount=pl.when(pl.col("is_closed") & later).then(pl.col("amount") * 9).otherwise("amount"),
    )
    again = backtest.rewound(sample.with_frames(opportunities=wild), day)
    known = then.opportunities.join(
        sample.frame("opportunity_history").filter(pl.col("valid_from") <= day).select("opportunity_id").unique(),
        on="opportunity_id",
        how="semi",
    )
    assert again.opportunities.join(known, on="opportunity_id", how="semi").equals(known)
    assert not known.filter(later & pl.col("is_closed")).height
    assert then.frame("transactions")["booked_on"].max() <= day
    assert (then.subscriptions["ended_on"].is_null() | (then.subscriptions["ended_on"] <= day)).all()


def shared_past(rho: float, dates: int = 60, deals: int = 400) -> tuple[pl.DataFrame, pl.DataFrame]:
    rng = np.random.default_rng(2)
    rows = []
    ids = [f"d{i}" for i in range(deals)]
    for n in range(dates):
        p = rng.uniform(0.1, 0.6, deals)
        won = rng.random(deals) < ndtr((ndtri(p) + np.sqrt(rho) * rng.standard_normal()) / np.sqrt(1 - rho))
        rows.append(
            pl.DataFrame(
                {
                    "opportunity_id": ids,
                    "as_of": [date(2020, 1, 1) + timedelta(days=30 * n)] * deals,
                    "horizon_days": [60] * deals,
                    "target": won.astype(np.int8),
                    "p": p,
                }
            )
        )
    places = pl.DataFrame(
        {"opportunity_id": ids, "segment": ["A", "B"] * (deals // 2), "owner_id": [f"r{i % 20}" for i in range(deals)]}
    )
    return pl.concat(rows), places


@pytest.mark.parametrize("rho", [0.0, 0.05, 0.15])
def test_a_planted_shared_fate_is_found(rho):
    found = measure(*shared_past(rho))
    assert found.is_measured
    assert found.quarter == pytest.approx(rho, abs=0.25 * rho + 0.004)
    assert found.segment + found.rep < 0.02
    assert "over 60 past dates" in found.sentence()


def test_without_a_past_a_small_one_is_assumed_and_said():
    past, places = shared_past(0.1, dates=3)
    for found in (measure(past, places), measure(pl.DataFrame(), places)):
        assert found.quarter == correlation.NO_PAST
        assert "is assumed" in found.sentence()


@pytest.mark.parametrize("lever", ["meetings", "contacts", "response"])
def test_model_levers_score_anew_and_stay_within_what_was_seen(start, lever):
    before = start.before().parts.chance
    moved = expectation.run(start.base, Scenario("x", (LeverSetting(lever, 2.0),))).parts.chance
    assert not np.allclose(moved, before)
    assert (moved.sum(1) <= 1 + 1e-9).all()
    far, further = (
        expectation.run(start.base, Scenario("x", (LeverSetting(lever, v),))).parts.chance for v in (200.0, 300.0)
    )
    assert np.array_equal(far, further)
    one = expectation.run(start.base, Scenario("x", (LeverSetting(lever, 2.0, "segment:SMB"),))).parts.chance
    rest = ~arrays.books(start.base).deals.mask("segment:SMB")
    assert one[rest] == pytest.approx(before[rest])


def test_the_brief_says_it_all_and_runs_nothing(start):
    plan = Scenario(
        "<script>alert(1)</script>",
        (LeverSetting("win_rate", 0.4), LeverSetting("churn", 0.1)),
        description="If =1+1 & <b>all</b> goes well 🚀",
    )
    found = whatif.work_out(start, plan)
    page = board_brief.html(found)
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "&lt;b&gt;all&lt;/b&gt; goes well 🚀" in page
    assert found.sentence() in page
    assert "Beyond past range" in page
    assert page.count("<polyline") == 2
    assert "http" not in page.replace("http-equiv", "")
    rate = board_brief.html(whatif.work_out(start, Scenario("x"), "nrr_rate"))
    assert "No lever is moved." in rate


def test_every_measure_and_quarter_is_told(start):
    plan = Scenario("x", (LeverSetting("churn", 0.2), LeverSetting("win_rate", 0.05)))
    for measure_ in whatif.NOUNS:
        found = whatif.work_out(start, plan, measure_, 2)
        assert found.frame.height == 15
        assert found.part_sentence()
        assert "reconciled" in found.check()
    assert found.sentence().startswith("Q4 2026 bookings go from")
    assert "worst 10 %" in found.tail()
    assert found.outcomes.height == 90
    assert found.outcomes["after"].sum() == pytest.approx(0.996, abs=0.01)
    by_segment = whatif.work_out(start, plan).table()
    gap = whatif.work_out(start, plan).difference
    assert by_segment["difference"].sum() == pytest.approx(gap, abs=0.01)
