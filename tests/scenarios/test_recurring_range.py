"""The range of recurring revenue: by hand on one account, against simulation, and its mean."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from core.charts import board_leaf
from core.scenarios.analysis import whatif
from core.scenarios.data import arrays
from core.scenarios.data.historical_ranges import Seen
from core.scenarios.engine import expectation, recurring_range, recurring_revenue
from core.scenarios.levers import LeverSetting, Scenario
from tests.scenarios.test_expectation import BASE

NO_PAST = Seen(pl.DataFrame(schema={"lever": pl.String, "low": pl.Float64, "high": pl.Float64}))
PLANS = [
    Scenario(),
    Scenario("x", (LeverSetting("churn", 2.0), LeverSetting("price", 0.1))),
    Scenario("x", (LeverSetting("win_rate", 0.5), LeverSetting("contraction", 1.0, "segment:SMB"))),
    Scenario("x", correlation=0.0),
]


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("month", [2, 7, -1])
def test_the_mean_of_the_range_is_the_number_shown(plan, month):
    parts = expectation.parts(BASE, plan)
    assert recurring_range.spread(parts, month).mean == pytest.approx(parts.figures["mrr_amount"][month], rel=1e-12)


def test_one_account_stays_whole_or_is_gone():
    lines = BASE.recurring.filter(pl.col("account_id") == "q").with_columns(contraction_rate=pl.lit(0.0))
    alone = replace(BASE, recurring=lines, mrr_per_booking=0.0)
    parts = expectation.parts(alone)
    stays = float(recurring_revenue.staying(arrays.books(alone), Scenario())[0][0, -1])
    found = recurring_range.spread(parts)
    assert found.mean == pytest.approx(200 * stays)
    assert found.quantile(0.9) == pytest.approx(200, rel=1e-6)
    assert found.quantile((1 - stays) / 2) == pytest.approx(0, abs=1e-6)
    assert recurring_range.deviations(parts)[-1] == pytest.approx(200 * np.sqrt(stays * (1 - stays)))


def test_the_range_agrees_with_simulation():
    rng = np.random.default_rng(1)
    mrr = rng.uniform(50, 400, 300)
    lines = pl.concat([BASE.recurring.head(1)] * 300).with_columns(
        mrr_amount=mrr, account_id=pl.Series([f"c{i}" for i in range(300)])
    )
    base = replace(BASE, recurring=lines, mrr_per_booking=0.0)
    parts = expectation.parts(base)
    stays, keeps = recurring_revenue.staying(arrays.books(base), Scenario())
    drawn = (rng.random((40_000, 300)) < stays[:, -1]) @ (mrr * keeps[:, -1])
    found = recurring_range.spread(parts)
    for share in (0.1, 0.5, 0.9):
        assert found.quantile(share) == pytest.approx(np.quantile(drawn, share), rel=2e-3)
    assert recurring_range.deviations(parts)[-1] == pytest.approx(drawn.std(), rel=0.02)


def test_a_company_without_deals_or_accounts_has_no_range():
    empty = replace(
        BASE,
        recurring=BASE.recurring.head(0),
        open_deals=BASE.open_deals.head(0),
        own=BASE.own[:0],
        to_come=BASE.to_come.head(0),
    )
    parts = expectation.parts(empty)
    assert recurring_range.spread(parts).mean == 0
    assert not recurring_range.deviations(parts).any()


def test_the_sentence_and_the_band_speak_of_one_range():
    start = whatif.Ground(BASE, NO_PAST)
    found = whatif.work_out(start, PLANS[1], "mrr_amount")
    assert "MRR at the end of five quarters: USD" in found.recurring_sentence()
    assert "the levers change it by" in found.recurring_sentence()
    assert (found.frame["lower"] <= found.frame["amount"]).all()
    assert (found.frame["upper"] > found.frame["amount"]).any()


def test_a_scenario_asked_for_twice_is_worked_out_once():
    start = whatif.Ground(BASE, NO_PAST)
    assert whatif.work_out(start, PLANS[1]) is whatif.work_out(start, PLANS[1])
    assert whatif.work_out(start, PLANS[1]) is not whatif.work_out(start, PLANS[1], "mrr_amount")


def test_old_scenarios_are_forgotten(monkeypatch):
    monkeypatch.setattr(whatif, "KEPT_BYTES", 0)
    start = whatif.Ground(BASE, NO_PAST)
    plans = [Scenario("x", (LeverSetting("win_rate", n / 100),)) for n in range(1, 9)]
    first = whatif.work_out(start, plans[0])
    for plan in plans[1:]:
        whatif.work_out(start, plan)
    assert whatif.work_out(start, plans[0]) is not first


def test_the_brief_is_one_leaf():
    start = whatif.Ground(BASE, NO_PAST)
    for plan in (Scenario("Nothing"), replace(PLANS[1], description="<b>why</b>")):
        made = board_leaf.pdf(whatif.work_out(start, plan))
        assert made.startswith(b"%PDF")
        assert b"/Count 1" in made
