"""Deals that changed hands beside those of their age that did not, by hand and against a planted effect."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from core.metrics import handovers
from tests.metrics.companies import AS_OF, company, deal, states

BEGUN = date(2025, 1, 6)


def firm(n, *, moved_rate=0.4, kept_rate=0.4, seed=1, parts=(0, 1)):
    """Every second deal gets a new owner after twenty days; they end after sixty."""
    rng = np.random.default_rng(seed)
    deals, history = [], []
    for k in range(n):
        is_moved = parts[k % len(parts)] == 0
        is_won = bool(rng.random() < (moved_rate if is_moved else kept_rate))
        begun = BEGUN + timedelta(days=k % 90)
        end = begun + timedelta(days=60)
        changes = [(begun, {"owner_id": "ann"})]
        if is_moved:
            changes.append((begun + timedelta(days=20), {"owner_id": "bob"}))
        changes.append((end, {"stage": "Closed Won" if is_won else "Closed Lost"}))
        history += states(f"d{k}", *changes)
        deals.append(
            deal(f"d{k}", account_id="a", is_closed=True, is_won=is_won, close_on=end, stage=changes[-1][1]["stage"])
        )
    accounts = [{"account_id": "a", "account_name": "A", "segment": "SMB"}]
    return company(AS_OF, accounts=accounts, opportunities=deals, opportunity_history=history)


def test_both_sides_are_counted_by_segment_and_age(settings):
    data = firm(200)
    frame = handovers.record(data, settings).frame
    won = data.opportunities.with_columns(is_moved=pl.col("opportunity_id").str.slice(1).cast(pl.Int64) % 2 == 0)
    counts = {row[0]: row[1] for row in won.group_by("is_moved").agg(pl.col("is_won").sum()).iter_rows()}
    assert frame.select("segment", "age", "n", "hits", "others", "others_hits").rows() == [
        ("SMB", "up to 30 days", 100, counts[True], 100, counts[False])
    ]


def test_a_planted_loss_comes_back_and_none_is_seldom_claimed(settings):
    lost = handovers.record(firm(1_600, moved_rate=0.3, kept_rate=0.5), settings)
    assert lost.value == pytest.approx(0.4, abs=0.09)
    assert handovers.usual_loss(lost, 0.1) == pytest.approx(lost.value, abs=0.006)
    assert lost.sentence().endswith("beyond chance.")
    claims = sum(
        handovers.record(firm(120, seed=seed), settings).sentence().endswith("beyond chance.") for seed in range(12)
    )
    assert claims <= 2


def test_what_may_be_chance_or_helps_is_no_loss(settings):
    assert handovers.usual_loss(handovers.record(firm(100), settings), 0.1) == 0.1
    better = handovers.record(firm(1_600, moved_rate=0.5, kept_rate=0.3), settings)
    assert better.value < 0
    assert handovers.usual_loss(better, 0.1) == 0.1


def test_few_deals_or_nothing_beside_them_get_a_sentence(settings):
    few = handovers.record(firm(10), settings)
    assert few.value is None
    assert few.sentence() == "Of 5 deals that ended a new owner is on record; under 20 say nothing."
    assert handovers.record(company(AS_OF), settings).value is None
    alone = handovers.record(firm(60, parts=(0,)), settings)
    assert alone.value is None
    assert alone.sentence() == "No deal that kept its owner lived as long as those that did not."
