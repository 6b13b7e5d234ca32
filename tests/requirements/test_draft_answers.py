"""Draft answers: no blanks, no claim without its source, the buyer's own words."""

from __future__ import annotations

import re

import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core.contracts.errors import RequirementError
from core.requirements.catalogue import capabilities
from core.requirements.judge import draft_answers, gap_analysis, limits
from core.requirements.judge.drafting import draft_templates
from core.requirements.read.requirement_list import read_list
from core.requirements.work import sample_lists

CATALOGUE = b"""id,name,status,description,limit,commitments,eta,how,scope,evidence,evidence_on
C1,Monthly uptime,available,Monthly uptime of the service,,uptime 99.9 %,,TOLD
C2,Mobile app,limited,Native apps for phones and tablets,Read only,,,,,,
C3,Single sign-on,roadmap,Sign in through the identity provider,,,2026-12-01,,,,
C4,Teleportation,roadmap,Teleportation of parcels,,,,,,,
C5,Billing of invoices,partner,Recurring invoices with dunning,,,,,,,
C6,Commission statements,not available,Statements of commission,,,,,,,
""".replace(
    b"TOLD", b"We guarantee the monthly uptime of the service.,every edition,https://trust.example.com/c1,2026-03-02"
)
LIST = b"""Ref,Requirement,Priority
1,Monthly uptime of the service of 99.5 %,Must
2,Monthly uptime of the service of 99.99 %,Must
3,Native apps for phones and tablets,Must
4,Single sign-on: sign in through the identity provider,Must
5,Teleportation of parcels,Could
6,Recurring invoices with dunning,Could
7,Commission statements: statements of commission,Could
8,Zebras shall graze peacefully under violet moons,Could
"""


@pytest.fixture(scope="module")
def known():
    return capabilities.load(CATALOGUE, "c.csv")


@pytest.fixture
def drafted(known, settings):
    return draft_answers.drafts(gap_analysis.analyse(read_list(LIST, "l.csv"), known, settings), known).frame


def test_the_sentences_by_hand(drafted):
    assert drafted["draft"].to_list() == [
        "Yes. We guarantee the monthly uptime of the service. This applies to every edition. "
        "We commit to uptime of 99.9 %. "
        "You find the evidence at https://trust.example.com/c1, as of 2 March 2026.",
        "Partly. We guarantee the monthly uptime of the service. This applies to every edition. "
        "You ask for an uptime of 99.99 %; we commit to 99.9 %. "
        "You find the evidence at https://trust.example.com/c1, as of 2 March 2026.",
        "Partly. We provide the following: native apps for phones and tablets. It has this limit: read only.",
        "Not yet. “Single sign-on” is on our roadmap. It is planned for December 2026; "
        "we do not provide it before then.",
        "Not yet. “Teleportation” is on our roadmap. We have no date for it yet and do not provide it today.",
        "Through a partner. We provide the following: recurring invoices with dunning. "
        "Our partner delivers this part; we do not deliver it ourselves.",
        "No. “Commission statements” is not part of our product today. We have no date for it.",
        None,
    ]
    assert drafted["sources"].to_list() == ["C1", "C1", "C2", "C3", "C4", "C5", "C6", None]
    assert drafted["statement"].to_list() == [
        "Compliant",
        "Partially compliant",
        "Partially compliant",
        "Roadmap",
        "Roadmap",
        "Partially compliant",
        "Not compliant",
        "To be clarified",
    ]


def test_the_list_in_one_sentence(known, settings):
    found = draft_answers.drafts(gap_analysis.analyse(read_list(LIST, "l.csv"), known, settings), known)
    assert found.sentence() == (
        "7 of 8 answers are drafted, every sentence with its source: 3 partially compliant, 2 roadmap, "
        "1 compliant, 1 not compliant. 7 of 7 drafts are ready to send by the checklist. 1 waits for a person."
    )


