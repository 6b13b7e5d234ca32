"""Scores and go / no-go, by hand."""

from __future__ import annotations

import polars as pl
import pytest

from core.requirements.catalogue import capabilities
from core.requirements.judge import bid_scores, gap_analysis
from core.requirements.judge.gap_analysis import Stake
from core.requirements.read.requirement_list import read_list
from core.requirements.work import deal_context

CATALOGUE = b"""id,name,status,description,effort_weeks
C1,Encryption at rest,available,All stored data is encrypted with ciphers,
C2,Mobile app for phones,limited,Native apps for phones and tablets,14
C3,Single sign-on,roadmap,Sign in through the identity provider,
C4,Commission statements,not available,Statements of commission for the sales force,
"""
LIST = b"""Requirement,Priority
All stored data is encrypted with ciphers at rest,Must
Native apps for phones and tablets,Should
Sign in through the identity provider with single sign-on,Must
Statements of commission for the sales force,Must
"""


def analysed(settings, stake=None, content=LIST):
    return gap_analysis.analyse(read_list(content, "list.csv"), capabilities.load(CATALOGUE, "c.csv"), settings, stake)


def test_scores_by_hand(settings):
    found = bid_scores.scores(analysed(settings), settings)
    assert found.value("coverage") == 0.25
    # weights 4, 3, 4, 4; support 1, ½, ¼, 0
    assert found.value("fit") == pytest.approx((4 + 1.5 + 1) / 15)
    assert found.value("must_haves") == pytest.approx(1 / 3)
    # All three are delivered within the 12 weeks a buyer waits: must-haves and a should are staffed first.
    assert found.value("resolution") == 1
    assert found.value("beauty") is None
    assert found.sentence().startswith("1 of 4 targets are met: coverage 25.0 % against 90.0 %")


def test_open_rows_widen_scores_and_points_to_a_range(settings):
    # Silence on two of six rows: a score is no advice where its ends call for different things.
    content = LIST.split(b"Native")[0] + b"Zebras shall graze under violet moons,Must\n"
    found = analysed(settings, content=content)
    scored = bid_scores.scores(found, settings)
    row = scored.frame.filter(pl.col("score") == "coverage").row(0, named=True)
    assert (row["value"], row["high"]) == (0.5, 1.0)
    assert "coverage 50.0 % to 100.0 % against 90.0 %" in scored.sentence()
    bid = bid_scores.bid(found, settings)
    assert (bid.n_open, bid.verdict) == (1, "Talk first")
    assert bid.points < settings.requirements.bid.go_points * bid.most / 100 <= bid.points_high == bid.most
    assert (
        f"{bid.points:.0f} to {bid.points_high:.0f} of 75 points). 1 open row makes the difference." in bid.sentence()
    )


def test_no_gap_and_no_must_have_have_no_rate(settings):
    found = bid_scores.scores(
        analysed(settings, content=b"Requirement,Priority\nAll stored data is encrypted with ciphers at rest,Low\n"),
        settings,
    )
    assert found.value("resolution") is None
    assert found.value("must_haves") is None
    assert "2 of 2 targets" in found.sentence()


def test_the_worth_of_bidding_by_hand(settings):
    stake = Stake("O1", "Acme", 1_000_000.0, 0.4)
    found = bid_scores.bid(analysed(settings, stake), settings, stake)
    week = settings.rates.person_week_amount
    respond = (0.25 + 0.75 + 0.75 + 1.0) / 40 * week
    mobile, sso, commission = 1 - 0.02 * 0.5, 1 - 0.08 * 0.5, 1 - 0.30 * 1
    rows = {row["case"]: row for row in found.worth.iter_rows(named=True)}
    now, blockers, every = rows["as we stand"], rows["blockers closed"], rows["all gaps closed"]
    assert now["chance"] == pytest.approx(0.4 * mobile * sso * commission)
    assert now["expected_amount"] == pytest.approx(1e6 * now["chance"] - respond)
    assert blockers["chance"] == pytest.approx(0.4 * mobile * sso)
    # The catalogue's own 14; one part to pull in 1 to 2, one part to build 4 to 8.
    assert blockers["close_amount"] == 6 * week
    assert every["close_amount"] == (14 + 1.5 + 6) * week
    assert every["expected_amount"] == pytest.approx(400_000 - respond - 21.5 * week)
    assert "with blockers closed" in found.sentence()


def test_vetoes_rule_out(settings):
    stake = Stake("O1", "Acme", 1_000_000.0, 0.01)
    found = bid_scores.bid(analysed(settings, stake), settings, stake)
    assert found.verdict == "No go"
    assert any("At best 33.3 % of must-haves" in v for v in found.vetoes)
    assert any("the win chance is 1 %" in v for v in found.vetoes)
    strict = settings.requirements.bid.model_copy(update={"most_blockers": 0})
    rules = settings.model_copy(update={"requirements": settings.requirements.model_copy(update={"bid": strict})})
    assert any("1 must-have is missing" in v for v in bid_scores.bid(analysed(settings), rules).vetoes)


def test_all_fine_is_a_go(settings):
    content = b"Requirement,Priority\nAll stored data is encrypted with ciphers at rest,Must\n"
    stake = Stake("O1", "Acme", 50_000.0, 0.5)
    found = bid_scores.bid(analysed(settings, stake, content), settings, stake)
    assert (found.verdict, found.points, found.most) == ("Go", 85.0, 85.0)
    assert found.worth["case"].to_list() == ["as we stand"]
    assert "closing gaps first would cost more" in found.sentence()


def test_without_a_deal_nothing_is_said_of_money(settings):
    found = bid_scores.bid(analysed(settings), settings)
    assert found.worth.is_empty()
    assert "Attach an open deal" in found.sentence()
    assert "value" not in found.factors["factor"].to_list()


def test_points_by_hand(settings):
    found = bid_scores.bid(analysed(settings), settings)
    assert found.points == pytest.approx(25 * 0.25 / 0.9 + 25 * (6.5 / 15) / 0.8 + 15 + 25 / 3)
    assert found.points_high == found.points
    assert found.most == 90


def test_the_same_capability_is_closed_once(settings):
    twice = LIST + b"Statements of commission for the sales force every month,Should\n"
    found = gap_analysis.closing(analysed(settings, content=twice).frame)
    assert found.filter(pl.col("gap_id") == "C4").height == 1
    assert analysed(settings, content=twice).summary["effort_weeks"] == 21.5


def test_the_deals_chance_is_the_models(sample, settings, bundle):
    known = deal_context.chances(sample, settings, bundle)
    deal = deal_context.open_deals(sample, settings)[0]
    found = deal_context.with_chance(deal, known)
    row = bundle.deal_scores.filter(pl.col("opportunity_id") == deal.opportunity_id)
    assert found.p_win == row["p_win_180"][0]
    assert deal_context.with_chance(deal, known.clear()).p_win is None
