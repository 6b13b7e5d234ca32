"""The checklist of drafts stops each bad draft for its own reason, and lets a good one through."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from core.requirements.judge.drafting import draft_checklist, question_needs
from core.requirements.judge.drafting.draft_records import Draft, Question
from core.requirements.judge.drafting.draft_templates import template
from core.requirements.judge.limits import Comparison

CASES = yaml.safe_load(Path(__file__).with_name("bad_drafts.yaml").read_text(encoding="utf-8"))


def question(name, template_name="paragraph", commits=None):
    case = CASES["questions"][name]
    given = case.get("commits") if commits is None else commits
    compared = (
        (Comparison("retention", given["verdict"], "", "B1", given["asked"], given["committed"]),) if given else ()
    )
    return Question(
        case["text"],
        case["status"],
        template(template_name),
        {"B1": CASES["capability"]},
        case.get("word", ""),
        compared,
        case.get("says_yes", False),
    )


def draft(case):
    sources = case.get("sources", ["B1"] * len(case["text"]))
    return Draft("", tuple(zip(case["text"], sources, strict=True)))


def failed(case):
    asked = question(case["to"], case.get("template", "paragraph"), case.get("commits"))
    return [fault.check for fault in draft_checklist.faults(draft(case), asked)]


@pytest.mark.parametrize("case", CASES["bad"], ids=lambda case: case["why"])
def test_a_bad_draft_fails_for_its_own_reason_alone(case):
    assert failed(case) == [case["fails"]]


def test_there_are_twenty_bad_drafts_and_each_check_stops_one():
    assert len(CASES["bad"]) >= 20
    assert {case["fails"] for case in CASES["bad"]} == set(draft_checklist.CHECKS)


def test_a_good_draft_passes():
    assert failed({"to": "backups", "text": CASES["good"]}) == []


def test_no_draft_is_a_fault():
    (fault,) = draft_checklist.faults(Draft("To be clarified", ()), question("backups"))
    assert fault.sentence == "There is no draft: a person has to answer."


@pytest.mark.parametrize(
    ("text", "needs"),
    [
        ("How many languages do you support?", ["number"]),
        ("When was the last penetration test?", ["date"]),
        ("When a user leaves, is the account removed?", []),
        ("How do you encrypt data?", ["means"]),
        ("List all sub-processors.", ["list"]),
        ("In which region is our data stored?", ["place"]),
        ("Please attach your certificate.", ["document"]),
        ("Who has access to our data?", ["person"]),
    ],
)
def test_what_a_question_asks_for(text, needs):
    assert question_needs.needs(text) == needs


def test_parts_of_a_question_that_nothing_is_said_of():
    says = "Data, backups and indexes are encrypted at rest with AES-256"
    assert question_needs.unsaid_parts("Is data encrypted at rest and in transit?", says) == ["in transit"]
    assert question_needs.unsaid_parts("Is data encrypted at rest?", says) == []
