from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import polars as pl
import pytest

from core.contracts.errors import QuarterdeckError
from core.explain import decisions
from core.store import Store

ONE, GONE = "A00191", "A00000"


@pytest.fixture
def audit(tmp_path):
    kept = Store.open(f"sqlite:///{tmp_path / 'store.db'}", clock=lambda: datetime(2026, 5, 20))
    yield kept.audit
    kept.close()


def test_the_latest_decision_stands(audit, sample, settings, bundle):
    note = decisions.detail(sample, settings, ONE, " Ada ")
    for kind in ("assign", "snooze"):
        audit.add("ben", kind, decisions.target(ONE, "Get in touch"), note)
    audit.add("ben", "drop", decisions.target(ONE, "Hold a business review"), note)
    audit.add("eve", "assign", decisions.TARGET + "{broken", "{}")
    audit.add("eve", "save", "scenario x", "")
    found = decisions.read(sample, settings, audit.about(decisions.TARGET), ONE)
    row = found.frame.filter(pl.col("action") == "Get in touch").to_dicts()[0]
    assert (row["state"], row["who"], row["decided_by"], row["days"]) == ("Snoozed", "Ada", "ben", 0)
    assert row["until_on"] == sample.as_of + timedelta(days=30)
    assert row["p_then"] == row["p_now"] == pytest.approx(row["p_now"])
    assert found.frame.height == 2
    assert found.sentence().startswith("1 assigned or snoozed, 0 done.")
    assert decisions.read(sample, settings, audit.about("nothing")).sentence() == "Nothing has been decided yet."
    assert decisions.read(sample, settings, audit.about(decisions.TARGET), "other").frame.is_empty()


def test_what_followed_is_held_against_what_was_expected(audit, sample, settings, bundle):
    early = replace(sample, as_of=date(2025, 12, 1))
    ends = sample.subscriptions.filter(pl.col("account_id") == ONE).with_columns(ended_on=pl.lit(date(2026, 2, 1)))
    note = f'{{"who": "", "on": "{early.as_of}", "p": 0.3}}'
    audit.add("ben", "done", decisions.target(ONE, "Get in touch"), note)
    audit.add("ben", "done", decisions.target("A00897", "Get in touch"), note)
    rest = sample.subscriptions.filter(pl.col("account_id") != ONE)
    later = replace(sample, subscriptions=pl.concat([rest, ends]))
    found = decisions.read(later, settings, audit.about(decisions.TARGET))
    assert dict(found.frame.select("account_id", "has_left").iter_rows()) == {ONE: True, "A00897": False}
    assert (
        "Of 2 done at least 90 days ago, 1 left; without regard to the action 0.6 were expected to." in found.sentence()
    )


def test_a_play_that_is_not_there_is_said():
    assert decisions.play("Get in touch").effort_days == 0.25
    with pytest.raises(QuarterdeckError, match="no action called"):
        decisions.play("Pray")


def test_an_account_without_a_chance_is_noted_without_one(sample, settings, bundle):
    assert '"p": null' in decisions.detail(sample, settings, "nobody", "Ada")
