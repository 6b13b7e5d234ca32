from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from core.contracts.errors import ModelError
from core.models.estimators.tabular_classifier import ProbabilityLearner

N = 900


def table(seed=1, skill=1.4):
    draw = np.random.default_rng(seed)
    heat, kind = draw.normal(0, 1, N), draw.choice(["a", "b", "c"], N)
    odds = skill * (heat + (kind == "a"))
    return pl.DataFrame(
        {
            "row": [f"R{i}" for i in range(N)],
            "heat": np.where(draw.random(N) < 0.1, np.nan, heat),
            "kind": kind,
            "spent": [f"{v:.2f}" if v > 0.1 else " " for v in draw.random(N)],
            "since": [date(2024, 1, 1) + timedelta(days=int(d)) for d in draw.integers(0, 400, N)],
            "same": ["x"] * N,
            "left": np.where(draw.random(N) < 1 / (1 + np.exp(-odds)), "Yes", "No"),
        }
    ).with_columns(pl.col("heat").fill_nan(None))


@pytest.fixture(scope="module")
def model(settings):
    return ProbabilityLearner(settings, ids=["row"]).fit(table(), "left")


def test_it_learns_and_hands_the_ids_through(model):
    later = table(2)
    found = model.predict(later.drop("left"))
    assert found.columns == ["row", "p"]
    assert found["row"].to_list() == later["row"].to_list()
    assert model.card_["scores"]["auc"] > 0.75
    assert model.card_["has_skill"]
    assert model.card_["left_out"] == {"same": "holds one value only"}
    assert set(model.feature_names_) == {"heat", "kind", "spent", "since"}


def test_values_never_seen_and_missing_columns_count_as_not_known(model):
    odd = table(3).head(5).with_columns(kind=pl.lit("zebra 🦓"), heat=pl.lit(None, pl.Float64))
    blank = odd.with_columns(kind=pl.lit(None, pl.String)).drop("heat")
    assert model.predict(odd)["p"].to_list() == model.predict(blank)["p"].to_list()
    assert model.predict(odd.head(0)).height == 0


def test_pandas_and_outcomes_beside_the_table(settings, model):
    frame = table()
    y = (frame["left"] == "Yes").to_list()
    again = ProbabilityLearner(settings, ids=["row"]).fit(frame.drop("left").to_pandas(), y)
    assert again.predict(frame.drop("left").to_pandas())["p"].to_list() == pytest.approx(
        model.predict(frame)["p"].to_list(), abs=1e-6
    )


def test_noise_is_given_the_base_rate(settings):
    found = ProbabilityLearner(settings).fit(table(skill=0.0).select("heat", "kind", "left"), "left")
    assert found.card_["winner"] == "base rate"
    assert found.card_["has_skill"] is False
    assert found.predict(table())["p"].n_unique() == 1


def test_columns_that_give_the_outcome_away_are_named_and_left_out(settings):
    draw = np.random.default_rng(5)
    frame = table().with_columns(
        closed_by=pl.when(pl.col("left") == "Yes").then(pl.lit("agent")),
        refund=(pl.col("left") == "Yes").cast(pl.Float64) * 2 + pl.Series(draw.normal(0, 0.7, N)),
    )
    found = ProbabilityLearner(settings, ids=["row"]).fit(frame, "left")
    assert {row["column"] for row in found.card_["leaks"]} == {"closed_by", "refund"}
    assert "filled in" in next(r["why"] for r in found.card_["leaks"] if r["column"] == "closed_by")
    assert not {"closed_by", "refund"} & set(found.feature_names_)
    kept = ProbabilityLearner(settings, ids=["row"], drop_leaks=False).fit(frame, "left")
    assert "refund" in kept.feature_names_


def test_time_decides_who_judges(settings):
    frame = table().drop("since").with_columns(as_of=pl.lit(date(2025, 1, 1)) + pl.duration(days=pl.int_range(N)))
    found = ProbabilityLearner(settings, ids=["row"]).fit(frame.with_columns(pl.col("as_of").cast(pl.Date)), "left")
    assert "as_of" not in found.feature_names_
    assert found.race_.rows.min() >= N * 0.39
    whole = frame.with_columns(day=pl.col("as_of").cast(pl.Datetime)).drop("as_of")
    assert ProbabilityLearner(settings, time="day", ids=["row"]).fit(whole, "left").race_.rows.min() >= N * 0.39


def test_outcomes_that_read_as_words_numbers_or_booleans(settings):
    frame = table().with_columns(number=(pl.col("left") == "Yes").cast(pl.Int8))
    flag = frame.with_columns(flag=pl.col("number") == 1).drop("left", "number")
    plain = ProbabilityLearner(settings, ids=["row"]).fit(frame.drop("left"), "number")
    assert ProbabilityLearner(settings, ids=["row"]).fit(flag, "flag").card_["base_rate"] == plain.card_["base_rate"]
    words = flag.with_columns(pl.col("flag").replace_strict({True: "stornó", False: "bleibt"}))
    rare = ProbabilityLearner(settings, ids=["row"]).fit(words, "flag").card_["base_rate"]
    assert rare == pytest.approx(min(plain.card_["base_rate"], 1 - plain.card_["base_rate"]))


@pytest.mark.parametrize(
    ("change", "target", "message"),
    [
        (lambda f: f.head(20), "left", "too few"),
        (lambda f: f.with_columns(left=pl.lit("No")), "left", "too few"),
        (lambda f: f, "lefft", "Is it left"),
        (lambda f: f, [0, 1], "do not fit"),
        (lambda f: f.with_columns(left=pl.int_range(pl.len()) % 3), "left", "3 values"),
    ],
)
def test_what_cannot_be_learnt_is_a_sentence(settings, change, target, message):
    with pytest.raises(ModelError, match=message):
        ProbabilityLearner(settings).fit(change(table()), target)


def test_a_misspelt_time_column_is_named(settings):
    with pytest.raises(ModelError, match="Is it since"):
        ProbabilityLearner(settings, time="sinse").fit(table(), "left")


def test_a_time_column_without_times_is_named(settings):
    with pytest.raises(ModelError, match="kind holds no time"):
        ProbabilityLearner(settings, time="kind").fit(table(), "left")
