from __future__ import annotations

import re
from dataclasses import replace

import polars as pl
import pytest

from core import explain
from core.contracts.errors import ConfigError, ModelError
from core.explain import nearest_cases, stability
from core.explain.actions import account_actions, playbooks
from core.explain.actions.playbooks import Play
from core.explain.counterfactual import accounts
from core.features import accounts as features
from core.metrics import signals
from core.models.bundle import Bundle
from core.models.customers import account_outlook
from tests.features.conftest import company, make

__all__ = ["company", "make"]


@pytest.fixture(scope="module")
def top(sample, settings, bundle, customers):
    return explain.accounts.listed(sample, settings, bundle, customers).frame.row(0, named=True)


def test_the_list_holds_outlook_and_health(sample, settings, bundle, customers):
    found = explain.accounts.listed(sample, settings, bundle, customers)
    frame = found.frame
    assert frame["at_risk_amount"].is_sorted(descending=True)
    assert (frame["churned_mrr_amount"] - frame["p_left_12m"] * frame["mrr_amount"]).abs().max() < 1e-6
    assert (frame["learned"] - 100 * (1 - frame["p_left_12m"])).abs().max() < 1e-9
    assert frame["coverage_rate"].is_between(0, 1).all()
    assert found.first == frame["account_name"][0]
    assert found.sentence().startswith(f"Of {found.frame.height} paying accounts")


def test_the_year_says_what_leaves_and_how_it_was_foreseen(sample, settings, bundle, customers):
    found = explain.accounts.outlook(sample, settings, customers)
    lost = found.frame["churned_mrr_amount"].sum()
    listed = explain.accounts.listed(sample, settings, bundle, customers).frame
    assert lost == pytest.approx(listed["churned_mrr_amount"].sum())
    assert "Without expansion" in found.sentence()
    assert "Track record" in found.record()
    race = found.race()
    assert race.group_by("event").agg(pl.col("is_winner").sum())["is_winner"].to_list() == [1, 1, 1]
    blank = explain.accounts.Outlook(found.frame.clear(), {}, 0.0, "USD")
    assert "too short" in blank.record()
    told = replace(blank, cards={"left": {"expected": 641.2, "happened": 795.0, "winner": "trees"}}).record()
    assert "expected 641 churned customers and 795 churned" in told
    assert "Churn has risen" in told
    even = replace(blank, cards={"left": {"expected": 780.0, "happened": 795.0, "winner": "trees"}}).record()
    assert "Churn has risen" not in even
    assert blank.race().is_empty()
    assert "not known stay" in blank.sentence()


def test_one_account_begins_today_and_only_falls(sample, settings, top, customers):
    found = explain.accounts.ahead(sample, settings, customers, top["account_id"])
    own = found.frame.filter(pl.col("who") == "This account")
    assert own["month_ahead"].sort().to_list() == list(range(13))
    assert own.sort("month_ahead")["stay_rate"].is_sorted(descending=True)
    assert own["stay_rate"].min() == pytest.approx(1 - top["p_left_12m"])
    assert "within 12 months" in found.sentence()
    with pytest.raises(ModelError, match="does not pay"):
        explain.accounts.ahead(sample, settings, customers, "nobody")


def test_an_accounts_health_opens(sample, settings, top, customers):
    found = explain.accounts.health_of(sample, settings, customers, top["account_id"])
    known = found.frame.drop_nulls("points")
    assert found.by_hand == pytest.approx(100 * known["points"].sum() / known["weight"].sum())
    assert found.by_hand == pytest.approx(top["by_hand"])
    assert "of 100" in found.sentence()
    assert "no data on this account's health" in explain.accounts.Signs(found.frame, None, None, 0.0, None).sentence()
    with pytest.raises(ModelError, match="does not pay"):
        explain.accounts.health_of(sample, settings, customers, "nobody")


@pytest.mark.slow
def test_health_is_on_trial(default_sample, default_settings, default_bundle):
    sample, settings = default_sample, default_settings
    customers = account_outlook.load_or_build(sample, settings, default_bundle)
    found = explain.accounts.on_trial(sample, settings, customers)
    worst = found.lift.filter(pl.col("tenth") == 1)["lift_rate"]
    assert (worst > 1.5).all()
    missed = explain.accounts.by_health(sample, settings, customers, "learned", "greens")
    assert missed["left_on"].null_count() == 0
    stayed = explain.accounts.by_health(sample, settings, customers, "by_hand", "reds")
    assert stayed.height > 0


def test_without_contracts_every_part_says_what_is_missing(make, settings):
    bare = make()
    nobody = account_outlook.build(bare, settings, Bundle(None, None))
    for part in (explain.accounts.outlook, explain.accounts.on_trial, explain.accounts.worth):
        with pytest.raises(ModelError):
            part(bare, settings, nobody)


