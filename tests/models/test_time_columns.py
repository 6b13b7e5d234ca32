from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from core.models.estimators import time_columns
from core.models.estimators.tabular_classifier import ProbabilityLearner

N = 600
DAYS = [date(2023, 1, 1) + timedelta(days=k) for k in range(N)]
WHEN = np.arange(N, dtype=np.float64)
CLOCKS = {
    "month": [d.month for d in DAYS],
    "period": [f"{d:%Y-%m}" for d in DAYS],
    "compact": [d.year * 100 + d.month for d in DAYS],
    "quarter": [f"Q{(d.month - 1) // 3 + 1} {d.year}" for d in DAYS],
    "week": [f"{d.year}-W{d.isocalendar().week:02d}" for d in DAYS],
    "number": [7_000 + k for k in range(N)],
    "month_name": [f"{d:%B}" for d in DAYS],
    "level": [100 + k // 30 * 1.5 for k in range(N)],
    "release": [f"build {k // 50}" for k in range(N)],
}


@pytest.mark.parametrize("name", sorted(CLOCKS))
def test_a_column_that_only_says_when_is_a_clock(name):
    table = pl.DataFrame({name: CLOCKS[name]})
    assert time_columns.clocks(table, [name], WHEN) == {name: time_columns.WHY}


def test_what_tells_rows_of_one_day_apart_is_no_clock():
    draw = np.random.default_rng(1)
    table = pl.DataFrame(
        {
            "heat": draw.normal(size=N),
            "drifting": draw.normal(size=N) + WHEN / N,
            "kind": draw.choice(["a", "b", "c"], N),
            "blank": pl.Series([None] * N, dtype=pl.Float64),
            "flag": draw.random(N) < 0.5,
            "some": [1.0, *[None] * (N - 1)],
        }
    )
    assert time_columns.clocks(table, table.columns, WHEN) == {}
    assert time_columns.clocks(table, table.columns, None) == {}
    assert time_columns.of_table(table, table.columns) is None
    assert not time_columns.follows(table["heat"], np.zeros(N))


def test_without_a_time_the_look_of_a_column_counts():
    draw = np.random.default_rng(2)
    table = pl.DataFrame({n: CLOCKS[n] for n in ("month", "period", "number")}).with_columns(
        tenure=pl.Series(draw.integers(0, 72, N)), month_rent=pl.Series(draw.random(N) * 900)
    )
    mixed = table.sample(fraction=1, shuffle=True, seed=3)
    why = time_columns.clocks(mixed, mixed.columns, None)
    assert why == {"month": time_columns.WHY, "period": time_columns.WHY, "number": time_columns.SERIAL}
    assert time_columns.of_table(mixed, mixed.columns) == "number"
    assert time_columns.of_table(table, ["tenure", "period"]) == "period"
    assert time_columns.of_table(pl.DataFrame({"on": DAYS}), ["on"]) == "on"


def test_periods_are_read_in_their_order():
    read = time_columns.ordinals(pl.Series(["2023-02", "2023-11", "2024-01", None]))
    assert (np.diff(read[:3]) > 0).all()
    assert np.isnan(read[3])
    assert time_columns.ordinals(pl.Series([date(1970, 1, 3)])).tolist() == [2.0]
    assert np.isnan(time_columns.ordinals(pl.Series([True]))).all()
    assert time_columns.period("Mar 2024") == pytest.approx(2024 + 2 / 12)
    assert time_columns.period("abc 2024") is None
    assert time_columns.period("May") == pytest.approx(4 / 12)
    assert time_columns.period("2024-W27") == pytest.approx(2024 + 26 / 53)


def without_signal(seed):
    draw = np.random.default_rng(seed)
    rate = 0.35 + 0.25 * np.sin(seed + 5 * WHEN / N)
    return pl.DataFrame(
        {
            "noise": draw.normal(size=N),
            "other": draw.normal(size=N),
            "clock": pl.Series(list(CLOCKS.values())[seed % len(CLOCKS)]),
            "left": (draw.random(N) < rate).astype(int),
        }
    )


@pytest.mark.parametrize("seed", range(6))
def test_no_skill_is_claimed_on_noise_with_a_clock(settings, seed):
    frame = without_signal(seed)
    learnt = ProbabilityLearner(settings).fit(frame.with_columns(as_of=pl.Series(DAYS)), "left")
    assert learnt.card_["has_skill"] is False
    assert learnt.card_["left_out"]["clock"] == time_columns.WHY
    assert "clock" not in learnt.feature_names_


def test_a_trusted_clock_is_learnt_from(settings):
    frame = without_signal(0).with_columns(as_of=pl.Series(DAYS))
    assert "clock" in ProbabilityLearner(settings, trusted=["clock"]).fit(frame, "left").feature_names_


def test_a_clock_serves_as_the_time_and_dates_before_it_as_ages(settings):
    draw = np.random.default_rng(4)
    age = draw.integers(1, 60, N)
    frame = pl.DataFrame(
        {
            "signed_on": DAYS,
            "first_seen_on": [d - timedelta(days=int(k)) for d, k in zip(DAYS, age, strict=True)],
            "copied_on": DAYS,
            "left": (draw.random(N) < 1 / (1 + np.exp(-(age - 30) / 8))).astype(int),
        }
    )
    learnt = ProbabilityLearner(settings).fit(frame, "left")
    assert learnt.card_["time"] == "signed_on"
    assert learnt.numbers_ == {"first_seen_on": "days before"}
    assert set(learnt.card_["left_out"]) == {"signed_on", "copied_on"}
    assert learnt.card_["scores"]["auc"] > 0.8
    later = frame.head(5).with_columns(pl.col("signed_on", "first_seen_on").dt.offset_by("3y"))
    assert learnt.predict(later)["p"].to_list() == pytest.approx(learnt.predict(frame.head(5))["p"].to_list())
    assert learnt.predict(later.drop("signed_on"))["p"].n_unique() == 1
