from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import duckdb
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from core import contracts, marts

DAY = date(2026, 3, 31)
LINES = pl.DataFrame(
    {
        "account_id": ["A", "A", "B", "A"],
        "booked_on": [date(2026, 1, 5), date(2026, 1, 5), date(2026, 2, 1), date(2026, 5, 1)],
        "region": ["EMEA", "EMEA", "APAC", "EMEA"],
        "product_id": ["P1"] * 4,
        "rep_id": ["R1", "R1", "R2", "R1"],
        "kind": ["booking", "booking", "refund", "booking"],
        "amount": [10.0, 5.0, -3.0, 99.0],
    }
)
STATES = pl.DataFrame(
    {
        "opportunity_id": ["O1"] * 4 + ["O2"] * 2,
        "valid_from": [date(2026, 1, d) for d in (1, 5, 9, 20)] + [date(2026, 2, 1), date(2026, 6, 1)],
        "stage": ["Discovery", "Discovery", "Proposal", "Discovery", "Proposal", "Closed Won"],
        "is_deleted": [False] * 6,
    }
)


def engines(frame):
    """The same frame in Polars and in DuckDB, each with the way back to Polars."""
    relation = duckdb.from_arrow(frame.to_arrow())
    return [(frame, lambda f: f), (relation, lambda f: f.pl())]


@pytest.mark.parametrize("place", [0, 1], ids=["polars", "duckdb"])
def test_the_daily_cube(place):
    frame, back = engines(LINES)[place]
    found = back(marts.bookings_daily(frame, DAY)).sort("booked_on")
    assert found.select("booked_on", "region", "kind", "amount", "n_lines").rows() == [
        (date(2026, 1, 5), "EMEA", "booking", 15.0, 2),
        (date(2026, 2, 1), "APAC", "refund", -3.0, 1),
    ]


@pytest.mark.parametrize("place", [0, 1], ids=["polars", "duckdb"])
def test_account_facts(place):
    frame, back = engines(LINES)[place]
    found = back(marts.account_facts(frame, DAY)).sort("account_id")
    assert found.rows() == [
        ("A", date(2026, 1, 5), date(2026, 1, 5), 2, 15.0, 0.0),
        ("B", date(2026, 2, 1), date(2026, 2, 1), 1, 0.0, -3.0),
    ]


@pytest.mark.parametrize("place", [0, 1], ids=["polars", "duckdb"])
def test_stage_intervals(place):
    frame, back = engines(STATES)[place]
    found = back(marts.stage_intervals(frame, DAY)).sort("opportunity_id", "entered_on")
    assert found.rows() == [
        ("O1", "Discovery", date(2026, 1, 1), date(2026, 1, 9)),
        ("O1", "Proposal", date(2026, 1, 9), date(2026, 1, 20)),
        ("O1", "Discovery", date(2026, 1, 20), None),
        ("O2", "Proposal", date(2026, 2, 1), None),
    ]


def test_the_cube_adds_up_to_the_lines(sample):
    cube = marts.bookings_daily(sample.transactions, sample.as_of)
    assert cube["amount"].sum() == pytest.approx(sample.transactions["amount"].sum(), abs=0.01)
    assert cube["n_lines"].sum() == sample.transactions.height


def test_both_engines_agree_on_the_sample(sample):
    ours = marts.stage_intervals(sample.opportunity_history, sample.as_of)
    theirs = marts.stage_intervals(duckdb.from_arrow(sample.opportunity_history.to_arrow()), sample.as_of).pl()
    order = ["opportunity_id", "entered_on"]
    assert_frame_equal(ours.sort(order), theirs.select(ours.columns).sort(order), check_dtypes=False)


def test_built_marts_add_up_to_the_rows(sample):
    built = marts.of(sample)
    assert marts.of(sample) is built
    facts = built.account_facts
    assert facts["account_id"].n_unique() == facts.height == sample.accounts.height
    assert facts["n_lines"].sum() == sample.transactions.height
    assert facts["n_open_deals"].sum() == sample.opportunities.filter(~pl.col("is_closed")).height
    won = sample.opportunities.filter("is_won")
    assert facts["won_amount"].sum() == pytest.approx(won["amount"].sum(), abs=0.01)
    running = pl.col("ended_on").is_null() | (pl.col("ended_on") > sample.as_of)
    paid = sample.subscriptions.filter(running & (pl.col("started_on") <= sample.as_of))["mrr_amount"].sum()
    assert facts["mrr_amount"].sum() == pytest.approx(paid, abs=0.01)


@pytest.mark.parametrize("days", [1, 30, 400])
def test_a_new_days_rows_give_what_building_anew_gives(sample, days):
    then = sample.as_of - timedelta(days=days)
    lines, states = sample.transactions, sample.opportunity_history
    old = replace(
        sample.with_frames(
            transactions=lines.filter(pl.col("booked_on") <= then),
            opportunity_history=states.filter(pl.col("valid_from") <= then),
        ),
        as_of=then,
    )
    fresh = sample.with_frames(
        transactions=lines.filter(pl.col("booked_on") > then),
        opportunity_history=states.filter(pl.col("valid_from") > then),
    )
    grown, anew = marts.append(marts.build(old), fresh, sample), marts.build(sample)
    for name in ("bookings_daily", "stage_intervals", "account_facts"):
        assert_frame_equal(getattr(grown, name), getattr(anew, name), rel_tol=1e-12, abs_tol=1e-6)


def test_won_deals_stand_in_where_no_lines_were_loaded(sample):
    bare = sample.with_frames(transactions=sample.transactions.clear())
    built = marts.build(bare)
    won = sample.opportunities.filter("is_won", pl.col("amount").is_not_null(), pl.col("close_on") <= sample.as_of)
    assert built.bookings_daily["amount"].sum() == pytest.approx(won["amount"].sum(), abs=0.01)
    assert set(built.bookings_daily["kind"]) == {"booking"}


def test_marts_of_nothing_are_empty():
    frames = {name: contracts.empty(name) for name in contracts.SCHEMAS}
    bare = contracts.Dataset(**frames, as_of=DAY, source="", rejected=contracts.empty("rejections"))
    built = marts.build(bare)
    assert built.bookings_daily.is_empty()
    assert built.stage_intervals.is_empty()
    assert built.account_facts.is_empty()


def test_changes_of_one_day_keep_the_order_of_the_history():
    day = date(2026, 3, 2)
    rows = [("O1", day, s) for s in ("Discovery", "Proposal", "Discovery", "Discovery", "Negotiation")]
    rows += [("O2", day, "Negotiation")]
    frame = pl.DataFrame(rows, schema=["opportunity_id", "valid_from", "stage"], orient="row").with_columns(
        is_deleted=pl.lit(value=False)
    )
    for states in (frame, frame.lazy()):
        found = marts.stage_intervals(states, DAY).lazy().collect().sort("opportunity_id", maintain_order=True)
        assert found.rows() == [
            ("O1", "Discovery", day, day),
            ("O1", "Proposal", day, day),
            ("O1", "Discovery", day, day),
            ("O1", "Negotiation", day, None),
            ("O2", "Negotiation", day, None),
        ]
