"""Records of courses and uses of documents, as learning systems, SCORM, xAPI and plain tables write them."""

from __future__ import annotations

import json
from datetime import date

import pytest

from core.sources.folder import read_files

DEALS = b"""opportunity id,name,account,owner,stage,amount,created date,close date,is closed,is won
D1,One,Acme,r1,Closed Won,100,2025-02-03,2025-04-30,yes,yes
D2,Two,Beta,r2,Proposal,50,2025-02-03,2025-09-30,no,no
"""
TEAM = b"rep id,name,role,team\nr1,Ann Lee,rep,A\nr2,Ben Ray,rep,A\n"
USERS = b"user id,user name,email,role\nr1,Ann Lee,ann@x.example,rep\nr2,Ben Ray,ben@x.example,rep\n"
DAY = date(2025, 1, 15)
ANN, BEN = ("r1", "Pricing", True, DAY), ("r2", "Pricing", False, None)
COLUMNS = ("rep_id", "course_name", "is_completed", "completed_on")


def read(settings, name, content, **more):
    text = content.encode() if isinstance(content, str) else content
    files = {"opportunities.csv": DEALS, "sales_team.csv": TEAM, "users.csv": USERS, name: text, **more}
    return read_files(files, settings=settings, as_of=date(2025, 6, 1))


def statement(name, who, verb, result=None):
    return {
        "id": name,
        "actor": {"objectType": "Agent", "mbox": f"mailto:{who}"},
        "verb": {"id": f"http://adlnet.gov/expapi/verbs/{verb}", "display": {"en-US": verb}},
        "object": {"id": "http://x.example/c/1", "definition": {"name": {"en-US": "Pricing"}}},
        "timestamp": "2025-01-15T10:00:00Z",
        **({"result": result} if result else {}),
    }


RUN_TIME = [
    {
        "course": "Pricing",
        "timestamp": "2025-01-15",
        "cmi": {
            "core": {
                "student_id": "r1",
                "student_name": "Lee, Ann",
                "lesson_status": "passed",
                "score": {"raw": "85", "max": "100"},
            },
            "suspend_data": "x",
        },
    },
    {
        "course": "Pricing",
        "timestamp": "2025-01-15",
        "cmi": {"core": {"student_id": "77", "student_name": "Ray, Ben", "lesson_status": "incomplete"}},
    },
]
REGISTRATION = {
    "id": "g1",
    "registrationCompletion": "COMPLETED",
    "registrationSuccess": "PASSED",
    "score": {"scaled": 95.0},
    "course": {"id": "c1", "title": "Pricing"},
    "learner": {"id": "l1", "email": "ann@x.example", "firstName": "Ann", "lastName": "Lee"},
    "completedDate": "2025-01-15T10:00:00Z",
}
EXPORTS = {
    "gradebook.csv": (
        "Learner,Email,Lesson Title,Status,Score,Assigned At,Completed At\n"
        "Ann Lee,ann@x.example,Pricing,Completed,92%,2025-01-01,2025-01-15\n"
        "Ben Ray,,Pricing,In Progress,,2025-01-01,\n",
        [ANN, BEN],
        0.92,
    ),
    "skilljar.csv": (
        "Email,First Name,Last Name,Course,Enrolled At,Completed At,Success Status,Score\n"
        "ann@x.example,Annie,L,Pricing,2025-01-01 10:00,2025-01-15 10:00,Passed,88\n"
        "ben@x.example,Ben,Ray,Pricing,2025-01-01 10:00,,Failed,40\n",
        [ANN, BEN],
        0.88,
    ),
    "trainual.csv": (
        "Name,Email,Subject,Completion Percentage,Date Started,Date Completed,Test Score\n"
        "Ann Lee,,Pricing,100%,2025-01-01,2025-01-15,90%\nBen Ray,,Pricing,50%,2025-01-01,,\n",
        [ANN, BEN],
        0.9,
    ),
    "thinkific.csv": (
        "First Name,Last Name,Email,Course Name,Activated At,Completed At,% Completed,Expiry Date\n"
        "Ann,Lee,a@y.example,Pricing,2025-01-01,2025-01-15,100,\nBen,Ray,b@y.example,Pricing,2025-01-01,,50,\n",
        [ANN, BEN],
        None,
    ),
    "teachable.csv": (
        "Full Name,Email,Course Name,Enrolled At,Percent Complete,Completed At,Quiz Score\n"
        "Ann Lee,a@y.example,Pricing,2025-01-01,100,2025-01-15,75\nBen Ray,,Pricing,2025-01-01,50,,\n",
        [ANN, BEN],
        0.75,
    ),
    "scorm.json": (json.dumps(RUN_TIME), [ANN, BEN], 0.85),
    "scorm 2004.csv": (
        "course,cmi.learner_id,cmi.learner_name,cmi.completion_status,cmi.success_status,cmi.score.scaled,last access\n"
        'Pricing,r1,"Lee, Ann",completed,passed,0.85,2025-01-15\n'
        'Pricing,r2,"Ray, Ben",incomplete,unknown,,2025-01-16\n',
        [ANN, BEN],
        0.85,
    ),
    "registrations.json": (json.dumps({"registrations": [REGISTRATION]}), [ANN], 0.95),
    "schulungen.csv": (
        "Mitarbeiter;Kurs;Status;Ergebnis;Abgeschlossen am\nAnn Lee;Pricing;bestanden;92 %;15.01.2025\n".encode(
            "cp1252"
        ),
        [ANN],
        0.92,
    ),
}


