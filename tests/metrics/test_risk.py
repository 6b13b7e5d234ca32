from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import duckdb
import numpy as np
import polars as pl
import pytest

from core.contracts.errors import ContractError
from core.explain.actions import deal_actions
from core.metrics import risk, signals
from core.metrics.confidence_intervals import difference, wilson
from core.metrics.signals import SIGNALS, marks
from core.sample import AS_OF
from tests.metrics.companies import company, deal, states

DAY = date(2026, 5, 15)


def days(n):
    return DAY - timedelta(days=n)


def test_intervals_against_published_values():
    assert [round(v, 4) for v in wilson(81, 263)] == [0.2553, 0.3662]
    assert [round(v, 4) for v in wilson(0, 20)] == [0.0, 0.1611]
    assert wilson(0, 0) is None
    assert [round(v, 4) for v in difference(56, 70, 48, 80)] == [0.2, 0.0524, 0.3339]
    assert [round(v, 4) for v in difference(0, 10, 0, 20)] == [0.0, -0.1611, 0.2775]
    assert difference(1, 2, 0, 0) is None


@pytest.fixture
def firm():
    """Forty won deals to compare with, thirty lost ones to one competitor, and one open deal per signal."""
    rows, deals, accounts, acts = [], [], [{"account_id": "a", "segment": "SMB"}], []

    def add(name, created, closed=None, won=False, amount=120.0, close_on=None, changes=(), **facts):
        stage = {"stage": "Closed Won" if won else "Closed Lost"}
        ends = [(closed, stage | {"close_on": closed})] if closed else []
        start = {"amount": amount, "close_on": close_on or closed, "owner_id": "ann", "stage": "Proposal"}
        rows.extend(states(name, (created, start), *changes, *ends))
        known = {"account_id": "a", "created_on": created, "n_contacts": 3, "next_step": "Call", "competitor": None}
        now = {"is_closed": closed is not None, "is_won": won, "close_on": closed or close_on, "amount": amount}
        deals.append(deal(name, **(known | now | facts)))
        acts.append({"activity_id": name, "opportunity_id": name, "kind": "call", "occurred_at": datetime(2026, 5, 10)})

    for k in range(40):
        add(f"w{k}", days(300), days(300 - 30 - k % 10), won=True, amount=100.0 + k)
    for k in range(30):
        add(f"l{k}", days(300), days(250), competitor="Shark")
    soon, calm = DAY + timedelta(days=60), days(20)
    add("clean", calm, close_on=soon)
    add("stalled", days(45), close_on=soon)
    twice = [(days(9), {"close_on": DAY + timedelta(days=3)}), (days(5), {"close_on": soon})]
    add("pushed", calm, close_on=DAY, changes=twice)
    add("overdue", calm, close_on=days(1))
    add("silent", calm, close_on=soon)
    acts.pop()
    add("no_next_step", calm, close_on=soon, next_step=None)
    add("single_contact", calm, close_on=soon, n_contacts=1)
    add("odd_amount", calm, close_on=soon, amount=9_000.0)
    add("poor_competitor", calm, close_on=soon, competitor="Shark")
    add("too_early", days(10), close_on=DAY + timedelta(days=5))
    add("new_owner", calm, close_on=soon, changes=[(days(4), {"owner_id": "bob"})])
    return company(opportunities=deals, opportunity_history=rows, accounts=accounts, activities=acts)


def test_each_signal_flags_its_deal_and_no_other(firm, settings):
    found = marks(firm, settings, [DAY])
    flagged = {name: found.filter(pl.col(name))["opportunity_id"].to_list() for name in SIGNALS}
    assert flagged == {name: [name] for name in SIGNALS}
    assert found.height == 11


def test_a_signal_on_a_past_day_knows_nothing_later(sample, settings):
    past = date(2025, 9, 1)
    later = sample.with_frames(
        opportunity_history=sample.frame("opportunity_history").filter(pl.col("valid_from") <= past),
        activities=sample.frame("activities").filter(pl.col("occurred_at") < datetime(2025, 9, 2)),
    )
    assert (
        marks(sample, settings, [past])
        .sort("deal")
        .drop("deal")
        .equals(marks(later, settings, [past]).sort("deal").drop("deal"))
    )


