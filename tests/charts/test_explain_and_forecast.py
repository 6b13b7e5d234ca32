from __future__ import annotations

import polars as pl
import pytest

from core import charts
from core.charts import explain as draw
from core.charts import forecast as forecast_charts
from core.explain.contributions import Contributions
from core.models import outlook
from core.models.close import pipeline_creation
from core.models.revenue import forecast, revenue_by_segment, weekly


@pytest.fixture
def found():
    frame = pl.DataFrame(
        {
            "entity_id": ["O1"] * 3,
            "driver": ["Activity", "Stage", "Kind"],
            "feature": ["n_meetings_30d", "stage", "kind"],
            "value": ["2", "Proposal", "new"],
            "contribution": [9.0, -6.0, 1.5],
        }
    )
    rows = pl.DataFrame({"entity_id": ["O1"], "base": [54.0], "shown": [58.5], "residual": [0.0]})
    return Contributions(frame, rows, 54.0, 58.5, 0.0, "points")


@pytest.mark.parametrize("top", [1, 2, 9])
def test_waterfall_bars_lead_from_typical_to_shown(found, top):
    bars = draw.steps(found, top)
    assert bars["end"][-2] == pytest.approx(bars["end"][-1])
    assert bars["begin"][1] == bars["end"][0]
    assert draw.waterfall(found, top).to_dict()["layer"]


def test_other_views_draw(found):
    assert draw.bar(pl.DataFrame({"driver": ["Stage"], "importance": [0.4]})).to_dict()
    assert draw.beeswarm(found.frame.with_columns(rank=pl.lit(0.5))).to_dict()
    assert draw.dependence(pl.DataFrame({"value": [1.0, 2.0], "contribution": [0.1, 0.2]}), "Meetings").to_dict()


def test_forecast_charts_draw(sample, settings, bundle):
    assert charts.__doc__
    assert forecast_charts.split(outlook.build(sample, settings).frame, "USD").to_dict()["layer"]
    assert forecast_charts.fan(forecast.revenue(sample, settings, bundle).frame, "USD").to_dict()["layer"]


def values(chart, column):
    return {row[column] for data in chart.to_dict()["datasets"].values() for row in data if column in row}


def test_charts_of_what_lies_ahead_draw(sample, settings, bundle):
    new = pipeline_creation.arrivals(sample, settings, "region", 90)
    assert values(forecast_charts.arriving(new.frame, "USD"), "part") == set(new.frame["part"])
    curves = forecast_charts.win_curves(new.curves).to_dict()
    assert curves["encoding"]["color"]["scale"]["domain"] == sorted(new.frame["part"])
    weeks = weekly.weekly(sample, settings, bundle).frame
    assert values(forecast_charts.weeks(weeks, "USD"), "part") == {"Billed", "Expected"}
    regions = revenue_by_segment.parts(sample, settings, bundle).frame
    first = regions["unit"].unique(maintain_order=True)[:2].to_list()
    assert values(forecast_charts.lines(regions, "USD", top=2), "unit") == set(first)


def test_the_ends_of_a_waterfall_can_be_named(found):
    named = draw.steps(found, 3, ("a week ago", "today"))["label"].to_list()
    assert (named[0], named[-1]) == ("a week ago", "today")
