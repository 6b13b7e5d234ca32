from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as some

from core.contracts.errors import ScenarioError
from core.scenarios.attribution import shapley
from core.scenarios.baseline import CREATED, KNOTS, Baseline, build
from core.scenarios.distribution import quantiles
from core.scenarios.engine import run, sentence
from core.scenarios.io import from_yaml, to_yaml
from core.scenarios.levers import LEVERS, LeverSetting, Scenario

PLACE = {"segment": ["SMB", "Big"], "region": ["North", "South"]}
CURVE = np.linspace(0, 0.6, KNOTS)
BASE = Baseline(
    date(2026, 5, 20), "USD", "Q2 2026", 500.0,
    tuple(date(2026 + (3 + m) // 12, (3 + m) % 12 + 1, 1) for m in range(15)),
    pl.DataFrame({"month": [date(2026, 4, 1)], "segment": ["SMB"], "region": ["North"], "amount": [100.0]}),
    pl.DataFrame({"opportunity_id": ["a", "b"], **PLACE, "stage": ["Open", "Open"], "amount": [1000.0, 5000.0]}),
    pl.DataFrame({**PLACE, "monthly_count": [3.0, 1.0], "mean_amount": [800.0, 4000.0], "squared_amount": [9e5, 3e7]}),
    pl.DataFrame({**PLACE, "mrr_amount": [50.0, 200.0], "churn_rate": [0.02, 0.01]}),
    {"Open": CURVE, CREATED: CURVE / 2},
)  # fmt: skip
settings_of = some.builds(
    LeverSetting,
    some.sampled_from(list(LEVERS)),
    some.floats(-1, 5),
    some.sampled_from(["all", "segment:SMB", "region:South"]),
)


def test_all_levers_at_zero_give_the_baseline_bit_for_bit():
    zero = Scenario("x", tuple(LeverSetting(name, 0.0) for name in LEVERS))
    assert run(BASE, zero).monthly.equals(run(BASE).monthly)
    assert run(BASE, zero).quarter == run(BASE).quarter


@effort(max_examples=25, deadline=None)
@given(some.lists(settings_of, max_size=5))
def test_order_does_not_matter_and_nothing_is_negative(moved):
    there, back = run(BASE, Scenario("x", tuple(moved))), run(BASE, Scenario("x", tuple(reversed(moved))))
    assert there.monthly.equals(back.monthly)
    assert there.monthly.select(pl.col(pl.Float64).min() >= -1e-6).row(0) == (True, True, True)


@effort(max_examples=20, deadline=None)
@given(some.floats(-1, 5), some.floats(0, 2), some.sampled_from(["win_rate", "deal_size", "creation", "price"]))
def test_more_never_lowers_bookings(value, more, lever):
    low, high = (run(BASE, Scenario("x", (LeverSetting(lever, v),))).total() for v in (value, value + more))
    assert high >= low - 1e-6


def test_money_adds_up_over_months():
    out = run(BASE)
    assert out.by_month["amount"].sum() == pytest.approx(out.total(), abs=0.005)


def test_worked_by_hand():
    sure = run(BASE, Scenario("x", (LeverSetting("creation", -1.0),)))
    share = np.interp((date(2027, 6, 30) - BASE.as_of).days, np.arange(KNOTS) * 30, CURVE)
    assert sure.total() == pytest.approx(100 + 6000 * share)
    assert run(BASE, Scenario("x", (LeverSetting("churn", -1.0),))).total("churned_mrr_amount") == 0


@pytest.mark.parametrize("measure", ["bookings_amount", "mrr_amount"])
def test_parts_add_up_to_the_difference(measure):
    moved = tuple(LeverSetting(n, v) for n, v in zip(LEVERS, (0.2, 0.1, -0.1, 0.3, 0.5, 0.05), strict=True))
    plan = Scenario("x", moved)
    gap = run(BASE, plan).total(measure) - run(BASE).total(measure)
    assert shapley(BASE, plan, measure)["amount"].sum() == pytest.approx(gap, abs=0.005)


def test_distribution_agrees_with_simulation():
    rng = np.random.default_rng(7)
    amount, chance = rng.lognormal(10, 1, 60), rng.uniform(0.05, 0.6, 60)
    size, square, count = np.array([2e4]), np.array([8e8]), np.array([6.0])
    draws = 200_000
    total = np.zeros(draws)
    for a, p in zip(amount, chance, strict=True):
        total += a * (rng.random(draws) < p)
    total += rng.gamma(np.maximum(rng.poisson(6.0, draws), 1e-12), 2e4)
    target = float(np.quantile(total, 0.7))
    got = quantiles(amount, chance, size, square, count, 0.0, target)
    for name, q in (("p10", 0.1), ("p50", 0.5), ("p90", 0.9)):
        assert got[name] == pytest.approx(np.quantile(total, q), abs=0.02 * total.std())
    assert got["p_target"] == pytest.approx(0.3, abs=0.005)


HOSTILE = [
    "",
    "- 1",
    "name: x\nlevers: 3",
    "levers: [{lever: win_rat, value: 1}]",
    "levers: [{lever: churn, value: .nan}]",
    "levers: [{lever: churn, value: x}]",
    "levers: [{lever: churn, value: 1, scope: planet}]",
    "!!python/object:os.x {}",
    "a: [",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_files_become_a_sentence(text):
    with pytest.raises(ScenarioError):
        from_yaml(text)


def test_presets_read_and_survive_writing():
    files = sorted((Path(__file__).parents[2] / "sample_data" / "scenarios").glob("*.yaml"))
    assert len(files) == 5
    for file in files:
        plan = from_yaml(file.read_text(encoding="utf-8"))
        assert plan.levers
        assert from_yaml(to_yaml(plan)) == plan


def test_on_the_sample(sample, settings):
    out = run(build(sample, settings))
    assert out.quarter["p10"] < out.quarter["p50"] < out.quarter["p90"]
    assert out.total() > 0


def test_on_nothing(sample, settings):
    empty = sample.with_frames(**{n: sample.frame(n).clear() for n in sample.row_counts})
    out = run(build(empty, settings))
    assert out.total() == 0


def test_sentence_never_claims_certainty():
    sure = run(BASE, Scenario("x", (LeverSetting("deal_size", 10.0), LeverSetting("win_rate", 10.0))))
    said = sentence(BASE, run(BASE), sure)
    assert "100 %" not in said
    assert "independent" in said
