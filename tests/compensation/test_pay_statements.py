"""Statements of a company by hand, and of the sample once more in SQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from types import SimpleNamespace

import duckdb
import polars as pl
import pytest

from core.access import Identity
from core.compensation import pay_credits, pay_exceptions, pay_outlook, pay_sight, plan_file, plan_versions
from core.compensation.pay_statements import as_of, difference, exact, one_of, payroll, statement
from core.contracts.errors import AccessError, ConflictError, ContractError, StoreError
from core.store import Store
from tests.metrics.companies import company, deal, rep

Q1 = date(2026, 1, 1)
PLANS = plan_file.from_yaml(
    """
plans:
  - name: AE
    from: 2025-10-01
    currency: USD
    for: {roles: [rep]}
    base: 80000
    tiers: [{up_to: 50%, rate: 4%}, {up_to: 100%, rate: 8%}, {rate: 12%}]
    rates: {renewal: 25%}
    clawback: {within_days: 120, share: 100%}
  - {name: Boss, from: 2025-10-01, currency: USD, for: {roles: [manager]}, counts: team, tiers: [{rate: 1%}]}
splits:
  - {deal: D3, shares: {ANN: 50%, BOB: 50%}}
sign_ins: {ann@example.com: ANN, max@example.com: MAX}
"""
)


def won(name, owner, amount, day, **more):
    values = {"account_id": "A", "product_id": "P", "opportunity_name": f"{name} deal", **more}
    values["created_on"] = date(2025, 10, 1)
    return deal(
        name, owner_id=owner, amount=amount, close_on=day, is_closed=True, is_won=True, stage="Closed Won", **values
    )


def by_hand(**more):
    """Ann and Bob report to Max; both have a quota of 1,000.00 a quarter."""
    begun = date(2025, 1, 1)
    frames = {
        "opportunities": [
            won("D0", "ANN", 400.0, date(2025, 11, 3), account_id="B"),
            won("D1", "ANN", 600.0, date(2026, 1, 5)),
            won("D2", "ANN", 300.0, date(2026, 3, 31), opportunity_type="renewal"),
            won("D3", "ANN", 200.01, date(2026, 2, 1)),
            won("D4", "ANN", None, date(2026, 2, 1)),
            won("D5", "BOB", 500.0, date(2026, 4, 1)),
            deal("D6", owner_id="BOB", amount=900.0, close_on=date(2026, 2, 1), is_closed=True, stage="Lost"),
        ],
        "subscriptions": [
            {"subscription_id": "S", "account_id": "B", "product_id": "P", "mrr_amount": 1.0}
            | {"started_on": date(2025, 12, 1), "ended_on": date(2026, 2, 20)}
        ],
        "sales_team": [
            rep("MAX", "North", begun, role="manager", hired_on=begun),
            rep("ANN", "North", begun, manager_id="MAX", hired_on=begun),
            rep("BOB", "North", begun, manager_id="MAX", hired_on=date(2026, 2, 15)),
            rep("EVE", "South", begun, role="vp"),
        ],
        "quotas": [
            {"rep_id": who, "period_start_on": day, "quota_amount": 1000.0}
            for who in ("ANN", "BOB")
            for day in (date(2025, 10, 1), Q1, date(2026, 4, 1))
        ],
    }
    return company(**(frames | more))


@pytest.fixture(scope="module")
def conf():
    from core.config import load

    return load(environ={})


def test_a_quarter_by_hand(conf):
    """Ann: 600 + 300 + 100 = 1,000 of 1,000: 60.00, an average of 6 %; D0's 16.00 of last year are taken back."""
    result = payroll(by_hand(), conf, PLANS, Q1)
    ann = one_of(result, "ANN")
    lines = [(line["kind"], line["opportunity_id"], line["cents"]) for line in ann.frame.iter_rows(named=True)]
    assert lines == [
        ("Base", None, 2_000_000),
        ("Commission", "D1", 3_600),
        ("Commission", "D3", 600),
        ("Commission", "D2", 450),
        ("Clawback", "D0", -1_600),
    ]
    assert ann.summary["attainment_rate"] == pytest.approx(1.0)
    bob = one_of(result, "BOB")
    assert bob.frame["cents"].to_list() == [2_000_000 * 45 // 90, 400]
    boss = one_of(result, "MAX")
    assert boss.summary["quota_amount"] == 2000.0
    assert boss.summary["credit_amount"] == 1100.01
    assert boss.frame["cents"].to_list() == [600, 200, 300]
    assert result.sentence() == (
        "USD 30,045.50 for Q1 2026 to 3 people, USD 45.50 of it variable; the lines add up to it to the cent. 1 person "
        "of the team has no plan. 1 won deal without an amount is left out."
    )
    assert ann.sentence().startswith("Ann earns USD 20,030.50 for Q1 2026 at 100.0 % of quota: USD 20,000.00 fixed")
    assert statement(by_hand(), conf, PLANS, "EVE", Q1).sentence() == "No plan counts for this person in Q1 2026."


def test_a_replaced_contract_is_not_taken_back(conf):
    lines = [{"subscription_id": "S", "account_id": "B", "product_id": "P", "mrr_amount": 1.0}]
    ends = ({"started_on": date(2025, 12, 1), "ended_on": date(2026, 2, 20)}, {"started_on": date(2026, 2, 20)})
    two = [lines[0] | ends[0], lines[0] | {"subscription_id": "T"} | ends[1]]
    result = payroll(by_hand(subscriptions=two), conf, PLANS, Q1)
    assert "Clawback" not in result.lines["kind"].to_list()


def test_a_statement_as_it_was_known_earlier_does_not_see_what_came_later(conf):
    data = by_hand()
    history = [
        {
            "opportunity_id": row["opportunity_id"],
            "valid_from": row["close_on"],
            "valid_to": None,
            "stage": row["stage"],
        }
        | {"amount": row["amount"], "close_on": row["close_on"], "owner_id": row["owner_id"], "is_deleted": False}
        for row in data.opportunities.iter_rows(named=True)
    ]
    data = by_hand(opportunity_history=history)
    then = payroll(as_of(data, conf, date(2026, 2, 10)), conf, PLANS, Q1)
    now = payroll(data, conf, PLANS, Q1)
    assert not then.is_over
    assert "so far" in then.sentence()
    assert one_of(then, "ANN").frame["opportunity_id"].to_list() == [None, "D1", "D3"]
    changes = difference(now, then)
    # By then 36.00 on 700.00, and nothing was taken back; now 46.50 less 16.00.
    assert changes.filter(rep_id="ANN")["difference_amount"].to_list() == [-5.5]
    assert as_of(data, conf, data.as_of) is data


def test_odd_data_gives_sentences(conf):
    nobody = payroll(company(), conf, PLANS, Q1)
    assert nobody.sentence() == "No plan is for anybody here in Q1 2026."
    assert payroll(by_hand(quotas=[]), conf, PLANS, Q1).frame["attainment_rate"].null_count() == 3
    circle = [rep("ANN", "N", date(2025, 1, 1), manager_id="BOB"), rep("BOB", "N", date(2025, 1, 1), manager_id="ANN")]
    assert payroll(by_hand(sales_team=circle), conf, PLANS, Q1).frame.height == 2
    with pytest.raises(ContractError, match="is in EUR"):
        payroll(
            by_hand(),
            conf,
            plan_file.from_yaml("plans: [{name: A, from: 2026-01-01, currency: EUR, tiers: [{rate: 1%}]}]"),
            Q1,
        )
    assert exact(-5, "USD") == "USD -0.05"


def test_parts_of_a_split_deal_add_up_to_it():
    for cents in (1, 100, -100, 99_999):
        parts = pay_credits.divided(cents, [("A", Fraction(1, 3)), ("B", Fraction(1, 7)), ("C", Fraction(11, 21))])
        assert sum(part for _, part in parts) == cents


ORACLE = """
WITH d AS (
    SELECT opportunity_id, owner_id AS rep_id, CAST(round(amount * 100) AS BIGINT) AS cents, opportunity_type AS kind
    FROM opportunities WHERE is_won AND close_on >= DATE '2026-01-01' AND close_on < DATE '2026-04-01'
), t AS (
    SELECT d.rep_id, sum(cents) AS total, any_value(q.quota_amount) * 100 AS quota
    FROM d JOIN quotas q ON q.rep_id = d.rep_id AND q.period_start_on = DATE '2026-01-01' GROUP BY d.rep_id
), e AS (
    SELECT *, least(total, 0.5 * quota) * 4 + greatest(least(total, quota) - 0.5 * quota, 0) * 8
        + greatest(least(total, 1.5 * quota) - quota, 0) * 11 + greatest(total - 1.5 * quota, 0) * 14 AS hundredfold
    FROM t
)
SELECT d.rep_id, d.opportunity_id,
    round(d.cents * e.hundredfold / e.total / 100 * CASE kind WHEN 'new' THEN 1.2 WHEN 'renewal' THEN 0.25 ELSE 1 END)
FROM d JOIN e USING (rep_id) ORDER BY 1, 2
"""


def test_the_samples_commissions_are_those_of_sql(sample, settings):
    """A second way to every commission of a quarter: in DuckDB, from the raw rows and the rates of the plan file."""
    plans = plan_file.from_yaml(plan_file.sample_text())
    result = payroll(sample, settings, plans, Q1)
    people = result.frame.filter(pl.col("role") == "rep", pl.col("quota_amount").is_not_null())["rep_id"]
    ours = result.lines.filter(pl.col("kind") == "Commission", pl.col("rep_id").is_in(people.implode()))
    opportunities, quotas = sample.opportunities, sample.quotas
    assert opportunities.height
    assert quotas.height
    rows = duckdb.sql(ORACLE).fetchall()
    expected = {(who, name): int(cents) for who, name, cents in rows if who in set(people)}
    own = {(row["rep_id"], row["opportunity_id"]): row["cents"] for row in ours.iter_rows(named=True)}
    assert len(own) > 50
    # SQL reckons in floating point: a half cent may fall to either side.
    assert own.keys() == expected.keys()
    assert max(abs(own[key] - expected[key]) for key in own) <= 1
    assert sum(own[key] != expected[key] for key in own) <= 2
    assert int(result.lines["cents"].sum()) == int(result.frame["cents"].sum())


def test_who_sees_whose_pay(conf):
    """A rep sees their own pay alone, a manager the team's, whatever rows of deals either sees; a plan's keeper all."""
    data = by_hand()

    def people(user, role, **more):
        return pay_sight.sight(data, conf, Identity(user, "", (role,), **more), PLANS)

    roles = {"rights": ("pay:read",)}
    assert people("ANN@example.com".lower(), "rep", **roles).people == {"ANN"}
    assert people("max@example.com", "manager", **roles).people == {"MAX", "ANN", "BOB"}
    assert people("x@example.com", "rep", team_of="MAX", **roles).people == frozenset()
    assert "sign_ins" in people("x@example.com", "rep", **roles).why
    assert people("x@example.com", "rep", rights=("pipeline:read",)).why == "Your role does not see pay."
    assert people("x@example.com", "admin", rights=("pay:write",)).people == {"MAX", "ANN", "BOB", "EVE"}
    assert "hidden" in people("ann@example.com", "rep", hidden=("amounts",), **roles).why
    by_mail = by_hand(users=[{"user_id": "BOB", "email": "bob@example.com"}])
    assert pay_sight.own_id(by_mail, Identity("bob@example.com", "", ()), PLANS) == "BOB"
    masked = SimpleNamespace(is_masked=True)
    assert "hidden" in pay_sight.sight(masked, conf, Identity("ann@example.com", "", ()), PLANS).why
    mine = payroll(data, conf, PLANS, Q1).of({"ANN"})
    assert set(mine.frame["rep_id"]) == set(mine.lines["rep_id"]) == set(mine.basis) == {"ANN"}
    hidden = pay_sight.shown(mine, data.with_frames(opportunities=data.opportunities.filter(opportunity_id="D1")))
    assert hidden.lines["opportunity_name"].to_list() == [None, "D1 deal", *[pay_sight.OUTSIDE] * 3]
    assert hidden.lines["cents"].sum() == mine.lines["cents"].sum()


@pytest.fixture
def store(tmp_path):
    opened = Store.open(f"sqlite:///{tmp_path / 's.db'}")
    yield opened
    opened.close()


def test_exceptions_are_decided_by_somebody_else_and_stand_in_the_audit_log(conf, store):
    data = by_hand()
    ann, boss = (
        pay_sight.sight(data, conf, Identity(f"{name}@example.com", "", (), rights=("pay:read",)), PLANS)
        for name in ("ann", "max")
    )
    number = pay_exceptions.ask(data, store, ann, "ANN", Q1, 12_345, "Trade fair", "ann@example.com")
    asked = ("ANN", Q1, number)
    assert pay_exceptions.approved(data, store) == ()
    for who, author, match in ((ann, "x", "own pay"), (boss, "ann@example.com", "does not approve")):
        with pytest.raises(AccessError, match=match):
            pay_exceptions.decide(data, store, who, asked, "Approved", "", author)
    with pytest.raises(StoreError, match="with a comment"):
        pay_exceptions.decide(data, store, boss, asked, "Refused", " ", "max@example.com")
    with pytest.raises(StoreError, match="cannot be"):
        pay_exceptions.decide(data, store, boss, asked, "Lost", "", "max@example.com")
    pay_exceptions.decide(data, store, boss, asked, "Approved", "Agreed", "max@example.com")
    with pytest.raises(StoreError, match="does not wait"):
        pay_exceptions.decide(data, store, boss, asked, "Approved", "", "max@example.com")
    with pytest.raises(AccessError, match="do not see"):
        pay_exceptions.ask(data, store, ann, "BOB", Q1, 1, "x", "ann@example.com")
    for cents, reason in ((0, "x"), (5, " ")):
        with pytest.raises(StoreError):
            pay_exceptions.ask(data, store, ann, "ANN", Q1, cents, reason, "a")
    result = payroll(data, conf, PLANS, Q1, pay_exceptions.approved(data, store))
    assert result.lines.filter(kind="Exception").row(0, named=True)["label"] == "Trade fair"
    assert result.frame.filter(rep_id="ANN")["cents"][0] == 2_003_050 + 12_345
    assert pay_exceptions.listed(data, store, frozenset({"ANN"}), Q1)["state"].to_list() == ["Approved"]
    assert pay_exceptions.listed(data, store, frozenset({"BOB"})).is_empty()
    assert pay_exceptions.approved(data, store, date(2020, 1, 1)) == ()
    log = store.audit.newest(10)
    assert log["action"].to_list() == ["exception to pay saved", "exception to pay saved"]
    assert "cents: None → 12345" in log["detail"][-1]


def test_a_statement_is_approved_at_an_amount_and_says_when_it_changes(conf, store):
    data = by_hand()
    boss = pay_sight.sight(data, conf, Identity("max@example.com", "", (), rights=("pay:read",)), PLANS)
    result = payroll(data, conf, PLANS, Q1)
    pay_exceptions.approve(data, store, boss, result, "ANN", "max@example.com")
    later = payroll(by_hand(subscriptions=[]), conf, PLANS, Q1)
    row = pay_exceptions.standing(data, store, later).filter(rep_id="ANN").row(0, named=True)
    assert (row["approved_by"], row["changed_amount"]) == ("max@example.com", 16.0)
    with pytest.raises(AccessError, match="own pay"):
        pay_exceptions.approve(data, store, boss, result, "MAX", "max@example.com")
    with pytest.raises(StoreError, match="quarter is over"):
        pay_exceptions.approve(data, store, boss, payroll(data, conf, PLANS, date(2026, 4, 1)), "ANN", "m")


def test_plans_are_versions_and_an_earlier_day_has_the_earlier_one(conf, store):
    data = by_hand()
    assert plan_versions.current(data, store).sentence() == "There are no compensation plans yet."
    text = "plans: [{name: A, from: 2026-01-01, currency: USD, tiers: [{rate: 1%}]}]"
    plan_versions.save(data, store, text, "First", "ann", 0)
    assert plan_versions.current(data, store).sentence() == "1 plan in 1 dated versions, from version 1 of the file."
    assert plan_versions.current(data, store, date(2020, 1, 1)).plans.plans == ()
    assert plan_versions.in_force(data, store).plans[0].name == "A"
    with pytest.raises(ConflictError):
        plan_versions.save(data, store, text, "Over it", "bob", 0)
    with pytest.raises(StoreError, match="note has"):
        plan_versions.save(data, store, text, "x" * 5_000, "bob", 1)
    with pytest.raises(StoreError, match="your session only"):
        plan_versions.save(replace(data, is_transient=True), store, text, "", "bob", 1)
    assert store.audit.newest(1)["detail"][0] == "version 1; First"
    sample = replace(data, source="Sample company")
    assert "the sample company's file" in plan_versions.current(sample, store).sentence()


def test_what_somebody_would_earn_if(conf):
    """Ann is at 1,000 of 1,000; another 100.00 of new business raises the average on all she sold."""
    result = payroll(by_hand(), conf, PLANS, Q1)
    more = pay_outlook.earnings_if(result, "ANN", 10_000)
    assert more is not None
    # 72.00 on 1,100 in all: an average of 72/1100, a quarter of it on the renewal of 300.00.
    assert more.total_cents == 2_000_000 + 3_927 + 655 + 491 + 655 - 1_600
    curve = pay_outlook.earnings_curve(result, "ANN")
    assert curve["amount"][0] == one_of(result, "ANN").summary["amount"]
    assert curve["amount"].is_sorted()
    assert pay_outlook.earnings_if(result, "EVE", 1) is None
    assert pay_outlook.earnings_curve(result, "EVE").is_empty()
