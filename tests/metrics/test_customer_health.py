from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from core.config import load
from core.config.settings import CustomerSettings
from core.contracts.errors import ConfigError
from core.metrics import customer_health as health


@pytest.fixture
def two_signs(settings):
    signs = {"usage": {"weight": 30, "bad": 0, "good": 10}, "tickets": {"weight": 10, "bad": 4, "good": 0}}
    customers = CustomerSettings.model_validate({**settings.customers.model_dump(), "health": signs})
    return settings.model_copy(update={"customers": customers})


def test_a_score_by_hand(two_signs):
    frame = pl.DataFrame(
        {"account_id": ["A", "B", "C", "D"], "usage": [5.0, None, 20.0, None], "tickets": [1, 4, 9, None]}
    )
    found = health.by_hand(frame, two_signs)
    assert found["by_hand"].to_list() == pytest.approx([100 * (15 + 7.5) / 40, 0.0, 100 * 30 / 40, None])
    assert found["coverage_rate"].to_list() == [1.0, 0.25, 1.0, 0.0]
    assert found["band"].to_list() == ["red", "red", "amber", None]
    table = health.signs(frame.head(1), two_signs)
    assert table["points"].to_list() == [15.0, 7.5]
    assert health.signs(frame.tail(1), two_signs)["points"].to_list() == [None, None]
    assert health.by_hand(frame.select("account_id"), two_signs)["by_hand"].null_count() == 4


def test_a_sign_needs_two_ends(tmp_path):
    file = tmp_path / "quarterdeck.yaml"
    file.write_text("customers: {health: {usage_30d: {weight: 1, bad: 2, good: 2}}}")
    with pytest.raises(ConfigError, match="must differ from bad"):
        load(file, environ={})


def scored():
    """Ten accounts on one day, the score 10, 20, ... 100; the lowest leaves in a month, the highest in two."""
    return pl.DataFrame(
        {
            "account_id": [f"A{i}" for i in range(10)],
            "as_of": [date(2025, 1, 1)] * 10,
            "mrr_amount": [float(i) for i in range(10)],
            "learned": [float(10 * i + 10) for i in range(10)],
            "by_hand": [float(100 - 10 * i) for i in range(10)],
            "left_on": [date(2025, 1, 20), *[None] * 8, date(2025, 2, 20)],
        },
        schema_overrides={"left_on": pl.Date},
    )


def test_a_trial_by_hand(settings):
    found = health.trial(scored(), date(2026, 1, 1), 90, settings)
    worst = found.lift.filter((pl.col("score") == "learned") & (pl.col("tenth") == 1)).to_dicts()[0]
    assert (worst["n"], worst["n_left"], worst["lift_rate"]) == (1, 1, pytest.approx(5.0))
    lead = found.lead.filter(pl.col("score") == "learned")
    assert lead.select("months_before", "n", "red_rate").rows()[:3] == [(0, 8, 0.5), (1, 1, 1.0), (2, 1, 0.0)]
    green, red = found.misses("learned")
    assert green["account_id"].to_list() == ["A9"]
    assert red.height == 4
    assert "3 accounts that were green on 1 January 2025, 1 churned" in found.told("learned")
    assert "predicted score churned 5.0x" in found.sentence()
    assert found.frame is found.lift


def test_bands_are_given_in_equal_numbers(settings):
    found = health.trial(scored(), date(2026, 1, 1), 90, settings).past
    counts = [found[f"{name}_band"].value_counts().sort("count")["count"].to_list() for name in health.SCORES]
    assert counts[0] == counts[1]


def test_a_trial_without_an_end_yet(settings):
    found = health.trial(scored(), date(2025, 2, 1), 90, settings)
    assert found.lift.is_empty()
    assert "too short" in found.sentence()
    assert "No past date" in found.told("by_hand")
    assert found.misses("by_hand")[0].is_empty()
    stayed = health.trial(scored().with_columns(left_on=pl.lit(None, pl.Date)), date(2026, 1, 1), 90, settings)
    assert stayed.sentence() == "Nobody churned in the months checked."