class Odds:
    """A model whose chance rises with tickets and falls with usage."""

    def predict(self, frame):
        z = -2 + 0.5 * frame["tickets"].cast(pl.Float64) - frame["usage"].cast(pl.Float64)
        return (1 / (1 + (-z).exp())).to_numpy()


def test_cases_alike_are_near_in_all_but_what_is_held():
    past = pl.DataFrame(
        {
            "account_id": ["A", "B", "C"],
            "as_of": [1, 1, 1],
            "tickets": [0, 9, 2],
            "usage": [1.0, 1.0, 5.0],
            "has_left": [False, True, False],
        }
    )
    row = pl.DataFrame({"account_id": ["X"], "tickets": [4], "usage": [1.0]})
    near = nearest_cases.alike(Odds(), past, row, ["tickets"], most=2)
    assert set(near["account_id"]) == {"A", "B"}
    assert near["distance"].to_list() == pytest.approx([0.0, 0.0])


def test_a_difference_by_hand():
    found = nearest_cases.difference([True] * 56 + [False] * 14, [True] * 48 + [False] * 32)
    assert (found.n_did, found.n_not, round(found.value, 4)) == (70, 80, 0.2)
    assert (round(found.low, 4), round(found.high, 4)) == (0.0524, 0.3339)
    assert nearest_cases.difference([], [True]).value is None
    assert nearest_cases.difference([], [True]).low is None


def test_a_count_stays_a_count():
    row = pl.DataFrame({"n": pl.Series([3], dtype=pl.UInt32), "rate": [0.5]})
    found = nearest_cases.changed(row, {"n": 1.6, "rate": 0.25})
    assert found.rows() == [(2, 0.25)]
    assert found.schema == row.schema


def test_a_play_knows_when_it_is_done():
    play = Play(name="x", feature="f", to=2, direction="more", effort_days=1, who="me")
    assert (play.is_done(2), play.is_done(1)) == (True, False)
    less = play.model_copy(update={"direction": "less"})
    assert (less.is_done(2), less.is_done(3)) == (True, False)


def test_a_broken_playbook_is_said(tmp_path):
    file = tmp_path / "plays.yaml"
    file.write_text("account: [{name: x}]")
    with pytest.raises(ConfigError, match="playbooks cannot be used"):
        playbooks.load("account", file)
    file.write_text("deal: [{name: x, signal: gloomy, done: has_met, effort_days: 1, who: me}]")
    with pytest.raises(ConfigError, match="Each needs name, signal"):
        playbooks.load("deal", file)
    assert {play.signal for play in playbooks.load("deal")} == set(signals.SIGNALS)
    assert len({play.name for play in playbooks.load("deal")}) == len(signals.SIGNALS)
    known = {*features.NUMBERS}
    assert all({play.feature, *play.together} <= known for play in playbooks.load())


def test_recommendations_stand_on_past_cases(sample, settings, top, bundle, customers):
    found = account_actions.recommend(sample, settings, bundle, customers, top["account_id"])
    assert found.frame.height > 0
    assert set(found.frame["verdict"]) <= set(account_actions.VERDICTS)
    for row in found.frame.iter_rows(named=True):
        if row["verdict"] == "Fewer churned":
            assert row["high_rate"] < 0
            assert row["kept_amount"] == pytest.approx(-row["difference_rate"] * 12 * top["mrr_amount"])
        else:
            assert row["kept_amount"] is None
    with pytest.raises(ModelError, match="does not pay"):
        account_actions.recommend(sample, settings, bundle, customers, "nobody")


def said(verdict, **more):
    row = {
        "action": "Call",
        "verdict": verdict,
        "n_did": 50,
        "did_rate": 0.1,
        "n_not": 60,
        "not_rate": 0.3,
        "difference_rate": -0.2,
        "low_rate": -0.3,
        "high_rate": -0.1,
        "kept_amount": 2400.0,
        **more,
    }
    return account_actions.Recommendations(pl.DataFrame([row]), 90, "USD").sentence()


def test_what_speaks_for_an_action_is_said_with_its_doubt():
    assert "Of 50 similar accounts where this was so, 10 % churned" in said("Fewer churned")
    assert "not proof of cause" in said("Fewer churned")
    assert "No evidence yet for 1 possible action" in said("No clear link", kept_amount=None)
    none = account_actions.Recommendations(pl.DataFrame(), 90, "USD")
    assert "is already where it should be" in none.sentence()


@pytest.mark.parametrize(
    ("did", "stayed", "verdict"),
    [
        ([False] * 100, [True] * 50 + [False] * 50, "Fewer churned"),
        ([True] * 50 + [False] * 50, [False] * 100, "More churned"),
        ([False] * 100, [False] * 100, "No clear link"),
        ([False] * 5, [True] * 100, "Too few cases"),
    ],
)
def test_verdicts(did, stayed, verdict):
    assert account_actions._verdict(nearest_cases.difference(did, stayed)) == verdict


