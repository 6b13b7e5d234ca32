"""What is claimed over many drawn companies: effects of courses and documents recovered, null ones not claimed."""

from __future__ import annotations

import numpy as np
import pytest

from core.metrics import content_effect, ramp_up
from core.metrics.training_effect import gap_of
from tests.metrics.learning_companies import hires, panel_of, shown

pytestmark = pytest.mark.slow
SEEDS = 300


def claims(n_reps, share, effect, deals_a_month):
    """Return the share of companies with a claim, and how often the interval holds the mean difference."""
    gaps = []
    for seed in range(SEEDS):
        gap = gap_of(*panel_of(np.random.default_rng(seed), n_reps, share, effect, deals_a_month), 6)
        if gap is not None and min(gap.n_trained, gap.n_others) >= 10:
            gaps.append((gap.difference, *gap.interval(1)))
    difference, low, high = np.array(gaps).T
    middle = difference.mean()
    return float(((low > 0) | (high < 0)).mean()), float(((low <= middle) & (middle <= high)).mean()), middle


@pytest.mark.parametrize(("n_reps", "share", "deals_a_month"), [(26, 0.5, 3.0), (60, 0.5, 0.5), (60, 0.8, 3.0)])
def test_a_course_that_does_nothing_is_claimed_in_no_more_than_one_of_twenty(n_reps, share, deals_a_month):
    rate, _, middle = claims(n_reps, share, 0.0, deals_a_month)
    # 300 draws of a share of 5 % lie below 8 % in 99 of 100 cases.
    assert rate <= 0.08
    assert abs(middle) < 0.01


def test_a_course_that_helps_is_found_and_its_size_is_held_by_the_interval():
    rate, held_rate, middle = claims(60, 0.5, 0.6, 3.0)
    assert rate >= 0.9
    assert held_rate >= 0.92
    # 0.6 of log odds at a win rate of about 36 % are 14 points.
    assert 0.11 < middle < 0.17


def test_new_reps_sooner_or_not(settings):
    def rate(quicker):
        sure = [ramp_up.by_course(hires(np.random.default_rng(k), 60, quicker), settings).value for k in range(SEEDS)]
        return sum(value is not None for value in sure) / SEEDS

    assert rate(1.0) <= 0.08
    assert rate(3.0) >= 0.8


def test_documents_that_do_nothing_are_claimed_in_no_more_than_one_company_of_twenty(settings):
    names = {"Deck": 0.0, "Sheet": 0.0, "Story": 0.0}
    firms = [shown(np.random.default_rng(k), 200, names) for k in range(SEEDS)]
    wrong = [content_effect.by_content(data, settings).frame["is_sure"].any() for data in firms]
    assert sum(wrong) / SEEDS <= 0.08
    planted = [shown(np.random.default_rng(k), 400, names | {"Story": 1.0}) for k in range(100)]
    hits = [content_effect.by_content(data, settings).frame.filter("is_sure")["content"].to_list() for data in planted]
    assert sum("Story" in names_of for names_of in hits) >= 85
