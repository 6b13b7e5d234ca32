from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from threading import Barrier, Event, Thread

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from core import explain
from core.artifacts import MODELS, open_cache
from core.contracts import Dataset, empty
from core.contracts.dataset import FRAMES
from core.contracts.errors import ModelError
from core.models import evaluation, monitoring, outlook, readiness, registry, train
from core.models.bundle import Bundle
from core.models.estimators import landmark_classifier
from core.models.estimators.landmark_classifier import Probability, Recipe
from core.models.revenue import forecast, revenue_by_segment, weekly


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
    found = registry.load_or_train(nothing, own)
    assert found.close is None
    assert found.churn is None
    with pytest.raises(ModelError, match="when a deal is won"):
        found.need_close()
    with pytest.raises(ModelError, match="who leaves"):
        found.need_churn()


def test_a_second_load_reads_what_the_first_wrote(bundle, sample, settings):
    open_cache(settings.home).forget(MODELS)
    again = registry.load_or_train(sample, settings)
    assert again is not bundle
    assert again == bundle
    assert hash(again) == hash(bundle)
    assert again.key == registry.bundle_key(sample, settings)
    assert_frame_equal(again.deal_scores, bundle.deal_scores)
    assert_frame_equal(again.churn_scores, bundle.churn_scores)
    assert registry.load_or_train(sample, settings) is again


def test_other_settings_or_data_have_another_key(nothing, own):
    more = own.model_copy(update={"models": own.models.model_copy(update={"seed": 99})})
    later = nothing.with_frames()
    assert registry.key(nothing, own) == registry.key(later, own)
    assert registry.key(nothing, more) != registry.key(nothing, own)


def test_only_the_newest_bundles_are_kept(nothing, own):
    for seed in range(MODELS.entries + 3):
        registry.load_or_train(nothing, own.model_copy(update={"models": own.models.model_copy(update={"seed": seed})}))
    assert len(open_cache(own.home).entries(MODELS)) == MODELS.entries


def test_a_folder_that_cannot_be_written_to_is_told_and_the_models_serve(nothing, own, tmp_path):
    wall = tmp_path / "wall"
    wall.write_text("a file where a folder should be")
    found = registry.load_or_train(nothing, own.model_copy(update={"home": wall}))
    assert found.key
    assert "new models are not kept" in " ".join(notice.what for notice in open_cache(wall).notices())


def test_a_sessions_own_data_leaves_nothing_on_disk(nothing, own):
    found = registry.load_or_train(replace(nothing, is_transient=True, source="upload"), own)
    assert found.key
    assert not (own.home / "artifacts").exists()


def test_a_bundle_without_a_key_equals_itself_alone():
    one, other = Bundle(None, None), Bundle(None, None)
    assert one == one  # noqa: PLR0124
    assert one != other
    assert len({one, other, one}) == 2
    with pytest.raises(ModelError, match="no key"):
        _ = one.fingerprint
    assert Bundle(None, None, key="k") == Bundle(None, None, {"close": "why"}, key="k")
    assert Bundle(None, None, key="k").fingerprint == "k"


def test_threads_get_their_models_while_others_empty_the_memory(nothing, own, monkeypatch):
    """Eight threads ask for more states than memory holds, and one forgets all the while; nobody comes away empty."""
    trained: list[str] = []

    def train(dataset, settings, progress=None):
        trained.append(f"{settings.models.seed}")
        return Bundle(None, None, {"seed": f"{settings.models.seed}"})

    monkeypatch.setattr(registry, "train_all", train)
    homes = [own.model_copy(update={"models": own.models.model_copy(update={"seed": n})}) for n in range(8)]
    stop = Event()

    def empty_it():
        while not stop.is_set():
            open_cache(own.home).forget(MODELS)

    thief = Thread(target=empty_it)
    thief.start()
    try:
        with ThreadPoolExecutor(8) as pool:
            asked = [homes[n % 5] for n in range(60)]
            found = list(pool.map(lambda mine: registry.load_or_train(nothing, mine).problems["seed"], asked))
    finally:
        stop.set()
        thief.join()
    assert found == [f"{mine.models.seed}" for mine in asked]
    # What was written once is read back, whoever emptied the memory.
    assert sorted(trained) == ["0", "1", "2", "3", "4"]


def test_threads_that_ask_at_once_train_once(nothing, own, monkeypatch):
    trained = []
    begin = Barrier(8)

    def train(dataset, settings, progress=None):
        trained.append(1)
        return Bundle(None, None)

    monkeypatch.setattr(registry, "train_all", train)

    def ask(_):
        begin.wait()
        return registry.load_or_train(nothing, own)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(ask, range(8)))
    assert len(trained) == 1
    assert all(bundle is found[0] for bundle in found)


def test_asking_for_answers_trains_reads_and_writes_nothing(bundle, customers, sample, settings, monkeypatch):
    for module, name in ((registry, "load_or_train"), (train, "train_all")):
        monkeypatch.setattr(module, name, lambda *_: pytest.fail("Models were fetched."))
    elsewhere = settings.model_copy(update={"home": settings.home / "nowhere"})
    outlook.current(sample, elsewhere, bundle)
    forecast.revenue(sample, elsewhere, bundle)
    weekly.weekly(sample, elsewhere, bundle)
    revenue_by_segment.parts(sample, elsewhere, bundle, "region")
    evaluation.reliability(sample, elsewhere, bundle)
    readiness.readiness(sample, elsewhere, bundle)
    monitoring.alarms(sample, elsewhere, bundle)
    explain.accounts.listed(sample, elsewhere, bundle, customers)
    explain.deals.forecast(sample, elsewhere, bundle)
    explain.headlines.headlines(sample, elsewhere, bundle)
    assert not elsewhere.home.exists()
