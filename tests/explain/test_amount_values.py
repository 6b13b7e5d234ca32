"""Values in money behind a chance are rounded or hidden; what they contribute stays."""

from __future__ import annotations

import polars as pl
import pytest

from core.explain.contributions import Contributions
from core.explain.importance import Importance

ROWS = pl.DataFrame(
    {
        "entity_id": ["a", "a", "b"],
        "driver": ["Amount and its changes", "Stage", "Amount and its changes"],
        "feature": ["amount", "n_pushes", "amount"],
        "value": ["73,914.25 → 1,250", "73,914", None],
        "contribution": [2.0, -1.0, 0.5],
    }
)


@pytest.fixture
def parts():
    entities = pl.DataFrame({"entity_id": ["a", "b"], "base": [0.0, 0.0], "shown": [1.0, 0.5], "residual": [0.0, 0.0]})
    inputs = pl.DataFrame({"entity_id": ["a", "b"], "amount": [73_914.25, None], "n_pushes": [73_914.0, 1.0]})
    return Contributions(ROWS, entities, 0.0, 0.75, 0.0, "points", inputs=inputs)


@pytest.mark.parametrize(
    ("amounts", "values", "amount"),
    [
        ("", ROWS["value"].to_list(), 73_914.25),
        ("rounded", ["74,000 → 1,300", "73,914", None], 74_000.0),
        ("hidden", ["hidden", "73,914", None], None),
    ],
)
def test_values_in_money_are_written_as_somebody_may_see_them(parts, amounts, values, amount):
    shown = parts.with_amounts(amounts)
    assert shown.frame["value"].to_list() == values
    assert shown.frame.drop("value").equals(ROWS.drop("value"))
    assert shown.inputs["amount"][0] == amount
    assert shown.check() == parts.check()


def test_where_amounts_are_hidden_a_chart_of_rows_does_not_rank_by_them(parts):
    swarm = ROWS.with_columns(rank=pl.Series([1.0, 0.5, 0.0]))
    whole = Importance(ROWS.select("driver"), swarm, parts)
    assert whole.with_amounts("hidden").swarm["rank"].to_list() == [None, 0.5, None]
    assert whole.with_amounts("rounded").swarm["rank"].to_list() == [1.0, 0.5, 0.0]
    assert whole.with_amounts("hidden").why.frame["value"][0] == "hidden"