def test_signals_of_the_sample_in_sql(sample, settings):
    found = marks(sample, settings, [AS_OF])
    with duckdb.connect() as connection:
        for name in ("opportunities", "opportunity_history", "activities"):
            connection.register(name, sample.frame(name).to_arrow())
        queries = {
            "overdue": f"select opportunity_id from opportunities where not is_closed and close_on < '{AS_OF}'",
            "single_contact": "select opportunity_id from opportunities where not is_closed and n_contacts <= 1",
            "no_next_step": "select opportunity_id from opportunities where not is_closed and next_step is null",
            "pushed": """
                with moves as (select opportunity_id, close_on > lag(close_on) over
                    (partition by opportunity_id order by valid_from) as later from opportunity_history)
                select opportunity_id from moves join opportunities using (opportunity_id)
                where later and not is_closed group by 1 having count(*) >= 2
            """,
            "silent": f"""
                select opportunity_id from opportunities left join (
                    select opportunity_id, max(occurred_at::date) as last_on from activities group by 1
                ) using (opportunity_id)
                where not is_closed and date '{AS_OF}' - greatest(coalesce(last_on, created_on), created_on) > 14
            """,
        }
        for name, query in queries.items():
            flagged = set(found.filter(pl.col(name))["opportunity_id"])
            assert flagged == {row[0] for row in connection.execute(query).fetchall()}, name


def test_the_record_of_a_signal_by_hand(sample, settings):
    found = risk.at_risk(sample, settings)
    cases = risk.past(sample, settings)
    row = found.record.filter(pl.col("signal") == "stalled").row(0, named=True)
    there, others = cases.filter("stalled"), cases.filter(~pl.col("stalled"))
    assert (row["n_past"], row["n_others"]) == (there.height, others.height)
    assert row["lift"] == pytest.approx((1 - there["is_won"].mean()) / (1 - others["is_won"].mean()))
    assert row["low"] < row["difference"] < row["high"]
    steps = found.record.filter(pl.col("signal") == "no_next_step").row(0, named=True)
    assert steps["lift"] is None
    assert steps["evidence"].startswith("no history")


def test_past_cases_in_sql(sample, settings):
    cases = risk.past(sample, settings)
    day = cases["day"].max()
    assert day == AS_OF - timedelta(days=90)
    with duckdb.connect() as connection:
        connection.register("history", sample.frame("opportunity_history").to_arrow())
        query = f"""
            with due as (
                select opportunity_id from history
                where valid_from <= '{day}' and (valid_to is null or valid_to > '{day}')
                and stage not like 'Closed%' and close_on <= '{AS_OF}'
            ), won as (
                select opportunity_id from history where stage = 'Closed Won' and valid_from > '{day}'
                and valid_from <= '{AS_OF}'
            )
            select count(*), count(w.opportunity_id) from due left join (select distinct * from won) w
            using (opportunity_id)
        """
        n, won = connection.execute(query).fetchone()
    here = cases.filter(pl.col("day") == day)
    assert (here.height, here["is_won"].sum()) == (n, won)


def test_the_list_ranks_by_amount_times_loss(sample, settings):
    found = risk.at_risk(sample, settings)
    frame = found.frame
    assert frame["at_stake_amount"].is_sorted(descending=True)
    known = frame.filter(pl.col("amount").is_not_null())
    assert np.allclose(known["at_stake_amount"], known["amount"] * known["loss_rate"])
    assert frame["loss_rate"].is_between(0, 1).all()
    assert found.value == pytest.approx(frame["at_stake_amount"].sum())
    due = frame.filter(pl.col("close_on") <= date(2026, 6, 30))
    assert found.leading.equals(due.head(20))
    assert found.chosen([3]) == due["opportunity_id"][3]
    assert found.chosen([]) == found.chosen([99_999]) == due["opportunity_id"][0]
    assert f"{due.height:,} are due by 30 June 2026" in found.sentence()
    assert "of expected wins is at risk" in found.sentence()
    assert "Strongest warning sign" in found.told()


