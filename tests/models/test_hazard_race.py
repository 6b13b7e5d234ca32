"""The race of the monthly customer models, on a company whose way of losing customers is planted."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.features import accounts
from core.models.churn import hazard
from core.models.churn.hazard import CONTENDERS, HazardModel

KNOWN = date(2026, 3, 31)


def planted(n=400, early=0.02, late=0.02, slope=1.2):
    """Accounts that leave by a monthly chance that rises with their open tickets; from 2025 on at the late level."""
    draw = np.random.default_rng(8)
    days = [KNOWN - timedelta(days=30 + hazard.STEP_DAYS * k) for k in range(18, -1, -1)]
    tickets = draw.integers(0, 4, n).astype(float)
    gone = []
    for i in range(n):
        day, out = days[0], None
        while out is None and day <= KNOWN:
            day += timedelta(days=int(draw.integers(25, 36)))
            level = late if day >= date(2025, 1, 1) else early
            if draw.random() < level * np.exp(slope * (tickets[i] - 1.5)):
                out = day
        gone.append(out if out is not None and out <= KNOWN else None)
    blank = {name: [None] * n for name in accounts.NUMBERS}
    frame = pl.DataFrame(
        {"account_id": [f"A{i:03d}" for i in range(n)], **blank, **{c: ["x"] * n for c in accounts.CATEGORIES}},
        schema_overrides=dict.fromkeys(accounts.NUMBERS, pl.Float64),
    ).with_columns(n_tickets_90d=pl.Series(tickets), gone=pl.Series(gone, dtype=pl.Date))
    marks = pl.concat(
        [
            frame.filter(pl.col("gone").is_null() | (pl.col("gone") > day)).with_columns(as_of=pl.lit(day))
            for day in days
        ]
    ).drop("gone")
    moved = frame.drop_nulls("gone").select(
        "account_id", on="gone", event=pl.lit("left"), mrr_before=pl.lit(1.0), mrr_after=pl.lit(0.0)
    )
    return marks, moved


@pytest.fixture
def settings(settings):
    return settings.model_copy(update={"models": settings.models.model_copy(update={"threads": 1})})


@pytest.fixture(scope="module")
def rising():
    return planted(early=0.008, late=0.02)


def fitted(settings, made, **more):
    return HazardModel(settings).fit(*made, KNOWN, **more)


def test_the_race_is_run_on_later_months_and_finds_what_was_planted(settings):
    marks, moved = planted()
    found = fitted(settings, (marks, moved))
    race = found.card_["race"]
    assert list(race) == list(CONTENDERS)
    assert found.winner_ == min(race, key=race.get) != CONTENDERS[0]
    assert found.card_["auc"] > 0.7
    assert found.card_["n_outcomes"] <= moved.height
    # no event is lost between the rows and the card
    assert found.card_["happened"] == found.past_["target"].sum()
    assert found.card_["expected"] == pytest.approx(found.past_["hazard"].sum())
    assert found.card_["expected"] / found.card_["happened"] == pytest.approx(1, abs=0.25)
    assert found.past_["as_of"].min() >= KNOWN - timedelta(days=hazard.TWIN_DAYS * hazard.TWINS)
    # every landmark of the judged stretch is scored, also where its year is not over
    late = marks.filter(pl.col("as_of") >= KNOWN - timedelta(days=hazard.TWIN_DAYS * hazard.TWINS))
    assert (
        found.scored_.select("account_id", "as_of")
        .sort("as_of", "account_id")
        .equals(late.select("account_id", "as_of").sort("as_of", "account_id"))
    )
    now = marks.filter(pl.col("as_of") == marks["as_of"].max())
    risk = hazard.within(found.predict(now), ["account_id"]).join(now, on="account_id")
    by_tickets = risk.group_by("n_tickets_90d").agg(pl.col("p_12m").mean()).sort("n_tickets_90d")["p_12m"].to_list()
    assert by_tickets == sorted(by_tickets)
    assert by_tickets[-1] > 3 * by_tickets[0]


def test_the_last_years_level_serves(settings, rising, monkeypatch):
    moved_up = fitted(settings, rising)
    assert moved_up.card_["level"] == moved_up.levels_[moved_up.winner_] > 0.05
    monkeypatch.setattr(hazard, "LEVEL_PRIOR", 1e12)
    as_it_was = fitted(settings, rising)
    assert as_it_was.card_["level"] == pytest.approx(0, abs=1e-6)
    gap = {k: abs(m.card_["happened"] - m.card_["expected"]) for k, m in (("up", moved_up), ("plain", as_it_was))}
    assert gap["up"] < gap["plain"]
    assert min(moved_up.card_["race"].values()) < min(as_it_was.card_["race"].values())


def test_what_cannot_be_judged_keeps_the_base_rate(settings, rising):
    marks, moved = rising
    young = marks.filter(pl.col("as_of") == marks["as_of"].max() - timedelta(days=hazard.STEP_DAYS))
    found = fitted(settings, (young, moved.with_columns(on=pl.lit(young["as_of"][0] + timedelta(days=7)))), twins=1)
    assert found.winner_ == CONTENDERS[0]
    assert found.card_["race"] == {}
    assert found.levels_ == {}
    assert found.past_.is_empty()


@pytest.mark.parametrize("name", CONTENDERS)
def test_each_contender_can_serve_alone(settings, rising, name):
    marks, moved = rising
    rows = hazard.periods(marks, moved, "left", KNOWN)
    model = HazardModel(settings, winner_=name)
    model._train(rows, model._needed(name))
    assert set(model.each(rows.head(50))) == {CONTENDERS[0], name, *(CONTENDERS if name == CONTENDERS[3] else ())}
    chances = model.rates(rows)
    assert ((chances > 0) & (chances < 1)).all()
    assert chances.sum() == pytest.approx(rows["target"].sum(), rel=0.2)


def test_no_account_gives_no_rows(settings, rising):
    marks, moved = rising
    assert fitted(settings, (marks.head(300), moved), twins=1).predict(marks.clear()).is_empty()


@given(st.floats(0, 5_000), st.floats(0, 5_000))
def test_a_level_points_to_what_happened_and_never_overshoots(expected, happened):
    found = hazard.level(expected, happened)
    assert (found > 0) == (happened > expected) or found == pytest.approx(0, abs=1e-12)
    assert abs(np.exp(found) * (expected + 1e-9) - expected) <= abs(happened - expected) + 1e-6
