from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest

from core.artifacts import MODELS, forget_all, open_cache
from core.models import monitoring, registry, retraining, versions
from core.models.bundle import Bundle
from core.models.monitoring import Alarms
from core.models.versions import Latest


class Model:
    def __init__(self, past, reference=None):
        self.past_, self.card_ = past, {"reference": reference or {}}


def past(n=200, p=0.2, share=0.2, happened=0.2, last=date(2026, 3, 1)):
    hits = round(n * happened)
    return pl.DataFrame(
        {
            "opportunity_id": [f"O{i}" for i in range(n)],
            "as_of": [last - timedelta(days=i % 60) for i in range(n)],
            "horizon_days": [90] * n,
            "target": [1] * hits + [0] * (n - hits),
            "p": [p] * n,
            "share": [share] * n,
        }
    )


def signs(found):
    return {row["sign"]: row for row in found.frame.iter_rows(named=True)}


def test_chances_far_above_what_happened_raise_an_alarm(settings):
    bundle = Bundle(Model(past(p=0.4, happened=0.2)), None)
    found = signs(monitoring.watch(bundle, settings))
    assert found["off"]["value"] == pytest.approx(0.2)
    assert found["off"]["is_alarm"]
    assert "20.0 points too high" in found["off"]["said"]
    assert found["worse"]["value"] == pytest.approx((0.2 * 0.36 + 0.8 * 0.16) / (0.2 * 0.64 + 0.8 * 0.04) - 1)
    assert found["worse"]["is_alarm"]


def test_a_gap_that_chance_explains_raises_none(settings):
    found = signs(monitoring.watch(Bundle(Model(past(60, p=0.26, happened=0.2)), None), settings))
    assert found["off"]["value"] == pytest.approx(0.06)
    assert not found["off"]["is_alarm"]


def test_few_late_cases_are_not_judged(settings):
    assert monitoring.watch(Bundle(Model(past(40)), None), settings).frame.is_empty()
    assert "nothing to monitor" in monitoring.watch(Bundle(None, None), settings).sentence()
    assert monitoring.watch(Bundle(Model(past().clear()), None), settings).frame.is_empty()


def test_moved_features_raise_an_alarm(settings):
    reference = {name: {"words": ["a", "b"], "shares": [0.9, 0.1, 0.0, 0.0]} for name in ("one", "two")}
    today = pl.DataFrame({"one": ["b"] * 100, "two": ["a"] * 90 + ["b"] * 10})
    bundle = Bundle(Model(past(), reference), None, deal_features=today)
    found = signs(monitoring.watch(bundle, settings))
    assert found["moved"]["value"] == 0.5
    assert found["moved"]["is_alarm"]
    assert "1 of the 2 inputs" in monitoring.watch(bundle, settings).sentence()


def test_accounts_are_told_as_accounts(settings):
    found = monitoring.watch(Bundle(None, Model(past(p=0.1, happened=0.2))), settings)
    assert "predicted to churn" in signs(found)["off"]["said"]
    assert "points too low" in found.sentence()


def test_the_sample_raises_nothing(sample, settings, bundle):
    found = monitoring.alarms(sample, settings, bundle)
    assert found.frame.height == 6
    assert found.raised == []
    assert "All good" in found.sentence()
    assert registry.raised(sample, settings) == []


def test_alarms_are_noted_when_models_are_loaded_and_read_without_them(settings, sample, bundle, tmp_path, monkeypatch):
    own = settings.model_copy(update={"home": tmp_path})
    open_cache(tmp_path).put(MODELS, registry.key(sample, own), bundle, registry.BundleCodec(own))
    told = Alarms(pl.DataFrame([("M", "off", 1.0, 0.1, True, "It is off.")], schema=monitoring.SCHEMA, orient="row"))
    monkeypatch.setattr(monitoring, "watch", lambda *_: told)
    assert registry.raised(sample, own) == []
    registry.load_or_train(sample, own)
    forget_all()
    monkeypatch.setattr(registry, "BundleCodec", lambda *_: pytest.fail("The models were loaded."))
    assert registry.raised(sample, own) == ["It is off."]


TODAY = Bundle(None, None)


@pytest.fixture
def version(sample):
    """A kept version of the sample company, learnt on other data as of some days ago."""

    def of(days, data="other data"):
        return Latest("older", sample.source, sample.as_of - timedelta(days=days), data, "kind")

    return of


def test_nothing_kept_is_due(sample, settings):
    found = retraining.due(sample, settings, None, None)
    assert found.is_due
    assert "No models" in found.sentence()


def test_old_data_are_due_and_young_ones_serve_on(sample, settings, version):
    assert "40 days" in retraining.due(sample, settings, TODAY, version(40)).reason
    found = retraining.due(sample, settings, TODAY, version(10))
    assert (found.is_due, found.version) == (False, "older")
    assert "10 of 30 days" in found.reason
    old = Bundle(Model(past(p=0.4, happened=0.2)), None)
    found = retraining.due(sample, settings, old, version(10))
    assert found.is_due
    assert found.reason.startswith("The models need an update. Which deals are won: of the 200 deals")


def test_a_persons_choice_stands(sample, settings, version):
    assert "Somebody went back" in retraining.due(sample, settings, TODAY, version(40), "older").reason
    assert retraining.due(sample, settings, TODAY, version(40)).is_due


def test_models_of_exactly_this_data_are_not_due(sample, settings, version):
    found = retraining.due(sample, settings, None, version(0, sample.fingerprint))
    assert not found.is_due
    assert found.version == ""


@pytest.fixture
def shelf(settings, sample, tmp_path):
    """A home, and a way to keep versions in it that were learnt on some day."""
    own = settings.model_copy(update={"home": tmp_path})

    def keep(day, source=sample.source, name="older"):
        learnt = replace(sample, source=source, as_of=day, known_fingerprint=name)
        bundle = Bundle(None, None, key=name)
        about = registry._about(bundle, learnt, own)
        open_cache(tmp_path).put(MODELS, name, bundle, registry.BundleCodec(own), about=about)

    return own, keep


def test_the_latest_version_is_of_the_same_company_and_no_later_day(shelf, sample):
    own, keep = shelf
    assert registry.latest(sample, own) is None
    keep(sample.as_of - timedelta(days=3), source="another company", name="theirs")
    keep(sample.as_of + timedelta(days=3), name="of-the-future")
    assert registry.latest(sample, own) is None
    keep(sample.as_of - timedelta(days=40), name="oldest")
    keep(sample.as_of - timedelta(days=10))
    found = registry.latest(sample, own)
    assert (found.name, found.as_of, found.data) == ("older", sample.as_of - timedelta(days=10), "older")
    more = own.model_copy(update={"models": own.models.model_copy(update={"seed": 99})})
    assert registry.latest(sample, more) is None


def test_a_scheduled_choice_is_told_apart(shelf, sample):
    own, keep = shelf
    keep(sample.as_of - timedelta(days=40))
    versions.go_back(own, "older")
    assert not versions.is_scheduled(own)
    versions.go_back(own, "older", scheduled=True)
    assert versions.is_scheduled(own)
    versions.return_to_newest(own)
    assert not versions.is_scheduled(own)


def test_the_samples_own_models_are_the_latest(sample, settings, bundle):
    found = registry.latest(sample, settings)
    assert (found.name, found.as_of, found.data) == (bundle.key, sample.as_of, sample.fingerprint)
    later = replace(sample, as_of=sample.as_of + timedelta(days=5))
    assert registry.latest(later, settings) == found
    again = registry.load_version(bundle.key, sample, settings)
    assert again.deal_scores.equals(bundle.deal_scores)
