from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from core.models.customers import total_record
from core.models.customers.lifetime import LifetimeValue

FIRST = date(2024, 1, 1)
LAST = FIRST + timedelta(days=400)


@pytest.fixture(scope="module")
def orders():
    """A hundred shoppers who come every fortnight or so, half of them until the half of the time alone."""
    draw = np.random.default_rng(2)
    rows = []
    for k in range(100):
        ends = 400 if k % 2 else 200
        days = np.cumsum(draw.integers(5, 25, 40))
        rows += [(f"C{k}", FIRST + timedelta(days=int(d)), float(draw.lognormal(3, 0.3))) for d in days[days < ends]]
    return pl.DataFrame(rows, schema=["customer_id", "ordered_on", "amount"], orient="row")


@pytest.fixture(scope="module")
def past(orders, settings):
    return total_record.record(orders, LAST, settings)


def test_totals_are_foreseen_from_earlier_days_and_held_against_what_came(past, orders):
    assert past.schema == pl.Schema(total_record.SCHEMA)
    assert past["cut_on"].is_sorted()
    assert past.height == len(total_record.SHARES)
    row = past.row(1, named=True)
    end = row["cut_on"] + timedelta(days=row["days"])
    before = orders.filter(pl.col("ordered_on") <= row["cut_on"])["customer_id"].unique()
    came = orders.filter(pl.col("ordered_on") > row["cut_on"], pl.col("ordered_on") <= end)
    assert row["spent_amount"] == pytest.approx(
        came.filter(pl.col("customer_id").is_in(before.implode()))["amount"].sum()
    )
    assert (past["expected_amount"] > 0).all()


def test_a_company_with_too_few_customers_has_no_record(orders, settings):
    few = orders.filter(pl.col("customer_id").is_in(["C1", "C3"]))
    assert total_record.record(few, LAST, settings).is_empty()
    assert total_record.record(orders.clear(), LAST, settings).is_empty()


def test_of_many_customers_some_stand_for_all(orders, monkeypatch):
    monkeypatch.setattr(total_record, "MOST_CUSTOMERS", 30)
    some = total_record._some(orders, LAST, 7)
    assert some["customer_id"].n_unique() == 30
    monkeypatch.setattr(total_record, "MOST_CUSTOMERS", 300)
    assert total_record._some(orders, LAST, 7) is orders


def record_of(spent, days=100):
    n = len(spent)
    return pl.DataFrame({"days": [days] * n, "expected_amount": [100.0] * n, "spent_amount": spent})


def test_the_mean_miss_is_taken_out_and_scatter_widens():
    steady, wild = total_record.learn(record_of([80.0] * 5), 100), total_record.learn(record_of([40.0, 160.0] * 2), 100)
    assert steady.factor == pytest.approx(0.8 ** (5 / 6))
    assert wild.upper > steady.upper > 1 > steady.lower > wild.lower
    assert total_record.learn(record_of([80.0] * 5), 400).upper == pytest.approx(steady.upper**2)


def test_without_three_totals_there_is_no_range():
    learnt = total_record.learn(record_of([80.0, 90.0]), 100)
    assert (learnt.n_origins, learnt.factor, learnt.lower, learnt.upper) == (2, 1.0, None, None)
    frame = pl.DataFrame({"value_amount": [100.0, 50.0]})
    text = LifetimeValue(
        frame, pl.DataFrame(), 150.0, None, None, "repeat", 36, "USD", "No range can be given."
    ).sentence()
    assert "range" not in text.replace("No range can be given.", "")
    assert "likely range" in LifetimeValue(frame, pl.DataFrame(), 150.0, 90.0, 200.0, "repeat", 36, "USD").sentence()
