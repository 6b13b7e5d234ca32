from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from core.forecasts import calls as book
from core.sample import calls
from tests import default_company

sample, settings = default_company.sample, default_company.settings

NAMES = ("commit_amount", "best_case_amount", "pipeline_amount")


@pytest.fixture(scope="module")
def found(sample, settings):
    return calls.past_calls(sample, settings)


def test_everybody_who_leads_calls_four_times_a_quarter(found, sample):
    leaders = sample.sales_team.filter(pl.col("role") != "rep")["rep_id"].n_unique()
    done = found.filter(pl.col("period_start_on") < date(2026, 4, 1))
    assert done.height == leaders * 4 * 10
    turns = done.group_by("manager_id", "period_start_on").agg(pl.col("version").sort())
    assert set(map(tuple, turns["version"].to_list())) == {(1, 2, 3, 4)}
    assert found["called_on"].max() <= sample.as_of


def test_a_call_rises_from_commit_to_pipeline_and_is_whole_thousands(found):
    commit, best, whole = (found[n].to_numpy() for n in NAMES)
    assert (commit <= best).all()
    assert (best <= whole).all()
    assert not (commit % 1000).any()


def test_nothing_later_than_the_day_of_a_call_is_used(found, sample, settings):
    day = date(2025, 8, 1)
    early = replace(
        sample.with_frames(opportunity_history=sample.frame("opportunity_history").filter(pl.col("valid_from") <= day)),
        as_of=day,
    )
    again = calls.past_calls(early, settings)
    shared = again.filter(pl.col("period_start_on") >= found["period_start_on"].min())
    assert shared.height > 400
    assert_frame_equal(shared, found.filter(pl.col("called_on") <= day))


def test_the_planted_leaning_shows_in_the_record(found, sample, settings):
    came = book.outcomes(sample, settings, found)
    managers = calls.leanings(sample)
    lean = (
        came.filter(pl.col("manager_id").is_in(list(managers)))
        .group_by("manager_id")
        .agg(bias=(pl.col("amount").sum() / pl.col("actual_amount").sum() - 1))
    )
    seen = [dict(lean.iter_rows())[m] for m in managers]
    assert np.corrcoef(seen, list(managers.values()))[0, 1] > 0.5
