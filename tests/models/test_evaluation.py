from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from core.access import view
from core.artifacts import MODELS, open_cache
from core.contracts import empty
from core.contracts.errors import ModelError
from core.models import drift, evaluation, readiness, registry, versions

PAST = pl.DataFrame(
    {
        "opportunity_id": [f"O{i}" for i in range(10)],
        "as_of": [__import__("datetime").date(2026, 1, 1)] * 10,
        "target": [1, 1, 1, 0, 1, 0, 0, 0, 0, 0],
        "p": [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05],
        "share": [0.4] * 10,
        "amount": [1000.0] * 10,
        "segment": ["SMB"] * 10,
    }
)


@pytest.fixture
def by_hand(monkeypatch):
    monkeypatch.setattr(evaluation, "past", lambda *a: PAST)


def test_lift_by_hand(by_hand, sample, settings, bundle):
    found = evaluation.lift(sample, settings, bundle).frame
    assert found["lift"][0] == pytest.approx(2.5)
    assert found["gain_rate"].to_list()[:5] == pytest.approx([0.25, 0.5, 0.75, 0.75, 1.0])


def test_cost_of_errors_by_hand(by_hand, sample, settings, bundle):
    found = evaluation.confusion(sample, settings, bundle, "close", 90, 0.45, 100.0, 300.0)
    at = found.facts["at"]
    assert (at["n_hits"], at["n_alarms"], at["n_misses"], at["n_passed"]) == (4, 1, 0, 5)
    assert at["cost_amount"] == 100.0
    assert (
        evaluation.confusion(sample, settings, bundle, "close", 90, 1.0, 100.0, 300.0).facts["at"]["cost_amount"]
        == 1200.0
    )
    assert evaluation.costs(sample, settings, bundle, "close", 90)[1] == 100.0


def test_reliability_and_history_by_hand(by_hand, sample, settings, bundle):
    found = evaluation.reliability(sample, settings, bundle)
    brier = np.mean((PAST["p"].to_numpy() - PAST["target"].to_numpy()) ** 2)
    assert found.facts["brier"] == pytest.approx(brier)
    assert found.facts["base_brier"] == pytest.approx(0.24)
    row = evaluation.history(sample, settings, bundle).frame.row(0, named=True)
    assert (row["mean_rate"], row["happened_rate"]) == pytest.approx((0.455, 0.4))


def test_small_groups_are_not_judged(by_hand, sample, settings, bundle):
    assert "enough past cases" in evaluation.segments(sample, settings, bundle).sentence()


@pytest.mark.parametrize("name", ["reliability", "lift", "confusion", "history", "segments"])
@pytest.mark.parametrize(("subject", "days"), [("close", 90), ("churn", 90)])
def test_every_answer_on_the_sample(bundle, sample, settings, name, subject, days):
    found = getattr(evaluation, name)(sample, settings, bundle, subject, days)
    assert found.frame.height
    assert found.sentence().endswith(".")


@pytest.mark.parametrize("subject", ["close", "churn"])
def test_race_drift_and_card_on_the_sample(bundle, sample, settings, subject):
    race = evaluation.race(sample, settings, bundle, subject)
    assert race.frame["serves"].sum() == 1
    assert "base rate" in race.frame["contender"].to_list()
    assert evaluation.moved(sample, settings, bundle, subject).frame["psi"].min() >= 0
    assert json.loads(evaluation.card_text(sample, settings, bundle, subject))["winner"]


def test_a_model_nobody_knows_is_named(bundle, sample, settings):
    with pytest.raises(ModelError, match="no model called"):
        evaluation.past(sample, settings, bundle, "weather", 90)


def test_no_past_is_a_sentence(monkeypatch, sample, settings, bundle):
    monkeypatch.setattr(evaluation, "past", lambda *a: pl.DataFrame())
    for name in ("reliability", "lift", "confusion", "history", "segments"):
        assert "too short" in getattr(evaluation, name)(sample, settings, bundle).sentence()
    monkeypatch.setattr(evaluation, "card", lambda *a: {})
    assert "too short" in evaluation.race(sample, settings, bundle).sentence()


def test_the_gate_is_told(monkeypatch, sample, settings, bundle):
    rows = [{"contender": "base rate", "log_loss": 0.5, "auc": 0.5}]
    monkeypatch.setattr(evaluation, "card", lambda *a: {"race": rows, "winner": "base rate", "has_skill": False})
    assert "Nothing clearly beat" in evaluation.race(sample, settings, bundle).sentence()
    left = {"own_close_code": "it gives the outcome away"}
    monkeypatch.setattr(evaluation, "card", lambda *a: {"race": rows, "winner": "base rate", "left_out": left})
    assert "Left out: close code (it gives the outcome away)." in evaluation.race(sample, settings, bundle).sentence()


def test_drift_by_hand():
    then = pl.DataFrame({"size": [1.0] * 100 + [2.0] * 100, "kind": ["a"] * 100 + ["b"] * 100})
    kept = drift.reference(then, ["size", "kind"])
    same = drift.stability(kept, then)
    assert same["psi"].to_list() == [0.0, 0.0]
    moved = drift.stability(kept, then.with_columns(kind=pl.Series(["a"] * 50 + ["b"] * 150)))
    row = moved.row(0, named=True)
    assert (row["feature"], row["state"]) == ("kind", "moved")
    assert row["psi"] == pytest.approx(-0.25 * np.log(0.5) + 0.25 * np.log(1.5))
    assert drift.stability(kept, then.head(3)).is_empty()
    assert drift.stability({"gone": kept["size"]}, then).is_empty()


