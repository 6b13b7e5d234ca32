"""Business days, the burn-down and its forecast, assignment, review stages, roles, and what happened."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from core.access import Identity
from core.contracts.errors import AccessError, ConfigError, RequirementError
from core.requirements.work import assignment, burn_down, project_board, project_roles, review_stages
from core.requirements.work.business_days import BusinessCalendar
from core.store.projects import Project
from core.store.row_changes import SHAPE

PLAIN = BusinessCalendar()
RIGHTS = {"admin": ("*",), "writer": ("requirements:write",), "reader": ("requirements:read",)}


def board(**columns):
    """Rows of a project; what is not given is empty."""
    n_rows = max((len(values) for values in columns.values()), default=1)
    blank = {"sheet": ["S"] * n_rows, "row": list(range(1, n_rows + 1)), "text": ["Text"] * n_rows}
    blank |= {"state": ["new"] * n_rows, "version": [0] * n_rows}
    filled = {name: (blank | columns).get(name, [None] * n_rows) for name in project_board.BOARD}
    return pl.DataFrame(filled, schema=project_board.BOARD)


def changes(*steps):
    """Changes of rows: (row, state, day)."""
    rows = [
        ("S", row, 1, ["state"], state, None, "ann", datetime.combine(day, datetime.min.time()))
        for row, state, day in steps
    ]
    return pl.DataFrame(rows, schema=SHAPE, orient="row")


def test_business_days_leave_out_weekends_and_holidays():
    german = BusinessCalendar("DE")
    assert german.days(date(2026, 4, 30), date(2026, 5, 4)) == 1  # Labour Day is a Friday
    assert PLAIN.days(date(2026, 4, 30), date(2026, 5, 4)) == 2
    assert german.days(date(2026, 5, 4), date(2026, 4, 30)) == -1
    assert german.after(date(2026, 4, 30), 1) == date(2026, 5, 4)
    assert german.after(date(2026, 5, 1), 0) == date(2026, 5, 4)
    assert not BusinessCalendar("DE-BY").is_worked(date(2026, 1, 6))
    assert german.is_worked(date(2026, 1, 6))
    assert german.days(date(2026, 12, 23), date(2027, 1, 4)) == 6  # 24, 28 to 31, and 4 January


def test_the_weekend_is_the_countrys_or_what_was_set():
    assert not BusinessCalendar("SA").is_worked(date(2026, 5, 15))  # a Friday
    assert BusinessCalendar("SA").is_worked(date(2026, 5, 17))
    assert not BusinessCalendar("DE", ("Fri",)).is_worked(date(2026, 5, 15))


@pytest.mark.parametrize(
    "wrong", [("XX", ()), ("DE-XX", ()), ("", ("Day",)), ("", tuple(("Mon Tue Wed Thu Fri Sat Sun").split()))]
)
def test_a_calendar_nobody_could_count_by_is_refused(wrong):
    with pytest.raises(ConfigError):
        BusinessCalendar(*wrong)


def test_the_burn_down_counts_what_is_left_at_the_end_of_each_business_day():
    monday = date(2026, 5, 11)
    steps = changes(
        (1, "answered", monday),
        (2, "in progress", monday),
        (2, "approved", monday + timedelta(days=1)),
        (1, "blocked", monday + timedelta(days=2)),
        (3, "answered", monday + timedelta(days=5)),  # a Saturday counts on Monday
    )
    left = burn_down.burn_down(10, steps, monday + timedelta(days=7), PLAIN, monday + timedelta(days=9))
    assert left.frame["left"].to_list() == [9, 8, 9, 9, 9, 8, None, None]
    assert left.frame["plan"].to_list() == pytest.approx([10 * (1 - n / 7) for n in range(8)])
    assert (left.outlook.n_left, left.days_left) == (8, 2)
    assert left.sentence() == (
        "8 rows of 10 are left, with 2 business days to the deadline of 20 May 2026. When that is done cannot be said "
        "yet: that takes 5 business days of work and 10 rows done; there are 6 days and 2 rows."
    )


def test_nothing_done_and_all_done_and_too_late_are_said():
    today = date(2026, 5, 15)
    none = burn_down.burn_down(3, changes(), today, PLAIN)
    assert none.frame["left"].to_list() == [3]
    assert "cannot be said yet" in none.sentence()
    done = burn_down.burn_down(1, changes((1, "answered", today)), today, PLAIN, today)
    assert done.sentence() == "All 1 rows are answered."
    over = burn_down.burn_down(3, changes(), today, PLAIN, date(2026, 5, 12))
    assert "the deadline was 3 business days ago" in over.sentence()
    weekend = burn_down.burn_down(3, changes(), date(2026, 5, 16), PLAIN)
    assert weekend.frame["left"].to_list() == [3]


def test_the_forecast_covers_the_true_end_as_often_as_it_says():
    rng = np.random.default_rng(7)
    today, n_inside, n_runs = date(2026, 5, 15), 0, 400
    for _ in range(n_runs):
        past = rng.poisson(6, 10)
        ahead = burn_down.forecast(60, [int(n) for n in past], today, PLAIN)
        n_days = int(np.argmax(np.cumsum(rng.poisson(6, 200)) >= 60)) + 1
        end = PLAIN.after(today, n_days)
        n_inside += ahead.early <= end and (ahead.late is None or end <= ahead.late)
    assert 0.76 <= n_inside / n_runs <= 0.95


def test_a_steady_pace_ends_on_its_day_and_an_unsteady_one_may_never():
    today = date(2026, 5, 15)
    steady = burn_down.forecast(20, [5] * 6, today, PLAIN)
    assert steady.early == steady.middle == steady.late == date(2026, 5, 21)
    wild = burn_down.forecast(500, [40, -35, 40, -35, 40], today, PLAIN)
    assert wild.late is None
    stuck = burn_down.forecast(5_000, [12, 0, 0, 0, 0], today, PLAIN)
    assert stuck.early is not None or "more than a year" in stuck.why_none


@pytest.mark.parametrize(
    ("deadline", "verdict"),
    [(date(2026, 6, 30), "in time"), (date(2026, 5, 18), "too late"), (date(2026, 5, 26), "may be")],
)
def test_the_verdict_sets_the_end_against_the_deadline(deadline, verdict):
    begin = date(2026, 5, 4)
    steps = [
        (n * 10 + k, "answered", PLAIN.after(begin, n))
        for n, size in enumerate([3, 4, 5, 3, 4, 5, 4])
        for k in range(size)
    ]
    left = burn_down.burn_down(58, changes(*steps), date(2026, 5, 13), PLAIN, deadline)
    assert verdict in left.sentence()


def test_the_first_rule_that_fits_decides():
    rows = board(
        section=["Security", "Hosting", None, "Legal"],
        category=["security", "technical", "security", "compliance"],
        text=["Data at rest", "Where is it hosted?", "Single Sign-On by SAML", "GDPR"],
        owner=[None, None, "Bo", None],
        state=["new", "new", "new", "answered"],
    )
    rules = assignment.made(
        [
            {"field": "words", "value": "saml sign-on", "assignee": "Ida"},
            {"field": "section", "value": "hosting", "assignee": "role: subject expert"},
            {"field": "category", "value": "Security", "assignee": "Sue"},
        ]
    )
    preview = assignment.preview(rows, rules)
    assert preview.frame.select("row", "after").rows() == [(1, "Sue"), (2, "role: subject expert")]
    assert preview.frame["rule"][1] == "section hosting → role: subject expert"
    assert preview.sentence().endswith("1 row stays with who owns it.")
    taken = assignment.preview(rows, rules, takes_over=True)
    assert taken.frame.select("row", "before", "after").rows()[-1] == (3, "Bo", "Ida")
    (change, *_) = taken.changes(date(2026, 6, 1))
    assert (change.row, change.values) == (1, {"owner": "Sue", "due_on": date(2026, 6, 1)})
    assert assignment.preview(rows, rules[:1]).n_unmatched == 2
    assert "no rule fits 2 open rows" in assignment.preview(rows, rules[:1]).sentence()
    assert assignment.made(assignment.content(rules)) == rules


def test_rows_go_by_hand_and_from_who_leaves():
    rows = board(owner=["Ann", "Bo", "ANN", "Ann"], state=["new", "new", "new", "approved"], category=["security"] * 4)
    assert assignment.by_hand(rows, "Cem").frame["row"].to_list() == [1, 2, 3]
    rules = assignment.made(
        [
            {"field": "category", "value": "security", "assignee": "Ann"},
            {"field": "every row", "assignee": "Dee"},
        ]
    )
    given = assignment.handed_over(rows, "ann", rules)
    assert given.frame.select("row", "after").rows() == [(1, "Dee"), (3, "Dee")]
    assert assignment.handed_over(rows, "ann", (), "Eve").frame["after"].to_list() == ["Eve", "Eve"]
    assert assignment.handed_over(rows, "ann", ()).frame.is_empty()
    for leaver, heir in (("", "Eve"), ("Ann", "ann")):
        with pytest.raises(RequirementError):
            assignment.handed_over(rows, leaver, (), heir)


@pytest.mark.parametrize(
    "rule",
    [
        {"field": "colour", "value": "x", "assignee": "Ann"},
        {"field": "words", "value": "", "assignee": "Ann"},
        {"field": "every row", "assignee": " "},
        {"field": "every row", "assignee": "role: boss"},
    ],
)
def test_rules_that_say_nothing_are_refused(rule):
    with pytest.raises(RequirementError):
        assignment.made([rule])
    with pytest.raises(RequirementError, match="at most 100"):
        assignment.made([{"field": "every row", "assignee": "Ann"}] * 101)


def standing(user, *roles, right="writer", approvers=()):
    project = Project(1, {}, {"ann": ("writer",), "exa": ("subject expert",), "lou": ("legal",), "pat": ("lead",)})
    return project_roles.standing(Identity(user, user, (right,)), project, RIGHTS, approvers)


def test_roles_come_on_top_of_rights():
    assert not standing("ann").may(project_roles.PLAN)
    assert standing("pat").may(project_roles.PLAN)
    assert not standing("pat", right="reader").may(project_roles.WRITE)
    assert not standing("zoe").may(project_roles.WRITE)
    assert standing("root", right="admin").may(project_roles.PLAN)
    assert standing("lou", right="reader", approvers=("reader",)).may(project_roles.MOVE)
    with pytest.raises(AccessError, match="Ask who leads"):
        standing("zoe").need(project_roles.WRITE)
    lone = project_roles.standing(Identity("ann", "Ann", ("reader",)), Project(1), RIGHTS)
    assert lone.may(project_roles.READ)
    with pytest.raises(AccessError, match="change nothing"):
        lone.need(project_roles.PLAN)
    open_to_all = project_roles.standing(Identity("ann", "Ann", ("writer",)), Project(1), RIGHTS)
    assert open_to_all.may(project_roles.PLAN)


def test_an_answer_goes_from_stage_to_stage_by_who_may():
    stages = review_stages.shipped()
    assert stages.names == ("draft", "subject expert", "legal", "approved")
    rows = board(
        answer=["Yes.", None, "No."],
        answered_by=["ann", None, "lou"],
        stage=[None, None, "legal"],
        state=["answered", "new", "answered"],
    )
    handed = review_stages.moved(rows, stages, "subject expert", standing("ann"), four_eyes=True)
    assert [(c.row, c.values, c.signers) for c in handed.changes] == [
        (1, {"stage": "subject expert"}, ("lead", "subject expert")),
        (3, {"stage": "subject expert"}, ("lead", "subject expert")),
    ]
    assert handed.refused == (
        "Row 2: no answer is written yet; a draft becomes one when somebody takes it on the Requirements page.",
    )
    skipping = review_stages.moved(rows, stages, "legal", standing("ann"))
    assert skipping.refused[0] == "Row 1: from draft it goes to subject expert first."
    assert "Row 3: in legal already." in skipping.refused
    last = rows[2:]
    assert (
        review_stages.moved(last, stages, "approved", standing("ann")).refused[0]
        == "Row 3: only legal may move it on from legal."
    )
    assert "does not approve" in review_stages.moved(last, stages, "approved", standing("lou")).refused[0]
    own = review_stages.moved(last, stages, "approved", standing("lou", approvers=("writer",)), four_eyes=True)
    assert own.refused == ("Row 3: somebody else than who wrote the answer signs it off.",)
    (change,) = review_stages.moved(last, stages, "approved", standing("lou", approvers=("writer",))).changes
    assert (change.values, change.signers) == ({"stage": "approved", "state": "approved"}, ())
    (back,) = review_stages.moved(last, stages, "draft", standing("ann")).changes
    assert (back.values, back.signers) == ({"stage": None}, ())
    with pytest.raises(RequirementError, match="no stage"):
        review_stages.moved(rows, stages, "finance", standing("ann"))
    with pytest.raises(AccessError):
        review_stages.moved(rows, stages, "legal", standing("zoe"))


def test_nobody_approves_their_own_text_where_draft_leads_to_approval():
    stages = review_stages.made([("draft", ["lead"]), ("approved", [])])
    rows = board(answer=["Yes."], answered_by=["pat"], state=["answered"])
    who = standing("pat", approvers=("writer",))
    assert review_stages.moved(rows, stages, "approved", who, four_eyes=True).changes == []
    assert len(review_stages.moved(rows, stages, "approved", who).changes) == 1


def test_stages_are_configured_and_checked():
    own = review_stages.made([("draft", ["writer"]), ("security board", ["lead"]), ("approved", [])])
    assert review_stages.of_plan({"stages": own.content()}) == own
    assert own.of("legal") == "draft"
    assert not review_stages.of_plan({})
    wrong = (
        [("draft", ["lead"])],
        [("draft", ["lead"]), ("draft", ["lead"]), ("approved", [])],
        [("draft", ["boss"]), ("approved", [])],
        [("draft", []), ("approved", [])],
    )
    for stages in wrong:
        with pytest.raises(RequirementError):
            review_stages.made(stages)
    counted = review_stages.counts(board(stage=[None, "security board", "gone"]), own)
    assert counted.rows() == [("draft", 2), ("security board", 1), ("approved", 0)]


def test_a_project_with_stages_is_not_approved_past_them():
    from core.store.reviews import Change

    wanted = [Change("S", 1, 0, {"state": "approved"}), Change("S", 2, 0, {"owner": "Ann"})]
    fit, why = review_stages.approves_by_stage(review_stages.shipped(), wanted)
    assert ([c.row for c in fit], why) == ([2], ("Row 1: this project approves by stages, on the Project page.",))
    assert review_stages.approves_by_stage(review_stages.made([]), wanted) == (wanted, ())


def test_the_history_of_a_row_says_what_a_new_text_did():
    at = datetime(2026, 5, 4)
    rows = [
        ("S", 1, 1, ["answer"], "new", None, "ann", at),
        ("S", 1, 2, ["stage"], "answered", "legal", "ann", at),
        ("S", 1, 3, ["answer", "stage"], "answered", None, "bo", at),
    ]
    steps = review_stages.history(pl.DataFrame(rows, schema=SHAPE, orient="row"), review_stages.shipped())
    assert steps.select("before", "after", "why").rows() == [
        ("draft", "legal", "moved"),
        ("legal", "draft", "the text was changed"),
    ]


def test_the_board_is_read_without_the_buyers_file():
    payload = {"rows": [["S", 2, "R-1", "Text", "security", "high", "SEC-01", 0.9]], "sections": ["Access"]}
    from core.store.reviews import SHAPE as WORKED

    worked = pl.DataFrame(
        [{"sheet": "S", "row": 2, "state": "answered", "category": "technical", "version": 3}], schema=WORKED
    )
    (row,) = project_board.rows(payload, worked).to_dicts()
    assert (row["section"], row["category"], row["priority"], row["state"]) == (
        "Access",
        "technical",
        "high",
        "answered",
    )
    old = project_board.rows({"rows": payload["rows"]}, worked.clear())
    assert old.select("section", "state", "version").rows() == [(None, "new", 0)]
    assert project_board.rows({}, worked).is_empty()


def test_a_plan_is_checked_before_it_is_saved():
    plan = project_board.planned({"rules": []}, deadline="2026-06-01", country="DE")
    assert project_board.deadline_of(plan) == date(2026, 6, 1)
    assert project_board.calendar_of(plan).country == "DE"
    assert project_board.deadline_of({}) is None
    with pytest.raises(RequirementError, match="is no date"):
        project_board.planned({}, deadline="soon")
    with pytest.raises(ConfigError):
        project_board.planned({}, country="Atlantis")


def test_what_happened_is_told_newest_first():
    from core.store.buyer_questions import BuyerQuestion

    at = datetime(2026, 5, 4)
    rows = [
        ("S", 1, 1, ["owner", "due_on"], "new", None, "ann", at),
        ("S", 1, 2, ["state"], "answered", None, "bo", at + timedelta(hours=1)),
        ("S", 1, 3, ["stage"], "answered", "legal", "bo", at + timedelta(hours=2)),
        ("S", 1, 4, ["answer", "stage"], "answered", None, "ann", at + timedelta(hours=3)),
        ("", 2, 1, [], "new", None, "ann", at + timedelta(hours=4)),
    ]
    comments = pl.DataFrame({"target": ["5/1/S"], "author": ["cy"], "said_at": [at + timedelta(hours=5)]})
    asked = BuyerQuestion(
        1,
        "S",
        1,
        "A-1",
        "Why?",
        "answered",
        "So.",
        "f",
        "",
        "",
        "ann",
        at + timedelta(hours=6),
        at + timedelta(hours=7),
        1,
    )
    feed = project_board.activity(pl.DataFrame(rows, schema=SHAPE, orient="row"), comments, [asked])
    assert feed.select("who", "what", "where").rows() == [
        ("the buyer", "answered a question", "row 1, S"),
        ("ann", "asked the buyer", "row 1, S"),
        ("cy", "commented", "row 1, S"),
        ("ann", "saved it", "row 2"),
        ("ann", "it fell back to draft; changed the answer", "row 1, S"),
        ("bo", "moved it to legal", "row 1, S"),
        ("bo", "set it to answered", "row 1, S"),
        ("ann", "changed the owner and the day it is due", "row 1, S"),
    ]