def test_sliders_put_back_give_the_old_chance(sample, settings, top, bundle, customers):
    one = top["account_id"]
    known = accounts.fields(sample, settings, customers, one)
    assert all(f.low <= f.now <= f.high for f in known)
    still = accounts.suppose(sample, settings, bundle, customers, one, tuple((f.name, f.now) for f in known))
    assert still.after == still.before == pytest.approx(top["p_churn"])
    assert still.frame.height == accounts.CASES
    assert still.frame["account_id"].is_unique().all()


def test_fewer_tickets_never_raise_the_chance_and_move_together(sample, settings, top, bundle, customers):
    one = top["account_id"]
    calm = accounts.suppose(sample, settings, bundle, customers, one, (("recent_tickets", 0.0),))
    assert calm.after <= calm.before
    wild = accounts.suppose(
        sample, settings, bundle, customers, one, (("recent_tickets", 500.0), ("n_meetings_90d", 400.0))
    )
    assert any("outside what past accounts had" in w for w in wild.warnings)
    assert "against" in wild.sentence()
    with pytest.raises(ModelError, match="cannot be changed"):
        accounts.suppose(sample, settings, bundle, customers, one, (("recent_ticket", 1.0),))
    with pytest.raises(ModelError, match="does not pay"):
        accounts.fields(sample, settings, customers, "nobody")
    none = accounts.Supposed(0.1, 0.2, pl.DataFrame(), (), 90)
    assert "no similar past cases" in none.sentence()


def test_an_account_unlike_any_other_is_warned_of(sample, settings, top, customers):
    rows, past = accounts._row(customers, top["account_id"])
    odd = rows.with_columns(
        **{n: pl.lit(1e9).cast(rows.schema[n], strict=False) for n in features.NUMBERS if rows.schema[n].is_float()}
    )
    assert nearest_cases.Crowd.of(past, features.NUMBERS, "account_id").nearest(odd, 30)[1]
    assert nearest_cases.Crowd.of(past.clear(), features.NUMBERS, "account_id").nearest(odd, 30)[1] is False


def test_reasons_are_learnt_again(sample, settings, top, bundle, customers):
    found = stability.account(sample, settings, bundle, customers, top["account_id"], 2)
    assert found.n == 2
    assert found.frame["top_rate"].is_between(0, 1).all()
    assert found.low <= found.high
    assert "Re-tested 2 times" in found.sentence()
    shaky = stability.Steadiness(found.frame.with_columns(top_rate=pl.lit(0.3)), 0.1, 0.2, 6)
    assert "do not rely on their order" in shaky.sentence()
    with pytest.raises(ModelError, match="does not pay"):
        stability.account(sample, settings, bundle, customers, "nobody")


@pytest.fixture(scope="module")
def open_deal(sample, settings, bundle):
    return bundle.deal_features["opportunity_id"][0]


def test_a_deals_reasons_are_learnt_again(sample, settings, open_deal, bundle, landmarks):
    found = stability.deal(sample, settings, bundle, landmarks, open_deal, 2, 600)
    assert (found.n, found.drawn) == (2, "600 past deals")
    assert found.frame["top_rate"].is_between(0, 1).all()
    assert found.frame["top_rate"].sum() == pytest.approx(3.0)
    assert 0 <= found.low <= found.high <= 1
    assert "Re-tested 2 times on different samples of 600 past deals" in found.sentence()
    assert re.match(r"Each test used 600 of \d,\d{3} past deals", found.note)
    assert found.frame.equals(stability.deal(sample, settings, bundle, landmarks, open_deal, 2, 600).frame)
    with pytest.raises(ModelError, match="no open deal"):
        stability.deal(sample, settings, bundle, landmarks, "nobody")


def test_the_kinds_in_use_are_learnt_again(settings, bundle, landmarks):
    marks = landmarks.company
    again = stability._again(marks.head(3000), settings, bundle.close)
    assert type(again.risks_.win) is type(bundle.close.risks_.win)
    assert type(again.risks_.lose) is type(bundle.close.risks_.lose)
    assert again.risks_.win_map == bundle.close.risks_.win_map
    assert stability._again(marks.filter("is_won").head(50), settings, bundle.close) is None


def test_draws_without_both_ends_are_said(sample, settings, open_deal, monkeypatch, bundle, landmarks):
    monkeypatch.setattr(stability, "_again", lambda *_: None)
    with pytest.raises(ModelError, match="too few past outcomes to learn from again"):
        stability.deal(sample, settings, bundle, landmarks, open_deal, 2, 50)


def test_a_driver_that_moves_nothing_is_no_reason():
    parts = pl.DataFrame({"driver": ["A", "B", "C"], "contribution": [5.0, 0.0, 0.0], "draw": [0, 0, 0]})
    told = stability._summary(parts, [0.2], 1)
    assert told.frame["driver"].to_list() == ["A"]
    assert "reliably among the top three: a." in told.sentence()
