from __future__ import annotations

from datetime import date, datetime, timedelta

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from core.features import accounts, deals, landmarks
from tests.features.conftest import rows

DAY = date(2026, 2, 1)


def test_a_deal_is_described_as_it_stood(company, settings):
    found = deals.build(company, DAY, settings)
    assert found["opportunity_id"].to_list() == ["O1"]
    row = found.to_dicts()[0]
    expected = {
        "stage": "Discovery",
        "stage_rank": 2,
        "days_in_stage": 20,
        "age_days": 27,
        "n_pushes": 1,
        "n_pulls": 1,
        "days_to_close": 28,
        "amount": 150.0,
        "amount_change_rate": 0.5,
        "n_owner_changes": 0,
        "n_meetings_30d": 2,
        "n_meetings_60d": 2,
        "n_activities_30d": 3,
        "silence_days": 2,
        "n_contacts": 3,
        "is_customer": 1,
        "days_to_quarter_end": 58,
        "segment": "SMB",
    }
    assert {k: row[k] for k in expected} == expected
    assert row["meetings_per_week"] == pytest.approx(2 / (27 / 7))
    assert row["owner_win_rate"] == pytest.approx(0.0)


def test_a_deal_closed_or_not_yet_created_is_not_open(company, settings):
    assert deals.build(company, date(2026, 3, 20), settings).is_empty()
    assert deals.build(company, date(2026, 1, 4), settings)["opportunity_id"].to_list() == ["O2"]


def test_one_deal_is_described_as_among_all(sample, settings):
    day = sample.as_of - timedelta(days=60)
    every = deals.build(sample, day, settings)
    for wanted in (every["opportunity_id"][0], every["opportunity_id"][-1]):
        assert deals.build(sample, day, settings, wanted).equals(every.filter(pl.col("opportunity_id") == wanted))
    closed = sample.opportunities.filter(pl.col("is_closed") & (pl.col("close_on") < day))["opportunity_id"][0]
    assert deals.build(sample, day, settings, closed).is_empty()
    bare = sample.with_frames(opportunity_history=sample.frame("opportunity_history").clear())
    assert deals.build(bare, day, settings, wanted)["opportunity_id"].to_list() == [wanted]


def test_outcomes_say_what_happened_and_when_it_was_known(company, settings):
    found = deals.outcomes(company, deals.build(company, DAY, settings), DAY, [30, 60])
    assert found.select("horizon_days", "target").rows() == [(30, 0), (60, 1)]
    assert found["is_known_on"].to_list() == [DAY + timedelta(30), DAY + timedelta(60)]


def test_without_history_only_what_never_changes_is_known(company, settings):
    bare = company.with_frames(opportunity_history=company.frame("opportunity_history").clear())
    row = deals.build(bare, DAY, settings).to_dicts()[0]
    assert row["opportunity_id"] == "O1"
    assert row["age_days"] == 27
    assert all(row[name] is None for name in ("amount", "stage_rank", "days_to_close", "n_pushes"))


def test_an_account_is_described_as_it_stood(company, settings):
    row = accounts.build(company, DAY, settings).to_dicts()[0]
    expected = {
        "mrr_amount": 25.0,
        "mrr_change_rate_180d": 0.0,
        "n_contract_lines": 1,
        "tenure_days": 396,
        "days_to_renewal": 150,
        "usage_30d": 30.0,
        "usage_change_rate_90d": -0.25,
        "usage_change_rate_30d": None,
        "n_tickets_30d": 1,
        "n_tickets_90d": 1,
        "ticket_sentiment_90d": -0.4,
        "sentiment_90d": 0.5,
        "n_meetings_90d": 2,
        "contact_silence_days": 2,
        "n_open_opportunities": 1,
        "employee_count": 40,
    }
    assert {k: row[k] for k in expected} == expected


def test_lines_that_follow_on_the_same_day_are_one_span(company):
    assert accounts.spells(company.subscriptions).rows() == [("A1", date(2025, 1, 1), date(2026, 3, 1))]


def test_who_comes_back_has_two_spans(make):
    lines = rows(
        "subscriptions",
        {
            "subscription_id": "1",
            "account_id": "A",
            "mrr_amount": 1.0,
            "started_on": date(2025, 1, 1),
            "ended_on": date(2025, 2, 1),
        },
        {"subscription_id": "2", "account_id": "A", "mrr_amount": 1.0, "started_on": date(2025, 3, 1)},
    )
    assert accounts.spells(lines).rows() == [
        ("A", date(2025, 1, 1), date(2025, 2, 1)),
        ("A", date(2025, 3, 1), None),
    ]


def test_leaving_counts_within_the_horizon_only(company, settings):
    frame = accounts.build(company, DAY, settings)
    assert accounts.outcomes(company, frame, DAY, [10, 28, 90])["target"].to_list() == [0, 1, 1]


def poisoned(data, day):
    """The same company with wild rows after the day, and with what came later undone or reversed."""
    late = day + timedelta(days=1)
    wild = (
        data.frame("activities")
        .head(400)
        .with_columns(
            activity_id=pl.format("X{}", pl.col("activity_id")),
            occurred_at=pl.lit(datetime.combine(late, datetime.min.time())),
            kind=pl.lit("meeting"),
            opportunity_id=data.opportunities["opportunity_id"].sample(400, seed=1),
            sentiment_score=pl.lit(-1.0),
        )
    )
    history = data.frame("opportunity_history").with_columns(
        pl.when(pl.col("valid_from") > day).then(pl.lit(1e9)).otherwise("amount").alias("amount"),
        pl.when(pl.col("valid_from") > day).then(pl.lit("Negotiation")).otherwise("stage").alias("stage"),
        pl.when(pl.col("valid_to") > day).then(None).otherwise("valid_to").alias("valid_to"),
    )
    after = pl.col("close_on") > day
    flipped = data.opportunities.with_columns(
        is_won=pl.when(after & pl.col("is_closed")).then(~pl.col("is_won")).otherwise("is_won"),
        amount=pl.when(after).then(0.0).otherwise("amount"),
        lost_reason=pl.lit("Wild"),
    )
    lines = data.subscriptions.with_columns(
        ended_on=pl.when(pl.col("ended_on") > day).then(None).otherwise("ended_on"),
        mrr_amount=pl.when(pl.col("started_on") > day).then(1e9).otherwise("mrr_amount"),
    )
    return data.with_frames(
        activities=pl.concat([data.frame("activities"), wild.select(data.frame("activities").columns)]),
        opportunity_history=history,
        opportunities=flipped,
        subscriptions=lines,
    )


@pytest.mark.parametrize("day", [date(2024, 5, 6), date(2025, 11, 30)])
@pytest.mark.parametrize("subject", [deals, accounts], ids=["deals", "accounts"])
def test_nothing_later_changes_a_feature(sample, settings, subject, day):
    clean = subject.build(sample, day, settings)
    assert clean.height > 100
    assert_frame_equal(clean, subject.build(poisoned(sample, day), day, settings))


def test_landmarks_hold_only_outcomes_already_known(sample, settings):
    marks = landmarks.build(accounts, sample, settings, [90])
    assert marks["is_known_on"].max() <= sample.as_of
    assert 0.01 < marks["target"].mean() < 0.2


@pytest.mark.parametrize("subject", [deals, accounts], ids=["deals", "accounts"])
def test_an_empty_company_has_no_landmarks(make, settings, subject):
    assert landmarks.build(subject, make(), settings, [30]).is_empty()
    assert subject.build(make(), DAY, settings).is_empty()
