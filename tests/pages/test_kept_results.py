"""Results kept on disk are the results, and nothing else is kept."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from core import explain, metrics, models
from core.artifacts import MODELS, open_cache
from core.models import registry, versions
from core.scenarios.analysis import trend
from pages.ui.kit import bundles, kept_results

ASKED = [
    (metrics.bookings.quarter_to_date, ()),
    (metrics.bookings.by_month, ()),
    (metrics.recurring.mrr, ()),
    (metrics.growth.table, ("Bookings",)),
    (metrics.bookings.by_region_and_quarter, ()),
    (metrics.attainment.teams, ()),
    (metrics.flow.flow, (date(2026, 5, 8), date(2026, 5, 15), "company", None, "this quarter")),
    (models.outlook.current, ()),
    (explain.headlines.headlines, ()),
    (trend.trend, ("Bookings",)),
]


def name(function):
    return f"{function.__module__}.{function.__qualname__}"


@pytest.fixture
def home(settings, tmp_path):
    return settings.model_copy(update={"home": tmp_path})


@pytest.mark.parametrize(("function", "more"), ASKED, ids=lambda value: getattr(value, "__qualname__", ""))
def test_a_kept_result_is_the_result(sample, settings, bundle, home, function, more):
    given = bundles.handed(function, sample, settings, more)
    made = function(sample, settings, *given.fetch(), *given.more)
    place = kept_results.place(name(function), sample, home, (*given.keys, *given.more))
    assert kept_results.result(place, lambda: made) is made
    kept = kept_results.result(place, lambda: pytest.fail("It was worked out again."))
    assert type(kept) is type(made)
    assert kept.sentence() == made.sentence()
    assert_frame_equal(kept.frame, made.frame)


def test_other_arguments_data_and_settings_are_kept_apart(sample, home):
    later = replace(sample, as_of=date(2026, 5, 14), known_fingerprint=None)
    euro = home.model_copy(update={"currency": "EUR"})
    found = {
        kept_results.place("core.metrics.growth.table", sample, home, ("Bookings",)),
        kept_results.place("core.metrics.growth.table", sample, home, ("Revenue",)),
        kept_results.place("core.metrics.growth.table", later, home, ("Bookings",)),
        kept_results.place("core.metrics.growth.table", sample, euro, ("Bookings",)),
        kept_results.place("core.metrics.growth.rows", sample, home, ("Bookings",)),
    }
    assert len(found) == 5
    assert None not in found


def test_going_back_to_another_version_of_the_models_shows_its_results(sample, settings, bundle, home):
    before = bundles.handed(models.outlook.current, sample, home, ()).keys
    assert before == (bundle.key,)
    open_cache(home.home).put(MODELS, "older", bundle, registry.BundleCodec(settings))
    versions.go_back(home, "older")
    assert bundles.handed(models.outlook.current, sample, home, ()).keys == (f"{bundle.key}-older",)


@pytest.mark.parametrize("kind", ["is_transient", "whole", "unmasked"])
def test_what_one_session_or_one_person_sees_is_not_written(sample, home, kind):
    own = replace(sample, **{kind: True if kind == "is_transient" else sample})
    assert kept_results.place("core.metrics.recurring.mrr", own, home, ()) is None


def test_a_damaged_file_is_worked_out_again_and_mended(sample, home):
    place = kept_results.place("core.metrics.recurring.mrr", sample, home, ())
    made = metrics.recurring.mrr(sample, home)
    kept_results.result(place, lambda: made)
    for file in place.iterdir():
        file.write_bytes(b"\x00 no longer what it was")
    assert kept_results.result(place, lambda: made) is made
    assert kept_results.result(place, lambda: None).sentence() == made.sentence()


def test_a_class_from_elsewhere_is_never_made(tmp_path):
    tmp_path.joinpath(kept_results.MARK).write_text(json.dumps({"class": ["subprocess", "Popen"], "fields": {}}))
    assert kept_results.result(tmp_path, lambda: "worked out") == "worked out"


def test_what_cannot_be_kept_is_returned_all_the_same(tmp_path):
    @dataclass
    class Stranger:
        frame: pl.DataFrame

    made = Stranger(pl.DataFrame({"a": [1]}))
    assert kept_results.result(tmp_path / "one", lambda: made) is made
    assert not (tmp_path / "one").exists()


def test_a_home_that_cannot_be_written_to_costs_nothing_but_time(tmp_path, sample, settings):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    made = metrics.recurring.mrr(sample, settings)
    assert kept_results.result(blocked / "results" / "one", lambda: made) is made
