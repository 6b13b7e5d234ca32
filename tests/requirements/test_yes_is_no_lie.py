"""A draft says yes only where the judgement supports it, whatever the question, the status and the catalogue."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core.requirements.judge import draft_answers, limits
from core.requirements.judge.drafting.draft_checklist import leading_verdict
from core.requirements.judge.drafting.draft_templates import templates
from core.requirements.judge.row_judgement import STATEMENTS
from core.requirements.read.answer_vocabulary import meaning
from core.requirements.text.row_kind import RATED, REASSURING, row_kind

STATUSES = tuple(STATEMENTS)
REASSURE = ("Do you encrypt data at rest?", "Data at rest shall be encrypted", "Is data encrypted with AES-256?")
OTHERWISE = (
    "Do you share our data with third parties?",
    "Do you sell personal data?",
    "Is any data stored unencrypted?",
    "Are backups kept unencrypted?",
    "Have you had a data breach in the last three years?",
    "Is it impossible to disable encryption?",
    "How do you encrypt data?",
    "What is the price of encryption?",
    "List all ciphers.",
    "The system shall allow disabling of encryption.",
)
DOUBLE = ("Is data encrypted at rest and in transit?", "Do you encrypt data and rotate passwords?")
NUMBERS = ("Is encrypted data restored within 4 hours?", "Is data encrypted for at least 7 years?")
TEXTS = st.sampled_from((*REASSURE, *OTHERWISE, *DOUBLE, *NUMBERS))
HOWS = st.sampled_from(
    ["", "We encrypt data at rest with AES-256.", "Yes, fully.", "We will encrypt it.", "Yes. We do."]
)
WORDS = st.sampled_from([(), ("Yes", "No"), ("Fully met", "Partly met", "Not met"), ("C", "PC", "NC"), ("3", "2", "1")])
NAMES = st.sampled_from(list(templates()))


def capability(status, how, limit=""):
    return {
        "capability_id": "C1",
        "name": "Encryption at rest",
        "status": status,
        "description": "Data at rest is encrypted with AES-256",
        "how": how,
        "limit": limit,
        "exception": "",
        "commitments": "",
        "available_on": None,
        "evidence": None,
        "scope": None,
        "evidence_on": None,
    }


def says_yes(text):
    word = leading_verdict(text) or text.split(",")[0]
    return meaning(word)[0] == "full" or text.lower().startswith(("yes", "fully", "compliant"))


@hypothesis_settings(max_examples=100, deadline=None)
@given(
    text=TEXTS,
    status=st.sampled_from(STATUSES),
    offered=st.sampled_from(["available", "limited", "partner", "roadmap", "not available"]),
    how=HOWS,
    spoken=WORDS,
    name=NAMES,
    answer=st.sampled_from([None, "Yes, we do.", "Fully compliant.", "We encrypt it."]),
)
def test_no_yes_without_a_judgement_that_supports_it(text, status, offered, how, spoken, name, answer):
    kind = row_kind(text)
    row = {"text": text, "status": status, "statement": STATEMENTS[status], "kind": kind.kind, "confidence": 0.9}
    own = capability(offered, how)
    library = {"answer": answer, "answer_id": "L1"} if answer else None
    made, _ = draft_answers.draft(row, own, limits.stated([own]), library, templates()[name], spoken)
    may = status == "available" and kind.kind in RATED and kind.polarity == REASSURING
    if not may or text in DOUBLE or text in NUMBERS:
        assert not says_yes(made.text)
    if says_yes(made.text):
        assert made.statement == "Compliant"


@pytest.mark.parametrize("text", REASSURE)
def test_yes_is_said_where_it_is_true(text):
    own = capability("available", "We encrypt data at rest with AES-256.")
    row = {"text": text, "status": "available", "statement": "Compliant", "confidence": 0.9}
    made, _ = draft_answers.draft(row, own, limits.stated([own]))
    assert made.text == "Yes. We encrypt data at rest with AES-256."


@pytest.mark.parametrize(("text", "left"), [(DOUBLE[0], "in transit"), (DOUBLE[1], "rotate passwords")])
def test_half_an_answer_takes_the_yes_back_until_another_capability_gives_the_rest(text, left):
    own = capability("available", "We encrypt data at rest with AES-256.")
    row = {"text": text, "status": "available", "statement": "Compliant", "confidence": 0.9}
    made, asked = draft_answers.draft(row, own, limits.stated([own]))
    assert (made.statement, asked.may_say_yes) == ("To be clarified", False)
    assert not says_yes(made.text)
    other = own | {"capability_id": "C2", "name": left, "description": left, "how": f"We do this: {left} of data."}
    whole, _ = draft_answers.draft(row, own, limits.stated([own]), near=(other,))
    assert (whole.statement, whole.sources) == ("Compliant", "C1, C2")
    assert says_yes(whole.text)


def test_a_number_that_nothing_states_takes_the_yes_back():
    own = capability("available", "We encrypt data at rest with AES-256.") | {"commitments": "24 hours"}
    row = {"text": NUMBERS[0], "status": "available", "statement": "Compliant", "confidence": 0.9}
    made, _ = draft_answers.draft(row, own, limits.stated([own]))
    assert made.statement == "To be clarified"
    assert not says_yes(made.text)
