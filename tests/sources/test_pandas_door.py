"""A company from pandas frames, and any result as one."""

from __future__ import annotations

from datetime import date

import pandas as pd
import polars as pl
import pytest

from core import metrics, pandas_door
from core.contracts.errors import SourceError


def test_frames_of_pandas_give_the_numbers_of_files(sample, settings):
    data = pandas_door.dataset(pandas_door.tables(sample), settings, as_of=sample.as_of)
    assert data.as_of == sample.as_of
    assert data.rejected.is_empty()
    assert data.row_counts == sample.row_counts
    for measure in (metrics.bookings.quarter_to_date, metrics.pipeline.open_pipeline, metrics.winrate.win_rate):
        assert measure(data, settings).value == pytest.approx(measure(sample, settings).value)


def test_a_measure_is_handed_out_as_pandas(sample, settings):
    measure = metrics.bookings.by_month(sample, settings)
    for table in (measure.to_pandas(), pandas_door.to_pandas(measure), pandas_door.to_pandas(measure.frame)):
        assert isinstance(table, pd.DataFrame)
        assert list(table.columns) == measure.frame.columns
        assert table["amount"].sum() == pytest.approx(measure.frame["amount"].sum())


def test_an_index_is_a_column_and_what_does_not_fit_is_told(settings):
    keys = pd.Index(["A1", "A2"], name="account_id")
    accounts = pd.DataFrame({"account_name": ["Acme", None], "signup_date": ["2026-01-05", "soon"]}, index=keys)
    data = pandas_door.dataset({"accounts": accounts}, settings, as_of=date(2026, 5, 15))
    assert data.accounts["account_id"].to_list()[0] == "A1"
    assert data.accounts.height + data.rejected["row"].n_unique() >= 2


def test_missing_values_of_pandas_are_missing():
    table = pandas_door.to_polars(pd.DataFrame({"a": [1.0, float("nan")], "b": [pd.Timestamp("2026-05-01"), pd.NaT]}))
    assert table["a"].to_list() == [1.0, None]
    assert table["b"].null_count() == 1
    assert pandas_door.to_polars(table) is table


def test_what_is_no_frame_is_told(settings):
    with pytest.raises(SourceError, match="cannot be read"):
        pandas_door.dataset({"accounts": [1, 2]}, settings)
    with pytest.raises(SourceError, match="cannot be read"):
        pandas_door.to_polars(pd.DataFrame({"a": [1, "b", object()]}))
    with pytest.raises(SourceError, match="is recognised as"):
        pandas_door.dataset({"things": pl.DataFrame({"a": [1]})}, settings)
    with pytest.raises(SourceError, match="has no rows"):
        pandas_door.to_pandas(3)
