from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.contracts.errors import ModelError
from core.features import deals
from core.models import close
from core.models.close import joint_calibration, trainer
from core.models.close.competing_risks import Periods, along, paths, shared, slopes
from core.models.close.risk_intervals import PERIOD_DAYS, rows_of

ODDS = st.lists(st.floats(-6, 6), min_size=24, max_size=24)


@given(ODDS)
def test_the_three_ends_sum_to_one_and_only_grow(odds):
    margins = np.array(odds).reshape(2, 1, 12)
    days = [1, 15, 29, 30, 47, 90, 180]
    each = paths(margins, days)
    won, lost = (np.array([e[k][0] for e in each]) for k in (0, 1))
    assert (np.diff(won) >= -1e-12).all()
    assert (np.diff(lost) >= -1e-12).all()
    assert ((won + lost) <= 1 + 1e-12).all()
    assert along(margins, 47)[0][0] == pytest.approx(won[4])


def test_two_periods_by_hand():
    margins = np.log(np.array([[[0.2 / 0.8, 0.5 / 0.5]], [[0.25 / 0.75, 0.5 / 0.5]]]))
    won, lost = along(margins, 2 * PERIOD_DAYS)
    assert lost[0] == pytest.approx(0.8 * 0.25 + 0.6 * 0.5 * 0.5)
    assert won[0] == pytest.approx(0.2 + 0.6 * 0.5)
    assert along(margins, PERIOD_DAYS / 2)[0][0] == pytest.approx(0.1)


def test_the_slope_is_that_of_small_steps():
    margins = np.random.default_rng(1).normal(-1, 1, (2, 3, 4))
    value, derivative = slopes(margins, 52)
    step = 1e-6
    for cause, period in ((0, 0), (1, 1), (0, 3)):
        moved = margins.copy()
        moved[cause, :, period] += step
        assert (slopes(moved, 52)[0] - value) / step == pytest.approx(derivative[cause, :, period], abs=1e-4)


def test_shares_add_up_to_the_log_odds():
    draw = np.random.default_rng(2)
    base, parts = draw.normal(-2, 0.5, (2, 6)), draw.normal(0, 0.7, (2, 5, 6, 4))
    phi, start, end = shared(base, parts, 80)
    assert start + phi.sum(axis=1) == pytest.approx(end, abs=1e-12)
    won = along(base[:, None] + parts.sum(axis=3), 80)[0]
    assert end == pytest.approx(np.log(won / (1 - won)), abs=1e-9)


def test_a_deal_seen_from_a_later_period():
    names = ("days_to_close", "days_to_quarter_end", "fiscal_quarter")
    row = rows_of(np.array([[20.0, 10.0, 4.0], [np.nan, np.nan, np.nan]]), names, 1)
    assert row[0, 0] == 5
    assert row[0, 3:].tolist() == pytest.approx([1, np.log(2), 0, 0, 0, 0, 0, 0, 1, 0])
    assert np.isnan(row[1, 0])
    assert row[1, 5:10].tolist() == pytest.approx([7 / 91, 7 / 91, 7 / 91, 7 / 91, 21 / 91])


def test_the_weeks_before_a_quarter_ends_are_told_apart():
    names = ("days_to_close", "days_to_quarter_end", "fiscal_quarter")
    first, later = (rows_of(np.array([[20.0, 40.0, 1.0]]), names, k)[0, 5:10] for k in (0, 1))
    assert first.tolist() == pytest.approx([0, 0, 0, 3 / 15, 12 / 15])
    assert later.tolist() == pytest.approx([0, 4 / 15, 7 / 15, 4 / 15, 0])


def landmark(**more):
    given_ = {"opportunity_id": "O1", "as_of": date(2026, 1, 1), "follow_days": 100, "end_days": 20, "is_won": True}
    return {**given_, **more}


def test_periods_end_when_the_deal_does():
    marks = pl.DataFrame([landmark(), landmark(end_days=None, follow_days=31, is_won=False)])
    found = Periods.of(marks, 12)
    own = found.landmark == 0
    assert found.period[own].tolist() == [0, 1]
    assert found.won[own].tolist() == [0, 1]
    assert found.period[~own].tolist() == [0, 1]
    assert found.lost.sum() == 0


@pytest.fixture(scope="module")
def every(sample, settings):
    return close.marks(sample, settings)


def test_a_very_large_company_is_learnt_from_by_some_deals_with_all_their_landmarks(every, sample, settings):
    few = settings.model_copy(update={"models": settings.models.model_copy(update={"most_deals": 1_000})})
    found = close.marks(sample, few)
    ids = found["opportunity_id"].unique()
    assert ids.len() == 1_000 < every["opportunity_id"].n_unique() <= settings.models.most_deals
    assert found.equals(every.filter(pl.col("opportunity_id").is_in(ids.implode())))
    by_year = (
        f.unique("opportunity_id")["as_of"].dt.year().value_counts(normalize=True).sort("as_of")
        for f in (found.sort("as_of"), every.sort("as_of"))
    )
    one, other = (dict(shares.iter_rows()) for shares in by_year)
    assert one.keys() == other.keys()
    assert all(abs(one[year] - other[year]) < 0.06 for year in one)


@pytest.fixture(scope="module")
def marks(every):
    found = every
    few = found["opportunity_id"].unique().sort().gather_every(5)
    return found.filter(pl.col("opportunity_id").is_in(few.implode()))


@pytest.fixture(scope="module")
def model(marks, settings):
    return close.CloseModel(settings).fit(marks, judged=False)


