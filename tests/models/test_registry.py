from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from core.contracts import Dataset, empty
from core.contracts.dataset import FRAMES
from core.contracts.errors import ModelError
from core.models import registry
from core.models.estimators import landmark_classifier
from core.models.estimators.landmark_classifier import Probability, Recipe


@pytest.fixture
def own(settings, tmp_path):
    return settings.model_copy(update={"home": tmp_path})


@pytest.fixture
def nothing():
    return Dataset(**{n: empty(n) for n in FRAMES}, as_of=date(2026, 1, 1), source="test", rejected=pl.DataFrame())


def marks(n=900, seed=1):
    draw = np.random.default_rng(seed)
    odds = draw.normal(0, 1, n)
    days = pl.Series(sorted(draw.integers(0, 700, n)))
    begin = pl.lit(date(2024, 1, 1)) + pl.duration(days=days)
    return pl.DataFrame({"entity_id": [f"E{i}" for i in range(n)], "heat": odds}).with_columns(
        kind=pl.Series(draw.choice(["a", "b"], n)),
        as_of=begin.cast(pl.Date),
        is_known_on=(begin + pl.duration(days=30)).cast(pl.Date),
        horizon_days=pl.lit(30),
        target=pl.Series((draw.random(n) < 1 / (1 + np.exp(-2 * odds))).astype(np.int8)),
    )


RECIPE = Recipe("a test", ("heat",), ("kind",), ("kind",), 30, {"num_leaves": 4, "min_data_in_leaf": 20}, 30, 200)


def test_a_model_survives_being_written(settings):
    frame = marks()
    model = landmark_classifier.fit(frame, RECIPE, settings)
    again = Probability.from_dict(json.loads(json.dumps(model.to_dict(), default=str)))
    assert np.array_equal(again.predict(frame), model.predict(frame))
    assert model.card_["is_simple"] is False


def test_a_value_never_seen_counts_as_not_known(settings):
    model = landmark_classifier.fit(marks(), RECIPE, settings)
    odd = marks(20).with_columns(kind=pl.lit("zebra"))
    blank = marks(20).with_columns(kind=pl.lit(None, pl.String))
    assert np.array_equal(model.predict(odd), model.predict(blank))


def test_few_outcomes_give_the_simple_table(settings):
    model = landmark_classifier.fit(marks(50), RECIPE, settings)
    assert model.card_["is_simple"] is True
    assert model.feature_names_ == ("kind",)


def test_a_missing_feature_is_named(settings):
    with pytest.raises(ModelError, match="heat"):
        landmark_classifier.fit(marks(), RECIPE, settings).predict(marks().drop("heat"))


@pytest.mark.parametrize("frame", [pl.DataFrame(), marks().with_columns(target=pl.lit(0, pl.Int8))])
def test_nothing_to_learn_from_is_said(settings, frame):
    with pytest.raises(ModelError, match="too few past outcomes"):
        landmark_classifier.fit(frame, RECIPE, settings)


def test_the_judge_trains_only_on_what_was_known(settings):
    frame = marks()
    card, past = landmark_classifier.judge(frame, RECIPE, settings)
    assert (
        past.height == frame.filter(pl.col("as_of") >= past["as_of"].min(), pl.col("as_of") < card["judged_to"]).height
    )
    assert card["horizons"]["30"]["auc"] > 0.8
    turned = frame.with_columns(
        target=pl.when(pl.col("as_of") >= past["as_of"].min()).then(1 - pl.col("target")).otherwise("target")
    )
    _, other = landmark_classifier.judge(turned, RECIPE, settings)
    first = past.filter(pl.col("as_of") < past["as_of"].min() + pl.duration(days=20))
    assert_frame_equal(first.select("p"), other.head(first.height).select("p"))


def test_the_judge_says_nothing_of_a_short_history(settings):
    card, past = landmark_classifier.judge(marks(60).head(1), RECIPE, settings)
    assert card == {}
    assert past.is_empty()
    assert landmark_classifier.judge(pl.DataFrame(), RECIPE, settings)[0] == {}


def test_nothing_loaded_leaves_a_sentence_for_each_model(nothing, own):
    registry._MEMORY.clear()
    found = registry.load_or_train(nothing, own)
    assert found.close is None
    assert found.churn is None
    with pytest.raises(ModelError, match="when a deal is won"):
        found.need_close()
    with pytest.raises(ModelError, match="who leaves"):
        found.need_churn()


def test_a_second_load_reads_what_the_first_wrote(bundle, sample, settings):
    registry._MEMORY.clear()
    again = registry.load_or_train(sample, settings)
    assert again.key == bundle.key
    assert_frame_equal(again.deal_scores, bundle.deal_scores)
    assert_frame_equal(again.churn_scores, bundle.churn_scores)
    assert registry.load_or_train(sample, settings) is again


def test_other_settings_or_data_have_another_key(nothing, own):
    more = own.model_copy(update={"models": own.models.model_copy(update={"seed": 99})})
    later = nothing.with_frames()
    assert registry.key(nothing, own) == registry.key(later, own)
    assert registry.key(nothing, more) != registry.key(nothing, own)


def test_only_the_newest_bundles_are_kept(nothing, own):
    for seed in range(registry.KEPT + 3):
        registry.load_or_train(nothing, own.model_copy(update={"models": own.models.model_copy(update={"seed": seed})}))
    kept = [p for p in (own.home / "models").iterdir() if p.is_dir()]
    assert len(kept) == registry.KEPT


def test_a_folder_that_cannot_be_written_to_is_named(nothing, own, tmp_path):
    registry._MEMORY.clear()
    wall = tmp_path / "wall"
    wall.write_text("a file where a folder should be")
    with pytest.raises(ModelError, match="cannot be kept"):
        registry.load_or_train(nothing, own.model_copy(update={"home": wall}))


def test_a_sessions_own_data_leaves_nothing_on_disk(nothing, own):
    registry._MEMORY.clear()
    found = registry.load_or_train(replace(nothing, is_transient=True, source="upload"), own)
    assert found.key
    assert not (own.home / "models").exists()