def test_only_signals_that_slipped_more_often_put_a_deal_at_risk(sample, settings):
    found = risk.at_risk(sample, settings)
    proven = found.record.filter(pl.col("low") > 0)
    assert set(proven["signal"]) == set(risk.counting(found.record))
    assert {"no_next_step", "odd_amount", "new_owner"}.isdisjoint(proven["signal"])
    now = signals.open_marks(sample, settings)
    flagged = now.filter(pl.any_horizontal(proven["signal"].to_list()))
    assert set(found.frame["opportunity_id"]) == set(flagged["opportunity_id"])
    assert "no next step" not in " ".join(found.frame["signals"])


def test_where_no_signal_is_proven_no_deal_is_at_risk(sample, settings, monkeypatch):
    monkeypatch.setattr(risk, "counting", lambda record: [])
    assert risk.at_risk.__wrapped__(sample, settings).frame.is_empty()


def test_the_regression_recovers_planted_effects():
    rng = np.random.default_rng(3)
    flags = rng.random((20_000, 2)) < 0.4
    x = np.column_stack([np.ones(20_000), flags]).astype(float)
    chance = 1 / (1 + np.exp(-(x @ np.array([0.5, -1.0, 0.0]))))
    y = (rng.random(20_000) < chance).astype(float)
    assert risk._fitted(x, y, 1) == pytest.approx([0.5, -1.0, 0.0], abs=0.08)


def test_without_a_record_deals_are_ranked_by_their_signals(firm, settings):
    found = risk.at_risk(firm, settings)
    assert found.value is None
    assert found.frame["loss_rate"].null_count() == found.frame.height == 10
    assert "too few past deals" in found.sentence()
    assert "No warning sign has predicted" in found.told()
    alone = pl.col("opportunity_id") == "clean"
    calm = firm.with_frames(
        opportunities=firm.opportunities.filter(alone),
        opportunity_history=firm.frame("opportunity_history").filter(alone),
    )
    nothing = risk.at_risk(calm, settings)
    assert nothing.sentence() == "No open deal is at risk."
    with pytest.raises(ContractError, match="No open deal is at risk"):
        nothing.chosen([])


def test_thresholds_come_from_the_settings(firm, settings):
    strict = settings.model_copy(update={"risk": settings.risk.model_copy(update={"silent_days": 3, "contacts": 3})})
    found = marks(firm, strict, [DAY])
    assert found["silent"].sum() == 11
    assert found["single_contact"].sum() == 11
    assert signals.words(strict)["single_contact"] == "3 contacts or fewer"


def test_a_deals_history_is_told(firm, settings):
    found = risk.history(firm, settings, "pushed")
    assert found.frame["close_on"].to_list() == [DAY, DAY + timedelta(days=3), DAY + timedelta(days=60)]
    assert found.sentence() == "pushed has been in the pipeline since 25 April 2026 and changed 2 times since."
    assert risk.history(firm, settings, "nobody").sentence() == "nobody has no history."


def test_actions_are_those_of_the_signals_with_their_record(sample, settings):
    found = marks(sample, settings, [AS_OF])
    both = found.filter(pl.col("stalled") & pl.col("no_next_step"))["opportunity_id"][0]
    frame = deal_actions.actions(sample, settings, both).frame
    told = signals.words(settings)
    row = frame.filter(pl.col("signal") == told["stalled"]).row(0, named=True)
    cases = deal_actions._followed(sample, settings).filter("stalled")
    cases = cases if row["stage"] == "any stage" else cases.filter(pl.col("stage") == row["stage"])
    did = cases.filter("has_advanced")
    assert (row["n_did"], row["n_did_not"]) == (did.height, cases.height - did.height)
    assert row["won_did_rate"] == pytest.approx(did["is_won"].mean())
    assert min(row["n_did"], row["n_did_not"]) >= settings.risk.fewest_deals
    unknown = frame.filter(pl.col("signal") == "no next step").row(0, named=True)
    assert unknown["evidence"].startswith("the CRM does not record")
    assert unknown["n_did"] is None


