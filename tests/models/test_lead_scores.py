"""The race of lead scores: what is planted is learnt, chance is not, reasons add up, nothing looks ahead."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from core.models.estimators.calibration import auc
from core.models.estimators.contenders import sigmoid
from core.models.leads import lead_landmarks, record_text, scores, work_list
from core.models.leads.lead_contenders import BASE, FEATURES, Logistic, SourceRate, Trees, logits
from core.models.leads.lead_race import Scale, calibration
from core.models.leads.lead_scores import POINTS, points_of
from tests.metrics.companies import company

AS_OF = date(2026, 5, 15)
TITLES = {"Chief Financial Officer": 1.6, "IT Manager": 0.0, "Analyst": -1.6}


def leads(n, effect=1.0, seed=1):
    """Leads of three years whose odds of becoming a deal rise with the title by a planted effect."""
    rng = np.random.default_rng(seed)
    rows = []
    for k in range(n):
        came = date(2023, 5, 1) + timedelta(days=int(k / n * 1_100))
        title = list(TITLES)[rng.integers(3)]
        odds = 0.4 * np.exp(effect * TITLES[title])
        days = int(rng.integers(2, 60)) if rng.random() < odds / (1 + odds) else None
        on = came + timedelta(days=days) if days is not None else None
        rows.append(
            {
                "lead_id": f"L{k:05d}",
                "lead_name": f"Person {k}",
                "company": "Firm",
                "title": title,
                "industry": ["Energy", "Media"][rng.integers(2)],
                "employee_count": int(rng.integers(5, 900)) if k % 7 else None,
                "lead_source": ["Web", "Fair"][rng.integers(2)],
                "created_on": came,
                "created_at": datetime(came.year, came.month, came.day, 9),
                "answered_at": datetime(came.year, came.month, came.day, 11) if k % 3 else None,
                "is_converted": days is not None and on <= AS_OF,
                "converted_on": on if on and on <= AS_OF else None,
            }
        )
    return rows


@pytest.fixture(scope="module")
def firm():
    return company(AS_OF, leads=leads(1_500))


@pytest.fixture(scope="module")
def scored(firm, settings):
    return scores(firm, settings)


def test_a_planted_title_is_learnt_and_beats_the_source(scored):
    table = {row["model"]: row for row in scored.race.frame.rows(named=True)}
    assert scored.race.winner != BASE
    assert table[scored.race.winner]["gain_low"] > 0
    assert table[scored.race.winner]["concordance"] > table[BASE]["concordance"] + 0.03
    assert "less, beyond chance" in scored.sentence()
    early = scored.frame.filter(pl.col("age") < 60)
    mean = dict(early.group_by("title").agg(pl.col("chance").mean()).iter_rows())
    assert mean["Chief Financial Officer"] > mean["IT Manager"] > mean["Analyst"]


def test_scores_of_later_leads_are_calibrated(scored):
    race = scored.race
    expected = (race.calibration["expected"] * race.calibration["n"]).sum()
    spread = (race.calibration["expected"] * (1 - race.calibration["expected"]) * race.calibration["n"]).sum() ** 0.5
    assert abs(expected - race.hits) < 5 * spread  # ages of one lead are not independent
    assert race.record["n"].sum() > 0
    assert "were expected to become a deal within 90 days" in record_text(scored)


def test_where_nothing_tells_the_sources_rate_is_shown(settings):
    plain = scores(company(AS_OF, leads=leads(900, effect=0.0, seed=2)), settings)
    assert plain.race.winner == BASE
    assert "no model was better beyond chance" in plain.sentence()


def test_reasons_add_up_to_the_chance(scored):
    sums = scored.frame.select(pl.sum_horizontal(POINTS) + pl.col("usual_chance"))
    assert np.abs(sums.to_series().to_numpy() - scored.frame["chance"].to_numpy()).max() < 1e-12
    assert scored.frame["reasons"].str.contains("points").any()


def test_parts_of_every_contender_are_its_log_odds(firm):
    past = lead_landmarks.landmarks(firm, "deal")
    today = lead_landmarks.today(firm)
    for kind in (SourceRate, Logistic, Trees):
        scorer = kind.fit(past)
        parts, base = scorer.parts(today)
        assert parts.shape == (today.height, len(FEATURES))
        assert logits(scorer, today) == pytest.approx(parts.sum(axis=1) + base)
        assert 0.5 < sigmoid(logits(scorer, past)).mean() / past["y"].mean() < 1.5
        assert scorer.parts(today.clear())[0].shape == (0, len(FEATURES))
    trees = Trees.fit(past)
    raw = trees.booster.predict(trees.columns.matrix(today), raw_score=True)
    assert logits(trees, today) == pytest.approx(raw, abs=1e-9)


def test_nothing_later_changes_what_was_known(firm):
    day = date(2026, 1, 31)
    before = lead_landmarks.landmarks(firm, "deal").filter(pl.col("on") <= day).drop("y")
    later = firm.leads.filter(pl.col("created_on") > day)
    touched = [
        {"touch_id": f"t{k}", "lead_id": name, "channel": "Mail", "touched_at": datetime(2026, 2, 1)}
        for k, name in enumerate(firm.leads["lead_id"].head(50))
    ]
    spoilt = company(AS_OF, leads=firm.leads.join(later, on="lead_id", how="anti").to_dicts(), campaign_touches=touched)
    after = lead_landmarks.landmarks(spoilt, "deal").filter(pl.col("on") <= day).drop("y")
    assert before.equals(after)


def test_touches_are_counted_up_to_the_day():
    came = date(2026, 1, 1)
    rows = [{"lead_id": "a", "created_on": came, "created_at": datetime(2026, 1, 1)}]
    days = (date(2026, 1, 1), date(2026, 1, 12), date(2026, 1, 20))
    touches = [
        {"touch_id": str(k), "lead_id": "a", "channel": "Mail", "touched_at": datetime(d.year, d.month, d.day, 8)}
        for k, d in enumerate(days)
    ]
    past = lead_landmarks.landmarks(company(AS_OF, leads=rows, campaign_touches=touches), "deal")
    counts = past.select("age", "n_touches", "n_recent", "days_quiet", "answer").rows()
    assert counts[0] == (1, 1.0, 1.0, 1.0, "none yet")
    assert counts[1] == (14, 2.0, 1.0, 3.0, "none yet")
    assert counts[2] == (30, 3.0, 1.0, 11.0, "none yet")


def test_the_list_holds_what_the_team_has_room_for(scored):
    listed = work_list(scored, 5)
    assert listed.frame.height == 5
    assert listed.value == scored.frame["chance"][4]
    assert f"Work 5 leads of {scored.frame.height:,}" in listed.sentence()
    assert work_list(scored, 0).sentence() == "There is no room for any lead."
    assert work_list(scored, 10**6).frame.height == scored.frame.height


def test_few_leads_are_not_scored(settings):
    for rows in ([], leads(30)):
        few = scores(company(AS_OF, leads=rows), settings)
        assert few.race is None
        assert few.frame.is_empty()
        assert "too few leads whose outcome is known" in few.sentence()
        assert work_list(few, 5).sentence() == "No lead can be worked."
        assert record_text(few).startswith("No lead was scored")


def test_scale_calibration_and_concordance_by_hand():
    rng = np.random.default_rng(5)
    z = rng.normal(0, 1.5, 4_000)
    y = (rng.random(4_000) < sigmoid(0.5 * z - 1)).astype(float)
    scale = Scale.fit(z, y)
    assert (scale.slope, scale.offset) == (pytest.approx(0.5, abs=0.08), pytest.approx(-1.0, abs=0.12))
    assert Scale.fit(z[:20], y[:20]) == Scale()
    table = calibration(sigmoid(0.5 * z - 1), y)
    assert ((table["low"] < table["expected"] + 0.03) & (table["expected"] - 0.03 < table["high"])).all()
    assert auc(np.array([0.0, 1.0, 1.0]), np.array([1.0, 1.0, 2.0])) == 0.75
    assert points_of(np.array([[1.0, -1.0]]), 0.0).sum() == 0.0
