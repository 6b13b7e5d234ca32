"""A rewritten sentence says what its source says, no more, no less, no other."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core.rewriting import claims, fidelity

SOURCES = [
    "We make encrypted backups daily, keep them 35 days and test a restore every quarter.",
    "We support 50,000 named users and 5,000 concurrent users.",
    "You can restrict access by role.",
    "It is planned for December 2026; we do not provide it before then.",
    "We do not provide dynamic tokenisation.",
    "The limit is up to 2 GB.",
    "You find the evidence at https://trust.example.com/backups, as of 12 March 2026.",
    "We connect to Salesforce and SAP S/4HANA.",
]


@pytest.mark.parametrize(
    "sentence",
    [
        *SOURCES,
        "Encrypted backups are made daily and kept 35 days, and we test a restore every quarter.",
        "We keep encrypted backups for thirty-five days and make them daily.",
        "We do not provide it before December 2026; it is planned.",
        "Salesforce and SAP S/4HANA are what we connect to.",
    ],
)
def test_what_a_source_says_stands(sentence):
    assert fidelity.reason(sentence, SOURCES) == ""


@pytest.mark.parametrize(
    ("sentence", "why"),
    [
        ("We make encrypted backups daily and keep them 36 days.", "No source states the number 36 day."),
        ("We make encrypted backups daily and keep them thirty-six days.", "No source states the number 36 day."),
        ("We make encrypted backups daily and keep them 35 weeks.", "No source states the number 35 week."),
        ("We make encrypted backups hourly and keep them 35 days.", "No source says “hourly”."),
        ("We keep them 35.", "No source states 35."),
        ("We support 5,000 named users and 50,000 concurrent users.", "No source states 5000 name."),
        ("It is planned for November 2026; we do not provide it before then.", "No source states the date 2026-11."),
        ("It is planned for next month; we do not provide it before then.", "No source states the date next month."),
        ("We connect to HubSpot and SAP S/4HANA.", "No source states the name hubspot."),
        ("We provide dynamic tokenisation.", "It denies what the source states, or the other way round."),
        ("You cannot restrict access by role.", "It denies what the source states, or the other way round."),
        ("You restrict access by role.", "Source and sentence differ in how sure they are"),
        ("You will restrict access by role.", "Source and sentence differ in how sure they are"),
        ("You can always restrict access by role.", "No source says “always”."),
        ("The limit is 2 GB.", ""),
        ("Yes, we make encrypted backups daily.", "The word for yes or no is not the model's to say."),
        ("We make encrypted backups daily and are certified.", "No source says “certified”."),
        ("You find the evidence at https://evil.example.com/backups.", "No source states the link"),
        ("We make <b>encrypted</b> backups daily.", "It holds marks that are no words."),
        ("We make encrypted backups dаily.", "It has letters no source has: а."),
        ("Zebras.", "No source says “Zebras”."),
        ("We do.", "It cannot be told which source it is from."),
    ],
)
def test_what_no_source_says_is_struck_and_told_why(sentence, why):
    assert fidelity.reason(sentence, SOURCES).startswith(why)


def test_what_is_left_out_comes_back_in_its_own_words():
    out = fidelity.held_to(
        "We make encrypted backups daily. We provide dynamic tokenisation.", SOURCES[:1] + SOURCES[4:5]
    )
    assert out.sentences == ("We make encrypted backups daily.", SOURCES[0], SOURCES[4])
    assert [why for _, why in out.struck] == ["It denies what the source states, or the other way round."]
    assert out.restored == (SOURCES[0], SOURCES[4])


WORDS = st.sampled_from(
    (
        "We keep backups 35 36 days weeks not never always Acme March 2026 12 GB can will daily weekly up to 2 users "
        "five and tokenisation provide 2027"
    ).split()
)


@hypothesis_settings(max_examples=60, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=14))
def test_no_figure_date_or_name_ever_gets_in_or_lost(words):
    out = fidelity.held_to(" ".join(words) + ".", SOURCES)
    stated, sources = claims.claims(" ".join(out.sentences)), claims.claims(" ".join(SOURCES))
    assert stated.numbers == sources.numbers
    assert sources.dates <= stated.dates
    assert all(any(day.startswith(less) for day in sources.dates) for less in stated.dates)
    assert sources.names <= stated.names
    spoken = " ".join(SOURCES).lower()
    assert all(name in spoken for name in stated.names)
    assert stated.links == sources.links


def test_numbers_are_read_in_digits_words_and_with_their_units():
    text = "EUR 5, €6, 24 h, one million rows, 99.95 per cent, two hundred users, 1 200 records, Q3 2026, 2026-03-02."
    read = claims.claims(text)
    wanted = {(5, "EUR"), (6, "EUR"), (24, "hour"), (1e6, "row"), (99.95, "%"), (200, "user"), (1200, "record")}
    assert wanted <= set(read.numbers)
    assert read.dates == {"2026-Q3", "2026-03-02"}
    assert not re.search(r"\d", " ".join(read.names))
