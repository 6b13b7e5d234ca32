"""The scope's period on a page: which data are measured, and what a cell says of it."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import pytest

from core.metrics import bookings, pipeline
from core.scope import Scope
from pages.ui.kit import period
from pages.ui.kit.shell import Page
from pages.ui.pipeline import controls
from tests.forecasts.moving_company import AS_OF, moving_company

YEAR = Scope(period="custom", begin=date(2026, 1, 1), end=date(2026, 5, 1))


@pytest.fixture(scope="module")
def data():
    return moving_company()


def page_of(data, settings, scope):
    return SimpleNamespace(data=data, settings=settings, scope=scope, days=Page.days.fget(page(data, settings, scope)))


def page(data, settings, scope):
    return SimpleNamespace(data=data, settings=settings, scope=scope)


def test_what_is_over_is_measured_at_its_end_and_nothing_else(data, settings):
    assert period.measured(data, settings, Scope()) is data
    assert period.measured(data, settings, Scope(period="this year")) is data
    assert period.measured(data, settings, Scope(period="next quarter")) is data
    assert period.measured(data, settings, Scope(period="last quarter")).as_of == date(2026, 3, 31)
    assert period.measured(data, settings, YEAR).as_of == date(2026, 5, 1)


@pytest.mark.parametrize(
    ("scope", "title", "how", "words"),
    [
        (Scope(), "Executive", period.END, ""),
        (Scope(period="last quarter"), "Data", "", ""),
        (Scope(period="last quarter"), "Pipeline", period.DAYS, ""),
        (Scope(period="last quarter"), "Pipeline", "", period.TODAY),
        (Scope(period="last quarter"), "Forecast", "", ""),
        (Scope(period="last quarter"), "Customers", period.RUNNING, period.RUNNING),
        (Scope(period="last quarter"), "Executive", period.END, "As of 31 March 2026, the last day of the period."),
        (Scope(period="this year"), "Executive", period.END, "As of today, for fiscal year 2026 is not over."),
    ],
)
def test_a_cell_says_how_it_obeys_or_why_it_cannot(settings, scope, title, how, words):
    assert period.remark(scope, AS_OF, settings, title, how) == words


def test_changes_of_the_pipeline_take_the_days_of_the_period(data, settings):
    assert controls._of_scope(page_of(data, settings, Scope())) == {}
    assert controls._of_scope(page_of(data, settings, Scope(period="next quarter"))) == {}
    year = controls._of_scope(page_of(data, settings, Scope(period="this year")))
    assert year == {"fiscal year 2026": ("2025-12-31", "2026-05-15")}
    own = controls._of_scope(page_of(data, settings, YEAR))
    assert list(own.values()) == [("2025-12-31", "2026-05-01")]


def test_bookings_and_deals_due_of_any_days(data, settings):
    year = bookings.in_period(data, settings, "2026-01-01", "2026-12-31")
    assert year.value == 1_000.0 + 20 * 100.0
    assert year.sentence() == "USD 3.0 k booked from 1 January 2026 to 31 December 2026 so far, in 21 deals."
    assert bookings.in_period(data, settings, "2026-03-01", "2026-03-31").value == 2_000.0
    ahead = bookings.in_period(data, settings, "2026-07-01", "2026-09-30")
    assert (ahead.value, ahead.frame.height) == (None, 0)
    assert ahead.sentence().startswith("Nothing can be booked yet from 1 July 2026")
    due = pipeline.due_in(data, settings, "2026-07-01", "2026-09-30")
    assert due.sentence() == "1 open deal with USD 1.0 k is due from 1 July 2026 to 30 September 2026."
    assert due.frame["opportunity_id"].to_list() == ["slipped"]
