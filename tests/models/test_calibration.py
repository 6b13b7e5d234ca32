from __future__ import annotations

import numpy as np
import pytest

from core.models.estimators import calibration
from core.models.estimators.calibration import Calibrator

DRAW = np.random.default_rng(5)
MARGIN = DRAW.normal(-1, 1.2, 4_000)


def happened(p):
    return (np.random.default_rng(6).random(len(p)) < p).astype(float)


def test_platt_finds_the_line_that_made_the_outcomes():
    found = calibration.platt(MARGIN, happened(1 / (1 + np.exp(-(0.6 * MARGIN - 0.4)))))
    assert found.slope == pytest.approx(0.6, abs=0.08)
    assert found.shift == pytest.approx(-0.4, abs=0.1)


def test_steps_are_chosen_where_a_line_cannot_follow():
    truth = np.where(MARGIN > -1, 0.7, 0.05)
    assert calibration.choose(MARGIN, happened(truth), np.arange(4_000.0)).kind == "isotonic"


def test_a_line_is_kept_where_it_helps_later_and_steps_do_not():
    truth = 1 / (1 + np.exp(-(0.5 * MARGIN - 0.8)))
    assert calibration.choose(MARGIN, happened(truth), np.arange(4_000.0)).kind == "platt"


def test_chances_that_are_right_already_are_left_alone():
    truth = 1 / (1 + np.exp(-MARGIN))
    assert calibration.choose(MARGIN, happened(truth), np.arange(4_000.0)) == Calibrator()


def test_only_lines_where_steps_are_not_wanted():
    truth = np.where(MARGIN > -1, 0.7, 0.05)
    assert calibration.choose(MARGIN, happened(truth), np.arange(4_000.0), only_lines=True).kind == "platt"


@pytest.mark.parametrize("target", [np.zeros(4_000), np.ones(4_000)])
def test_one_kind_of_outcome_leaves_margins_as_they_are(target):
    assert calibration.choose(MARGIN, target, np.arange(4_000.0)) == Calibrator()


@pytest.mark.parametrize("kind", [calibration.platt, calibration.isotonic])
def test_a_map_rises_and_survives_being_written(kind):
    found = kind(MARGIN, happened(1 / (1 + np.exp(-MARGIN))))
    p = found(np.linspace(-8, 8, 200))
    assert (np.diff(p) >= 0).all()
    assert p.min() > 0
    assert p.max() < 1
    again = Calibrator.from_dict(found.to_dict())
    assert np.array_equal(again(MARGIN), found(MARGIN))


def test_a_reversed_model_is_levelled_not_turned_round():
    found = calibration.platt(MARGIN, happened(1 / (1 + np.exp(MARGIN))))
    assert found.slope == pytest.approx(0, abs=1e-5)


def test_measures_by_hand():
    target, p = np.array([0.0, 1.0, 1.0, 0.0]), np.array([0.1, 0.9, 0.6, 0.4])
    assert calibration.auc(target, p) == 1.0
    assert calibration.auc(np.ones(3), p[:3]) is None
    assert calibration.log_loss(target, p) == pytest.approx(-(2 * np.log(0.9) + 2 * np.log(0.6)) / 4)
    table = calibration.reliability(target, p, bins=2)
    assert table["mean_rate"].to_list() == pytest.approx([0.25, 0.75])
    assert table["happened_rate"].to_list() == [0.0, 1.0]
    assert calibration.error(target, p, bins=2) == pytest.approx(0.25)


def drifting(levels, n=400, seed=3):
    draw = np.random.default_rng(seed)
    fold = np.repeat(np.arange(len(levels)), n).astype(float)
    margin = draw.normal(size=len(fold))
    return margin, (draw.random(len(fold)) < 1 / (1 + np.exp(-(margin + np.repeat(levels, n))))).astype(float), fold


def test_a_level_that_moves_is_followed():
    margin, target, fold = drifting([0.0, -0.4, -0.8, -1.2])
    followed = calibration.follow(calibration.Calibrator(), margin, target, fold)
    assert followed.shift == pytest.approx(-1.15, abs=0.2)
    later, outcome, _ = drifting([-1.4], seed=4)
    assert calibration.log_loss(outcome, followed(later)) < calibration.log_loss(
        outcome, calibration.platt(margin, target)(later)
    )
    steps = calibration.isotonic(margin, target)
    assert calibration.follow(steps, margin, target, fold)(later).mean() < steps(later).mean()


def test_a_level_that_stays_is_left_alone():
    margin, target, fold = drifting([0.0, 0.0, 0.0, 0.0])
    line = calibration.platt(margin, target)
    assert calibration.follow(line, margin, target, fold) is line
    assert line.moved(0.0) is line
    few = fold < 0.05
    assert calibration.follow(line, margin[few][:30], target[few][:30], fold[few][:30]) is line
