"""The company's parts beside each other: by hand, in SQL, and where nothing differs."""

from __future__ import annotations

from datetime import date, timedelta

import duckdb
import numpy as np
import polars as pl
import pytest

from core.contracts.errors import ContractError
from core.metrics import benchmarks
from tests.metrics.companies import AS_OF, company, deal, states

DAY = date(2026, 3, 10)


def firm(groups, slipped=()):
    """Closed deals by (segment, n, n won), 30 days old and of 100 each, one account for each deal."""
    deals, history, firms = [], [], []
    for segment, n, n_won in groups:
        for k in range(n):
            name, won = f"d{len(deals)}", k < n_won
            stage, opened = ("Closed Won" if won else "Closed Lost"), DAY - timedelta(days=30)
            made = {"amount": 100.0, "close_on": DAY, "created_on": opened, "account_id": name}
            deals.append(deal(name, is_closed=True, is_won=won, stage=stage, **made))
            firms.append({"account_id": name, "account_name": name, "segment": segment})
            first = DAY - timedelta(days=10) if name in slipped else DAY
            changes = [(opened, {"close_on": first, "amount": 100.0})]
            changes += [(DAY - timedelta(days=12), {"close_on": DAY})] if name in slipped else []
            history += states(name, *changes, (DAY, {"stage": stage, "close_on": DAY}))
    return company(AS_OF, opportunities=deals, accounts=firms, opportunity_history=history)


def row(measure, group, figure):
    return measure.frame.filter(group=group, figure=figure).row(0, named=True)


def test_parts_are_compared_with_the_rest(settings):
    data = firm([("A", 40, 30), ("B", 60, 15)], slipped=("d0", "d1", "d2", "d3"))
    measure = benchmarks.compared(data, settings, "segment")
    win = row(measure, "A", "win rate")
    assert (win["n_deals"], win["value"], win["rest_value"], win["is_sure"]) == (40, 0.75, 0.25, True)
    assert win["difference"] == pytest.approx(0.5)
    slip = row(measure, "A", "slip rate")
    assert (slip["value"], slip["rest_value"]) == (0.1, 0.0)
    cycle = row(measure, "B", "sales cycle")
    assert (cycle["n_deals"], cycle["value"], cycle["difference"], cycle["is_sure"]) == (15, 30.0, 0.0, False)
    assert row(measure, "B", "deal size")["value"] == 100.0
    assert measure.value == 2.0
    assert "Beyond chance differ from the rest: A in win rate, B in win rate." in measure.sentence()


def test_the_win_rate_of_a_part_comes_out_of_sql(settings, sample):
    frame = benchmarks.compared(sample, settings, "segment").frame.filter(figure="win rate")
    asked = """
        SELECT a.segment, avg(CAST(d.is_won AS INT)) FROM deals d JOIN firms a USING (account_id)
        WHERE d.is_closed AND d.close_on > DATE '2025-05-15' AND d.close_on <= DATE '2026-05-15' GROUP BY 1
    """
    with duckdb.connect() as sql:
        sql.register("deals", sample.opportunities.to_arrow())
        sql.register("firms", sample.accounts.to_arrow())
        expected = dict(sql.execute(asked).fetchall())
    assert dict(frame.select("group", "value").iter_rows()) == pytest.approx(expected)


def test_small_parts_are_put_together_or_left_out(settings):
    measure = benchmarks.compared(firm([("A", 40, 20), ("B", 6, 1), ("C", 5, 1)]), settings, "segment")
    assert set(measure.frame["group"]) == {"A", benchmarks.OTHERS}
    alone = benchmarks.compared(firm([("A", 40, 20), ("B", 6, 1)]), settings, "segment")
    assert set(alone.frame["group"]) == {"A"}
    assert (alone.value, alone.sentence()[:9]) == (None, "Too few d")
    assert benchmarks.compared(company(), settings, "team").value is None
    with pytest.raises(ContractError, match="cannot be parted by 'teem'"):
        benchmarks.compared(company(), settings, "teem")


@pytest.mark.parametrize("by", ["team", "region", "quarter"])
def test_every_way_to_part_works_without_owners(settings, by):
    measure = benchmarks.compared(firm([("A", 40, 20)]), settings, by)
    assert measure.frame["group"].n_unique() == 1
    assert measure.frame["difference"].null_count() == measure.frame.height


def test_parts_alike_are_not_called_different(settings):
    """Of 12 companies whose three segments are alike, under 3 show any difference of a win rate."""
    rng, claims = np.random.default_rng(5), 0
    base = firm([("A", 60, 30), ("B", 60, 30), ("C", 60, 30)])
    for _ in range(12):
        won = pl.Series("is_won", rng.random(180) < 0.4)
        data = base.with_frames(opportunities=base.opportunities.with_columns(won))
        frame = benchmarks.compared(data, settings, "segment").frame.filter(figure="win rate")
        claims += bool(frame["is_sure"].any())
    assert claims <= 2
