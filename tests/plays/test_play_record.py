"""What a play did: worked out by hand, again in SQL, with an effect that is planted, and where there is none."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import duckdb
import numpy as np
import polars as pl
import pytest

from core.metrics.stratified import always_valid, pooled_difference
from core.plays import play_record, trigger_cases
from core.plays.play_record import BY_CHANCE, EARLIER, GOES_WITH, HURTS, NOTHING, OPEN, TOO_FEW, WORKS
from core.store.play_runs import RUNS


def runs_of(plays, rows):
    """Runs without steps: (deal, started_on, is_held_out)."""
    shape = {name: RUNS[name] for name in RUNS}
    whole = [(k, plays.plays[0].key, "deal", name, "", held_out, day) for k, (name, day, held_out) in enumerate(rows)]
    return replace(plays, runs=pl.DataFrame(whole, schema=shape, orient="row"))


def test_a_record_is_worked_out_by_hand(settings, make_firm, played, rival_play):
    data = make_firm([("A", 60, 30)])
    ids = [f"d{k}" for k in (*range(14), *range(30, 36))]  # 14 won, 6 lost; of the 40 others 16 won
    record = play_record.record(data, settings, played(ids))
    row = record.frame.row(0, named=True)
    assert (row["n_runs"], row["n_judged"], row["n_compared"], row["n_strata"]) == (20, 20, 40, 1)
    assert row["outcome_rate"] == pytest.approx(0.7)
    assert row["comparable_rate"] == pytest.approx(0.4)
    assert row["difference"] == pytest.approx(0.3)
    assert (row["verdict"], row["compared_with"]) == (OPEN, EARLIER)
    assert (record.value, row["adherence_rate"], row["skipped_rate"]) == (0.0, 0.0, 0.0)
    text = play_record.evidence(data, settings, played(ids), rival_play.key).sentence()
    assert "70.0 % of 20 played deals were won, 30 points more than of 40 comparable ones not played" in text
    assert "None goes with better outcomes" in record.sentence()


def test_the_same_difference_comes_out_of_sql(settings, make_firm, played, rival_play):
    data = make_firm([("A", 60, 30), ("B", 50, 10), ("C", 5, 5)])
    ids = [f"d{k}" for k in (*range(10), *range(40, 50), *range(62, 80))]
    runs = played(ids)
    deals = data.opportunities.join(data.accounts.select("account_id", "segment"), on="account_id")
    started = runs.runs.select("subject_id", "started_on")
    asked = """
        WITH sides AS (
            SELECT d.segment, CAST(d.is_won AS INT) AS hit, r.subject_id IS NOT NULL AS is_played
            FROM deals d LEFT JOIN started r ON r.subject_id = d.opportunity_id
            WHERE d.competitor IS NOT NULL AND d.close_on > d.created_on + INTERVAL 14 DAY
        ), strata AS (
            SELECT segment, sum(hit) FILTER (is_played) AS a, count(*) FILTER (is_played) AS n,
                   sum(hit) FILTER (NOT is_played) AS b, count(*) FILTER (NOT is_played) AS m
            FROM sides GROUP BY segment
        )
        SELECT sum((a * m - b * n) / (n + m)) / sum(n * m / (n + m)) FROM strata WHERE n > 0 AND m > 0
    """
    with duckdb.connect() as sql:
        sql.register("deals", deals.to_arrow())
        sql.register("started", started.to_arrow())
        expected = sql.execute(asked).fetchone()[0]
    row = play_record.judged(data, settings, rival_play, runs)
    assert row["difference"] == pytest.approx(expected, abs=1e-12)
    evidence = play_record.evidence(data, settings, runs, rival_play.key)
    assert evidence.value == pytest.approx(expected, abs=1e-12)
    assert evidence.frame["n"].sum() == len(ids)


def test_runs_before_the_trigger_or_after_the_days_of_grace_are_on_no_side(settings, make_firm, played, no_runs):
    data = make_firm([("A", 60, 30)])
    play = no_runs.plays[0]
    every = trigger_cases.cases(data, settings, play)
    opened = every["anchor_on"][0]
    rows = [
        ("d0", opened, False),
        ("d1", opened + timedelta(days=14), False),
        ("d2", opened + timedelta(days=15), False),
    ]
    rows += [("d3", opened - timedelta(days=1), False), ("d4", opened, True)]
    sides = play_record.sides(every, play, runs_of(no_runs, rows).runs)
    assert [sorted(side["subject_id"])[:3] for side in sides[:2]] == [["d0", "d1"], ["d4"]]
    assert not {"d0", "d1", "d2", "d3", "d4"} & set(sides[2]["subject_id"])
    assert sum(side.height for side in sides) == 58


def test_order_and_further_strata_change_nothing(settings, make_firm, played, rival_play):
    data = make_firm([("A", 60, 30)])
    runs = played([f"d{k}" for k in (*range(14), *range(30, 36))])
    row = play_record.judged(data, settings, rival_play, runs)
    shuffled = replace(runs, runs=runs.runs.sample(fraction=1, shuffle=True, seed=2))
    assert play_record.judged(data, settings, rival_play, shuffled) == row
    wider = make_firm([("A", 60, 30), ("B", 40, 40)])
    assert play_record.judged(wider, settings, rival_play, runs)["difference"] == row["difference"]


def test_cases_left_out_by_chance_are_compared_alone(settings, make_firm, no_runs):
    data = make_firm([("A", 300, 150)])
    won, lost = [f"d{k}" for k in range(150)], [f"d{k}" for k in range(150, 300)]
    day = trigger_cases.cases(data, settings, no_runs.plays[0])["anchor_on"][0]
    rows = [(name, day, False) for name in won[:90] + lost[:10]] + [
        (name, day, True) for name in won[90:100] + lost[10:60]
    ]
    row = play_record.judged(data, settings, no_runs.plays[0], runs_of(no_runs, rows))
    assert (row["compared_with"], row["n_compared"], row["verdict"]) == (BY_CHANCE, 60, WORKS)
    assert row["difference"] == pytest.approx(0.9 - 1 / 6)
    text = play_record.verdict_text(no_runs.plays[0], row)
    assert "left out by chance" in text
    assert text.endswith("It works, beyond chance.")
    few = play_record.judged(data, settings, no_runs.plays[0], runs_of(no_runs, rows[:105]))
    assert (few["compared_with"], few["verdict"]) == (EARLIER, GOES_WITH)


def test_plays_that_do_nothing_or_harm_are_told_apart(settings, make_firm, no_runs):
    play = no_runs.plays[0].model_copy(update={"worthwhile": 0.5})
    plays = replace(no_runs, plays=(play,))
    data = make_firm([("A", 400, 200)])
    day = trigger_cases.cases(data, settings, play)["anchor_on"][0]
    half = [(f"d{k}", day, False) for k in range(100, 300)]
    row = play_record.judged(data, settings, play, runs_of(plays, half))
    assert row["verdict"] == NOTHING
    assert "is ruled out: the play is to be stopped. The others differ" in play_record.verdict_text(play, row)
    bad = [(f"d{k}", day, False) for k in range(190, 400)]
    row = play_record.judged(data, settings, play, runs_of(plays, bad))
    assert row["verdict"] == HURTS
    record = play_record.record(data, settings, runs_of(plays, bad))
    assert "New competitor does not help." in record.sentence()
    assert play_record.judged(data, settings, play, plays)["verdict"] == TOO_FEW


def test_without_cases_there_is_a_sentence(settings, make_firm, no_runs, played, rival_play):
    data = make_firm([("A", 12, 6)])
    assert play_record.record(data, settings, no_runs).sentence() == "No play has been started yet."
    text = play_record.evidence(data, settings, no_runs, rival_play.key).sentence()
    assert "too early to judge. 0 runs" in text
    early = play_record.record(data, settings, played(["d0", "d1"]))
    assert early.frame["verdict"].to_list() == [TOO_FEW]
    assert "It is too early to say what any of them does." in early.sentence()


def test_an_effect_that_is_planted_is_recovered(settings, make_firm, no_runs):
    """25 points more are won where played, in two segments of unlike shares, more often played where it is hard."""
    rng = np.random.default_rng(7)
    n, play = 1_200, no_runs.plays[0]
    hard = rng.random(n) < 0.5
    is_played = rng.random(n) < np.where(hard, 0.6, 0.2)
    won = rng.random(n) < np.where(hard, 0.2, 0.6) + 0.25 * is_played
    order = np.lexsort((~won, hard))
    groups = [("Easy", int((~hard).sum()), int(won[~hard].sum())), ("Hard", int(hard.sum()), int(won[hard].sum()))]
    data = make_firm(groups)
    day = trigger_cases.cases(data, settings, play)["anchor_on"][0]
    rows = [(f"d{k}", day, False) for k, source in enumerate(order) if is_played[source]]
    row = play_record.judged(data, settings, play, runs_of(no_runs, rows))
    assert row["verdict"] == GOES_WITH
    assert row["difference_low"] < 0.25 < row["difference_high"]
    assert row["difference"] == pytest.approx(0.25, abs=0.07)
    plain = won[is_played].mean() - won[~is_played].mean()
    assert plain < 0.15, "without strata the effect would be half lost"


def looks(rng, effect, n_looks=8):
    """Counts of one stratum at looks that follow each other: 20 cases more on either side each time."""
    own, others = (rng.random((n_looks, 20)) < rate for rate in (0.35 + effect, 0.35))
    for k in range(1, n_looks + 1):
        a, b = int(own[:k].sum()), int(others[:k].sum())
        yield pl.DataFrame({"hits": [a], "n": [20 * k], "others_hits": [b], "others": [20 * k]})


def test_no_effect_is_not_claimed_however_often_it_is_looked_at():
    """Of 60 plays without an effect, looked at 8 times each, under 1 in 20 is ever claimed; a usual interval fails."""
    rng, claims, usual = np.random.default_rng(11), 0, 0
    for _ in range(60):
        counts = list(looks(rng, 0.0))
        gaps = [always_valid(each, 0.05) for each in counts]
        claims += any(low > 0 or high < 0 for _, low, high in gaps)
        usual += any(low > 0 or high < 0 for _, low, high in map(pooled_difference, counts))
    assert claims <= 3
    assert usual > 3


def test_a_few_cases_that_all_went_alike_are_not_sure():
    none = pl.DataFrame({"hits": [0], "n": [10], "others_hits": [0], "others": [10]})
    gap, low, high = always_valid(none, 0.05)
    assert gap == 0.0
    assert low < -0.1 < 0.1 < high
    assert always_valid(none.clear(), 0.05) is None
