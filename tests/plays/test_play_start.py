"""Plays start once for what is new, bring tasks, are stopped by their record, and are seen by whoever may."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest

from core.access import view
from core.alerts import play_alerts
from core.alerts.alert_rule import Rule
from core.alerts.sight import Ground
from core.contracts.errors import ConfigError, StoreError
from core.plays import play_board, play_definition, play_record, play_start, play_view, trigger_cases
from core.plays.play_definition import PlayDefinition
from core.store.play_runs import DONE, SKIPPED, WAITING
from tests.metrics.companies import company
from tests.plays.conftest import AS_OF, FEATURES

BOOK = "By hand"


def only(store, **changes):
    """Leave one play on: that on competitors, with some changes."""
    for entry in play_definition.in_force(store):
        is_it = entry.play.key == "new_competitor"
        turned = entry.play.model_copy(update=changes if is_it else {"is_on": False})
        play_definition.save(store, turned, "test", entry.version)


def test_a_play_starts_once_for_what_is_new(settings, store, make_firm):
    only(store, backlog=2)
    first = make_firm([("A", 3, 1)], n_open=5)
    assert play_start.look(first, settings, store).n_runs == 2
    assert set(store.play_runs.runs(BOOK)["subject_id"]) == {"o4", "o3"}  # the largest
    assert play_start.look(first, settings, store).sentence() == ""
    more = make_firm([("A", 3, 1)], n_open=7)
    assert play_start.look(more, settings, store).sentence() == " 2 play runs started."
    assert store.play_runs.runs(BOOK).height == 4
    again = [
        play_start.new_run(more, play_definition.play_of(store, "new_competitor").play, row)
        for row in trigger_cases.waiting(
            more, settings, play_definition.play_of(store, "new_competitor").play
        ).iter_rows(named=True)
    ]
    assert store.play_runs.start(BOOK, again, "test") == 3
    assert store.play_runs.start(BOOK, again, "test") == 0
    assert not store.play_runs._start(BOOK, again[0], "test")  # as one who looked in the same moment would


def test_steps_have_owners_and_days_and_are_done_skipped_and_given(settings, store, make_firm):
    only(store, backlog=1)
    data = make_firm([("A", 3, 1)], n_open=1)
    play_start.look(data, settings, store)
    runs = play_view.of(data, settings, store)
    board = play_board.board(data, settings, runs)
    assert board.sentence() == "3 tasks wait in 1 run of plays; 0 are past the day."
    assert board.frame["who"].to_list() == ["Ann"] * 3
    assert board.frame["due_on"].to_list() == [AS_OF + timedelta(days=n) for n in (3, 14, 21)]
    assert board.frame["subject"].to_list() == ["Open 0"] * 3
    first, second, third = board.frame["step_id"]
    store.play_runs.mark(first, DONE, "", "ann@example.com", AS_OF)
    with pytest.raises(StoreError, match="skipped for a reason"):
        store.play_runs.mark(second, SKIPPED, "  ", "ann@example.com", AS_OF)
    with pytest.raises(StoreError, match="at most"):
        store.play_runs.mark(second, SKIPPED, "x" * 1_001, "ann@example.com", AS_OF)
    with pytest.raises(StoreError, match="stands so already"):
        store.play_runs.mark(first, DONE, "", "ann@example.com", AS_OF)
    with pytest.raises(StoreError, match="no such step"):
        store.play_runs.mark(999, DONE, "", "ann@example.com", AS_OF)
    store.play_runs.mark(second, SKIPPED, "Buyer <left>", "ann@example.com", AS_OF)
    store.play_runs.give(third, "bea", "ann@example.com", AS_OF)
    assert store.play_runs.waiting(BOOK, ["bea"])["id"].to_list() == [third]
    assert store.play_runs.changes([first, second, third])["state"].to_list() == [DONE, SKIPPED, WAITING]
    runs = play_view.of(data, settings, store)
    row = play_record.record(data, settings, runs).frame.filter(play="new_competitor").row(0, named=True)
    assert (row["n_steps_due"], row["adherence_rate"], row["skipped_rate"]) == (2, 0.5, 0.5)
    about = play_board.tasks_of(data, settings, runs, "deal", "o0")
    assert about.sentence().startswith("New competitor: 1 task waits in 1 run of plays")
    assert "No play was started for this deal." in play_board.tasks_of(data, settings, runs, "deal", "d0").sentence()
    assert {"started a play", "marked a step of a play done"} <= {
        row["action"] for row in store.audit.newest(50).iter_rows(named=True)
    }


def test_a_manager_has_the_steps_of_managers(make_firm):
    data = make_firm([("A", 1, 0)])
    assert play_start.assignee(data, "manager", "ann") == "bea"
    assert play_start.assignee(data, "manager", "bea") == "bea"  # nobody above
    assert play_start.assignee(data, "owner", None) == ""
    assert play_start.assignee(data, "cleo", "ann") == "cleo"


def test_some_are_left_out_by_chance_the_same_ones_each_time(settings, store, make_firm):
    only(store, backlog=200, held_out=0.5)
    data = make_firm([("A", 1, 0)], n_open=120)
    started = play_start.look(data, settings, store)
    assert started.n_runs + started.n_held_out == 120
    assert 40 < started.n_held_out < 80
    runs = store.play_runs.runs(BOOK)
    assert runs["is_held_out"].sum() == started.n_held_out
    without = store.play_runs.steps(BOOK).join(runs.filter("is_held_out"), left_on="play_run_id", right_on="id")
    assert without.is_empty()
    standing = play_definition.in_force(store)
    frame = play_board.definitions(standing, play_view.of(data, settings, store))
    assert frame.filter(pl.col("play") == "New competitor")["n_left_out"].to_list() == [started.n_held_out]


def test_a_play_that_does_nothing_is_stopped_with_a_sentence(settings, store, make_firm, played):
    only(store, worthwhile=0.5, backlog=0)
    data = make_firm([("A", 400, 200)])
    played([f"d{k}" for k in range(120, 280)])
    assert play_start.look(data, settings, store).sentence() == " New competitor stopped."
    play = play_definition.play_of(store, "new_competitor").play
    assert (play.is_on, "is ruled out" in play.retired) == (False, True)
    ground = Ground(data, settings, store, None, "", {})
    assert [s.sentence for s in play_alerts.stopped(Rule("", "", "play_stopped"), ground)] == [play.retired]
    states = play_board.definitions(play_definition.in_force(store), play_view.of(data, settings, store))["state"]
    assert sorted(states) == ["off"] * 4 + ["stopped by its record"]
    kept = play.model_copy(update={"is_on": True, "may_retire": False, "retired": ""})
    play_definition.save(store, kept, "test", play_definition.saved_version(store, kept.key))
    assert play_start.look(data, settings, store).sentence() == ""


def test_steps_of_deals_that_ended_are_missed_or_over(settings, store, make_firm, played):
    runs = played(["d0"])
    assert runs.steps.height == 1
    data = make_firm([("A", 3, 1)])
    assert play_view.of(data, settings, store).steps["state"].to_list() == ["missed"]
    played(["d1"], after=58)  # due a day after the deal was closed
    assert play_view.of(data, settings, store).steps["state"].to_list() == ["missed", "over"]


def test_who_sees_a_part_or_no_names_sees_so_of_plays(settings, store, make_firm):
    only(store, backlog=9)
    data = make_firm([("A", 1, 0)], n_open=2)
    play_start.look(data, settings, store)
    store.play_runs.mark(1, SKIPPED, "Firm A left", "ann@example.com", AS_OF)
    masked = view(data, settings, (), "", True)
    runs = play_view.of(masked, settings, store)
    assert set(runs.runs["subject_id"]) <= set(masked.opportunities["opportunity_id"])
    shown = play_board.board(masked, settings, runs, "").frame
    text = shown.write_csv()
    assert shown.height == 6
    assert not [word for word in ("Firm A", "Ann", "ann", "Open 0", "o0,") if word in text]
    cut = data.with_frames(opportunities=data.opportunities.filter(pl.col("opportunity_id") == "o1"))
    assert play_view.of(cut, settings, store).runs["subject_id"].to_list() == ["o1"]
    ground = Ground(data, settings, store, None, "", {})
    due = play_alerts.tasks(Rule("", "", "play_task", days=5), ground)
    assert len(due) == 1
    assert "“Find out how far the competitor is and who backs it” is due on 18 May 2026 (Ann)." in due[0].sentence


def test_a_play_is_started_by_hand_for_what_waits(settings, store, make_firm):
    data = make_firm([("A", 1, 0)], n_open=1)
    assert play_start.start_by_hand(data, settings, store, "new_competitor", "o0", "ann@example.com")
    assert not play_start.start_by_hand(data, settings, store, "new_competitor", "o0", "ann@example.com")
    with pytest.raises(StoreError, match="does not wait for this deal"):
        play_start.start_by_hand(data, settings, store, "new_competitor", "d0", "ann@example.com")
    with pytest.raises(ConfigError, match="no play 'new_competitors'"):
        play_start.start_by_hand(data, settings, store, "new_competitors", "o0", "ann@example.com")


def test_an_empty_company_starts_nothing(settings, store):
    assert play_start.look(company(), settings, store).sentence() == ""
    runs = play_view.of(company(), settings, store)
    assert play_record.record(company(), settings, runs).value is None
    assert play_board.board(company(), settings, runs).sentence() == "No play has brought a task yet."


MINIMAL = {"key": "mine", "name": "Mine", "purpose": "To try", "steps": [{"name": "Call", "days": 3}]}
LINES = [
    {"subscription_id": "s1", "account_id": "A", "mrr_amount": 5.0, "started_on": date(2024, 5, 1),
     "renewal_on": date(2025, 5, 1), "ended_on": date(2025, 5, 1)},
    {"subscription_id": "s2", "account_id": "B", "mrr_amount": 7.0, "started_on": date(2024, 5, 1),
     "renewal_on": date(2025, 5, 1), "ended_on": date(2025, 5, 1)},
    {"subscription_id": "s3", "account_id": "B", "mrr_amount": 7.0, "started_on": date(2025, 5, 1),
     "renewal_on": date(2026, 8, 1)},
    {"subscription_id": "s4", "account_id": "C", "mrr_amount": 2.0, "started_on": date(2026, 5, 1)},
]  # fmt: skip


@pytest.mark.parametrize(
    ("trigger", "waits", "cases"),
    [
        ({"event": "renewal", "days": 90}, [("B", "2026-08-01")], [("A", False), ("B", True)]),
        ({"event": "new_customer"}, [("C", "")], [("A", True), ("B", True)]),
    ],
)
def test_accounts_wait_and_are_judged_by_whether_they_stayed(settings, trigger, waits, cases):
    firms = [{"account_id": name, "account_name": name, "owner_id": "ann"} for name in "ABC"]
    data = company(AS_OF, accounts=firms, subscriptions=LINES)
    play = PlayDefinition.model_validate(MINIMAL | {"trigger": trigger, "outcome_days": 120})
    assert trigger_cases.waiting(data, settings, play).select("subject_id", "occasion").rows() == waits
    every = trigger_cases.cases(data, settings, play)
    assert every.select("subject_id", "is_hit").rows() == cases


def test_deals_are_chosen_by_stage_type_part_and_amount(settings, make_firm):
    data = make_firm([("A", 1, 0)], n_open=4)
    stage = {"trigger": {"event": "stage", "stage": "Proposal"}}
    whole = PlayDefinition.model_validate(MINIMAL | stage)
    assert trigger_cases.waiting(data, settings, whole).height == 4
    for counted, n in (
        ({"from_amount": 12}, 2),
        ({"types": ["renewal"]}, 0),
        ({"segments": ["A"]}, 4),
        ({"regions": ["APAC"]}, 0),
    ):
        play = PlayDefinition.model_validate(MINIMAL | stage | {"deals": counted})
        assert trigger_cases.waiting(data, settings, play).height == n
    assert FEATURES["competitor"] == "Rival"


BROKEN = {
    "key: Mine": "small letters",
    "- a": "Begin with key",
    "a: [": "Line 2 cannot be read",
    "trigger: {event: signal, signal: staled}": "did you mean stalled",
    "trigger: {event: stage}": "needs stage",
    "trigger: {event: renewal, stage: Proposal}": "takes no stage",
    "steps: [{name: Call, day: 3}]": "(steps, number 1, days). Add it.",
    "purposes: To try": "or write purpose",
    "trigger: {event: renewal}\ndeals: {types: [new]}": "has no types",
}


@pytest.mark.parametrize(("line", "words"), BROKEN.items())
def test_a_play_that_cannot_be_says_where_and_how_to_mend_it(line, words):
    whole = "key: mine\nname: Mine\npurpose: To try\ntrigger: {event: competitor}\nsteps: [{name: Call, days: 3}]\n"
    name = line.partition(":")[0]
    text = (
        line
        if line in ("- a", "a: [")
        else "".join(f"{row}\n" for row in whole.splitlines() if not row.startswith(f"{name}:")) + line
    )
    with pytest.raises(ConfigError) as told:
        play_definition.parsed(text)
    assert words in str(told.value)


def test_a_copy_stands_for_the_play_that_came_until_it_is_put_back(store):
    play = play_definition.shipped()[2]
    changed = play_definition.parsed(play.text().replace("days: 3", "days: 4"))
    play_definition.check(changed, ("Proposal",), ("ann",))
    play_definition.save(store, changed, "boss", 0)
    entry = play_definition.play_of(store, play.key)
    assert (entry.play.steps[0].days, entry.version, entry.changed_by) == (4, 1, "boss")
    with pytest.raises(StoreError):
        play_definition.save(store, changed, "boss", 0)
    play_definition.restore(store, play.key, "boss")
    assert play_definition.play_of(store, play.key).version == 0
    with pytest.raises(StoreError, match="stands as it came"):
        play_definition.restore(store, play.key, "boss")
    staged = play.model_copy(update={"trigger": play_definition.Trigger(event="stage", stage="Propose")})
    with pytest.raises(ConfigError, match="Did you mean Proposal"):
        play_definition.check(staged, ("Proposal",), ())
    stranger = play_definition.parsed(play.text().replace("owner: manager", "owner: cleo"))
    with pytest.raises(ConfigError, match="has the id 'cleo'"):
        play_definition.check(stranger, (), ("ann",))
    store.plays.save("old", "company", {"play": {"key": "old"}})
    assert len(play_definition.in_force(store)) == 5
