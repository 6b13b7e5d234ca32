"""Activities written month by month are those that fit into memory: the same kinds of rows, in order, none late."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from core.sample import activities

START, AS_OF = date(2026, 1, 5), date(2026, 3, 10)
MEETINGS = pl.DataFrame({"deal": [0, 1, 1], "account": [0, 1, 1], "owner": [0, 0, 0], "day": [3, 30, 200]})
DEALS = pl.DataFrame(
    {
        "account_id": ["A00000", "A00001"],
        "opportunity_id": ["O000000", "O000001"],
        "owner_id": ["R1", "R1"],
        "created_on": [date(2025, 12, 1), date(2026, 2, 1)],
        "close_on": [date(2026, 1, 20), date(2026, 9, 1)],
        "is_closed": [True, False],
    }
)
SILENCES = pl.DataFrame({"opportunity_id": ["O000001"], "monday": [date(2026, 2, 9)]})
READINGS = pl.DataFrame(
    {
        "account": [0, 0, 1],
        "month": [date(2026, 1, 1), date(2026, 2, 1), date(2026, 2, 1)],
        "usage": [10.0, 12.0, 7.0],
        "tickets": [2.0, 3.0, 0.0],
        "sentiment": [0.1, 0.2, 0.3],
    }
)


def test_months_together_are_what_is_built_at_once():
    about = (MEETINGS, DEALS, SILENCES, READINGS, np.array(["R1"]), 500, START, AS_OF)
    months = list(activities.by_month(np.random.default_rng(3), *about))
    rows, whole = pl.concat(months), activities.build(np.random.default_rng(3), *about)
    assert [month["occurred_at"].dt.month().n_unique() for month in months] == [1, 1, 1, 1]
    assert rows["occurred_at"].is_sorted()
    assert rows["activity_id"].n_unique() == rows.height
    assert rows["occurred_at"].dt.date().max() <= AS_OF
    assert rows.select(whole.columns).schema == whole.schema
    assert abs(rows.height - whole.height) <= 4  # a month's share of mails and calls is rounded
    for kind in ("meeting", "usage", "ticket"):
        assert rows.filter(pl.col("kind") == kind).height == whole.filter(pl.col("kind") == kind).height
    silent = pl.col("occurred_at").dt.date().is_between(date(2026, 2, 9), date(2026, 2, 13))
    talk = rows.filter(silent, pl.col("kind").is_in(["mail", "call"]), pl.col("opportunity_id") == "O000001")
    assert talk.is_empty()
