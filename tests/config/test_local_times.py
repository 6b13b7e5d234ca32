"""Moments of the store stand on pages in the company's time; what is no moment of the store is left alone."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest

from core import local_times

SUMMER = datetime(2026, 7, 1, 22, 30)
FRAME = pl.DataFrame({"at": [SUMMER, None], "seen": [SUMMER, SUMMER], "text": ["a", "b"]})


def test_a_column_said_to_be_utc_is_turned_with_its_label():
    config = {"at": {"label": "When (UTC)", "type_config": {"type": "datetime"}}, "seen": "Seen", "text": "UTC"}
    frame, columns = local_times.localised(FRAME, config, "Europe/Vienna")
    assert frame["at"].to_list() == [datetime(2026, 7, 2, 0, 30), None]
    assert frame["seen"].to_list() == FRAME["seen"].to_list()
    assert columns["at"] == {"label": "When (Vienna)", "type_config": {"type": "datetime"}}
    assert (columns["seen"], columns["text"]) == ("Seen", "UTC")
    assert config["at"]["label"] == "When (UTC)"


def test_moments_with_a_zone_and_labels_with_a_comma_are_turned_too():
    frame = FRAME.with_columns(pl.col("at").dt.replace_time_zone("UTC"))
    turned, columns = local_times.localised(
        frame, {"at": "Made, UTC", "gone": "Gone, UTC", "x": None}, "America/New_York"
    )
    assert turned["at"][0] == datetime(2026, 7, 1, 18, 30)
    assert columns["at"] == "Made, New York"
    assert columns["gone"] == "Gone, UTC"


def test_the_hour_that_comes_twice_is_shown_and_nothing_fails():
    twice = pl.DataFrame({"at": [datetime(2026, 10, 25, 0, 30), datetime(2026, 10, 25, 1, 30)]})
    frame, _ = local_times.localised(twice, {"at": "When (UTC)"}, "Europe/Vienna")
    assert frame["at"].to_list() == [datetime(2026, 10, 25, 2, 30)] * 2


@pytest.mark.parametrize("zone", ["UTC"])
def test_in_utc_everything_stays(zone):
    assert local_times.localised(FRAME, {"at": "When (UTC)"}, zone) == (FRAME, {"at": "When (UTC)"})
    rows = [{"at": SUMMER}]
    assert local_times.localised(rows, {"at": "When (UTC)"}, "Europe/Vienna") == (rows, {"at": "When (UTC)"})


def test_a_moment_in_a_sentence_names_the_place():
    assert local_times.moment(SUMMER.replace(tzinfo=UTC), "%H:%M", "Asia/Kolkata") == "04:00 (Kolkata)"
