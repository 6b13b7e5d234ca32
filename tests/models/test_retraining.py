from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest

from core.models import monitoring, registry, retraining, versions
from core.models.bundle import Bundle
from core.models.monitoring import Alarms


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
    assert "20.0 points more than came true" in found["off"]["said"]
    assert found["worse"]["value"] == pytest.approx((0.2 * 0.36 + 0.8 * 0.16) / (0.2 * 0.64 + 0.8 * 0.04) - 1)
    assert found["worse"]["is_alarm"]


def test_a_gap_that_chance_explains_raises_none(settings):
    found = signs(monitoring.watch(Bundle(Model(past(60, p=0.26, happened=0.2)), None), settings))
    assert found["off"]["value"] == pytest.approx(0.06)
    assert not found["off"]["is_alarm"]


def test_few_late_cases_are_not_judged(settings):
    assert monitoring.watch(Bundle(Model(past(40)), None), settings).frame.is_empty()
    assert "nothing to watch" in monitoring.watch(Bundle(None, None), settings).sentence()
    assert monitoring.watch(Bundle(Model(past().clear()), None), settings).frame.is_empty()


def test_moved_features_raise_an_alarm(settings):
    reference = {name: {"words": ["a", "b"], "shares": [0.9, 0.1, 0.0, 0.0]} for name in ("one", "two")}
    today = pl.DataFrame({"one": ["b"] * 100, "two": ["a"] * 90 + ["b"] * 10})
    bundle = Bundle(Model(past(), reference), None, deal_features=today)
    found = signs(monitoring.watch(bundle, settings))
    assert found["moved"]["value"] == 0.5
    assert found["moved"]["is_alarm"]
    assert "1 of the 2 things" in monitoring.watch(bundle, settings).sentence()


def test_accounts_are_told_as_accounts(settings):
    found = monitoring.watch(Bundle(None, Model(past(p=0.1, happened=0.2))), settings)
    assert "expected to leave" in signs(found)["off"]["said"]
    assert "points fewer" in found.sentence()


def test_the_sample_raises_nothing(sample, settings, bundle):
    found = monitoring.alarms(sample, settings)
    assert found.frame.height == 6
    assert found.raised == []
    assert "Nothing is wrong" in found.sentence()
    assert retraining.watched(sample, settings) == []


def test_alarms_are_kept_beside_the_models(tmp_path):
    frame = pl.DataFrame([("M", "off", 1.0, 0.1, True, "It is off.")], schema=monitoring.SCHEMA, orient="row")
    monitoring.keep(tmp_path, Alarms(frame))
    assert monitoring.kept(tmp_path) == ["It is off."]
    (tmp_path / monitoring.FILE).write_text("{")
    assert monitoring.kept(tmp_path) == []


@pytest.fixture
def shelf(settings, sample, tmp_path):
    """A home with one kept version, learnt on the sample's data as of ten days ago."""
    own = settings.model_copy(update={"home": tmp_path})

    def keep(day, source=sample.source, name="older"):
        place = tmp_path / "models" / name
        place.mkdir(parents=True, exist_ok=True)
        about = {"source": source, "as_of": day.isoformat(), "kind": registry._digest("", own), "cards": {}}
        (place / "bundle.json").write_text(json.dumps(about))

    return own, keep


def test_nothing_kept_is_due(shelf, sample):
    own, keep = shelf
    assert retraining.due(sample, own).is_due
    keep(sample.as_of - timedelta(days=3), source="another company")
    assert "No models" in retraining.due(sample, own).sentence()
    keep(sample.as_of + timedelta(days=3), name="of the future")
    assert retraining.due(sample, own).is_due


def test_old_data_are_due_and_young_ones_serve_on(shelf, sample, monkeypatch):
    own, keep = shelf
    raised: list[str] = []
    monkeypatch.setattr(registry, "held_against", lambda *a: raised)
    keep(sample.as_of - timedelta(days=40), name="oldest")
    assert "40 days" in retraining.due(sample, own).reason
    keep(sample.as_of - timedelta(days=10))
    found = retraining.due(sample, own)
    assert (found.is_due, found.version) == (False, "older")
    assert "10 of 30 days" in found.reason
    raised.append("It is off.")
    assert retraining.due(sample, own).reason == "The models show their age. It is off."


def test_a_persons_choice_stands_and_a_scheduled_one_does_not(shelf, sample, monkeypatch):
    own, keep = shelf
    monkeypatch.setattr(registry, "held_against", lambda *a: [])
    keep(sample.as_of - timedelta(days=40))
    versions.go_back(own, "older")
    assert not versions.is_scheduled(own)
    assert "Somebody went back" in retraining.due(sample, own).reason
    versions.go_back(own, "older", scheduled=True)
    assert versions.is_scheduled(own)
    assert retraining.due(sample, own).is_due
    versions.return_to_newest(own)
    assert not versions.is_scheduled(own)


def test_models_of_exactly_this_data_are_not_due(sample, settings, bundle):
    found = retraining.due(sample, settings)
    assert not found.is_due
    assert found.version == ""
    name, day = registry.alike(sample, settings)
    assert (name, day) == (bundle.key, sample.as_of)
    later = replace(sample, as_of=sample.as_of + timedelta(days=5))
    assert registry.alike(later, settings) == (bundle.key, sample.as_of)
    assert registry.held_against(bundle.key, sample, settings) == []