def test_every_export_says_who_finished_what_when_and_how_well(settings):
    for name, (content, rows, score) in EXPORTS.items():
        records = read(settings, name, content).course_completions
        assert records.select(COLUMNS).rows() == rows, name
        assert records["score_rate"][0] == score, name


def test_statements_of_xapi_count_once_without_parts_and_what_was_voided(settings):
    voided = statement("s9", "ann@x.example", "voided") | {"object": {"objectType": "StatementRef", "id": "s4"}}
    statements = [
        statement("s1", "ann@x.example", "completed", {"completion": True, "score": {"scaled": 0.9}}),
        statement("s2", "ben@x.example", "launched"),
        statement("s3", "ann@x.example", "answered", {"success": True}),
        statement("s4", "ben@x.example", "passed", {"score": {"raw": 8, "max": 10}}),
        voided,
        statement("s5", "ben@x.example", "passed", {"score": {"raw": 6, "max": 8}}),
    ]
    data = read(settings, "export.json", json.dumps({"statements": statements, "more": ""}))
    records = data.course_completions
    assert records["completion_id"].to_list() == ["s1", "s2", "s5"]
    assert records["status"].to_list() == ["completed", "launched", "passed"]
    assert records["score_rate"].to_list() == [0.9, None, 0.75]
    assert records.select(COLUMNS).rows() == [ANN, BEN, ("r2", "Pricing", True, DAY)]
    assert records["course_id"][0] == "http://x.example/c/1"
    assert any(note.startswith("3 of the statements speak of parts") for note in data.missing)


def test_learners_on_no_team_stay_and_are_told(settings):
    data = read(
        settings, "completions.csv", "learner,course,status,completed on\nZed Foo,Pricing,done,2025-01-15\n,X,done,\n"
    )
    assert data.course_completions["rep_id"].to_list() == [None, None]
    assert data.course_completions["learner_name"].to_list() == ["Zed Foo", None]
    assert any("1 of those who took courses are not on the sales team" in note for note in data.missing)


def test_odd_cells_are_emptied_and_rows_without_a_course_left_out(settings):
    text = (
        "learner,course,score,max score,completed on\nAnn Lee,Pricing,120,100,2025-01-15\nBen Ray, ,50,100,2025-01-15\n"
    )
    data = read(settings, "completions.csv", text)
    assert data.course_completions["course_name"].to_list() == ["Pricing"]
    assert data.course_completions["score_rate"].to_list() == [None]
    assert data.emptied.filter(entity="course_completions").height == 1
    assert data.rejected.filter(entity="course_completions").height == 1


def test_without_a_team_the_owners_of_deals_are_the_people(settings):
    files = {"opportunities.csv": DEALS, "completions.csv": b"learner,course,completed on\nr1,Pricing,2025-01-15\n"}
    data = read_files(files, settings=settings, as_of=date(2025, 6, 1))
    assert data.course_completions["rep_id"].to_list() == ["r1"]


@pytest.fixture
def uses(settings):
    text = (
        "Content Name,Content Type,Opportunity Name,Shared By,Shared At\n"
        "ROI sheet,PDF,One,Ben Ray,2025-03-01\nROI sheet,PDF,Two,,2025-03-02\n,PDF,Two,,2025-03-02\n"
    )
    return read(settings, "content usage.csv", text)


def test_uses_of_content_are_linked_to_the_deal_its_account_and_who_used_it(uses):
    rows = uses.content_uses.select("content_name", "content_kind", "opportunity_id", "account_id", "rep_id", "used_on")
    assert rows.rows() == [
        ("ROI sheet", "PDF", "D1", "Acme", "r2", date(2025, 3, 1)),
        ("ROI sheet", "PDF", "D2", "Beta", "r2", date(2025, 3, 2)),
    ]
    assert uses.rejected.filter(entity="content_uses").height == 1


def test_everything_else_stays_as_it_is(settings, uses):
    bare = read_files(
        {"opportunities.csv": DEALS, "sales_team.csv": TEAM, "users.csv": USERS},
        settings=settings,
        as_of=date(2025, 6, 1),
    )
    assert bare.opportunities.equals(uses.opportunities)
    assert bare.course_completions.is_empty()
    assert bare.content_uses.is_empty()
