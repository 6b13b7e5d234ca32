from __future__ import annotations

from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from core.metrics import concentration, coverage, deal_scope, health, pipeline, recurring, winrate
from core.metrics.health import PARTS
from tests.metrics.companies import company, deal, states


def told_by(*parts):
    """Past quarters in which these parts rose with the quota reached, and the others fell."""
    rows = {part: [float(k if part in parts else -k) for k in range(8)] for part in PARTS}
    return pl.DataFrame({"attainment_rate": [k / 10 for k in range(8)], **rows})


def scored(past, points):
    """A health of these scores: [part, score, meaning, is_proven]."""
    rows = [(part, points.get(part), f"{part} so", health.is_proven(past, part)) for part in PARTS]
    frame = pl.DataFrame(rows, schema=["part", "score", "meaning", "is_proven"], orient="row")
    counting = frame.filter("is_proven")["score"].drop_nulls()
    return health.Health(counting.mean() if counting.len() else None, frame, past)


def test_the_score_is_the_mean_of_the_parts_that_are_proven(sample, settings):
    found = health.health(sample, settings)
    assert found.frame["part"].to_list() == list(PARTS)
    assert found.frame["score"].is_between(0, 100).all()
    assert found.frame["is_proven"].to_list() == [health.is_proven(found.past, part) for part in PARTS]
    proven = found.frame.filter("is_proven")["score"]
    assert found.value == (pytest.approx(proven.mean()) if proven.len() else None)


def test_only_parts_that_told_past_quarters_are_shown():
    found = scored(told_by("Coverage", "Push rate"), {"Coverage": 40.0, "Push rate": 80.0, "Freshness": 99.0})
    assert found.shown["part"].to_list() == ["Coverage", "Push rate"]
    assert found.sentence() == (
        "Pipeline health is 60 of 100: strongest in push rate (80), weakest in coverage (40: Coverage so). "
        "Only what has predicted attainment over 8 past quarters counts."
    )
    alone = scored(told_by("Freshness"), {"Freshness": 99.0}).sentence()
    assert alone.startswith("Pipeline health is 99 of 100, from freshness alone")


def test_without_a_part_that_told_anything_coverage_leads():
    found = scored(told_by(), {"Coverage": 40.0, "Freshness": 99.0})
    assert found.value is None
    assert found.shown.is_empty()
    assert found.sentence() == (
        "There is no health score: no part of it has predicted attainment over 8 past quarters. "
        "What counts is coverage: Coverage so."
    )
    young = scored(told_by().head(3), {"Freshness": 99.0})
    assert young.sentence().endswith("3 past quarters cannot show yet what predicts attainment.")


def test_a_missing_part_is_left_out(sample, settings):
    found = health.health(sample.with_frames(activities=sample.frame("activities").clear()), settings)
    row = found.frame.filter(pl.col("part") == "Freshness").row(0, named=True)
    assert (row["score"], row["meaning"], row["path"], row["is_proven"]) == (None, "not known", [], False)


def test_marks_are_zero_at_bad_and_hundred_at_good(settings):
    assert health._score("Coverage", 1.0, settings) == 0
    assert health._score("Coverage", 2.0, settings) == 50
    assert health._score("Coverage", 9.0, settings) == 100
    assert health._score("Push rate", 0.4, settings) == 0
    assert health._score("Push rate", 0.1, settings) == pytest.approx(100)
    assert health._score("Forecast bias", -0.275, settings) == pytest.approx(50)
    assert health._score("Freshness", None, settings) is None


def test_past_quarters_are_scored_by_what_was_known_then(sample, settings):
    past = health.health(sample, settings).past
    then = replace(sample, as_of=past["day"][-1], known_fingerprint=None)
    again = health.health(then, settings).frame
    for part in PARTS:
        score = again.filter(pl.col("part") == part)["score"][0]
        assert past[part][-1] == pytest.approx(score), part


@pytest.mark.parametrize(
    ("scores", "word"),
    [
        ([1, 2, 3, 4, 5, 6, 7, 8], "yes (8 quarters)"),
        ([8, 7, 6, 5, 4, 3, 2, 1], "not so far (8 quarters)"),
        ([1, 2, 1, 2, 1, 2, 1, 2], "not so far (8 quarters)"),
        ([5] * 8, "never changed"),
        ([1, 2, 3, None, None, None, None, None], "too few quarters"),
    ],
)
def test_the_record_is_said_as_it_is(scores, word):
    past = pl.DataFrame(
        {"x": [None if s is None else float(s) for s in scores], "attainment_rate": [k / 10 for k in range(8)]}
    )
    assert health._brief(past, "x") == word
    assert health.is_proven(past, "x") == word.startswith("yes")


