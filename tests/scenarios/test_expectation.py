"""The laws of the engine on a small company worked out by hand."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import settings as effort
from hypothesis import strategies as some

from core.contracts.errors import ScenarioError
from core.scenarios.analysis.attribution import NAMES, split
from core.scenarios.data import arrays
from core.scenarios.data.baseline import Baseline, build
from core.scenarios.data.correlation import Correlation
from core.scenarios.data.win_curves import KNOTS
from core.scenarios.engine import expectation
from core.scenarios.engine.expectation import figure, run
from core.scenarios.files import from_dict, from_link, from_yaml, to_dict, to_link, to_yaml
from core.scenarios.levers import FIRST, LEVERS, LeverSetting, Scenario

PLACE = {"segment": ["Big", "SMB"], "region": ["South", "North"], "family": ["X", "Y"], "team": ["S", "N"]}
CURVE = np.linspace(0, 0.6, KNOTS)
AS_OF = date(2026, 5, 20)
BASE = Baseline(
    AS_OF,
    "USD",
    "Q2 2026",
    500.0,
    tuple(date(2026 + (3 + m) // 12, (3 + m) % 12 + 1, 1) for m in range(15)),
    pl.DataFrame(
        {
            "month": [date(2026, 4, 1)],
            "segment": ["SMB"],
            "region": ["North"],
            "opportunity_type": ["new"],
            "amount": [100.0],
            "cost_amount": [10.0],
        }
    ),
    pl.DataFrame(
        {
            "opportunity_id": ["b", "a"],
            "opportunity_name": ["B", "A"],
            "owner_id": ["r", "s"],
            **PLACE,
            "opportunity_type": ["expansion", "new"],
            "stage": ["Open", "Open"],
            "close_on": [date(2026, 6, 10), None],
            "amount": [5000.0, 1000.0],
            "cost_rate": [0.2, 0.1],
        }
    ),
    np.stack([CURVE, CURVE]),
    pl.DataFrame(
        {
            **PLACE,
            "opportunity_type": ["new", "new"],
            "lead_source": ["Event", "Inbound"],
            "curve": [0, 1],
            "monthly_count": [1.0, 3.0],
            "mean_amount": [4000.0, 800.0],
            "squared_amount": [3e7, 9e5],
            "cost_rate": [0.2, 0.1],
        }
    ),
    np.stack([CURVE / 2, CURVE / 3]),
    pl.DataFrame(
        {
            "account_id": ["q", "p"],
            **PLACE,
            "mrr_amount": [200.0, 50.0],
            "early_rate": [0.01, 0.02],
            "later_rate": [0.01, 0.02],
            "contraction_rate": [0.002, 0.0],
        }
    ),
    (500.0, 600.0, 700.0, 800.0, 900.0),
    ("Q2 2026", "Q3 2026", "Q4 2026", "Q1 2027", "Q2 2027"),
    0.1,
    0.2,
    10,
    Correlation(0.05),
    {"sso": pl.DataFrame({"opportunity_id": ["a"], "share": [0.5]})},
)
START = run(BASE)
MONEY = list(expectation.MEASURES)
FREE = [n for n in LEVERS if n not in {"deal_won", "deal_lost", "deal_moved", "gap_closed", "lead_mix", "quota"}]


def one(lever: str, value: float, scope: str = "all", **more) -> Scenario:
    return Scenario("x", (LeverSetting(lever, value, scope, **more),))


def any_setting(lever: str, value: float, scope: str, at: str) -> LeverSetting:
    item = LEVERS[lever]
    kind = scope.partition(":")[0]
    low = {"share": 0.0, "count": -5.0}.get(item.unit, -1.0)
    high = {"share": 1.0, "points": 1.0}.get(item.unit, 5.0)
    detail = {"source": "Event", "capability": "sso"}.get(item.detail, "")
    if lever.startswith("deal_") and lever != "deal_size":
        scope = "deal:a"
        low, high = (0.0, 1.0) if item.unit == "switch" else (-10.0, 30.0)
    elif kind != "all" and kind not in item.scopes:
        scope = "all"
    return LeverSetting(lever, min(max(value, low), high), scope, at if item.is_dated else "", detail)


settings_of = some.builds(
    any_setting,
    some.sampled_from([n for n in LEVERS if n != "deal_lost"]),
    some.floats(-1, 5),
    some.sampled_from(["all", "segment:SMB", "region:South", "team:N", "family:X"]),
    some.sampled_from(["", "2026-08"]),
)


def test_all_levers_at_zero_give_the_baseline_bit_for_bit():
    zero = Scenario("x", tuple(any_setting(n, 0.0, "all", "") for n in LEVERS if n not in {"deal_won", "deal_lost"}))
    assert run(BASE, zero).monthly.equals(START.monthly)
    assert run(BASE, zero).quarter == START.quarter


@effort(max_examples=25, deadline=None)
@given(some.lists(settings_of, max_size=6), some.randoms(use_true_random=False))
def test_order_does_not_matter_and_money_is_never_negative(moved, chance):
    there = run(BASE, Scenario("x", tuple(moved)))
    chance.shuffle(moved)
    back = run(BASE, Scenario("x", tuple(moved)))
    assert there.monthly.equals(back.monthly)
    assert there.quarter == back.quarter
    plain = [n for n in MONEY if n != "margin_amount"]
    assert there.monthly.select(pl.col(plain).min()).min_horizontal().item() >= -1e-6


@effort(max_examples=20, deadline=None)
@given(
    some.floats(-1, 5),
    some.floats(0, 2),
    some.sampled_from(["win_rate", "deal_size", "creation", "price", "expansion", "hires"]),
)
def test_more_never_lowers_bookings(value, more, lever):
    low, high = (run(BASE, one(lever, v)).total() for v in (value, value + more))
    assert high >= low - 1e-6


@effort(max_examples=20, deadline=None)
@given(some.floats(-1, 5), some.floats(0, 2), some.sampled_from(["churn", "contraction"]))
def test_more_leaving_never_raises_recurring_revenue(value, more, lever):
    low, high = (run(BASE, one(lever, v)).total("mrr_amount") for v in (value, value + more))
    assert high <= low + 1e-6


@effort(max_examples=20, deadline=None)
@given(some.lists(settings_of, max_size=4))
def test_money_adds_up_over_parts_months_and_types(moved):
    out = run(BASE, Scenario("x", tuple(moved)))
    for name in MONEY:
        by_month = out.monthly.group_by("month").agg(pl.col(name).sum()).sort("month")[name]
        assert by_month.to_numpy() == pytest.approx(out.parts.totals[name], abs=0.005)
    types = sum(out.total(n) for n in ("new_amount", "expansion_amount", "renewal_amount"))
    assert types == pytest.approx(out.total(), abs=0.005)
    lines = out.parts.totals
    walk = lines["added_mrr_amount"] - lines["churned_mrr_amount"] - lines["contraction_mrr_amount"]
    assert np.diff(lines["mrr_amount"]) == pytest.approx(walk[1:], abs=1e-6)


def test_worked_by_hand():
    sure = run(BASE, one("creation", -1.0))
    share = np.interp((date(2027, 6, 30) - AS_OF).days, np.arange(KNOTS) * 30, CURVE)
    assert sure.total() == pytest.approx(100 + 6000 * share)
    assert sure.total("margin_amount") == pytest.approx(90 + 5000 * share * 0.8 + 1000 * share * 0.9)
    still = Scenario("x", (LeverSetting("churn", -1.0), LeverSetting("contraction", -1.0)))
    assert run(BASE, still).total("churned_mrr_amount") == 0
    assert run(BASE, still).total("grr_rate") == pytest.approx(1.0)
    year = (date(2027, 5, 31) - AS_OF).days / (365 / 12)
    kept = 200 * 0.99**year * 0.998**year + 50 * 0.98**year
    assert START.total("grr_rate") == pytest.approx(kept / 250)


def test_rates_are_bookings_over_quota_and_pipeline_over_what_is_left():
    booked = START.parts.totals["bookings_amount"]
    assert START.total("attainment_rate") == pytest.approx(booked[:3].sum() / 500)
    assert START.total("coverage_ratio") == pytest.approx(6000 / 400)
    half = run(BASE, one("quota", 0.5))
    assert half.total("attainment_rate") == pytest.approx(booked[:3].sum() / 750)
    assert run(BASE, one("deal_lost", 1, "deal:b")).total("coverage_ratio") == pytest.approx(1000 / 400)
    assert half.parts.rates["attainment_rate"][5] == pytest.approx(booked[3:6].sum() / 900)


def test_a_named_deal_is_won_lost_or_moved():
    books = arrays.books(BASE)
    at = books.deals.mask("deal:b")
    won = run(BASE, one("deal_won", 1, "deal:b")).parts.chance[at][0]
    assert won[2] == 1.0
    assert won.sum() == 1.0
    assert run(BASE, one("deal_lost", 1, "deal:b")).parts.chance[at].sum() == 0
    moved = run(BASE, one("deal_moved", 30 / 7, "deal:b")).parts.chance[at][0].cumsum()
    ends = [(date(2026, 6, 30) - AS_OF).days, (date(2026, 7, 31) - AS_OF).days]
    assert moved[2] == pytest.approx(np.interp(ends[0] - 30, np.arange(KNOTS) * 30, CURVE))
    assert moved[3] == pytest.approx(np.interp(ends[1] - 30, np.arange(KNOTS) * 30, CURVE))


def test_slips_move_wins_out_of_the_quarter_and_lose_none():
    before, after = START.parts.chance, run(BASE, one("slip", 0.5, extra=52.0)).parts.chance
    assert after[:, :3].sum(1) == pytest.approx(before[:, :3].sum(1) / 2)
    assert after.sum(1) == pytest.approx(before.sum(1))
    assert (after >= -1e-12).all()


def test_a_discount_takes_points_off_the_list_price_and_brings_what_elasticity_says():
    plain = run(BASE, one("discount", 0.08)).parts
    assert plain.amount == pytest.approx(START.parts.amount * 0.9)
    assert plain.chance == pytest.approx(START.parts.chance)
    elastic = run(BASE, one("discount", 0.08, extra=2.0)).parts
    assert elastic.chance == pytest.approx(START.parts.chance * 1.16)
    assert plain.cost == pytest.approx(START.parts.cost)


def test_a_lead_mix_keeps_the_number_of_deals():
    same = Scenario("x", (LeverSetting("lead_mix", 0.25, detail="Event"),))
    rates = expectation.parts(BASE, same).count.sum(1) / START.parts.count.sum(1)
    assert rates == pytest.approx([2.0, 2 / 3])
    beyond = one("lead_mix", 1.0, detail="Event")
    assert expectation.parts(BASE, beyond).count.sum(1) / START.parts.count.sum(1) == pytest.approx([4.0, 0.0])


def test_hires_bring_pipeline_after_their_ramp_and_carry_quota():
    now = run(BASE, one("hires", 10, extra=0.0))
    assert now.parts.count == pytest.approx(START.parts.count * 2)
    assert now.parts.quotas == pytest.approx(np.array([1000, 1200, 1400, 1600, 1800]))
    later = run(BASE, one("hires", 10, at="2027-04", extra=0.0)).parts.count
    assert later[:, :12] == pytest.approx(START.parts.count[:, :12])
    assert later[:, 13].sum() > START.parts.count[:, 13].sum()
    assert run(BASE, one("hires", 10, at="2029-01")).total() == START.total()
    assert run(BASE, one("leavers", 5)).parts.count == pytest.approx(START.parts.count / 2)


def test_a_closed_gap_helps_the_deals_that_wait_from_its_month_on():
    found = run(BASE, one("gap_closed", 0.4, at="2026-08", detail="sso")).parts.chance
    found = found[:, 1:] / START.parts.chance[:, 1:]
    waits = arrays.books(BASE).deals.mask("deal:a")
    assert found[waits][0][1:3] == pytest.approx(1.0)
    assert found[waits][0][3:] == pytest.approx(1.2)
    assert found[~waits][0] == pytest.approx(1.0)


def test_new_territories_cost_the_deals_handed_over_from_their_month_on():
    chance = run(BASE, one("handover", 0.25, "deals:a", at="2026-08")).parts.chance
    chance = chance[:, 1:] / START.parts.chance[:, 1:]
    moved = arrays.books(BASE).deals.mask("deal:a")
    assert chance[moved][0][1:3] == pytest.approx(1.0)
    assert chance[moved][0][3:] == pytest.approx(0.75)
    assert chance[~moved][0] == pytest.approx(1.0)
    assert run(BASE, one("handover", 1.0, at="2026-08")).parts.chance[:, 4:].sum() == pytest.approx(0.0)
    with pytest.raises(ScenarioError, match="there is no open deal"):
        run(BASE, one("handover", 0.25, "deals:nobody", at="2026-08"))


def test_a_market_shock_multiplies_odds():
    share = START.parts.chance.cumsum(1)[0, -1]
    shocked = run(BASE, one("macro", -0.5)).parts.chance.cumsum(1)[0, -1]
    assert shocked / (1 - shocked) == pytest.approx(0.5 * share / (1 - share))
    only = run(BASE, one("macro", -0.5, "segment:SMB"))
    big = pl.col("segment") == "Big"
    assert only.monthly.filter(big)["bookings_amount"].equals(START.monthly.filter(big)["bookings_amount"])


@pytest.mark.parametrize("scope", ["segment:SMB", "region:South", "team:N", "family:X", "deal:a", "deals:a,b"])
def test_a_scope_moves_its_own_part_alone(scope):
    found = run(BASE, one("deal_size", 1.0, scope)).parts
    reached = arrays.books(BASE).deals.mask(scope)
    assert found.amount == pytest.approx(np.where(reached, 2, 1) * START.parts.amount)


SPLIT = tuple(any_setting(n, v, "all", "") for n, v in zip(FREE, [0.2, 0.1, -0.1, 0.3, 0.5, 0.05] * 3, strict=False))


@effort(max_examples=12, deadline=None)
@given(some.lists(settings_of, max_size=5))
def test_parts_add_up_to_the_difference_for_every_measure_and_month(moved):
    plan = Scenario("x", tuple(moved))
    found = split(BASE, plan)
    after = run(BASE, plan).parts
    for i, name in enumerate(NAMES):
        gap = ({**after.totals, **after.rates}[name]) - ({**START.parts.totals, **START.parts.rates}[name])
        known = ~np.isnan(gap)
        assert found.values[:, i].sum(0)[known] == pytest.approx(gap[known], abs=0.005)


def test_ten_levers_are_split_and_eleven_are_a_sentence():
    plan = Scenario("x", SPLIT[:10])
    gap = run(BASE, plan).total("mrr_amount") - START.total("mrr_amount")
    assert split(BASE, plan).frame("mrr_amount")["amount"].sum() == pytest.approx(gap, abs=0.005)
    with pytest.raises(ScenarioError, match="exact for up to 10"):
        split(BASE, Scenario("x", SPLIT[:11]))


def test_equal_levers_share_equally():
    moved = Scenario("x", (LeverSetting("deal_size", 0.5), LeverSetting("creation", 0.0), LeverSetting("price", 0.5)))
    parts = split(BASE, moved).frame("bookings_amount")
    assert parts["amount"][0] == pytest.approx(parts["amount"][1])
    assert parts.height == 2


@pytest.mark.parametrize("value", [-1.0, 5.0, 10.0])
@pytest.mark.parametrize("lever", FIRST)
def test_extreme_values_stay_within_reason(lever, value):
    out = run(BASE, one(lever, value))
    assert (out.parts.chance.sum(1) <= 1 + 1e-9).all()
    q = out.quarter
    assert 100 <= q["p10"] <= q["p50"] <= q["p90"]
    assert 0 <= q["p_target"] <= 1


def test_contradictions_and_unknown_names_are_sentences():
    both = Scenario("x", (LeverSetting("deal_won", 1, "deal:a"), LeverSetting("deal_lost", 1, "deals:a,b")))
    for plan, said in (
        (both, "both won and lost"),
        (one("lead_mix", 0.1, detail="TikTok 🚀"), "no lead source"),
        (one("gap_closed", 0.1, detail="warp"), "No open deal is known to wait"),
        (one("deal_won", 1, "deal:zzz"), "no open deal 'zzz'"),
    ):
        with pytest.raises(ScenarioError, match=said):
            run(BASE, plan)


HOSTILE = [
    "",
    "- 1",
    "name: x\nlevers: 3",
    "levers: [{lever: win_rat, value: 1}]",
    "levers: [{lever: churn, value: .nan}]",
    "levers: [{lever: churn, value: x}]",
    "levers: [{lever: churn, value: 1, scope: planet}]",
    "levers: [{lever: quota, value: 1, scope: 'segment:SMB'}]",
    "levers: [{lever: hires, value: 1, at: soon}]",
    "levers: [{lever: churn, value: 1, colour: red}]",
    "levers: [{lever: churn, value: 1, extra: 3}]",
    "correlation: 2\nlevers: []",
    "!!python/object:os.x {}",
    "a: [",
    "x" * 30_000,
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_files_become_a_sentence(text):
    with pytest.raises(ScenarioError):
        from_yaml(text)


LINKS = ["x", "[1]", "{}", '[["win_rate"]]', '[["os.system",1]]', '[["churn",1e999]]', "[" * 7000, '[["churn",[1]]]']


@pytest.mark.parametrize("text", LINKS)
def test_hostile_links_become_a_sentence(text):
    with pytest.raises(ScenarioError):
        from_link(text)


@effort(max_examples=25, deadline=None)
@given(some.lists(settings_of, max_size=6), some.text(max_size=30), some.none() | some.floats(0, 0.9))
@example([], "Best\x85case 🚀", None)
def test_writing_and_reading_is_the_same(moved, name, correlation):
    plan = Scenario(name, tuple(moved), correlation, "why")
    assert from_dict(to_dict(plan)) == plan == from_yaml(to_yaml(plan))
    assert from_link(to_link(plan.levers)) == plan.levers
    again = run(BASE, from_yaml(to_yaml(plan)))
    assert again.monthly.equals(run(BASE, plan).monthly)


def test_presets_read_and_survive_writing():
    files = sorted((Path(__file__).parents[2] / "sample_data" / "scenarios").glob("*.yaml"))
    assert len(files) >= 5
    for file in files:
        plan = from_yaml(file.read_text(encoding="utf-8"))
        assert plan.levers
        assert from_yaml(to_yaml(plan)) == plan


def test_on_the_sample(sample, settings, bundle):
    out = run(build(sample, settings, bundle))
    assert out.quarter["p10"] < out.quarter["p50"] < out.quarter["p90"]
    assert out.total() > 0
    assert figure("mrr_amount", out.parts.totals["mrr_amount"]) > 0


def test_on_nothing(sample, settings):
    empty = sample.with_frames(**{n: sample.frame(n).clear() for n in sample.row_counts})
    out = run(build(empty, settings, None))
    assert out.total() == 0
    assert out.quarter["p_target"] is None
