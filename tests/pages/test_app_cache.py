"""What the app keeps is what was worked out; it is kept apart, and what one session sees is not written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import altair as alt
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from core import explain, metrics, models
from core.artifacts import ANALYSES, CHARTS, RESULTS, forget_all, open_cache
from core.scenarios.analysis import trend
from pages.ui.kit import bundles, cache, chart_specs, lasting_results

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


@pytest.fixture
def home(settings, tmp_path):
    return settings.model_copy(update={"home": tmp_path})


def stand_in(function, make):
    """A function of the same name that answers in another way."""

    def call(*_):
        return make()

    call.__module__, call.__qualname__ = function.__module__, function.__qualname__
    return call


def on_disk(config, kind):
    return len(open_cache(config.home).entries(kind))


@pytest.mark.parametrize(("function", "more"), ASKED, ids=lambda value: getattr(value, "__qualname__", ""))
def test_a_kept_result_is_the_result(sample, settings, bundle, home, function, more):
    given = bundles.handed(function, sample, settings, more)
    made = function(sample, settings, *given.fetch(), *given.more)
    assert cache.result(stand_in(function, lambda: made), sample, home, *more) is made
    forget_all()
    again = cache.result(stand_in(function, lambda: pytest.fail("worked out again")), sample, home, *more)
    assert type(again) is type(made)
    assert again.sentence() == made.sentence()
    assert_frame_equal(again.frame, made.frame)


def test_other_arguments_data_and_settings_are_kept_apart(sample, home):
    later = replace(sample, as_of=date(2026, 5, 14), known_fingerprint=None)
    euro = home.model_copy(update={"currency": "EUR"})
    modules = ("core.metrics.growth",)
    names = {
        lasting_results.name_of("core.metrics.growth.table", modules, sample, home, ("Bookings",)),
        lasting_results.name_of("core.metrics.growth.table", modules, sample, home, ("Revenue",)),
        lasting_results.name_of("core.metrics.growth.table", modules, later, home, ("Bookings",)),
        lasting_results.name_of("core.metrics.growth.table", modules, sample, euro, ("Bookings",)),
        lasting_results.name_of("core.metrics.growth.rows", modules, sample, home, ("Bookings",)),
    }
    assert len(names) == 5


def test_going_back_to_another_version_of_the_models_shows_its_results(sample, home, monkeypatch):
    answers = iter(["newest", "older"])
    monkeypatch.setattr("core.models.versions.held", lambda _: "")
    ask = stand_in(models.outlook.current, lambda: next(answers))
    assert cache.result(ask, sample, home) == "newest"
    monkeypatch.setattr("core.models.versions.held", lambda _: "v1")
    open_cache(home.home).forget(RESULTS)
    assert cache.result(ask, sample, home) == "older"


@pytest.mark.parametrize("kind", ["is_transient", "whole", "unmasked"])
def test_what_one_session_or_one_person_sees_is_not_written(sample, home, kind):
    own = replace(sample, **{kind: True if kind == "is_transient" else sample})
    cache.result(metrics.recurring.mrr, own, home)
    assert on_disk(home, RESULTS) == 0
    cache.result(metrics.recurring.mrr, sample, home)
    assert on_disk(home, RESULTS) == 0, "It is in memory by the same data."
    forget_all()
    cache.result(metrics.recurring.mrr, sample, home)
    assert on_disk(home, RESULTS) == 1


def test_a_damaged_result_is_worked_out_again_told_and_mended(sample, home):
    made = metrics.recurring.mrr(sample, home)
    ask = stand_in(metrics.recurring.mrr, lambda: made)
    cache.result(ask, sample, home)
    for file in (home.home / "artifacts" / "results").rglob("*.*"):
        if file.is_file() and file.suffix in (".json", ".arrow"):
            file.write_bytes(b"\x00 no longer what it was")
    forget_all()
    assert cache.result(ask, sample, home).sentence() == made.sentence()
    assert [n.kind for n in open_cache(home.home).notices()] == ["results"]
    forget_all()
    failing = stand_in(metrics.recurring.mrr, lambda: pytest.fail("worked out again"))
    assert cache.result(failing, sample, home).sentence() == made.sentence()


def test_what_cannot_be_written_is_returned_all_the_same(sample, home):
    @dataclass
    class Stranger:
        frame: pl.DataFrame

    made = Stranger(pl.DataFrame({"a": [1]}))
    ask = stand_in(metrics.recurring.mrr, lambda: made)
    assert cache.result(ask, sample, home) is made
    assert on_disk(home, RESULTS) == 0
    assert open_cache(home.home).notices() == ()


def test_a_home_that_cannot_be_written_to_costs_a_notice_and_nothing_else(sample, home, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    config = home.model_copy(update={"home": blocked})
    assert cache.result(metrics.recurring.mrr, sample, config).sentence()
    assert "results are not kept" in open_cache(blocked).notices()[0].sentence()


def test_values_that_cannot_be_hashed_tell_results_apart(sample, home):
    answers = iter("abc")
    ask = stand_in(explain.deals.deal, lambda: next(answers))
    asked = [{"amount": 1.0}, {"amount": 2.0}, {"amount": 1.0}, ["amount"]]
    assert [cache.result(ask, sample, home, "D1", values) for values in asked] == ["a", "b", "a", "c"]


def bars(frame):
    return alt.Chart(frame).mark_bar().encode(x="a:Q", y="b:N")


def test_a_kept_chart_is_drawn_without_being_built(home, monkeypatch):
    frame = pl.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]})
    monkeypatch.setattr(bars, "__module__", "core.charts.pipeline")
    spec = cache.drawing(bars, (frame,), home, keep=True)
    assert spec["mark"]["type"] == "bar"
    forget_all()
    monkeypatch.setattr(chart_specs, "built", lambda *_: pytest.fail("built again"))
    assert cache.drawing(bars, (frame,), home, keep=True) == spec
    assert all(isinstance(data, bytes) for data in spec["datasets"].values())
    with pytest.raises(pytest.fail.Exception):
        cache.drawing(bars, (frame.head(1),), home, keep=True)


def test_a_chart_of_one_session_is_not_written(home, monkeypatch):
    monkeypatch.setattr(bars, "__module__", "core.charts.pipeline")
    cache.drawing(bars, (pl.DataFrame({"a": [3.0], "b": ["own"]}),), home)
    assert on_disk(home, CHARTS) == 0


def test_a_chart_of_something_without_a_name_is_built_each_time(home):
    built = []

    def odd(thing):
        built.append(thing)
        return bars(pl.DataFrame({"a": [1.0], "b": ["x"]}))

    for _ in range(2):
        cache.drawing(odd, (object(),), home, keep=True)
    assert len(built) == 2


def test_what_is_remembered_is_worked_out_once_and_never_written(home):
    answers = iter("ab")
    asked = [cache.remembered(ANALYSES, ("test", number), lambda: next(answers)) for number in (1, 1, 2)]
    assert asked == ["a", "a", "b"]
    assert not (home.home / "artifacts" / "analyses").exists()
