"""The quarter's number, put right by what past quarters missed by."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest

from core.models import outlook, sum_correction
from core.models.sum_correction import SumCorrection, chance_of, learn, rolled

BEGINS = [date(2024 + n // 4, 1 + 3 * (n % 4), 1) for n in range(8)]


def past(miss=0.0, noise=0.0, quarters=8, **rules):
    """Quarters of 13 weeks in which 100 was computed and 100 + miss + noise (of the quarter) came; deviation 10."""
    rng = np.random.default_rng(5)
    rows = []
    for begin in BEGINS[:quarters]:
        actual = 100.0 + miss + noise * rng.normal()
        for week in range(1, 14):
            rows.append(
                {
                    "period_start_on": begin,
                    "week": week,
                    "closed_amount": 20.0,
                    "computed_amount": 100.0,
                    "deviation": 10.0,
                    "actual_amount": actual,
                    "quota_amount": 105.0,
                    **{name: rules.get(name, 0.0) for name in sum_correction.BLENDED},
                }
            )
    return pl.DataFrame(rows, schema={**sum_correction.SCHEMA, "quota_amount": pl.Float64})


NOTHING = dict.fromkeys(sum_correction.BLENDED)


def test_without_a_finished_quarter_nothing_is_changed():
    correction = learn(past().with_columns(actual_amount=pl.lit(None, pl.Float64)), 3)
    assert not correction.is_learnt
    amount, lower, upper = correction.corrected(100.0, 10.0, 95.0, NOTHING)
    assert (amount, lower) == (100.0, 95.0)
    assert upper == pytest.approx(100 + 10 * sum_correction.Z80)
    assert "not been replayed" in correction.sentence()


def test_a_steady_miss_is_put_right_and_the_range_narrows():
    correction = learn(past(miss=8.0), 5)
    amount, lower, upper = correction.corrected(100.0, 10.0, 20.0, NOTHING)
    assert amount == pytest.approx(100 + 8 * 8 / 9, abs=0.05)
    assert upper - amount == pytest.approx(amount - lower)
    assert upper - amount < 10 * sum_correction.Z80
    assert "8 past quarters" in correction.sentence()


def test_few_quarters_teach_less():
    shifts = [learn(past(miss=8.0, quarters=n), 5).shift for n in (1, 3, 8)]
    assert shifts == sorted(shifts)
    assert shifts[0] == pytest.approx(0.4, abs=0.01)


def test_wild_quarters_widen_the_range():
    correction = learn(past(noise=40.0), 5)
    assert correction.reach > 2 * sum_correction.Z80


def test_a_rule_that_knew_it_is_mixed_in_and_named():
    knowing = past(miss=30.0, commit_amount=130.0)
    correction = learn(knowing.with_columns(amount=pl.lit(100.0)), 5)
    assert correction.weights["commit_amount"] > 0.9
    assert sum(correction.weights.values()) == pytest.approx(1)
    amount, _, _ = correction.corrected(100.0, 10.0, 20.0, {**NOTHING, "commit_amount": 130.0})
    assert amount > 125
    assert correction.corrected(100.0, 10.0, 20.0, NOTHING)[0] < amount
    assert correction.beaten().startswith("In these weeks of past quarters closed and commit came closer")
    assert SumCorrection(8).beaten() == ""


def test_a_rule_that_was_silent_once_is_not_called_closer():
    knowing = past(miss=30.0, commit_amount=130.0).with_columns(
        commit_amount=pl.when(pl.col("week") == 5).then(None).otherwise("commit_amount")
    )
    assert learn(knowing, 5).closer == {}


def test_the_number_stays_between_what_is_closed_and_three_times_what_was_computed():
    far = SumCorrection(8, shift=-1e3, reach=1.0)
    assert far.corrected(100.0, 10.0, 95.0, NOTHING) == (95.0, 95.0, 105.0)
    assert SumCorrection(8, shift=1e3, reach=1.0).corrected(100.0, 10.0, 95.0, NOTHING)[0] == 110.0


def test_a_quarter_learns_from_those_before_it_alone():
    rows = past(miss=8.0)
    made = rolled(rows)
    first = made.filter(pl.col("period_start_on") == BEGINS[0])
    assert first["amount"].unique().to_list() == [100.0]
    last = made.filter(pl.col("period_start_on") == BEGINS[-1])
    other = rows.with_columns(
        actual_amount=pl.when(pl.col("period_start_on") == BEGINS[-1]).then(500.0).otherwise("actual_amount")
    )
    again = rolled(other).filter(pl.col("period_start_on") == BEGINS[-1])
    assert again["amount"].to_list() == last["amount"].to_list()
    assert last["amount"].min() > 106
    alone = rolled(
        rows.filter(pl.col("period_start_on") == BEGINS[-1]), rows.filter(pl.col("period_start_on") < BEGINS[-1])
    )
    assert alone["amount"].to_list() == last["amount"].to_list()
    assert rolled(rows.with_columns(quota_amount=pl.lit(None, pl.Float64)))["quota_chance"].null_count() == rows.height


def test_a_chance_without_uncertainty_is_yes_or_no():
    assert chance_of(100.0, 100.0, 100.0, 0.0) == 1.0
    assert chance_of(101.0, 100.0, 100.0, 0.0) == 0.0


def test_outlook_explanation_and_scenarios_tell_one_corrected_number(small, small_settings, small_bundle):
    from core.explain import deals
    from core.scenarios.analysis import whatif

    plain = outlook.current(small, small_settings, small_bundle).frame.row(-1, named=True)
    n = plain["amount"] / 100
    record = past(miss=-8.0, noise=3.0).with_columns(
        pl.col("closed_amount", "computed_amount", "deviation", "actual_amount", *sum_correction.BLENDED) * n
    )
    bundle = replace(small_bundle, record=record, key="", whole=small_bundle)
    current = outlook.current(small, small_settings, bundle)
    row = current.frame.row(-1, named=True)
    assert row["correction_amount"] < 0
    parts = ("closed_amount", "open_amount", "new_amount", "correction_amount")
    assert sum(row[part] for part in parts) == pytest.approx(row["amount"])
    assert current.frame["correction_amount"][:-1].to_list() == [0.0, 0.0, 0.0]
    assert "taken off for what past forecasts missed by" in current.sentence()
    assert "8 past quarters" in current.standing()
    reasons = deals.forecast(small, small_settings, bundle)
    assert abs(reasons.residual) < 0.01
    assert reasons.frame["label"][-1] == "What past forecasts missed by"
    quarter = whatif.ground(small, small_settings, bundle).before()
    assert quarter.spread.mean == pytest.approx(row["amount"])
    assert quarter.spread.quantile(0.9) == pytest.approx(row["upper"], rel=2e-3)
    assert quarter.spread.p_target == pytest.approx(row["quota_chance"], abs=0.01)
    assert sum(quarter.by_month["amount"].to_list()[:3]) == pytest.approx(row["amount"])