def test_money_is_the_difference_on_the_deals_amount(sample, settings):
    open_now = marks(sample, settings, [AS_OF]).filter("stalled").select("opportunity_id", "cents")
    for one, cents in open_now.iter_rows():
        found = deal_actions.actions(sample, settings, one)
        for row in found.frame.iter_rows(named=True):
            if row["evidence"] != deal_actions.HELPED or cents is None:
                assert row["expected_amount"] is row["expected_low_amount"] is row["expected_high_amount"] is None
            else:
                assert row["expected_amount"] == pytest.approx(row["difference"] * cents / 100)
                assert 0 < row["expected_low_amount"] <= row["expected_amount"] <= row["expected_high_amount"]
        assert found.frame["effort_days"].null_count() == 0
    assert deal_actions._expected(
        {"evidence": deal_actions.HELPED, "difference": 0.2, "low": 0.1, "high": 0.3}, 5_000_000
    ) == {
        "expected_amount": 10_000.0,
        "expected_low_amount": 5_000.0,
        "expected_high_amount": 15_000.0,
    }


def test_what_an_action_is_worth_and_costs_is_said():
    row = {
        "action": "Call",
        "evidence": deal_actions.HELPED,
        "n_did": 60,
        "won_did_rate": 0.5,
        "n_did_not": 80,
        "won_did_not_rate": 0.3,
        "expected_amount": 10_000.0,
        "expected_low_amount": 5_000.0,
        "expected_high_amount": 15_000.0,
        "effort_days": 1.0,
    }
    said = deal_actions.Actions(pl.DataFrame([row]), "EUR").sentence()
    assert said.endswith("On this deal that is worth EUR 10.0 k (EUR 5.0 k to EUR 15.0 k), for about 1 day of work.")
    bare = pl.DataFrame([{**row, "expected_amount": None, "effort_days": 0.5}])
    assert (
        deal_actions.Actions(bare, "EUR")
        .sentence()
        .endswith("It takes about 0.5 days of work; the deal has no amount to say what that is worth.")
    )


def test_what_was_done_is_read_off_the_four_weeks_after(settings):
    seen = days(90)
    rows, deals, acts = [], [], []
    kinds = {
        "advanced": [(seen + timedelta(days=9), {"stage": "Negotiation"})],
        "redated": [(seen + timedelta(days=9), {"close_on": seen + timedelta(days=50)})],
        "resized": [(seen + timedelta(days=9), {"amount": 5.0})],
        "met": [],
        "ended": [(seen + timedelta(days=9), {"stage": "Closed Lost"})],
        "late": [(seen + timedelta(days=40), {"stage": "Negotiation"})],
    }
    start = {"amount": 10.0, "close_on": seen + timedelta(days=20), "owner_id": "ann", "stage": "Discovery"}
    for name, changes in kinds.items():
        rows += states(name, (days(200), start), *changes)
        deals.append(deal(name))
    for name, n in (("met", 28), ("late", 29)):
        on = datetime.combine(seen + timedelta(days=n), datetime.min.time())
        acts.append({"activity_id": name, "opportunity_id": name, "kind": "meeting", "occurred_at": on})
    data = company(opportunities=deals, opportunity_history=rows, activities=acts)
    found = deal_actions._followed(data, settings).filter(pl.col("day") == seen)
    did = {
        name: sorted(found.filter(pl.col(name))["opportunity_id"])
        for name in ("has_advanced", "is_redated", "is_resized", "has_met")
    }
    assert did == {
        "has_advanced": ["advanced"],
        "is_redated": ["redated"],
        "is_resized": ["resized"],
        "has_met": ["met"],
    }
    assert "ended" not in found["opportunity_id"]
    assert "redated" not in found.filter("has_kept_its_date")["opportunity_id"]


def test_without_past_deals_actions_have_no_evidence(firm, settings):
    found = deal_actions.actions(firm, settings, "stalled")
    assert "No evidence yet that it helps: too few similar deals." in found.sentence()
    assert deal_actions.actions(firm, settings, "clean").sentence() == "This deal shows no warning sign."
    assert deal_actions.actions(company(), settings, "x").frame.is_empty()


def test_sure_help_is_told_as_an_association(sample, settings):
    stalled = marks(sample, settings, [AS_OF]).filter("stalled")["opportunity_id"]
    told = [deal_actions.actions(sample, settings, d).sentence() for d in stalled.head(5)]
    assert any("not proof of cause" in t for t in told)


def test_an_earlier_day_may_be_asked_of_any_dataset(sample, settings):
    young = replace(sample, as_of=date(2022, 6, 1), known_fingerprint=None)
    assert risk.past(young, settings).is_empty()
    assert risk.at_risk(young, settings).value is None
