"""What the controls hold: the way from a scenario to the controls, to a link, and back, loses nothing."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as some

from core.scenarios import form, presets
from core.scenarios.engine.expectation import run
from core.scenarios.form import Choices, FormValues, from_controls, from_scenario
from core.scenarios.levers import FIRST, LEVERS, LeverSetting, Scenario
from core.scenarios.link import from_query
from tests.scenarios.test_expectation import BASE, settings_of

TIDY = settings_of.map(lambda s: replace(s, value=round(s.value, 4)))
CHOICES = replace(Choices.of(BASE), has_model=True)
PRESETS = [*presets.load().values()]


def through_a_link(values: FormValues) -> FormValues:
    back, notices = from_query(values.query(), CHOICES)
    assert notices == []
    return back


def settled(plan: Scenario) -> tuple[Scenario, ...]:
    """The scenario as the controls show it, and as a link brings it to a fresh browser."""
    values = from_scenario(plan, CHOICES)
    return values.scenario(), through_a_link(values).scenario()


def test_what_a_company_offers_is_read_off_its_baseline():
    assert CHOICES.scopes[:2] == ("all", "segment:Big")
    assert CHOICES.months[0] == "2026-05"
    assert CHOICES.months[-1] == "2027-06"
    assert (CHOICES.sources, CHOICES.capabilities) == (("Event", "Inbound"), ("sso",))
    assert set(CHOICES.further) == {*form.MORE, form.SHOCK}
    bare = Choices.of(replace(BASE, unblocked={}, rescore=None, to_come=BASE.to_come.clear()))
    assert not {"gap_closed", "lead_mix", "meetings"} & set(bare.further)


def test_a_value_too_small_to_show_is_none():
    plan = Scenario("x", (LeverSetting("hires", -1e-157),))
    assert settled(plan)[1].moved == settled(plan)[0].moved == ()


@effort(max_examples=50, deadline=None)
@given(some.lists(settings_of, max_size=5), some.one_of(some.none(), some.floats(0, 0.5)))
def test_a_link_brings_what_the_controls_show(moved, correlation):
    shown, sent = settled(Scenario("x", tuple(moved), correlation))
    assert sent.moved == shown.moved
    assert sent.correlation == shown.correlation


@effort(max_examples=50, deadline=None)
@given(some.lists(TIDY, max_size=5))
def test_the_controls_lose_nothing_of_a_scenario(moved):
    plan = Scenario("x", tuple(moved))
    shown = settled(plan)[0]
    assert [s.value for s in shown.moved] == pytest.approx([s.value for s in plan.moved])
    assert [(s.lever, s.scope, s.detail, s.amount) for s in shown.moved] == [
        (s.lever, s.scope, s.detail, s.amount) for s in plan.moved
    ]


@pytest.mark.parametrize("plan", PRESETS, ids=lambda plan: plan.name)
def test_a_preset_comes_to_the_same_on_the_controls_and_through_a_link(plan):
    if plan.of("gap_closed"):
        plan = replace(plan, levers=tuple(replace(s, detail="sso") for s in plan.levers))
    shown, sent = settled(plan)
    assert sent.moved == shown.moved
    assert run(BASE, sent).quarter == run(BASE, shown).quarter == run(BASE, plan).quarter
    assert run(BASE, sent).monthly.equals(run(BASE, plan).monthly)


def test_what_no_slider_holds_stands_beside():
    far = LeverSetting("win_rate", 3.0)
    twice = (LeverSetting("churn", 0.1), LeverSetting("churn", 0.1, "segment:SMB"))
    gone = LeverSetting("creation", 0.1, "segment:Moon")
    late = LeverSetting("hires", 2.0, at="2031-01")
    source = LeverSetting("lead_mix", 0.1, detail="Fair")
    steep = LeverSetting("discount", 0.1, extra=-2.0)
    fits = LeverSetting("deal_size", 0.1)
    values = from_scenario(Scenario("x", (far, *twice, gone, late, source, steep, fits)), CHOICES)
    assert values.beside == (far, *twice, gone, late, source, steep)
    assert dict(values.controls) == {"deal_size": 10.0}
    assert through_a_link(values).scenario().moved == values.scenario().moved


def test_a_further_lever_keeps_what_it_needs_in_the_link():
    values = FormValues(more=("hires", "discount"), controls={"hires": 3.0, "hires_extra": 0.0, "hires_at": "2026-08"})
    assert values.query() == {
        "hires": ["3"],
        "hires_at": ["2026-08"],
        "hires_extra": ["0"],
        "more": ["Hires", "Discount"],
    }
    back = through_a_link(values)
    assert back.scenario().levers == (LeverSetting("hires", 3.0, "all", "2026-08", "", 0.0),)
    assert set(back.more) == {"hires", "discount"}


def test_the_state_of_controls_that_are_not_shown_is_not_read():
    state = {
        "win_rate": 5.0,
        "hires": 9.0,
        "more": ["discount"],
        "discount": 3.0,
        "discount_extra": 2.0,
        "view": "Table",
    }
    values = from_controls(state)
    assert dict(values.controls) == {"win_rate": 5.0, "discount": 3.0, "discount_extra": 2.0}
    assert values.scenario().levers == (LeverSetting("win_rate", 0.05), LeverSetting("discount", 0.03, extra=2.0))
    assert from_controls({}) == FormValues()
    assert not from_controls({}).scenario().levers


def test_a_lever_that_does_not_know_the_part_applies_to_the_whole():
    values = FormValues("family:X", controls={"win_rate": 5.0, "macro": 10.0}, more=("macro",))
    assert [s.scope for s in values.scenario().levers] == ["family:X", "all"]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"win_rate": ["1e9"]}, "Win rate '1e9', which is no number from -50 to 50; it was left at 0."),
        ({"win_rate": ["nan"]}, "which is no number"),
        ({"hires": ["3"], "hires_at": ["2031-01"]}, "Hires from '2031-01', which this data does not have"),
        ({"lead_mix": ["3"], "lead_mix_detail": ["Fair"]}, "Lead mix for 'Fair', which this data does not have"),
        ({"discount_extra": ["many"]}, "Discount, extra wins per point, % 'many', which is no number from 0 to 100"),
        ({"shock": ["90"]}, "which is no number from 0 to 50; it was left at what history shows"),
        ({"more": ["Hires", "Wishes"]}, "a lever 'Wishes', which is not offered"),
        ({"scope": ["Segment Moon"]}, "'Segment Moon', which this data does not have; all deals are shown"),
        ({"also": ['[["os.system",1]]']}, "no lever called 'os.system'"),
        ({"also": ["["]}, "cannot be read"),
    ],
)
def test_what_a_link_cannot_have_is_told(query, words):
    values, notices = from_query(query, CHOICES)
    assert len(notices) == 1
    assert words in notices[0]
    assert all(LEVERS[s.lever] for s in values.scenario().levers)


def test_a_link_typed_by_hand_may_leave_the_list_of_levers_out():
    values, notices = from_query({"hires": ["5"], "shock": ["20"], "scope": ["Segment SMB"], "measure": ["x"]}, CHOICES)
    assert notices == []
    assert values.more == ("hires", form.SHOCK)
    assert values.scenario().correlation == 0.2
    assert values.scenario().levers[0].scope == "segment:SMB"


def test_every_control_has_a_key_of_its_own():
    every = [key for name in (*form.SLIDERS, form.SHOCK) for key in form.CONTROLS[name]]
    assert len(every) == len(set(every))
    assert {*every, "scope", "more", "also"} == form.KEYS
    assert pl.Series(FIRST).is_in([*form.SLIDERS]).all()