def test_readiness_of_the_sample_and_of_a_company_without_losses(bundle, sample, settings):
    assert "All" in readiness.readiness(sample, settings, bundle).sentence()
    few = sample.opportunities.filter("is_won").head(30)
    bare = replace(
        sample.with_frames(
            opportunities=few,
            opportunity_history=empty("opportunity_history"),
            activities=empty("activities"),
            transactions=empty("transactions"),
            subscriptions=empty("subscriptions"),
        ),
        is_transient=True,
    )
    found = readiness.readiness(bare, settings, registry.load_or_train(bare, settings))
    rows = {(r["model"], r["needs"]): r for r in found.frame.to_dicts()}
    assert rows["Which deals are won", "won deals"]["missing"] == settings.models.min_closed_deals - 30
    assert rows["Which deals are won", "lost deals"]["missing"] == 2
    assert rows["Which customers churn", "churned customers"]["serves"] == "nothing"
    assert "lacks" in found.sentence()


def test_what_serves_is_told_from_the_card():
    class Model:
        def __init__(self, **card):
            self.card_ = card

    assert readiness._serves(Model(has_skill=False))[0] == "the base rate"
    assert readiness._serves(Model(is_simple=True))[0] == "a table of past shares"
    rows = [{"contender": "table", "log_loss": 0.3}, {"contender": "base rate", "log_loss": 0.6}]
    assert "50 %" in readiness._serves(Model(winner="table", race=rows))[1]
    assert readiness._serves(Model(winner="table", race=[]))[0] == "trained model"


@pytest.fixture
def kept(bundle, sample, settings, tmp_path):
    """A home of its own with one kept version, so that going back disturbs nobody."""
    own = settings.model_copy(update={"home": tmp_path})
    about = registry._about(bundle, sample, own)
    open_cache(tmp_path).put(MODELS, "older", bundle, registry.BundleCodec(own), about=about)
    return own


def test_versions_are_listed_gone_back_to_and_left_again(kept, sample, bundle):
    found = versions.versions(kept)
    assert found["version"].to_list() == ["older"]
    assert found["close_auc"][0] > 0.7
    assert found["kept_at"].null_count() == 0
    assert "today's data" in versions.sentence(found)
    versions.go_back(kept, "older")
    assert versions.held(kept) == "older"
    assert "An earlier version is in use" in versions.sentence(versions.versions(kept))
    again = registry.load_or_train(sample, kept)
    assert again.key.endswith("-older")
    assert again.key == registry.bundle_key(sample, kept)
    assert again.deal_scores.equals(bundle.deal_scores)
    versions.return_to_newest(kept)
    assert versions.held(kept) == ""
    with pytest.raises(ModelError, match="no kept version"):
        versions.go_back(kept, "never")
    assert "No version" in versions.sentence(found.clear())


def test_the_version_gone_back_to_last_serves_and_is_not_deleted(kept, bundle):
    cache = open_cache(kept.home)
    for number in range(MODELS.entries + 2):
        cache.put(MODELS, f"v{number}", bundle, registry.BundleCodec(kept))
        if number == 0:
            versions.go_back(kept, "older")
            versions.go_back(kept, "v0")
    names = versions.versions(kept)["version"].to_list()
    assert versions.held(kept) == "v0"
    assert "v0" in names
    assert "older" not in names
    assert len(names) == MODELS.entries + 1


def test_a_version_that_cannot_be_read_is_left_out_or_told(kept, sample):
    versions.go_back(kept, "older")
    folder = kept.home / "artifacts" / "models" / "older"
    (folder / "close.json").write_text("{")
    open_cache(kept.home).forget(MODELS)
    with pytest.raises(ModelError, match="cannot be read"):
        registry.load_or_train(sample, kept)
    (folder / "manifest.json").write_text("{")
    assert versions.versions(kept).is_empty()


def test_where_the_choice_cannot_be_written_down_it_is_told(kept):
    (kept.home / "artifacts" / "pins").write_text("a file where a folder should be")
    with pytest.raises(ModelError, match="cannot be written down"):
        versions.go_back(kept, "older")


def test_a_damaged_version_is_trained_anew_with_a_notice(bundle, sample, settings, tmp_path, monkeypatch):
    own = settings.model_copy(update={"home": tmp_path})
    name = registry.key(sample, own)
    cache = open_cache(tmp_path)
    cache.put(MODELS, name, bundle, registry.BundleCodec(own))
    (tmp_path / "artifacts" / "models" / name / "close.json").write_text("not json")
    cache.forget(MODELS)
    monkeypatch.setattr(registry, "train_all", lambda *a: replace(bundle, key=""))
    found = registry.load_or_train(sample, own)
    assert found.key == name
    assert "could not be read, so they were worked out anew" in cache.notices()[0].what
    assert found.deal_scores.equals(bundle.deal_scores)


def test_one_persons_part_holds_no_revenue_of_the_whole(bundle, sample, settings):
    part = registry.bundle_of(view(sample, settings, ("EMEA",)), settings, bundle)
    assert part.revenue.is_empty()
    assert part.company is bundle
    assert registry.bundle_of(sample, settings, bundle) is bundle
