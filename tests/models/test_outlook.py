from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest

from core.contracts import empty
from core.models import outlook
from core.models.close import pipeline_creation
from core.models.revenue import forecast


def test_parts_add_up_and_deals_are_the_open_part(sample, settings):
    found = outlook.build(sample, settings)
    assert found.windows == ["30 days", "60 days", "90 days", "Q2 2026"]
    sums = found.frame.select(
        (pl.col("closed_amount") + pl.col("open_amount") + pl.col("new_amount") - pl.col("amount")).abs().max()
    )
    assert sums.item() < 1e-6
    deals = found.deals.group_by("window").agg(pl.col("expected_amount").sum())
    both = found.frame.join(deals, on="window")
    assert both["open_amount"].to_list() == pytest.approx(both["expected_amount"].to_list())
    assert "likely range" in found.sentence()


def test_longer_windows_hold_more(sample, settings):
    found = outlook.build(sample, settings).frame.head(3)
    assert found["open_amount"].is_sorted()
    assert found["new_amount"].is_sorted()


def test_closed_part_is_what_was_won_this_quarter(sample, settings):
    won = sample.opportunities.filter(pl.col("is_won") & (pl.col("close_on") >= date(2026, 4, 1)))
    assert outlook.build(sample, settings).frame["closed_amount"][-1] == pytest.approx(won["amount"].sum())


def test_scores_of_a_model_are_used(sample, settings):
    ids = sample.opportunities.filter(~pl.col("is_closed")).select("opportunity_id")
    scores = ids.with_columns(p_win_30=pl.lit(0.1), p_win_60=pl.lit(0.2), p_win_90=pl.lit(0.3))
    found = outlook.build(sample, settings, scores)
    assert found.deals.filter(pl.col("window") == "60 days")["p_win"].unique().to_list() == [0.2]


def test_range_holds_about_four_of_five_replayed_windows(default_sample, default_settings):
    sample, settings = default_sample, default_settings
    history = pipeline_creation.tracks(sample, settings)
    spread = outlook.build(sample, settings).spread
    past = outlook.replay(history, sample.as_of, settings, 90)
    inside = ((past["actual"] - past["amount"]).abs() <= past["deviation"] * spread * outlook.Z80).mean()
    assert past.height >= 10
    assert inside >= 0.7


def test_rows_after_the_replayed_day_change_nothing(sample, settings):
    day = sample.as_of - timedelta(days=90)
    history = pipeline_creation.tracks(sample, settings)
    known = history.filter(pl.col("valid_from") <= day)
    shuffled = history.with_columns(pl.when(pl.col("valid_from") > day).then(9e9).otherwise("amount").alias("amount"))
    a = outlook._score(known, outlook._open_at(known, day), day, 60, None)["expected_amount"].sum()
    b = outlook._score(shuffled, outlook._open_at(shuffled, day), day, 60, None)["expected_amount"].sum()
    assert a == pytest.approx(b)


def test_no_deals_is_a_sentence(sample, settings):
    bare = sample.with_frames(opportunities=empty("opportunities"), opportunity_history=empty("opportunity_history"))
    assert outlook.build(bare, settings).sentence() == "There are no deals to forecast from."


def test_no_history_still_gives_a_number(sample, settings):
    bare = sample.with_frames(opportunity_history=empty("opportunity_history"))
    assert outlook.build(bare, settings).frame["amount"].min() > 0


def test_revenue_says_how_its_ranges_held(sample, settings, bundle):
    found = forecast.revenue(sample, settings, bundle)
    assert found.frame.filter("is_forecast").height == settings.models.forecast_months
    assert "past months" in found.sentence()


def test_the_record_is_that_of_the_replays(sample, settings):
    past = outlook.replay(pipeline_creation.tracks(sample, settings), sample.as_of, settings)
    miss = past["amount"].sum() / past["actual"].sum() - 1
    side = "high" if miss > 0 else "low"
    said = outlook.build(sample, settings).record
    assert f"on {past.height} past dates" in said
    assert (f"{abs(miss) * 100:.1f} % {side}" if abs(miss) >= outlook.EVEN else "on target") in said


def test_on_the_last_day_of_a_quarter_nothing_open_is_left_to_win(sample, settings):
    ids = sample.opportunities.filter(~pl.col("is_closed")).select("opportunity_id")
    scores = ids.with_columns(p_win_30=pl.lit(0.1), p_win_60=pl.lit(0.2), p_win_90=pl.lit(0.3))
    found = outlook.build(replace(sample, as_of=date(2026, 6, 30)), settings, scores)
    assert found.frame["days"][-1] == 0
    assert found.frame["open_amount"][-1] == 0
    assert found.frame["amount"][-1] == found.frame["closed_amount"][-1]


@pytest.mark.parametrize(("amount", "said"), [(100.0, "on target"), (110.0, "10.0 % high"), (70.0, "30.0 % low")])
def test_the_record_says_by_how_much_and_on_which_side(amount, said):
    past = pl.DataFrame({"day": [date(2026, 1, d) for d in range(1, 7)], "amount": [amount] * 6, "actual": [100.0] * 6})
    assert f"the 60-day forecast was {said} on average." in outlook._record(past)
