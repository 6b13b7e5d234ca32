"""Regions on the map: amounts, changes and attainment worked out by hand, and where each tile stands."""

from __future__ import annotations

from datetime import date

import duckdb
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.charts import regions as charts
from core.contracts.errors import ContractError
from core.metrics import attainment, bookings, concentration, regions
from tests.metrics.companies import company, deal, rep, states

NOW, THEN, LATE = date(2026, 5, 1), date(2025, 4, 20), date(2025, 6, 20)


def line(k, day, amount, region, kind="booking", rep_id=None, account="A1"):
    return {
        "transaction_id": str(k),
        "account_id": account,
        "booked_on": day,
        "kind": kind,
        "quantity": 1.0,
        "amount": amount,
        "region": region,
        "rep_id": rep_id,
    }


LINES = [
    line(1, NOW, 300.0, "EMEA"),
    line(2, THEN, 200.0, "EMEA"),
    line(3, LATE, 900.0, "EMEA"),
    line(4, NOW, 50.0, "AMER"),
    line(5, THEN, 100.0, "AMER"),
    line(6, NOW, 25.5, None),
    line(7, NOW, 10.0, "EMEA", "billing"),
    line(8, NOW, -4.0, "EMEA", "refund"),
    line(9, THEN, 3.0, "EMEA", "billing"),
]


def frame(found):
    return {r["region"]: r for r in found.frame.iter_rows(named=True)}


def test_bookings_are_held_against_as_many_days_of_the_quarter_a_year_ago(settings):
    found = regions.regions(company(transactions=LINES), settings)
    rows = frame(found)
    assert (rows["EMEA"]["amount"], rows["EMEA"]["earlier_amount"], rows["EMEA"]["rate"]) == (300.0, 200.0, 0.5)
    assert rows["AMER"]["rate"] == -0.5
    assert rows["No region"]["rate"] is None
    assert found.value == pytest.approx(375.5 / 300 - 1)
    assert found.frame["amount"].sum() == 375.5
    assert found.sentence() == (
        "Q2 2026 bookings: EMEA grew most (+50.0 % vs last year), AMER least (-50.0 %); all regions +25.2 %."
    )


def test_revenue_takes_refunds_off(settings):
    found = regions.regions(company(transactions=LINES), settings, "Revenue")
    assert frame(found)["EMEA"]["amount"] == 6.0
    assert frame(found)["EMEA"]["rate"] == 1.0
    assert found.sentence() == "Q2 2026 revenue: EMEA grew most (+100.0 % vs last year)."
    assert regions.behind(company(transactions=LINES), settings, "Revenue", "EMEA")["amount"].to_list() == [10.0, -4.0]


def team(**values):
    return [
        rep("R1", "EMEA 1", date(2020, 1, 1)),
        rep("R2", "AMER 1", date(2020, 1, 1), date(2026, 4, 20)),
        rep("R2", "EMEA 1", date(2026, 4, 20)),
        rep("M1", "EMEA 1", date(2020, 1, 1), role="manager"),
    ]


def test_attainment_takes_the_quota_of_who_was_there_when_the_quarter_began(settings):
    quotas = [
        {"rep_id": r, "period_start_on": date(2026, 4, 1), "quota_amount": a}
        for r, a in (("R1", 600.0), ("R2", 200.0), ("M1", 800.0))
    ]
    data = company(transactions=LINES, quotas=quotas, sales_team=team())
    found = regions.regions(data, settings, "Attainment")
    rows = frame(found)
    assert (rows["EMEA"]["rate"], rows["AMER"]["rate"], rows["No region"]["rate"]) == (0.5, 0.25, None)
    assert found.value == pytest.approx(375.5 / 800)
    assert "EMEA leads at 50.0 % of its Q2 2026 quota, AMER is lowest at 25.0 %" in found.sentence()
    assert regions.behind(data, settings, "Attainment", "AMER")["amount"].to_list() == [50.0]


def test_open_pipeline_goes_by_the_owners_region_of_the_day(settings):
    history = states("O1", (date(2025, 5, 1), {"amount": 10.0, "owner_id": "R2", "close_on": NOW}))
    history += states("O2", (NOW, {"amount": 30.0, "owner_id": "R1", "close_on": NOW}))
    data = company(opportunities=[deal("O1"), deal("O2")], opportunity_history=history, sales_team=team())
    found = regions.regions(data, settings, "Open pipeline")
    rows = frame(found)
    assert (rows["EMEA"]["amount"], rows["EMEA"]["earlier_amount"], rows["EMEA"]["rate"]) == (40.0, 0.0, None)
    assert (rows["AMER"]["amount"], rows["AMER"]["earlier_amount"], rows["AMER"]["rate"]) == (0.0, 10.0, -1.0)
    behind = regions.behind(data, settings, "Open pipeline", "EMEA")
    assert behind["opportunity_id"].to_list() == ["O2", "O1"]
    assert behind.columns[-4:] == ["owner", "amount", "close_on", "stage"]


