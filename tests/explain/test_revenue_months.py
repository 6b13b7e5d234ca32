"""The parts of a month's revenue forecast, in words and adding up."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from core import explain
from core.contracts.errors import ModelError
from core.explain.revenue_months import LABELS
from core.models.revenue import forecast


def test_a_month_adds_up_to_its_forecast(sample, settings, bundle):
    found = explain.revenue_months.month(sample, settings, bundle)
    ahead = forecast.revenue(sample, settings, bundle).frame.filter("is_forecast").sort("month")
    assert (found.month, found.amount) == (ahead["month"][0], ahead["amount"][0])
    assert found.frame["contribution"].sum() == pytest.approx(found.amount)
    assert found.frame["label"].to_list() == list(LABELS.values())
    assert "reconciled" in found.check()
    assert "is the average of the last twelve months" in found.sentence()
    assert "from recently won deals" in found.sentence()


def test_a_region_and_a_month_can_be_chosen(sample, settings, bundle):
    months = forecast.revenue(sample, settings, bundle).frame.filter("is_forecast")["month"].sort()
    found = explain.revenue_months.month(sample, settings, bundle, months[2], "EMEA")
    assert (found.unit, found.month) == ("EMEA", months[2])
    assert " of EMEA in " in found.sentence()
    with pytest.raises(ModelError, match="No such month of Mars"):
        explain.revenue_months.month(sample, settings, bundle, unit="Mars")
    with pytest.raises(ModelError, match="No such month"):
        explain.revenue_months.month(sample, settings, bundle, date(1999, 1, 1))


def test_models_of_an_earlier_version_say_that_they_kept_no_reasons(sample, settings, bundle, monkeypatch):
    found = forecast.revenue(sample, settings, bundle)
    monkeypatch.setattr(forecast, "revenue", lambda *_: replace(found, reasons=pl.DataFrame()))
    with pytest.raises(ModelError, match="kept no reasons"):
        explain.revenue_months.month(sample, settings, bundle)


def test_a_level_alone_is_told():
    frame = pl.DataFrame({"label": list(LABELS.values()), "contribution": [5.0, 0.0, 0.0, 0.0, 0.0]})
    found = explain.revenue_months.MonthReasons(frame, "All", date(2026, 5, 1), 5.0, "USD")
    assert "nothing else moves it" in found.sentence()