def test_all_ends_of_every_open_deal(model, sample, settings):
    frame = deals.build(sample, sample.as_of, settings)
    won, horizons = model.predict(frame), settings.models.horizons_days
    margins = model.ready().margins(model.at(1).matrix(frame))
    for days, (p_win, p_lost) in zip(horizons, paths(margins, horizons), strict=True):
        assert won[f"p_win_{days}"].to_list() == p_win.tolist()
        assert min(p_win.min(), p_lost.min()) >= 0
        assert (p_win + p_lost).max() <= 1
    assert (won["p_win_180"] >= won["p_win_30"]).all()
    assert model.predict(frame.head(0)).height == 0
    assert model.at(90).margin(frame.head(0)).tolist() == []


def test_contributions_add_up_for_any_day(model, sample, settings):
    frame = deals.build(sample, sample.as_of, settings).head(40)
    for days in (10, 47, 90):
        there = model.at(days)
        parts = there.booster_.predict(there.matrix(frame), pred_contrib=True)
        assert parts.shape[1] == len(there.feature_names_) + 1
        assert parts.sum(axis=1) == pytest.approx(there.margin(frame), abs=1e-9)
        assert there.predict(frame) == pytest.approx(1 / (1 + np.exp(-there.margin(frame))))


def test_the_model_survives_being_written(model, sample, settings):
    import json

    frame = deals.build(sample, sample.as_of, settings).head(30)
    again = close.CloseModel.from_dict(json.loads(json.dumps(model.to_dict(), default=str)), settings)
    assert again.predict(frame).equals(model.predict(frame))
    assert again.at(30).vocabulary_ == model.at(30).vocabulary_


def test_a_missing_feature_is_named(model, sample, settings):
    frame = deals.build(sample, sample.as_of, settings).drop("amount")
    with pytest.raises(ModelError, match="amount"):
        model.predict(frame)


def test_few_wins_give_a_table(marks, settings):
    some = marks.filter("is_won")["opportunity_id"].unique().sort().head(25)
    others = marks.filter(~pl.col("is_won"))["opportunity_id"].unique().sort().head(60)
    few = marks.filter(pl.col("opportunity_id").is_in(pl.concat([some, others]).implode()))
    found = close.CloseModel(settings).fit(few)
    assert found.card_["is_simple"] is True
    assert {row["contender"] for row in found.card_["race"]} <= {"base rate", "table"}


@pytest.mark.parametrize("kind", [True, False])
def test_one_kind_of_end_is_not_enough(marks, settings, kind):
    one = marks.filter(pl.col("is_won") == kind) if kind else marks.with_columns(is_won=pl.lit(value=False))
    with pytest.raises(ModelError, match="too few past outcomes"):
        trainer.Trial(one, settings)


def test_nothing_at_all_is_said(settings):
    with pytest.raises(ModelError, match="too few"):
        trainer.Trial(pl.DataFrame(), settings)


def test_wins_never_followed_long_enough_are_said(marks, settings):
    short = marks.with_columns(follow_days=pl.lit(3, pl.Int64))
    with pytest.raises(ModelError, match="followed long enough"):
        trainer.Trial(short, settings)


def ends(shift, n=6_000):
    draw = np.random.default_rng(4)
    true = draw.normal(-1.5, 1, (2, n, 4))
    day, end, won = np.arange(4) * 15 + 10, np.full(n, 10**6), np.zeros(n, dtype=bool)
    alive = np.ones(n, dtype=bool)
    for k in range(4):
        win = alive & (draw.random(n) < 1 / (1 + np.exp(-true[0, :, k])))
        lose = alive & ~win & (draw.random(n) < 1 / (1 + np.exp(-true[1, :, k])))
        end[win | lose], won[win], alive = day[k], True, alive & ~win & ~lose
    return joint_calibration.Ends(true - shift, np.full(n, 60), end, won, (30, 60))


def test_chances_too_low_are_raised_and_right_ones_left():
    fold = np.arange(6_000) % 4
    low = ends(1.0)
    won, lost = joint_calibration.corrected(low, fold)
    moved = low.margins * np.array([won.slope, lost.slope])[:, None, None]
    moved += np.array([won.shift, lost.shift])[:, None, None]
    happened = (low.is_won & (low.end_days <= 60)).mean()
    assert along(low.margins, 60)[0].mean() < happened - 0.1
    assert along(moved, 60)[0].mean() == pytest.approx(happened, abs=0.02)
    few = joint_calibration.corrected(ends(1.0).some(np.arange(100)), fold[:100])
    assert few[0].kind == few[1].kind == "identity"


def test_the_latest_stretches_count_most_and_one_bad_one_does_not_move_the_rest():
    votes = np.array([[0.0], [0.1], [9.0], [0.2], [0.3], [0.3]])
    assert joint_calibration.middle(votes)[0] == pytest.approx(0.29, abs=0.02)
    assert joint_calibration.middle(votes[::-1])[0] == pytest.approx(0.13, abs=0.03)
    assert joint_calibration.middle(votes[:1])[0] == 0


def test_a_correction_that_does_not_help_later_is_dropped():
    found = ends(0.0)
    fold = np.arange(6_000) * 4 // 6_000
    margins = found.margins.copy()
    margins[:, fold % 2 == 0] -= 1.5
    margins[:, fold % 2 == 1] += 1.5
    swung = joint_calibration.Ends(margins, found.follow_days, found.end_days, found.is_won, found.horizons)
    assert joint_calibration.corrected(swung, fold)[0].kind == "identity"
