"""How fast new reps get there: by hand, against SciPy, planted and null effects."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from scipy import stats

from core.metrics import ramp_up
from core.metrics.ramp_up import TARGET, by_course
from core.metrics.restricted_mean import restricted_mean
from tests.metrics.companies import company, rep
from tests.metrics.learning_companies import AS_OF, course, hires, won_deal

HIRED = date(2025, 1, 1)


def test_the_restricted_mean_is_the_area_under_scipys_curve():
    rng = np.random.default_rng(2)
    days, watched = rng.exponential(100, 60).round(), rng.uniform(20, 300, 60).round()
    happened = days <= watched
    seen = np.minimum(days, watched)
    curve = stats.ecdf(stats.CensoredData(seen[happened], right=seen[~happened])).sf
    grid = np.arange(0, 200)
    assert restricted_mean(seen, happened, 200.0)[0] == pytest.approx(curve.evaluate(grid).sum())


def test_without_censoring_it_is_the_mean_and_its_usual_error():
    days = np.array([10.0, 20.0, 60.0, 90.0, 400.0])
    mean, error = restricted_mean(days, np.ones(5, bool), 1_000.0)
    assert mean == pytest.approx(days.mean())
    assert error == pytest.approx(days.std(ddof=1) / np.sqrt(5))
    assert restricted_mean(days, np.zeros(5, bool), 365.0) == (365.0, 0.0)


def test_who_got_there_early_was_hired_before_or_left_early_is_not_compared(settings):
    spans = {"early": 30, "late": 100, "never": None, "gone": None}
    deals = [won_deal(name, name, HIRED + timedelta(days=d)) for name, d in spans.items() if d]
    team = [rep(name, "EMEA A", HIRED, hired_on=HIRED) for name in ("early", "late", "never")]
    team += [rep("gone", "EMEA A", HIRED, hired_on=HIRED, left_on=HIRED + timedelta(days=40))]
    team += [
        rep("old", "EMEA A", date(2020, 1, 1), hired_on=date(2020, 1, 1)),
        rep("boss", "EMEA A", HIRED, role="manager"),
    ]
    data = company(AS_OF, opportunities=deals, sales_team=team)
    waits = ramp_up._waits(data, ramp_up.FIRST_WIN)
    assert waits.select("rep_id", "days", "has_happened").rows() == [
        ("late", 40, True),
        ("never", (AS_OF - HIRED).days - 60, False),
    ]
    assert "No course can be judged yet: of 2 new reps" in by_course(data, settings).sentence()


def test_the_first_quota_is_reached_when_the_quarter_adds_up(settings):
    quotas = [
        {"rep_id": "a", "period_start_on": date(2025, 1, 1), "quota_amount": 100.0},
        {"rep_id": "a", "period_start_on": date(2025, 4, 1), "quota_amount": 100.0},
    ]
    parts = [(date(2025, 3, 20), 60.0), (date(2025, 4, 10), 60.0), (date(2025, 5, 9), 50.0), (date(2025, 9, 1), 900.0)]
    deals = [won_deal(f"d{k}", "a", day, amount=amount) for k, (day, amount) in enumerate(parts)]
    team = [rep("a", "EMEA A", HIRED, hired_on=HIRED)]
    data = company(AS_OF, opportunities=deals, quotas=quotas, sales_team=team)
    assert ramp_up._first_quotas(data).rows() == [("a", date(2025, 5, 9))]
    waits = ramp_up._waits(data, TARGET)
    assert waits["days"].to_list() == [(date(2025, 5, 9) - HIRED).days - 60]


def test_a_planted_difference_is_found_and_a_null_one_is_not(settings):
    sooner = by_course(hires(np.random.default_rng(1), 160, 3.0), settings)
    (row,) = sooner.frame.rows(named=True)
    assert row["is_sure"]
    assert row["difference"] < -40
    assert sooner.value == row["difference"]
    assert "days sooner" in sooner.sentence()
    nothing = by_course(hires(np.random.default_rng(1), 160, 1.0), settings)
    assert nothing.value is None
    assert "No course finished in the first 60 days goes with a difference beyond chance" in nothing.sentence()


def test_a_company_without_deals_hires_or_courses_says_so(settings):
    bare = by_course(company(AS_OF), settings)
    assert bare.value is None
    assert bare.sentence().startswith("No rep was hired")
    few = company(
        AS_OF,
        opportunities=[won_deal("d", "x", date(2024, 1, 1))],
        sales_team=[rep("a", "EMEA A", HIRED, hired_on=HIRED)],
        course_completions=[course("a", "Basics", HIRED)],
    )
    measure = by_course(few, settings)
    assert measure.frame.select("course", "n_trained", "n_others", "difference").rows() == [("Basics", 1, 0, None)]
