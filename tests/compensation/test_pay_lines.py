"""The lines of a statement: examples by hand, and the laws every statement obeys."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.compensation import pay_lines
from core.compensation.pay_lines import (
    BASE,
    CAP,
    CARRIED,
    CLAWBACK,
    COMMISSION,
    DRAW,
    RECOVERY,
    SPIFF,
    Credit,
    Quarter,
    statement,
)
from core.compensation.pay_plan import Clawback, Draw, Plan, Spiff, Tier

DAY = date(2026, 1, 5)
PERCENT = [Fraction(k, 100) for k in range(101)]
TIERS = (Tier(PERCENT[50], PERCENT[4]), Tier(PERCENT[100], PERCENT[8]), Tier(None, PERCENT[12]))
PLAN = Plan("AE", date(2026, 1, 1), "USD", TIERS)


def credit(name, cents, day=0, kind="new", family="Platform"):
    return Credit(name, DAY + timedelta(days=day), kind, family, cents)


def amounts(result, kind):
    return [line.cents for line in result.lines if line.kind == kind]


def test_each_band_pays_its_own_rate_and_deals_have_the_rate_they_fall_into():
    """Quota 1,000.00: A fills the first half at 4 %, B goes to 100 % at 8 % and 100.00 beyond at 12 %."""
    plan = replace(PLAN, order="by close date")
    quarter = Quarter((credit("B", 60_000, 1), credit("A", 50_000)), 100_000, 2_200_000)
    result = statement(plan, quarter)
    assert amounts(result, COMMISSION) == [2_000, 4_000 + 1_200]
    assert amounts(result, BASE) == [2_200_000]
    assert result.total_cents == 2_207_200


def test_one_average_rate_is_shared_by_all_deals():
    """The same pay of 72.00 on 1,100.00, divided as 50 to 60."""
    result = statement(PLAN, Quarter((credit("B", 60_000, 1), credit("A", 50_000)), 100_000))
    assert amounts(result, COMMISSION) == [3_273, 3_927]


def test_the_whole_method_pays_all_credit_at_the_rate_that_was_reached():
    plan = replace(PLAN, method="whole")
    assert amounts(statement(plan, Quarter((credit("A", 49_999),), 100_000)), COMMISSION) == [2_000]
    assert amounts(statement(plan, Quarter((credit("A", 50_000),), 100_000)), COMMISSION) == [4_000]
    assert amounts(statement(plan, Quarter((credit("A", 120_000),), 100_000)), COMMISSION) == [14_400]


def test_types_have_their_own_factor_and_without_a_quota_there_is_a_flat_rate_or_nothing():
    plan = replace(PLAN, factors=(("renewal", Fraction(1, 4)),), without_quota=PERCENT[5])
    deals = (credit("A", 10_000), credit("B", 10_000, kind="renewal"))
    assert amounts(statement(plan, Quarter(deals, 100_000)), COMMISSION) == [400, 100]
    assert amounts(statement(plan, Quarter(deals, 0)), COMMISSION) == [500, 125]
    assert amounts(statement(PLAN, Quarter(deals, 0)), COMMISSION) == [0, 0]


def test_bonuses_and_the_cap_on_both():
    spiff = Spiff("Launch", DAY, DAY + timedelta(days=9), ("new",), ("Platform",), 20_000, 2_500)
    share = Spiff("Share", DAY, DAY + timedelta(days=9), rate=PERCENT[1])
    plan = replace(PLAN, spiffs=(spiff, share), cap_cents=5_000)
    deals = (
        credit("A", 50_000),
        credit("B", 19_999, 1),
        credit("C", 20_000, 10),
        credit("D", 20_000, 2, family="Other"),
    )
    result = statement(plan, Quarter(deals, 1_000_000))
    assert amounts(result, SPIFF) == [2_500, 500, 200, 200]
    assert sum(amounts(result, COMMISSION)) + 3_400 + amounts(result, CAP)[0] == 5_000
    assert result.total_cents == 5_000
    assert amounts(statement(replace(plan, cap_cents=10**9), Quarter(deals, 1_000_000)), CAP) == []


def test_what_is_taken_back_counts_this_quarter_too_and_goes_into_the_next_where_nothing_may_be_negative():
    """B was paid 40.00 before and 4.00 now: half of 44.00 goes, 4.00 was earned, 18.00 is carried."""
    plan = replace(PLAN, clawback=Clawback(180, PERCENT[50], ("new",)))
    quarter = Quarter((credit("B", 10_000),), 100_000, reversed_pay=(("B", 4_000), ("Z", 0)))
    result = statement(plan, quarter)
    assert amounts(result, CLAWBACK) == [-2_200]
    assert amounts(result, CARRIED) == [1_800]
    assert (result.total_cents, result.balance_cents) == (0, -1_800)
    below = statement(replace(plan, may_be_negative=True), quarter)
    assert (below.total_cents, below.balance_cents) == (-1_800, 0)
    assert amounts(statement(PLAN, quarter), CLAWBACK) == []


def test_a_recoverable_draw_is_taken_from_what_is_earned_beyond_it():
    plan = replace(PLAN, draw=Draw(5_000, is_recoverable=True))
    first = statement(plan, Quarter((credit("A", 50_000),), 100_000))
    assert (amounts(first, DRAW), first.total_cents, first.balance_cents) == ([3_000], 5_000, -3_000)
    second = statement(plan, Quarter((credit("A", 100_000),), 100_000, balance_cents=first.balance_cents))
    assert (amounts(second, RECOVERY), second.total_cents, second.balance_cents) == ([-1_000], 5_000, -2_000)
    given_ = statement(replace(plan, draw=Draw(5_000, is_recoverable=False)), Quarter((), 100_000))
    assert (given_.total_cents, given_.balance_cents) == (5_000, 0)


def test_negative_deals_take_the_lowest_rate_and_a_sum_of_nothing_pays_nothing():
    assert amounts(statement(PLAN, Quarter((credit("A", -10_000),), 100_000)), COMMISSION) == [-400]
    zero = Quarter((credit("A", 10_000), credit("B", -10_000)), 100_000)
    assert amounts(statement(PLAN, zero), COMMISSION) == [0, 0]


CENTS = st.integers(-(10**9), 10**11)
CREDITS = st.lists(
    st.tuples(CENTS, st.integers(0, 90), st.sampled_from(("new", "expansion", "renewal"))), max_size=7
).map(lambda rows: tuple(credit(f"D{k}", *row) for k, row in enumerate(rows)))
BANDS = st.lists(st.integers(1, 300), min_size=0, max_size=4, unique=True).map(sorted)


@st.composite
def plans(draw):
    ends = draw(BANDS)
    rates = draw(st.lists(st.integers(0, 100), min_size=len(ends) + 1, max_size=len(ends) + 1))
    bands = tuple(
        Tier(Fraction(end, 100) if end else None, Fraction(rate, 100))
        for end, rate in zip([*ends, None], rates, strict=True)
    )
    may_be_negative = draw(st.booleans())
    advance = None if may_be_negative else draw(st.none() | st.builds(Draw, st.integers(0, 10**8), st.booleans()))
    return replace(
        PLAN,
        tiers=bands,
        factors=(("renewal", Fraction(draw(st.integers(0, 10)), 4)),),
        method=draw(st.sampled_from(("marginal", "whole"))),
        without_quota=draw(st.none() | st.sampled_from(PERCENT)),
        clawback=draw(st.none() | st.builds(Clawback, st.just(180), st.sampled_from(PERCENT), st.just(("new",)))),
        draw=advance,
        cap_cents=draw(st.none() | st.integers(0, 10**9)),
        may_be_negative=may_be_negative,
    )


QUARTERS = st.builds(
    Quarter,
    CREDITS,
    st.integers(0, 10**10),
    st.integers(0, 10**8),
    st.lists(st.tuples(st.sampled_from(("D0", "X")), st.integers(0, 10**8)), max_size=2).map(tuple),
    st.lists(st.tuples(st.just("Asked"), st.integers(-(10**7), 10**7)), max_size=2).map(tuple),
    st.integers(-(10**9), 0),
)


@settings(max_examples=60, deadline=None)
@given(plan=plans(), quarter=QUARTERS)
def test_totals_equal_sums_nothing_is_lost_and_no_pay_is_negative_unless_the_plan_says_so(plan, quarter):
    result = statement(plan, quarter)
    assert result.total_cents == sum(line.cents for line in result.lines)
    if not plan.may_be_negative:
        assert result.total_cents >= quarter.base_cents
    earned = result.of([COMMISSION, SPIFF, CAP, CLAWBACK, pay_lines.ADJUSTMENT]) + quarter.base_cents
    free = 0 if plan.draw is None or plan.draw.is_recoverable else result.of([DRAW])
    assert result.total_cents + result.balance_cents == earned + free + quarter.balance_cents
    assert result.balance_cents <= 0


@settings(max_examples=60, deadline=None)
@given(plan=plans(), credits=CREDITS, quota=st.integers(1, 10**10), data=st.data())
def test_the_order_of_deals_does_not_matter_where_the_plan_says_so(plan, credits, quota, data):
    """The same deals closed on other days of the quarter, in any order: every deal is paid the same."""
    days = data.draw(st.lists(st.integers(0, 90), min_size=len(credits), max_size=len(credits)))
    moved = tuple(c._replace(close_on=DAY + timedelta(days=day)) for c, day in zip(credits, days, strict=True))
    shuffled = data.draw(st.permutations(moved))

    def paid(deals):
        return {line.opportunity_id: line.cents for line in pay_lines.commission(plan, deals, quota)}

    assert paid(credits) == paid(shuffled)


@settings(max_examples=40, deadline=None)
@given(plan=plans(), credits=CREDITS, quota=st.integers(1, 10**10))
def test_by_close_date_or_shared_the_sum_is_the_same_up_to_the_rounding_of_lines(plan, credits, quota):
    plain = replace(plan, method="marginal", factors=())
    sums = [
        sum(line.cents for line in pay_lines.commission(replace(plain, order=order), credits, quota))
        for order in ("shared", "by close date")
    ]
    assert sums[0] == pytest.approx(sums[1], abs=len(credits) + 1) or sum(c.cents for c in credits) == 0
