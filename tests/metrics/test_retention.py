from __future__ import annotations

from dataclasses import replace
from datetime import date

import duckdb
import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as trial
from hypothesis import strategies as st

from core import metrics
from core.config import load
from core.contracts import Dataset, empty
from core.contracts.dataset import FRAMES
from core.contracts.errors import QuarterdeckError
from core.sample import AS_OF
from tests.features.conftest import rows

DAY = date(2026, 4, 15)


def company(lines, as_of=DAY):
    held = {name: empty(name) for name in FRAMES} | {"subscriptions": lines}
    return Dataset(**held, as_of=as_of, source="test", rejected=pl.DataFrame())


def line(i, account, mrr, start, end=None):
    return {"subscription_id": f"S{i}", "account_id": account, "mrr_amount": mrr, "started_on": start, "ended_on": end}


@pytest.fixture(scope="module")
def three():
    """Two accounts begin in Q1 2025; one doubles and one leaves; a third begins later. Z left long ago."""
    return company(
        rows(
            "subscriptions",
            line(0, "Z", 5.0, date(2023, 1, 1), date(2024, 1, 1)),
            line(1, "A", 100.0, date(2025, 1, 10), date(2025, 7, 10)),
            line(2, "A", 200.0, date(2025, 7, 10)),
            line(3, "B", 300.0, date(2025, 2, 1), date(2025, 9, 1)),
            line(4, "C", 50.0, date(2025, 8, 1)),
        )
    )


def row(found, label, age):
    return found.frame.filter((pl.col("label") == label) & (pl.col("age_months") == age)).to_dicts()[0]


def test_a_cohort_is_followed_by_hand(three, settings):
    found = metrics.retention.cohorts(three, settings)
    assert row(found, "Q1 2025", 0) | {"is_whole": True} == {
        "cohort": date(2025, 1, 1),
        "label": "Q1 2025",
        "age_months": 0,
        "n_accounts": 2,
        "n_kept": 2,
        "base_amount": 400.0,
        "amount": 400.0,
        "logo_rate": 1.0,
        "net_rate": 1.0,
        "gross_rate": 1.0,
        "is_whole": True,
    }
    at = row(found, "Q1 2025", 12)
    assert (at["n_kept"], at["amount"], at["logo_rate"]) == (1, 200.0, 0.5)
    assert at["net_rate"] == pytest.approx(200 / 400)
    assert at["gross_rate"] == pytest.approx(100 / 400)
    assert found.at(12) == 0.5
    assert "50.0 % of customers are still with us" in found.sentence()
    assert "Cohorts up to Q1 2023" in found.note()


def test_the_base_may_be_moved(three, settings):
    found = metrics.retention.cohorts(three, settings, "quarter", 7)
    base = row(found, "Q1 2025", 0)
    assert (base["n_accounts"], base["base_amount"]) == (1, 200.0)
    later = replace(three, as_of=date(2026, 5, 15))
    assert "A year after month 1, 50.0 %" in metrics.retention.cohorts(later, settings, "quarter", 1).sentence()


def test_cohorts_by_year_stop_at_what_the_youngest_has_reached(three, settings):
    found = metrics.retention.cohorts(three, settings, "year")
    assert found.frame.filter(pl.col("label") == "2025")["age_months"].max() == 3
    assert row(found, "2025", 0)["n_accounts"] == 3


def test_nothing_and_wrong_questions(settings):
    none = metrics.retention.cohorts(company(empty("subscriptions")), settings)
    assert none.frame.is_empty()
    assert none.sentence() == "No contracts were loaded."
    assert none.note() == ""
    assert metrics.retention.last_year(company(empty("subscriptions")), settings).value is None
    with pytest.raises(QuarterdeckError, match="quarter or year"):
        metrics.retention.cohorts(none and company(empty("subscriptions")), settings, "moon")
    young = company(rows("subscriptions", line(1, "A", 1.0, date(2026, 1, 1))))
    assert metrics.retention.cohorts(young, settings).sentence() == "No cohort is a year old yet."


def test_last_year_by_hand(three, settings):
    found = metrics.retention.last_year(three, settings)
    now = found.frame.filter(pl.col("month") == DAY).to_dicts()[0]
    assert (now["base_amount"], now["net_rate"], now["gross_rate"], now["logo_rate"]) == (400.0, 0.5, 0.25, 0.5)
    assert found.value == 0.5


def test_last_year_is_that_of_sql(sample, settings):
    with duckdb.connect() as db:
        db.register("subs", sample.subscriptions.to_arrow())
        at = "started_on <= '{0}' and (ended_on is null or ended_on > '{0}')"
        then, now = (at.format(d) for d in (date(AS_OF.year - 1, AS_OF.month, AS_OF.day), AS_OF))
        query = f"""with a as (select account_id, sum(mrr_amount) m from subs where {then} group by 1),
            b as (select account_id, sum(mrr_amount) n from subs where {now} group by 1)
            select sum(coalesce(n, 0)) / sum(m), sum(least(m, coalesce(n, 0))) / sum(m),
            avg((coalesce(n, 0) > 0)::int) from a left join b using (account_id)"""
        net, gross, logo = db.execute(query).fetchone()
    found = metrics.retention.last_year(sample, settings).frame.tail(1).to_dicts()[0]
    assert (found["net_rate"], found["gross_rate"], found["logo_rate"]) == pytest.approx((net, gross, logo))


days = st.dates(date(2024, 1, 1), date(2026, 4, 1))


@trial(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.sampled_from("ABC"), st.integers(1, 500), days, st.none() | st.integers(0, 700)), max_size=12)
)
def test_gross_never_exceeds_net_nor_one(found):
    from datetime import timedelta

    lines = [
        line(i, a, float(m), s, None if n is None else s + timedelta(days=n)) for i, (a, m, s, n) in enumerate(found)
    ]
    frame = rows("subscriptions", *lines) if lines else empty("subscriptions")
    table = metrics.retention.cohorts(company(frame), load(environ={})).frame
    checked = table.drop_nulls("gross_rate")
    assert (checked["gross_rate"] <= checked["net_rate"] + 1e-9).all()
    assert (checked["gross_rate"] <= 1 + 1e-9).all()
    assert (table["n_kept"] <= table["n_accounts"]).all()
