"""Each rep against peers, stage by stage."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from core.metrics import coaching
from core.metrics.confidence_intervals import difference
from tests.metrics.companies import AS_OF, company, deal, rep, states

BORN = date(2026, 1, 10)


def firm(wins):
    """Reps with 40 decided deals each, of which so many were won and the others lost in the first stage."""
    deals, history = [], []
    for who, n_won in wins.items():
        for k in range(40):
            key, stage = f"{who}{k}", "Closed Won" if k < n_won else "Closed Lost"
            first = {"stage": "Prospecting", "amount": 10.0, "owner_id": who}
            history += states(key, (BORN, first), (BORN + timedelta(days=20), {"stage": stage}))
            ended = {"is_closed": True, "is_won": k < n_won, "stage": stage, "close_on": BORN + timedelta(days=20)}
            deals.append(deal(key, owner_id=who, created_on=BORN, amount=10.0, **ended))
    team = [rep(who, "EMEA 1", date(2024, 1, 1)) for who in wins]
    return company(opportunities=deals, opportunity_history=history, sales_team=team)


def test_a_rep_far_from_peers_is_named_with_an_interval(settings):
    found = coaching.coaching(firm({"r1": 4, "r2": 24, "r3": 24}), settings)
    row = found.frame.row(0, named=True)
    assert (row["rep_id"], row["stage"], row["is_sure"]) == ("r1", "Prospecting", True)
    assert (row["n_deals"], row["moved_on_rate"], row["n_others"], row["others_rate"]) == (40, 0.1, 80, 0.6)
    assert row["difference"] == pytest.approx(-0.5)
    plain = difference(4, 40, 48, 80)
    assert row["low"] < plain[1] < plain[2] < row["high"] < 0
    assert "R1's deals advance less often from Prospecting, 10.0 % of 40 against 60.0 % of peers'." in found.sentence()
    assert found.value == found.frame["is_sure"].sum()


def test_what_chance_can_explain_is_not_called_a_difference(settings):
    found = coaching.coaching(firm({"r1": 22, "r2": 24, "r3": 25}), settings)
    assert found.value == 0
    assert not found.frame["is_sure"].any()
    assert found.sentence().startswith("No rep differs from peers beyond chance (3 reps, 12 months).")


def test_few_deals_and_one_rep_alone_are_not_compared(settings):
    for data in (company(), firm({"r1": 10})):
        found = coaching.coaching(data, settings)
        assert (found.value, found.frame.height) == (None, 0)
        assert "nobody is compared" in found.sentence()
    assert BORN < AS_OF
