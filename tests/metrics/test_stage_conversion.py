from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import duckdb
import polars as pl
import pytest

from core import metrics
from core.metrics import stage_conversion, stage_history
from core.metrics.deal_events import due_by, tracks
from core.sample import AS_OF
from tests.metrics.companies import company, deal, states

OPEN = ["Prospecting", "Qualification", "Discovery", "Proposal", "Negotiation"]


def day(n):
    return date(2026, 1, 1) + timedelta(days=n)


def path(opportunity_id, *steps):
    """A deal's way through the stages: (day number, stage) each."""
    return states(
        opportunity_id, *((day(n), {"stage": stage, "amount": 10.0, "owner_id": "ann"}) for n, stage in steps)
    )


@pytest.fixture
def firm():
    ways = [
        path("straight", (0, "Prospecting"), (10, "Qualification"), (30, "Closed Won")),
        path("skips", (0, "Prospecting"), (4, "Discovery"), (20, "Closed Lost")),
        path("returns", (0, "Qualification"), (6, "Discovery"), (8, "Qualification"), (12, "Discovery")),
        path("waits", (100, "Prospecting")),
    ]
    deals = [deal(way[0]["opportunity_id"]) for way in ways]
    return company(opportunity_history=[r for w in ways for r in w], opportunities=deals)


def test_conversion_by_hand(firm, settings):
    found = stage_conversion.conversion(firm, settings)
    rows = {r["stage"]: r for r in found.frame.to_dicts()}
    names = ("n_entered", "n_moved_on", "n_pending", "n_lost", "n_skipped", "n_repeated")
    counts = {stage: tuple(rows[stage][name] for name in names) for stage in rows}
    assert counts == {
        "Prospecting": (4, 3, 1, 0, 1, 0),
        "Qualification": (3, 3, 0, 0, 1, 1),
        "Discovery": (3, 1, 1, 1, 1, 1),
        "Proposal": (1, 1, 0, 0, 1, 0),
        "Negotiation": (1, 1, 0, 0, 1, 0),
    }
    assert rows["Prospecting"]["moved_on_rate"] == 1.0
    assert rows["Discovery"]["moved_on_rate"] == 0.5
    assert (rows["Prospecting"]["n_won"], rows["Prospecting"]["n_closed"]) == (1, 2)
    assert rows["Proposal"]["won_rate"] is None
    assert found.value == 0.5
    assert "Biggest drop-off: Discovery, where 50.0 % of 2 deals advanced; 1 are still open." in found.sentence()


def test_a_stage_never_shows_fewer_deals_than_the_next(sample, settings):
    found = stage_conversion.shares(tracks(sample, settings), settings, AS_OF, 600)
    assert found["n_entered"].is_sorted(descending=True)
    assert (found["n_moved_on"] + found["n_pending"] + found["n_lost"]).equals(found["n_entered"])


def test_time_in_stage_adds_up_a_deals_stays(firm, settings):
    found = stage_history.stays(tracks(firm, settings), settings, day(40))
    days = {(d, s): n for d, s, n in found.select("deal", "stage", "days").iter_rows()}
    names = dict(tracks(firm, settings).select("opportunity_id", "deal").unique().iter_rows())
    assert days[names["returns"], "Qualification"] == 6 + 4
    assert days[names["returns"], "Discovery"] == 2 + 28
    assert days[names["straight"], "Qualification"] == 20
    here = found.filter("is_here").select("deal", "stage").rows()
    assert here == [(names["returns"], "Discovery")]


def test_how_far_each_deal_has_come_by_a_day(firm, settings):
    track = tracks(firm, settings)
    names = dict(track.select("deal", "opportunity_id").unique().iter_rows())
    found = {names[r["deal"]]: r for r in stage_history.depths(track, settings, day(12)).to_dicts()}
    assert set(found) == {"straight", "skips", "returns"}
    came = found["returns"]
    assert [came[f"day_{k}"] for k in range(4)] == [day(0), day(0), day(6), None]
    assert [came[f"stays_{k}"] for k in range(4)] == [0, 2, 2, 0]
    assert (came["furthest"], came["is_open"], came["is_won"]) == (2, True, False)
    won = {names[r["deal"]]: r for r in stage_history.journeys(firm, settings).to_dicts()}["straight"]
    assert (won["furthest"], won["is_won"], won["known_on"], won["opened_on"]) == (5, True, day(0), day(0))
    assert won["day_4"] == day(30)


def test_deals_due_by_a_date_stand_as_on_the_day(settings):
    rows = states(
        "a",
        (day(0), {"stage": "Discovery", "amount": 10.0, "close_on": day(50), "owner_id": "ann"}),
        (day(20), {"stage": "Proposal", "amount": 12.0, "close_on": day(90), "owner_id": "ann"}),
    )
    rows += states("b", (day(0), {"stage": "Discovery", "amount": 5.0, "close_on": None, "owner_id": "ann"}))
    firm = company(opportunity_history=rows, opportunities=[deal("a"), deal("b")])
    shown = ("opportunity_id", "stage", "close_on", "cents")
    assert due_by(firm, settings, day(60), day(10)).select(shown).rows() == [("a", "Discovery", day(50), 1000)]
    assert due_by(firm, settings, day(60), day(20)).is_empty()
    assert due_by(firm, settings, day(90), day(20)).select(shown).rows() == [("a", "Proposal", day(90), 1200)]


