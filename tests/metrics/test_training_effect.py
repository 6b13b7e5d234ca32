"""What training goes with: by hand, in laws, planted effects recovered, and nothing claimed where nothing is."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st

from core.metrics import course_record, training_effect
from core.metrics.training_effect import APART, OPEN, RAISES, TOO_FEW, Panel, gap_of, panel
from tests.metrics.companies import company, rep
from tests.metrics.learning_companies import AS_OF, FIRST, course, panel_of, won_deal

MONTH = FIRST + 10


def made(*reps):
    """A panel of twenty months of reps given as {month offset: (won, closed)}."""
    parts = np.zeros((2, len(reps), 20))
    for k, months in enumerate(reps):
        for month, (won, n) in months.items():
            parts[:, k, month] = won, n
    return Panel(
        [str(k) for k in range(len(reps))], FIRST, *(np.pad(p.cumsum(axis=1), ((0, 0), (1, 0))) for p in parts)
    )


def test_the_difference_in_differences_by_hand():
    """Trained: 1/4 to 3/4 with weight 2, 1/2 to 1/2 with weight 1, together +1/3. Others: 1/2 to 1/4, weight 2.

    Left out one by one the difference is 1/4 (without the first), 3/4 (without the second); without the third the
    second other is all there is: 1/3.
    """
    deals = made(
        {5: (1, 4), 12: (3, 4)},
        {6: (1, 2), 13: (1, 2), 10: (9, 9)},
        {7: (2, 4), 14: (1, 4)},
        {7: (1, 2), 14: (1, 2)},
    )
    gap = gap_of(deals, np.array([MONTH, MONTH, 0, 0]), 6)
    others = (2 * -1 / 4 + 1 * 0) / 3
    assert gap.difference == pytest.approx(1 / 3 - others)
    assert (gap.n_trained, gap.n_others, gap.n_deals) == (2, 2, 12)
    assert (gap.before, gap.after) == pytest.approx((1 / 3, 2 / 3))
    left_out = [0 - others, 1 / 2 - others, 1 / 3 - 0, 1 / 3 + 1 / 4]
    error = np.sqrt(3 / 4 * sum((value - gap.difference) ** 2 for value in left_out))
    assert gap.error == pytest.approx(error)


def test_who_is_trained_soon_after_is_no_other_and_the_month_itself_does_not_count():
    deals = made({5: (0, 2), 12: (2, 2)}, {5: (0, 2), 12: (2, 2)}, {5: (1, 2), 12: (1, 2)})
    gap = gap_of(deals, np.array([MONTH, MONTH + 3, 0]), 6)
    assert gap.n_others == 1
    assert gap_of(deals, np.array([MONTH, MONTH + 3, MONTH + 7]), 6).n_others == 1  # later than the months after
    assert gap_of(deals, np.array([MONTH, MONTH + 3, MONTH + 4]), 6) is None
    assert gap_of(made({10: (1, 1)}, {10: (1, 1)}), np.array([MONTH, 0]), 6) is None
    assert gap_of(deals, np.array([FIRST + 1, 0, 0]), 6) is None
    assert gap_of(deals, np.array([FIRST + 18, 0, 0]), 6) is None


def test_one_other_alone_leaves_the_error_open():
    gap = gap_of(made({5: (0, 2), 12: (2, 2)}, {5: (1, 2), 12: (1, 2)}), np.array([MONTH, 0]), 6)
    assert gap.error == np.inf


@given(st.integers(0, 10_000))
@profile(max_examples=15, deadline=None)
def test_what_moves_everybody_changes_nothing_and_order_does_not_matter(seed):
    rng = np.random.default_rng(seed)
    deals, when = panel_of(rng, 14, 0.5, 0.0)
    gap = gap_of(deals, when, 6)
    order = rng.permutation(14)
    turned = Panel([deals.reps[k] for k in order], deals.first, deals.won[order], deals.closed[order])
    again = gap_of(turned, when[order], 6)
    if gap is None:
        assert again is None
        return
    assert again.difference == pytest.approx(gap.difference)
    assert again.error == pytest.approx(gap.error)
    lost = Panel(deals.reps, deals.first, deals.closed - deals.won, deals.closed)
    assert gap_of(lost, when, 6).difference == pytest.approx(-gap.difference)


def firm(effect, n=24, before=0.0, placebo=0.0):
    """Reps, the even ones trained in June 2025, who win more by `effect` from then on; `before` from March on."""
    rng, deals, team, courses = np.random.default_rng(6), [], [], []
    for k in range(n):
        name = f"r{k}"
        team.append(rep(name, "EMEA A", date(2020, 1, 1)))
        if k % 2:
            courses.append(course(name, "Selling", date(2025, 6, 17)))
        for week in range(110):
            day = date(2024, 4, 1) + timedelta(days=7 * week)
            rise = effect * (day > date(2025, 6, 30)) + before * (day > date(2024, 12, 31))
            won = bool(rng.random() < 0.35 + rise * (k % 2))
            deals.append(won_deal(f"{name}-{week}", name, day, won))
    return company(AS_OF, sales_team=team, opportunities=deals, course_completions=courses)


def test_a_planted_effect_is_found_and_a_null_one_is_not(settings):
    effect = training_effect.win_rate(firm(0.3), settings)
    (row,) = effect.frame.rows(named=True)
    assert row["verdict"] == RAISES
    assert row["is_sure"]
    assert row["low"] < 0.3 < row["high"]
    assert effect.value == row["difference"]
    assert effect.sentence().startswith(
        "Beside others over the same months, the win rate changed beyond chance: Selling +"
    )
    nothing = training_effect.win_rate(firm(0.0), settings)
    assert nothing.frame["verdict"].to_list() == [OPEN]
    assert nothing.value is None
    assert "No course goes with a change of the win rate beyond chance; 1 course can be judged." in nothing.sentence()


def test_groups_that_moved_apart_before_are_not_put_down_to_the_course(settings):
    (row,) = training_effect.win_rate(firm(0.3, before=0.3), settings).frame.rows(named=True)
    assert row["verdict"] == APART
    assert not row["is_sure"]
    assert row["before_difference"] > 0.1


def test_few_reps_no_deals_or_no_courses_are_said(settings):
    few = training_effect.win_rate(firm(0.3, n=12), settings)
    assert few.frame["verdict"].to_list() == [TOO_FEW]
    assert few.frame["difference"].to_list() == [None]
    assert "No course can be judged yet" in few.sentence()
    bare = company(AS_OF, course_completions=[course("r0", "Selling", date(2025, 6, 17))])
    assert training_effect.win_rate(bare, settings).frame.is_empty()
    assert panel(bare) is None
    nothing = training_effect.win_rate(company(AS_OF), settings)
    assert (nothing.value, nothing.sentence()[:6]) == (None, "Nobody")
    lonely = company(
        AS_OF, course_completions=bare.course_completions.to_dicts(), opportunities=[won_deal("d", "x", AS_OF)]
    )
    assert training_effect.win_rate(lonely, settings).frame.is_empty()
    other = lonely.with_frames(
        opportunities=company(AS_OF, opportunities=[won_deal("d", "x", date(2026, 1, 1))]).opportunities
    )
    assert training_effect.win_rate(other, settings).frame["n_trained"].to_list() == [0]


def test_rows_after_the_day_change_nothing(settings):
    data = firm(0.3)
    later = [
        course("r0", "Selling", AS_OF + timedelta(days=3)),
        course("r2", "Later", None, started_on=date(2027, 1, 1)),
    ]
    spoilt = company(AS_OF, course_completions=[*data.course_completions.to_dicts(), *later]).course_completions
    spoilt_data = data.with_frames(course_completions=spoilt)
    assert training_effect.win_rate(spoilt_data, settings).frame.equals(training_effect.win_rate(data, settings).frame)
    assert "Later" not in course_record.records(spoilt_data)["course"]


@pytest.fixture
def learners(settings):
    rows = [
        course("r1", "Basics", None, status="Failed", score_rate=0.4, started_on=date(2025, 1, 1)),
        course("r1", "Basics", date(2025, 2, 1), status="Passed", score_rate=0.9, started_on=date(2025, 1, 20)),
        course("r1", "Basics", date(2025, 3, 1), score_rate=0.8),
        course("r2", "Basics", None, status="In progress"),
        course(None, "Basics", date(2025, 2, 2), learner_name="Zed"),
        course("r1", "Pricing", None, is_completed=True),
    ]
    return company(AS_OF, course_completions=rows, sales_team=[rep("r1", "EMEA A", date(2020, 1, 1))])


def test_several_attempts_count_once_with_the_best_score_and_the_first_day(learners, settings):
    courses = course_record.by_course(learners, settings)
    top = courses.frame.row(0, named=True)
    assert (top["course"], top["n_people"], top["n_finished"]) == ("Basics", 3, 2)
    assert (top["average_score"], top["n_scored"]) == (0.9, 1)
    assert courses.value == 3 / 4
    assert courses.sentence().endswith("1 learner is nobody of the sales team and counts in no effect.")
    people = course_record.by_person(learners, settings)
    assert people.value == 2
    first = people.frame.row(0, named=True)
    assert (first["rep_name"], first["completed_on"]) == ("R1", date(2025, 2, 1))
    assert people.frame.filter(rep_id="r2")["rep_name"].to_list() == ["r2"]
    assert course_record.strangers(learners).rows() == [("Zed", 1)]
    # Finished on a day nobody knows counts as finished, and in no effect.
    assert course_record.finished_on(learners).rows() == [("r1", "Basics", date(2025, 2, 1))]
    hidden = learners.with_frames(
        course_completions=learners.course_completions.with_columns(learner_name=pl.lit(None))
    )
    assert course_record.strangers(hidden)["n_courses"].to_list() == [1]
    assert course_record.by_course(company(AS_OF), settings).value is None