def test_each_part_by_hand(settings):
    born, close = date(2026, 4, 2), date(2026, 6, 1)
    start = {"amount": 10.0, "close_on": close, "owner_id": "ann", "stage": "Proposal"}
    rows = states("put", (born, start), (date(2026, 5, 1), {"close_on": date(2026, 6, 20)}))
    for k in range(3):
        rows += states(f"d{k}", (born, start))
    quota = {"rep_id": "ann", "period_start_on": date(2026, 4, 1), "quota_amount": 20.0}
    data = company(opportunities=[deal(n) for n in ("put", "d0", "d1", "d2")], opportunity_history=rows, quotas=[quota])
    values = dict(health.health(data, settings).frame.select("part", "value").iter_rows())
    assert (values["Coverage"], values["Push rate"], values["Concentration"]) == (2.0, 0.25, 1.0)
    assert values["Freshness"] is None
    assert values["Stage age"] is None
    assert values["Forecast bias"] is None


def test_nothing_known_is_no_score(settings):
    found = health.health(company(), settings)
    assert found.value is None
    assert "is not known yet" in found.sentence()


def test_concentration_by_hand(settings):
    rows = [
        {
            "transaction_id": str(k),
            "account_id": f"a{k}",
            "booked_on": date(2026, 5, 1),
            "kind": "booking",
            "quantity": 1.0,
            "amount": amount,
        }
        for k, amount in enumerate([50.0, 30.0, *[2.0] * 10])
    ]
    found = concentration.customers(company(transactions=rows), settings, top=2)
    assert found.value == 0.8
    assert found.frame["cumulative_rate"].to_list()[:3] == pytest.approx([0.5, 0.8, 0.82])
    assert "2 largest of 12 customers bought 80.0 %" in found.sentence()
    assert concentration.share_of_top(pl.Series([0.0, 0.0])) is None


def test_the_largest_deals_due_by_hand(settings):
    born = date(2026, 4, 2)
    rows = []
    for name, amount, close in (
        ("big", 60.0, date(2026, 6, 1)),
        ("small", 20.0, date(2026, 6, 30)),
        ("later", 99.0, date(2026, 7, 1)),
    ):
        rows += states(name, (born, {"amount": amount, "close_on": close, "owner_id": "ann"}))
    found = concentration.pipeline(company(opportunities=[deal("big")], opportunity_history=rows), settings, top=1)
    assert found.value == 0.75
    assert found.frame["opportunity_id"].to_list() == ["big", "small"]
    assert "The 1 largest of 2 deals due in Q2 2026 make up 75.0 %" in found.sentence()


def test_the_spans_a_review_is_held_over(settings):
    assert deal_scope.periods(company(), settings) == {
        "Last 7 days": ("2026-05-08", "2026-05-15"),
        "Last 28 days": ("2026-04-17", "2026-05-15"),
        "This quarter so far": ("2026-03-31", "2026-05-15"),
        "Last quarter": ("2025-12-31", "2026-03-31"),
        "Last 12 months": ("2025-05-15", "2026-05-15"),
    }


def test_coverage_with_too_few_past_quarters_keeps_to_the_rule(settings):
    start = {"amount": 10.0, "close_on": date(2026, 6, 1), "owner_id": "ann"}
    quota = {"rep_id": "ann", "period_start_on": date(2026, 4, 1), "quota_amount": 20.0}
    data = company(
        opportunities=[deal("d")], opportunity_history=states("d", (date(2026, 4, 2), start)), quotas=[quota]
    )
    found = coverage.coverage(data, settings)
    assert found.value == 0.5
    assert found.to_create_amount is None
    assert "is short of the 3x rule; there are too few past quarters" in found.sentence()


def test_rows_behind_the_tiles_add_up(sample, settings):
    assert recurring.running(sample, settings)["mrr_amount"].sum() == pytest.approx(
        recurring.mrr(sample, settings).value
    )
    whole = pipeline.open_pipeline(sample, settings)
    assert pipeline.deals(sample, settings)["amount"].sum() == pytest.approx(whole.value)
    ended = winrate.closed_deals(sample, settings)
    assert ended["is_won"].mean() == pytest.approx(winrate.win_rate(sample, settings).value)
    size = winrate.won_deals(sample, settings)["amount"].mean()
    assert size == pytest.approx(winrate.deal_size(sample, settings).value)
