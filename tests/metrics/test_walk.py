from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import duckdb
import polars as pl
import pytest

from core import contracts
from core.contracts import SCHEMAS, Dataset
from core.metrics import walk
from core.sample import AS_OF

START = AS_OF - timedelta(days=7)
IN, OUT = date(2026, 6, 20), date(2026, 8, 1)


def company(deals):
    """Each deal: (id, state a week ago or None, state now or None, won or None); a state: amount, close."""
    states, ends = [], []
    for name, then, now, won in deals:
        if then:
            states.append((name, date(2026, 1, 1), None if then == now else AS_OF, "Proposal", *then, False))
        if now and now != then:
            states.append((name, AS_OF, None, "Proposal", *now, False))
        ends.append((name, won is not None, bool(won)))
    history = pl.DataFrame(
        states,
        schema=["opportunity_id", "valid_from", "valid_to", "stage", "amount", "close_on", "is_deleted"],
        orient="row",
    ).with_columns(forecast_category=pl.lit(None, pl.String), owner_id=pl.lit(None, pl.String))
    frames = {name: contracts.empty(name) for name in SCHEMAS}
    data = Dataset(**frames, as_of=AS_OF, source="hand", rejected=contracts.empty("rejections"))
    closed = pl.DataFrame(ends, schema=["opportunity_id", "is_closed", "is_won"], orient="row")
    return replace(data, opportunity_history=history, opportunities=closed)


def test_every_step_by_hand(settings):
    data = company([
        ("new", None, (10.01, IN), None), ("in", (20.0, OUT), (25.5, IN), None), ("up", (5.0, IN), (7.25, IN), None),
        ("down", (9.0, IN), (4.0, IN), None), ("out", (30.3, IN), (31.0, OUT), None), ("won", (40.4, IN), None, True),
        ("lost", (50.5, IN), None, False), ("gone", (1.1, IN), None, None), ("same", (2.2, IN), (2.2, IN), None),
        ("later", (99.0, OUT), (98.0, OUT), None), ("bare", (None, IN), (3.0, IN), None),
    ])  # fmt: skip
    found = walk.week(data, settings)
    assert found.frame.select("step", "amount").rows() == [
        ("Opening", 138.5), ("New", 10.01), ("Pulled in", 25.5), ("Increased", 5.25), ("Decreased", -5.0),
        ("Pushed out", -30.3), ("Won", -40.4), ("Lost", -50.5), ("Removed", -1.1), ("Closing", 51.96),
    ]  # fmt: skip
    assert found.value == 51.96
    assert found.frame["n_deals"].to_list() == [8, 1, 1, 2, 1, 1, 1, 1, 1, 6]
    assert found.sentence().endswith("explain all of it but USD 0.00.")


@pytest.mark.parametrize("days", [1, 7, 30, 90])
def test_the_sample_reconciles_and_both_ends_are_those_of_sql(sample, settings, days):
    found = walk.week(sample, settings, days)
    amounts = dict(found.frame.select("step", "amount").iter_rows())
    moves = sum(round(v * 100) for k, v in amounts.items() if k not in ("Opening", "Closing"))
    assert round(amounts["Opening"] * 100) + moves == round(amounts["Closing"] * 100)
    with duckdb.connect() as connection:
        connection.register("history", sample.opportunity_history.to_arrow())
        for end, day in (("Opening", AS_OF - timedelta(days=days)), ("Closing", AS_OF)):
            query = f"""
                select sum(amount) from history where valid_from <= '{day}' and not is_deleted
                and (valid_to is null or valid_to > '{day}') and stage not in ('Closed Won', 'Closed Lost')
                and close_on < '2026-07-01'
            """
            assert amounts[end] == pytest.approx(connection.execute(query).fetchone()[0], abs=0.005)


def test_nothing_due_is_no_number(settings):
    found = walk.week(company([("later", (99.0, OUT), (98.0, OUT), None)]), settings)
    assert found.value is None
    assert "No open deal" in found.sentence()