def test_without_bookings_quota_or_a_year_before_it_says_so(settings):
    assert regions.regions(company(), settings).sentence() == "Nothing has been booked by region yet."
    assert regions.regions(company(), settings).frame.is_empty()
    only = company(transactions=LINES[:1])
    assert regions.regions(only, settings).sentence() == "There is nothing to compare the regions with a year ago."
    assert regions.regions(only, settings, "Attainment").sentence() == "No quota is set for Q2 2026."
    assert "No deal or booking has a region" in regions.regions(company(transactions=LINES[5:6]), settings).sentence()
    with pytest.raises(ContractError, match="no map of 'Profit'"):
        regions.regions(only, settings, "Profit")


def test_many_regions_stand_together_and_nothing_is_lost(settings):
    lines = [line(k, NOW, 100.0 + k, f"Area {k:03d} 🚀") for k in range(60)]
    data = company(transactions=lines)
    found = regions.regions(data, settings)
    assert found.frame.height == settings.map.most
    assert found.frame["amount"].sum() == sum(100.0 + k for k in range(60))
    rest = regions.behind(data, settings, "Bookings", settings.map.other)
    assert rest.height == 60 - settings.map.most + 1
    assert rest["amount"].sum() == frame(found)[settings.map.other]["amount"]
    assert regions.behind(data, settings, "Bookings", "Nowhere").is_empty()


def test_known_names_stand_where_they_lie_whatever_their_case(settings):
    assert regions.places(["emea", "Asia-Pacific", "AMER", "LATAM"], settings) == [(2, 0), (3, 1), (0, 0), (1, 1)]
    assert regions.places(["East", "West", "Central"], settings) == [(2, 0), (0, 0), (1, 0)]
    assert regions.places(["US", "USA"], settings) == [(0, 0), (0, 1)]
    assert regions.places([], settings) == []


@given(st.lists(st.sampled_from(["EMEA", "US", "USA", "APAC", "North", "x", "ÿ", "", "LATAM", *map(str, range(30))])))
def test_no_two_tiles_share_a_place(settings, names):
    spots = dict(zip(names, regions.places(names, settings), strict=True))
    assert len(set(spots.values())) == len(spots)
    if spots:
        assert {x for x, _ in spots.values()} == set(range(max(x for x, _ in spots.values()) + 1))


def test_the_map_adds_up_as_sql_says(sample, settings):
    found = regions.regions(sample, settings)
    lines = sample.frame("transactions")
    sql = """select coalesce(region, 'No region') region, round(sum(amount), 2) amount from lines
             where kind = 'booking' and booked_on between date '2026-04-01' and $day group by 1"""
    with duckdb.connect() as con:
        con.register("lines", lines.to_arrow())
        said = dict(con.execute(sql, {"day": sample.as_of}).fetchall())
    assert {r["region"]: round(r["amount"], 2) for r in found.frame.iter_rows(named=True)} == pytest.approx(said)
    for region, amount in said.items():
        assert regions.behind(sample, settings, "Bookings", region)["amount"].sum() == pytest.approx(amount)


def test_a_team_and_a_customer_open_what_their_bars_show(sample, settings):
    for row in attainment.teams(sample, settings).frame.head(3).iter_rows(named=True):
        assert attainment.behind(sample, settings, row["team"])["amount"].sum() == pytest.approx(row["amount"])
    top = concentration.customers(sample, settings).frame.row(0, named=True)
    assert concentration.behind(sample, settings, top["account_id"])["amount"].sum() == pytest.approx(top["amount"])
    whole = bookings.dated(sample, date(2026, 4, 1), sample.as_of)
    assert whole["amount"].sum() == pytest.approx(bookings.quarter_to_date(sample, settings).value)


def test_a_tile_says_its_number_and_stays_readable_without_one(settings):
    found = regions.regions(company(transactions=LINES), settings)
    spec = charts.tiles(found.frame, "Bookings", "USD").to_dict()
    rows = next(iter(spec["datasets"].values()))
    assert {r["region"]: r["word"] for r in rows} == {
        "EMEA": "▲ 50 %",
        "AMER": "▼ 50 %",
        "No region": "nothing a year ago",
    }
    share = regions.regions(company(transactions=LINES), settings, "Attainment")
    rows = next(iter(charts.tiles(share.frame, "Attainment", "USD").to_dict()["datasets"].values()))
    assert {r["word"] for r in rows} == {"no quota"}
    long = found.frame.with_columns(region=pl.lit("A very long region's name"))
    rows = next(iter(charts.tiles(long, "Bookings", "USD").to_dict()["datasets"].values()))
    assert rows[0]["name"] == "A very long …"