def test_not_found_is_no_answer_until_a_person_says_so(known, settings):
    said = pl.DataFrame({"sheet": ["csv"], "row": [9], "capability_id": ["none"]})
    found = gap_analysis.analyse(read_list(LIST, "l.csv"), known, settings, decisions=said)
    row = draft_answers.drafts(found, known).frame.row(7, named=True)
    assert (row["statement"], row["draft"]) == (
        "Not compliant",
        "No. We do not provide this today.",
    )
    assert row["sources"] == "no counterpart in the catalogue"
    before = gap_analysis.analyse(read_list(LIST, "l.csv"), known, settings).frame.row(7, named=True)
    assert (before["status"], before["gap_type"], before["statement"]) == (
        "to be checked",
        None,
        "To be clarified",
    )


def test_nothing_is_drafted_where_a_person_has_to_decide(known, settings):
    content = b"Requirement\nMonthly uptime of the service with retention of 7 years\n"
    (row,) = draft_answers.drafts(
        gap_analysis.analyse(read_list(content, "l.csv"), known, settings), known
    ).frame.to_dicts()
    assert (row["statement"], row["draft"], row["sources"]) == ("To be clarified", None, None)


def test_an_answer_of_the_library_goes_first(known, settings):
    found = gap_analysis.analyse(read_list(LIST, "l.csv"), known, settings)
    rows = [("csv", 4, "As told to Acme.", "L7"), ("csv", 5, "As of [date] we do.", "L8")]
    answers = pl.DataFrame(rows, schema=["sheet", "row", "answer", "answer_id"], orient="row")
    out = draft_answers.drafts(found, known, answers).frame
    assert out["draft"][2] == "Partly. As told to Acme. It has this limit: read only."
    assert out["sources"][2] == "L7, C2"
    assert "[date]" not in out["draft"][3]


def test_a_template_of_a_companys_own_is_laid_over_the_paragraph():
    own = {"brief": {"about": "Short", "words": [3, 20], "parts": ["verdict", "how"]}}
    brief = draft_templates.template("brief", own)
    assert (brief.words, brief.verdicts["available"], brief.parts) == ((3, 20), "Yes", ("verdict", "how"))
    assert list(draft_templates.templates(own)) == ["paragraph", "one-line", "formal", "brief"]


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ({"colour": "red"}, "the field 'colour'"),
        ({"parts": ["joke"]}, "the part 'joke'"),
        ({"wordings": {"scope": ["For {colour}."]}}, "the blank 'colour'"),
    ],
)
def test_a_template_with_something_unknown_is_named(own, message):
    with pytest.raises(RequirementError, match=message):
        draft_templates.templates({"brief": own})


def test_a_template_that_is_not_there_is_named():
    with pytest.raises(RequirementError, match="Did you mean 'formal'"):
        draft_templates.template("formel")


@hypothesis_settings(max_examples=80, deadline=None)
@given(
    st.sampled_from(["available", "limited", "partner", "roadmap", "not available", "unclear"]),
    st.text(max_size=30),
    st.text(max_size=30),
    st.text(max_size=30),
)
def test_there_is_never_a_blank_and_never_a_sentence_without_source(status, name, description, limit):
    capability = {
        "capability_id": "X",
        "name": name,
        "description": description,
        "limit": limit,
        "available_on": None,
        "status": status,
        "commitments": "",
    }
    row = {"text": "uptime of 99.9 %", "status": status, "statement": "s"}
    drafted, _ = draft_answers.draft(row, capability, limits.stated([capability]))
    assert all(source for _, source in drafted.sentences)
    assert not re.search(r"\[\s*\w*\s*\]|\{[^}]*\}", drafted.text)


def test_the_shipped_lists_have_a_source_for_every_draft(settings):
    shipped = capabilities.load()
    for path in sample_lists.lists().values():
        out = draft_answers.drafts(gap_analysis.analyse_file(path, settings=settings), shipped).frame
        assert out.filter(pl.col("draft").is_not_null() & pl.col("sources").is_null()).is_empty()
        assert out.filter((pl.col("statement") == "Compliant") & pl.col("draft").is_null()).is_empty()
        drafted = out.filter(pl.col("draft").is_not_null())
        assert drafted["is_ready"].mean() >= 0.8