def test_time_of_won_deals_in_sql(sample, settings):
    found = stage_conversion.times(sample, settings).frame
    with duckdb.connect() as connection:
        connection.register("history", sample.frame("opportunity_history").to_arrow())
        connection.register("deals", sample.opportunities.to_arrow())
        query = f"""
            with spent as (
                select opportunity_id, stage, sum(valid_to - valid_from) as days from history
                join (select opportunity_id from deals where is_won and close_on > date '{AS_OF}' - interval 24 month)
                using (opportunity_id) where stage not like 'Closed%' group by 1, 2
            )
            select stage, count(*), median(days), quantile_cont(days, 0.9) from spent group by 1
        """
        rows = {s: rest for s, *rest in connection.execute(query).fetchall()}
    for stage, n, median, p90 in found.select("stage", "n_won", "won_median_days", "won_p90_days").iter_rows():
        assert [n, median, p90] == [rows[stage][0], pytest.approx(rows[stage][1]), pytest.approx(rows[stage][2])]


def test_slow_deals_are_those_beyond_nine_of_ten_won_ones(settings):
    ways = [path(f"w{n}", (0, "Discovery"), (n, "Closed Won")) for n in range(1, 12)]
    ways += [path("fast", (130, "Discovery")), path("slow", (100, "Discovery"))]
    data = company(opportunity_history=[r for w in ways for r in w])
    row = stage_conversion.times(data, settings).frame.row(0, named=True)
    assert (row["n_won"], row["won_median_days"], row["won_p90_days"]) == (11, 6.0, 10.0)
    assert (row["n_open"], row["open_median_days"], row["n_slow"], row["slow_amount"]) == (2, 19.0, 1, 10.0)
    calm = company(opportunity_history=[r for w in ways[:-1] for r in w])
    assert "No open deal is stuck" in stage_conversion.times(calm, settings).sentence()


def test_the_funnel_by_month_by_hand(firm, settings):
    found = stage_conversion.cohorts(firm, settings)
    rows = {
        (m.month, s): (n, r)
        for m, s, n, r in found.frame.select("month", "stage", "n_created", "n_reached").iter_rows()
    }
    assert rows[1, "Prospecting"] == (3, 3)
    assert rows[1, "Discovery"] == (3, 3)
    assert rows[1, "Won"] == (3, 1)
    assert rows[4, "Prospecting"] == (1, 1)
    assert found.value == 0.25
    old = stage_conversion.cohorts(firm, settings, 1)
    assert old.value is None


def test_the_best_month_is_named_among_those_nearly_decided(sample, settings):
    found = stage_conversion.cohorts(sample, settings)
    sizes = found.frame.unique(["month"], keep="first").filter(pl.col("n_open") * 10 <= pl.col("n_created"))
    won = found.frame.filter(pl.col("stage") == "Won", pl.col("month").is_in(sizes["month"].implode()))
    best = won.sort("reached_rate")["month"][-1]
    assert f"Best month so far: {best:%B %Y}" in found.sentence()


def test_the_weighted_pipeline_is_the_sum_of_its_stages(sample, settings):
    found = metrics.coverage.weighted(sample, settings)
    rates = dict(stage_conversion.conversion(sample, settings).frame.select("stage", "won_rate").iter_rows())
    now = sample.opportunities.filter(~pl.col("is_closed")).group_by("stage").agg(pl.col("amount").sum())
    assert found.value == pytest.approx(sum(amount * rates[stage] for stage, amount in now.iter_rows()))
    assert found.frame["amount"].sum() == pytest.approx(metrics.pipeline.open_pipeline(sample, settings).value)


def test_the_weighted_pipeline_of_a_past_day_knows_nothing_later(sample, settings):
    past = date(2025, 5, 15)
    cut = replace(sample, as_of=past, known_fingerprint=None)
    assert metrics.coverage.weighted(sample, settings, past).frame.equals(
        metrics.coverage.weighted(cut, settings).frame
    )
    changed = sample.frame("opportunity_history").with_columns(
        amount=pl.when(pl.col("valid_from") > past).then(pl.col("amount") * 7).otherwise("amount"),
        stage=pl.when(pl.col("valid_from") > past).then(pl.lit("Closed Won")).otherwise("stage"),
    )
    trap = sample.with_frames(opportunity_history=changed)
    ask = (settings, past)
    assert metrics.coverage.weighted(trap, *ask).frame.equals(metrics.coverage.weighted(sample, *ask).frame)
