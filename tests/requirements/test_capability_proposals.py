"""What buyers ask for and the catalogue has no word for becomes a proposal, the same thing once."""

from __future__ import annotations

import polars as pl

from core.requirements.catalogue import capabilities
from core.requirements.judge import gap_analysis
from core.requirements.read.requirement_list import read_list
from core.requirements.work import capability_proposals, saved_lists
from core.requirements.work.gap_ledger import RequirementSet

LIST = b"""Requirement
Zebras shall graze under violet moons
Is data encrypted at rest?
Zebras shall graze under violet moons at night
Are zebras ever harmed?
Parcels are teleported to Mars
"""


def test_the_same_thing_is_proposed_once_with_the_buyers_own_words(settings):
    found = gap_analysis.analyse(read_list(LIST, "l.csv"), capabilities.load(), settings)
    kept = [("csv", 2, "1", "Parcels are teleported to Mars", "functional", "high", None, 0.0)]
    other = RequirementSet("other", "O1", pl.DataFrame(kept, schema=saved_lists.ROWS, orient="row"))
    proposed = capability_proposals.proposals(capability_proposals.unanswered(found, [other]))
    assert proposed.frame.select("name", "n_rows", "n_lists").rows() == [
        ("Parcels are teleported to Mars", 2, 2),
        ("Zebras shall graze under violet moons", 2, 1),
    ]
    assert "at night" in proposed.frame["asked"][1]
    assert proposed.sentence().startswith("2 things buyers ask for")


def test_a_list_that_is_known_through_and_through_proposes_nothing(settings):
    found = gap_analysis.analyse(
        read_list(b"Requirement\nData at rest is encrypted with AES-256\n", "l.csv"), capabilities.load(), settings
    )
    proposed = capability_proposals.proposals(capability_proposals.unanswered(found))
    assert proposed.frame.is_empty()
    assert "nothing that the catalogue has no word for" in proposed.sentence()
