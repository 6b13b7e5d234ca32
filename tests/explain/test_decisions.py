from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import polars as pl
import pytest

from core.contracts.errors import QuarterdeckError
from core.explain.actions import decisions
from core.explain.actions.decisions import DEALS
from core.models.bundle import Bundle
from core.store import Store

ONE, OTHER = "A00063", "A00068"


@pytest.fixture
def audit(tmp_path):
    kept = Store.open(f"sqlite:///{tmp_path / 'store.db'}", clock=lambda: datetime(2026, 5, 20))
    yield kept.audit
    kept.close()


def test_the_latest_decision_stands(audit, sample, settings, bundle):
    note = decisions.detail(sample, settings, bundle, ONE, " Ada ")
    for kind in ("assign", "snooze"):
        audit.add("ben", kind, decisions.target(ONE, "Get in touch"), note)
    audit.add("ben", "drop", decisions.target(ONE, "Hold a business review"), note)
    audit.add("eve", "assign", decisions.TARGET + "{broken", "{}")
    audit.add("eve", "save", "scenario x", "")
    found = decisions.read(sample, settings, bundle, audit.about(decisions.TARGET), ONE)
    row = found.frame.filter(pl.col("action") == "Get in touch").to_dicts()[0]
    assert (row["state"], row["who"], row["decided_by"], row["days"]) == ("Snoozed", "Ada", "ben", 0)
    assert row["until_on"] == sample.as_of + timedelta(days=30)
    assert row["p_then"] == row["p_now"] == pytest.approx(row["p_now"])
    assert found.frame.height == 2
    assert found.sentence().startswith("1 assigned or snoozed, 0 done.")
    assert (
        decisions.read(sample, settings, bundle, audit.about("nothing")).sentence() == "Nothing has been decided yet."
    )
    assert decisions.read(sample, settings, bundle, audit.about(decisions.TARGET), "other").frame.is_empty()


def test_what_followed_is_held_against_what_was_expected(audit, sample, settings, bundle):
    early = replace(sample, as_of=date(2025, 12, 1))
    ends = sample.subscriptions.filter(pl.col("account_id") == ONE).with_columns(ended_on=pl.lit(date(2026, 2, 1)))
    note = f'{{"who": "", "on": "{early.as_of}", "p": 0.3}}'
    audit.add("ben", "done", decisions.target(ONE, "Get in touch"), note)
    audit.add("ben", "done", decisions.target(OTHER, "Get in touch"), note)
    rest = sample.subscriptions.filter(pl.col("account_id") != ONE)
    later = replace(sample, subscriptions=pl.concat([rest, ends]))
    found = decisions.read(later, settings, bundle, audit.about(decisions.TARGET))
    assert dict(found.frame.select("account_id", "has_left").iter_rows()) == {ONE: True, OTHER: False}
    assert (
        "Of 2 done at least 90 days ago, 1 churned in that time; 0.6 were expected to churn before." in found.sentence()
    )
    late = replace(sample, subscriptions=pl.concat([rest, ends.with_columns(ended_on=pl.lit(date(2026, 3, 15)))]))
    after = decisions.read(late, settings, bundle, audit.about(decisions.TARGET))
    assert dict(after.frame.select("account_id", "has_left").iter_rows())[ONE] is False


def test_a_play_that_is_not_there_is_said():
    assert decisions.play("Get in touch").effort_days == 0.25
    with pytest.raises(QuarterdeckError, match="no action called"):
        decisions.play("Pray")


def test_an_account_without_a_chance_is_noted_without_one(sample, settings, bundle):
    assert '"p": null' in decisions.detail(sample, settings, bundle, "nobody", "Ada")


def test_a_record_of_earlier_days_stays_readable(audit, sample, settings, bundle):
    audit.add(
        "ben", "done", f'account action ["{ONE}", "Get in touch"]', '{"who": "Ada", "on": "2026-01-02", "p": 0.25}'
    )
    found = decisions.read(sample, settings, bundle, audit.about(decisions.ACCOUNTS.target)).frame.row(0, named=True)
    assert (found["account_id"], found["who"], found["p_then"]) == (ONE, "Ada", 0.25)
    assert decisions.target(ONE, "Get in touch") == f'account action ["{ONE}", "Get in touch"]'
    assert decisions.read(sample, settings, bundle, audit.about(DEALS.target), None, DEALS).frame.is_empty()


def test_a_deals_decision_keeps_the_chance_of_its_day(audit, sample, settings, bundle):
    deal, chance = bundle.deal_scores.select("opportunity_id", "p_win_90").row(0)
    action = decisions.playbooks.load("deal")[0].name
    audit.add(
        "ben",
        "assign",
        decisions.target(deal, action, DEALS),
        decisions.detail(sample, settings, bundle, deal, "Ada", DEALS),
    )
    found = decisions.read(sample, settings, bundle, audit.about(DEALS.target), deal, DEALS)
    row = found.frame.row(0, named=True)
    assert (row["state"], row["who"], row["outcome"], row["is_won"]) == ("Assigned", "Ada", "Still open", False)
    assert row["p_then"] == row["p_now"] == pytest.approx(chance)
    assert found.sentence() == "1 assigned or snoozed, 0 done. The result shows 90 days after an action is done."
    assert decisions.play(action, DEALS).effort_days == 1
    with pytest.raises(QuarterdeckError, match="no action called"):
        decisions.play("Get in touch", DEALS)


def test_deals_are_judged_by_what_was_won_in_time(audit, sample, settings, bundle):
    on = sample.as_of - timedelta(days=200)
    ends = {
        "won": (True, True, 30),
        "late": (True, True, 91),
        "lost": (True, False, 30),
        "open": (False, False, 250),
        "before": (True, True, -1),
    }
    like = sample.opportunities.head(1)
    rows = [
        like.with_columns(
            opportunity_id=pl.lit(name),
            is_closed=pl.lit(closed),
            is_won=pl.lit(won),
            close_on=pl.lit(on) + timedelta(n),
        )
        for name, (closed, won, n) in ends.items()
    ]
    later = replace(sample, opportunities=pl.concat([sample.opportunities, *rows]))
    for name in (*ends, "gone"):
        audit.add("ben", "done", decisions.target(name, "Call", DEALS), f'{{"who": "", "on": "{on}", "p": 0.3}}')
    found = decisions.read(later, settings, bundle, audit.about(DEALS.target), None, DEALS)
    assert dict(found.frame.select("opportunity_id", "is_won").iter_rows()) == {name: name == "won" for name in ends}
    told = dict(found.frame.select("opportunity_id", "outcome").iter_rows())
    day = on + timedelta(days=30)
    assert told["lost"] == f"Lost on {day.day} {day:%B %Y}"
    assert told["open"] == "Still open"
    assert found.frame["p_now"].null_count() == 5
    assert found.sentence() == (
        "0 assigned or snoozed, 5 done. Of 5 done at least 90 days ago, 1 won in that time; 1.5 wins were "
        "expected before."
    )


def test_without_a_model_a_deals_decision_has_no_chance(sample, settings):
    assert '"p": null' in decisions.detail(sample, settings, Bundle(None, None), "O000001", "Ada", DEALS)
