"""Plan files: what is read of them, and a sentence with place and mend for whatever is wrong."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from core.compensation import plan_file
from core.compensation.plan_fields import PlanError

GOOD = "name: AE, from: 2026-01-01, currency: USD, tiers: [{up_to: 50%, rate: 4%}, {rate: 0.08}]"


def faults(fields, rest=""):
    with pytest.raises(PlanError) as error:
        plan_file.from_yaml(f"plans: [{{{fields}}}]\n{rest}")
    return " ".join(error.value.faults)


def test_the_sample_companys_plans_are_read_whole():
    plans = plan_file.from_yaml(plan_file.sample_text())
    old, new, manager = plans.plans
    assert (old.name, new.name, manager.counts) == ("Account executive", "Account executive", "team")
    assert new.base_cents == 8_800_000
    assert new.tiers[0].rate == Fraction(1, 25)
    assert new.factor("renewal") == Fraction(1, 4)
    assert new.factor("expansion") == 1
    assert plans.plan_of("R1", date(2025, 7, 1), ("rep", "", "")) is old
    assert plans.plan_of("R1", date(2025, 10, 1), ("rep", "", "")) is new
    assert plans.plan_of("R1", date(2020, 1, 1), ("rep", "", "")) is None
    assert plans.plan_of("V", date(2026, 1, 1), ("vp", "", "")) is None


def test_a_plan_that_names_a_person_goes_before_the_others():
    text = f"plans: [{{{GOOD}, for: {{people: [R1]}}}}, {{{GOOD.replace('AE', 'B')}, for: {{teams: [North]}}}}]"
    plans = plan_file.from_yaml(text)
    assert plans.plan_of("R1", date(2026, 1, 1), ("rep", "North", "")).name == "AE"
    assert plans.plan_of("R2", date(2026, 1, 1), ("rep", "North", "")).name == "B"
    assert plans.plan_of("R2", date(2026, 1, 1), ("rep", "South", "")) is None


def test_splits_and_sign_ins_are_read():
    rest = "splits: [{deal: O1, shares: {R1: 60%, R2: 40%}}]\nsign_ins: {Ana@Example.com: R1}"
    plans = plan_file.from_yaml(f"plans: [{{{GOOD}}}]\n{rest}")
    assert plans.splits[0].shares == (("R1", Fraction(3, 5)), ("R2", Fraction(2, 5)))
    assert plans.sign_ins == (("ana@example.com", "R1"),)


WRONG = [
    ("name: AE, from: 2026-01-01, currency: USD", "Plan 'AE': it has no tiers, or too many. Write 1 to 20"),
    (f"{GOOD}, bass: 1", "Plan 'AE': there is no field 'bass'. Did you mean 'base'?"),
    (f"{GOOD}, base: 1.005", "Plan 'AE': base is '1.005'. Write an amount of 0 or more with two decimals."),
    (f"{GOOD}, base: .inf", "base is 'inf'"),
    (f"{GOOD}, base: true", "base is 'True'"),
    (f"{GOOD}, cap: -1", "cap is '-1'"),
    (f"{GOOD}, counts: mine", "counts is 'mine'. It can be: own, team."),
    (f"{GOOD}, may_be_negative: perhaps", "may_be_negative is 'perhaps'. Write true or false."),
    (f"{GOOD}, to: 2025-01-01", "to is before from. Exchange them"),
    (f"{GOOD}, credits: {{renewals: 20%}}", "credits: there is no field 'renewals'. Did you mean 'renewal'?"),
    (f"{GOOD}, credits: {{renewal: 120%}}", "credits: renewal is '120%'. Write a share from 0% to 100%."),
    (f"{GOOD}, credits: 3", "credits is no set of fields."),
    (f"{GOOD}, for: {{roles: [{{a: 1}}]}}", "for: roles is no list of names."),
    (f"{GOOD}, draw: {{kind: recoverable}}", "draw: amount is missing."),
    (f"{GOOD}, draw: {{amount: 5}}, may_be_negative: true", "it has a draw and may be negative. Choose one"),
    (f"{GOOD}, method: whole, order: by close date", "all deals have one rate, so there is no order."),
    (f"{GOOD}, clawback: {{within_days: 0}}", "clawback: within_days is '0'. Write a whole number from 1 to 1,100."),
    (f"{GOOD}, clawback: {{within_days: 9, types: [old]}}", "clawback: types names 'old'. There are: new, expansion"),
    (
        f"{GOOD}, spiffs: [{{name: S, from: 2026-01-01, to: 2025-01-01, amount: 5, rate: 1%}}]",
        "SPIF 1: it has no amount",
    ),
    (f"{GOOD}, spiffs: 5", "spiffs is no list. Begin each entry with a dash."),
    (GOOD.replace("{rate: 0.08}", "{up_to: 40%, rate: 2}, {up_to: 9, rate: 1}"), "tier 3: the last tier ends."),
    (GOOD.replace("{rate: 0.08}", "{up_to: 40%, rate: 2}, {rate: 1%}"), "tier 2: up_to does not rise."),
    (GOOD.replace("{rate: 0.08}", "{rate: 2}"), "tier 2: rate is '2'. Write a share from 0% to 100%."),
    (GOOD.replace("{rate: 0.08}", "{}"), "tier 2: rate is missing. Write it as 6% or 0.06."),
    (GOOD.replace("2026-01-01", "soon"), "from is no date. Write it as 2026-04-01."),
    (GOOD.replace("name: AE, ", ""), "The plan file, plan 1: name is missing or too long."),
]


@pytest.mark.parametrize(("fields", "sentence"), WRONG, ids=[sentence[-40:] for _, sentence in WRONG])
def test_every_fault_names_its_place_and_the_mend(fields, sentence):
    assert sentence in faults(fields)


def test_faults_of_the_whole_file():
    twice = "splits: [{deal: O1, shares: {R1: 60%, R2: 41%}}, {deal: O1, shares: {R1: 1}}, {deal: O2}]"
    sentence = faults(GOOD, f"{twice}\nsign_ins: {{a@x.com: R1, A@x.com: R2}}\nmore: 1")
    for part in (
        "split 1: its shares come to more than 100%.",
        "deal 'O1' is split twice.",
        "split 3: it has no shares.",
        "'a@x.com' stands there twice.",
        "there is no field 'more'.",
    ):
        assert part in sentence
    assert "two plans are called 'AE' from 2026-01-01" in faults(f"{GOOD}}}, {{{GOOD}")
    for text in ("", "plans: 3", "plans: []", "- a"):
        with pytest.raises(PlanError, match="holds no plans"):
            plan_file.from_yaml(text)
    with pytest.raises(PlanError, match="not valid YAML"):
        plan_file.from_yaml("plans: [")
    with pytest.raises(PlanError, match="letters"):
        plan_file.from_yaml("x" * 200_001)
    with pytest.raises(PlanError, match="more than 200 plans"):
        plan_file.from_yaml("plans:\n" + "- {name: a}\n" * 201)
    with pytest.raises(PlanError, match="no text"):
        plan_file.from_bytes(b"\xff\xfe\x00\xd8")
    assert plan_file.from_bytes("\ufeffplans: []".encode()) == "plans: []"
