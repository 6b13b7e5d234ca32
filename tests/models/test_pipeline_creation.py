from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest

from core.contracts import empty
from core.contracts.errors import ModelError
from core.models import outlook
from core.models.close import pipeline_creation

AS_OF = date(2026, 5, 20)


def deals(rows):
    shape = {"created_on": pl.Date, "ended_on": pl.Date, "is_won": pl.Boolean}
    return pl.DataFrame(rows, schema=shape, orient="row")


def ago(days):
    return AS_OF - timedelta(days=days)


def test_curve_counts_open_deals_for_as_long_as_they_were_watched():
    rows = [(ago(100), ago(90), True)] * 2 + [(ago(100), ago(80), False)] * 2 + [(ago(100), None, False)] * 4
    found = pipeline_creation.won_by_age(deals([*rows, (ago(10), None, False)]), AS_OF, "A")
    at = dict(found.select("age_days", "won_rate").iter_rows())
    assert at[0] == 0
    assert at[15] == pytest.approx(2 / 8)
    assert at[90] == pytest.approx(2 / 8)
    more = pipeline_creation.won_by_age(deals([*rows, (ago(100), ago(50), True)]), AS_OF, "A")
    late = dict(more.select("age_days", "won_rate").iter_rows())
    assert late[15] == pytest.approx(2 / 9)
    assert late[60] == pytest.approx(2 / 9 + (1 - 4 / 9) * 1 / 5)


def test_a_few_deals_lean_on_all_others():
    few, many = deals([(ago(100), ago(90), True)] * 10), deals([(ago(100), ago(90), False)] * 1000)
    usual = pipeline_creation.won_by_age(many, AS_OF, "All")["won_rate"].to_numpy()
    found = pipeline_creation.won_by_age(few, AS_OF, "A", usual)
    assert found.filter(pl.col("age_days") == 180)["won_rate"].item() == pytest.approx(10 / 50)


@pytest.mark.parametrize("by", pipeline_creation.PARTS)
def test_parts_sum_to_what_the_number_says_new_deals_add(sample, settings, by):
    whole = outlook.build(sample, settings).frame.filter(pl.col("window") == "90 days")["new_amount"].item()
    found = pipeline_creation.arrivals(sample, settings, by, 90)
    assert found.value == pytest.approx(whole)
    assert found.frame["share_rate"].sum() == pytest.approx(1)
    assert found.frame["expected_amount"].is_sorted(descending=True)
    assert found.curves.filter(pl.col("age_days") == 180).height == found.frame.height
    assert "new deals are created a month" in found.sentence()
    assert found.frame["part"][0] in found.sentence()


def test_counts_are_those_of_the_last_year(sample, settings):
    found = pipeline_creation.arrivals(sample, settings)
    begin = sample.as_of - timedelta(days=365)
    year = sample.opportunities.filter(
        (pl.col("created_on") > begin) & (pl.col("created_on") <= sample.as_of) & (pl.col("lead_source") == "Partner")
    )
    row = found.frame.row(by_predicate=pl.col("part") == "Partner", named=True)
    assert row["n_created"] == year.height
    assert row["monthly_count"] == pytest.approx(year.height / 12)
    assert found.days == 46


def test_later_rows_change_nothing(sample, settings):
    before = pipeline_creation.arrivals(sample, settings, "region", 90)
    later = sample.opportunities.head(50).with_columns(
        opportunity_id=pl.concat_str(pl.lit("later"), "opportunity_id"),
        created_on=pl.lit(ago(-30)),
        close_on=pl.lit(ago(-60)),
        is_closed=pl.lit(value=False),
        is_won=pl.lit(value=False),
    )
    data = sample.with_frames(opportunities=pl.concat([sample.opportunities, later]))
    assert pipeline_creation.arrivals(data, settings, "region", 90).frame.equals(before.frame)


def test_missing_sources_are_one_part_and_no_deals_a_sentence(sample, settings):
    bare = sample.with_frames(opportunities=sample.opportunities.with_columns(lead_source=pl.lit(None, pl.String)))
    found = pipeline_creation.arrivals(bare, settings)
    assert found.frame["part"].to_list() == ["Not known"]
    assert "Most comes" not in found.sentence()
    none = pipeline_creation.arrivals(sample.with_frames(opportunities=empty("opportunities")), settings)
    assert none.value is None
    assert none.frame.is_empty()
    assert "none is expected" in none.sentence()


def test_a_wrong_column_names_the_closest(sample, settings):
    with pytest.raises(ModelError, match="lead_source"):
        pipeline_creation.arrivals(sample, settings, "lead_sources")


def test_a_deal_closed_on_the_day_it_was_created_counts_as_won(sample, settings):
    day = sample.as_of - timedelta(days=3)
    deal = sample.opportunities.filter("is_won").head(1)
    at_once = deal.with_columns(opportunity_id=pl.lit("AT-ONCE"), created_on=pl.lit(day), close_on=pl.lit(day))
    data = sample.with_frames(opportunities=pl.concat([sample.opportunities, at_once]))
    rows = pipeline_creation.tracks(data, settings).filter(opportunity_id="AT-ONCE")
    assert rows["ended_on"].to_list() == [day]
    before, after = (outlook.build(d, settings).frame["closed_amount"][-1] for d in (sample, data))
    assert after - before == pytest.approx(deal["amount"][0])
