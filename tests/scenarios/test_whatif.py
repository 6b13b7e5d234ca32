from __future__ import annotations

import re
from datetime import date
from itertools import pairwise

import numpy as np
import polars as pl
import pytest

from core import contracts
from core.contracts import SCHEMAS, Dataset
from core.contracts.errors import ScenarioError
from core.scenarios import files, presets
from core.scenarios.analysis import comparison, whatif
from core.scenarios.analysis.attribution import split
from core.scenarios.data import arrays, historical_ranges
from core.scenarios.engine import expectation
from core.scenarios.levers import FIRST, LeverSetting, Scenario

ALL = Scenario("all", tuple(LeverSetting(name, 0.1) for name in FIRST))


@pytest.fixture(scope="module")
def start(sample, settings, bundle):
    return whatif.ground(sample, settings, bundle)


@pytest.mark.parametrize("measure", ["bookings_amount", "mrr_amount", "churned_mrr_amount"])
def test_the_parts_add_up_to_what_the_engine_says(start, measure):
    parts = split(start.base, ALL).frame(measure)
    gap = expectation.run(start.base, ALL).total(measure) - start.before().total(measure)
    assert parts["amount"].sum() == pytest.approx(gap, abs=0.01)


def test_nothing_moved_changes_nothing(start):
    found = whatif.work_out(start, Scenario("x", (LeverSetting("win_rate", 0.0),)))
    assert found.difference == 0
    assert found.frame["before_amount"].to_list() == found.frame["amount"].to_list()
    assert found.part_sentence() == "No lever is moved."
    assert found.warnings() == []
    assert "reconciled" in found.check()


def test_churn_shows_in_recurring_revenue(sample, settings, bundle):
    found = whatif.what_if(sample, settings, bundle, {"churn": -0.2}, measure="mrr_amount")
    assert found.difference > 0
    assert found.parts["amount"].sum() == pytest.approx(found.difference, abs=0.01)
    assert (found.frame["amount"] >= found.frame["before_amount"]).all()
    assert "the levers change recurring revenue by" in found.part_sentence()
    bookings = whatif.what_if(sample, settings, bundle, {"churn": -0.2})
    assert bookings.difference == 0
    ends = re.search(r"bookings stay at .* MRR .* from USD ([\d.]+) M to USD ([\d.]+) M", bookings.sentence())
    assert float(ends[2]) > float(ends[1])


def test_deals_that_slip_within_the_horizon_leave_the_quarter_and_not_the_whole(start):
    slipped = whatif.work_out(start, Scenario("x", (LeverSetting("slip", 0.33, "segment:Enterprise", extra=6),)))
    assert abs(slipped.difference) < 0.01
    assert "bookings go from" in slipped.sentence()
    assert "over five quarters nothing changes" in slipped.sentence()


def test_a_lever_beyond_its_past_is_warned_of(start):
    low, high = start.seen.range("win_rate")
    assert low <= 0 <= high
    inside = whatif.work_out(start, Scenario("x", (LeverSetting("win_rate", high),)))
    outside = whatif.work_out(start, Scenario("x", (LeverSetting("win_rate", high + 0.01),)))
    assert inside.warnings() == []
    assert "is outside your past range" in outside.warnings()[0]
    assert "no past change" in whatif.work_out(start, Scenario("x", (LeverSetting("price", 0.1),))).warnings()[0]


def test_the_range_seen_agrees_with_counting(sample, settings):
    found = historical_ranges.ranges(sample, settings)
    starts = [date(2026, 4, 1)]
    while len(starts) < 13:
        last = starts[-1]
        starts.append(date(last.year - (last.month == 1), last.month - 3 if last.month > 1 else 10, 1))
    made = sample.opportunities["created_on"]
    counts = [((made >= a) & (made < b)).sum() for b, a in pairwise(starts)]
    recent = sum(counts[:4]) / 4
    expected = [count / recent - 1 for count in reversed(counts)]
    assert found.quarters["creation"] == pytest.approx(expected)
    low, high = np.quantile(expected, [0.05, 0.95])
    assert found.range("creation") == pytest.approx((min(low, 0), max(high, 0)))


def test_a_company_without_a_past_still_opens(settings):
    frames = {name: contracts.empty(name) for name in SCHEMAS}
    bare = Dataset(**frames, as_of=date(2026, 5, 1), source="none", rejected=contracts.empty("rejections"))
    start = whatif.ground(bare, settings, None)
    assert start.seen.frame.is_empty()
    found = whatif.work_out(start, ALL)
    assert found.difference == 0
    assert "no past change" in found.warnings()[0]


def test_comparing(start):
    plans = [Scenario("As is"), Scenario("Up", (LeverSetting("win_rate", 0.1),))]
    found = comparison.compare(start, plans)
    assert found.frame["scenario"].to_list() == ["As is", "Up"]
    assert found.frame["total_amount"][1] > found.frame["total_amount"][0]
    assert found.sentence().startswith("Up brings USD")
    assert "Choose two" in comparison.compare(start, plans[:1]).sentence()
    assert comparison.compare(start, []).months.is_empty()


def test_every_preset_runs_and_survives_being_written(start):
    for plan in presets.load().values():
        assert files.from_dict(files.to_dict(plan)) == plan == files.from_yaml(files.to_yaml(plan))
    assert "Close the PCI DSS gap" not in presets.fitting(start.base.unblocked, start.base.sources)
    for name, plan in presets.fitting(start.base.unblocked, start.base.sources).items():
        assert whatif.work_out(start, plan).plan.name == name


def test_a_preset_that_closes_a_gap_is_offered_where_deals_wait_for_it(start):
    deals = start.base.open_deals["opportunity_id"].head(20)
    known = start.waiting_for({"PCI DSS": pl.DataFrame({"opportunity_id": deals, "share": [0.5] * len(deals)})})
    plan = presets.fitting(known.base.unblocked, known.base.sources)["Close the PCI DSS gap"]
    assert whatif.work_out(known, plan).difference > 0


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(ScenarioError, match="cannot be read"):
        files.read_file(tmp_path / "none.yaml")
    (tmp_path / "odd.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ScenarioError, match="cannot be read"):
        files.read_file(tmp_path / "odd.yaml")


def test_the_quarter_begins_where_the_forecast_page_stands(start, sample, settings, bundle):
    from core.models import outlook

    row = outlook.current(sample, settings, bundle).frame.row(-1, named=True)
    sure = row["closed_amount"] + row["open_amount"]
    monthly = start.before().by_month["amount"].to_list()
    to_come = start.before().quarter["mean"] - sure
    assert start.before().quarter["mean"] == pytest.approx(row["amount"], abs=0.01)
    assert sum(monthly[:3]) == pytest.approx(start.before().quarter["mean"])
    assert 0 <= to_come < 0.02 * sure


def test_a_deals_own_curve_never_falls(start):
    assert start.base.own.shape == (start.base.open_deals.height, len(start.base.days))
    ends = arrays.books(start.base).ends
    assert np.isin(ends[(ends > 0) & (ends <= 180)], start.base.days).all()
    assert ((start.base.own[:, 1:] - start.base.own[:, :-1]) >= -1e-12).all()
    assert start.base.own.max() <= 1
