"""Kinds of rows and what yes says, on labelled rows: one set the rules were made on, one held out in other voices."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
import yaml

from core.requirements.catalogue import capabilities
from core.requirements.judge import qualifiers
from core.requirements.judge.row_judgement import judge
from core.requirements.match import matcher, question_frame
from core.requirements.text import row_kind

DATA = Path(__file__).parent / "data"
OWN, MORE, LOOSE = "row_kinds.yaml", "row_kinds_more.yaml", "loose_questions.yaml"
HELD_OUT, FRESH = "row_kinds_held_out.yaml", "row_kinds_fresh.yaml"


def labelled(name):
    groups = yaml.safe_load((DATA / name).read_text(encoding="utf-8"))
    shape = ("text", "kind", "polarity", "answer")
    if "kind" not in groups[0]:
        return pl.DataFrame(
            [(row["text"], row_kind.YES_NO, "reassuring", "yes") for row in groups], shape, orient="row"
        )
    rows = [(text, g["kind"], g.get("polarity"), g.get("answer")) for g in groups for text in g["rows"]]
    return pl.DataFrame(rows, dict.fromkeys(shape, pl.String), orient="row")


@pytest.fixture(scope="module")
def shipped():
    return capabilities.load()


def answered(rows, shipped, settings):
    first = matcher.candidates(rows["text"].to_list(), shipped).filter(pl.col("rank") == 1)
    asked = rows.select("text", category=pl.lit("security"), priority=pl.lit("medium")).hstack(
        first.select("capability_id", pl.col("confidence").clip(0.001))
    )
    judged = judge(asked, shipped, settings).select("statement", "status", said="polarity", told="kind")
    return rows.hstack(judged).with_columns(is_yes=pl.col("statement") == "Compliant")


def test_there_are_enough_labelled_rows_of_every_kind():
    rows = pl.concat([labelled(OWN), labelled(MORE), labelled(HELD_OUT), labelled(FRESH)])
    assert labelled(HELD_OUT).height >= 200
    assert labelled(FRESH).height >= 120
    assert rows.height >= 400
    assert rows["text"].is_unique().all()
    assert set(rows["kind"]) == set(row_kind.KINDS)


@pytest.mark.parametrize(("name", "least"), [(OWN, 0.98), (MORE, 0.98), (HELD_OUT, 0.94), (FRESH, 0.96)])
def test_kinds_are_told_apart(name, least):
    rows = labelled(name)
    kinds = [row_kind.row_kind(text).kind for text in rows["text"]]
    assert (rows["kind"] == pl.Series(kinds)).mean() >= least


@pytest.mark.parametrize(("name", "least"), [(OWN, 0.95), (MORE, 0.7), (LOOSE, 0.85), (HELD_OUT, 0.85), (FRESH, 0.65)])
def test_no_yes_is_wrong_and_silence_does_not_pass(name, least, shipped, settings):
    rows = answered(labelled(name), shipped, settings)
    asked = rows.filter(pl.col("kind") == row_kind.YES_NO)
    assert asked.filter("is_yes", pl.col("polarity") != "reassuring").is_empty()
    wrong = asked.filter("is_yes", pl.col("answer").fill_null("") != "yes")
    assert wrong.height <= 0.01 * asked.height
    assert asked.filter(pl.col("answer") == "yes")["is_yes"].mean() >= least
    others = rows.filter(~pl.col("kind").is_in(list(row_kind.RATED)))
    assert not others["is_yes"].any()


def test_over_all_labelled_rows_four_in_five_of_the_right_yes_are_given(shipped, settings):
    rows = pl.concat([labelled(name) for name in (OWN, MORE, LOOSE, HELD_OUT, FRESH)])
    right = rows.filter(pl.col("answer") == "yes", pl.col("kind") == row_kind.YES_NO)
    assert answered(right, shipped, settings)["is_yes"].mean() >= 0.8


def test_a_demand_that_weakens_or_forbids_something_never_comes_out_compliant(shipped, settings):
    rows = pl.concat([labelled(name) for name in (OWN, MORE, HELD_OUT, FRESH)])
    risky = rows.filter(pl.col("kind") == row_kind.DEMAND, pl.col("polarity") == row_kind.UNSURE)
    assert not answered(risky, shipped, settings)["is_yes"].any()


def test_with_its_counterpart_taken_out_a_question_seldom_comes_out_compliant(shipped, settings):
    rows = labelled(LOOSE)
    best = matcher.candidates(rows["text"].to_list(), shipped).filter(pl.col("rank") == 1)["capability_id"]
    still = 0
    for key in best.unique():
        fewer = replace(shipped, frame=shipped.frame.filter(pl.col("capability_id") != key))
        still += answered(rows.filter(best == key), fewer, settings)["is_yes"].sum()
    assert still <= 0.03 * rows.height


@pytest.mark.parametrize(
    ("text", "capability", "polarity"),
    [
        ("Do joiners and leavers flow through SCIM?", "SEC-06", "reassuring"),
        ("Does SCIM upset payroll?", "SEC-06", "unsure"),
        ("Are tokens and API keys shown again?", "SEC-24", "unsure"),
    ],
)
def test_a_silent_question_reassures_where_its_capability_says_what_it_asks(
    text, capability, polarity, shipped, settings
):
    rows = pl.DataFrame({"text": [text], "category": "security", "priority": "high", "capability_id": capability})
    assert judge(rows.with_columns(confidence=pl.lit(0.9)), shipped, settings)["polarity"].to_list() == [polarity]


def test_a_bare_title_is_answered_only_by_a_capability_that_bears_it(shipped, settings):
    rows = pl.DataFrame({"text": ["Improvements", "Single sign-on"], "category": "security", "priority": "high"})
    rows = rows.with_columns(capability_id=pl.Series(["SUP-10", "SEC-01"]), confidence=pl.lit(0.9))
    assert judge(rows, shipped, settings)["status"].to_list() == ["unclear", "available"]


@pytest.mark.parametrize(
    "text",
    [
        "Are any backups kept unencrypted?",
        "Can employees access production without MFA?",
        "Is the certificate expired?",
        "The system shall allow disabling of MFA",
        "Vulnerability scans must not slow production",
        "Is it impossible to bypass single sign-on?",
    ],
)
def test_where_yes_is_not_surely_good_a_row_goes_to_a_person(text, shipped, settings):
    rows = pl.DataFrame({"text": [text], "category": "security", "priority": "high", "capability_id": "SEC-03"})
    judged = judge(rows.with_columns(confidence=pl.lit(0.99)), shipped, settings).row(0, named=True)
    assert (judged["status"], judged["statement"], judged["gap_type"]) == ("to be checked", "To be clarified", None)


@pytest.mark.parametrize(
    "text", ["What is your RTO?", "Describe your backups.", "List all sub-processors", "Provide a copy of …"]
)
def test_what_asks_for_words_is_not_complied_with(text, shipped, settings):
    rows = pl.DataFrame({"text": [text], "category": "security", "priority": "high", "capability_id": "SEC-03"})
    judged = judge(rows.with_columns(confidence=pl.lit(0.99)), shipped, settings).row(0, named=True)
    assert (judged["status"], judged["gap_type"]) == ("to be answered", None)


def test_a_person_may_still_say_that_a_demand_is_met_but_no_damaging_question(shipped, settings):
    texts = ["No plug-in may be needed in the browser.", "Is a browser plug-in required?"]
    rows = pl.DataFrame({"text": texts, "category": "technical", "priority": "high", "capability_id": "TEC-09"})
    judged = judge(rows.with_columns(confidence=pl.lit(1.0)), shipped, settings)
    assert judged["status"].to_list() == ["available", "to be checked"]


def test_a_name_or_a_frequency_the_capability_does_not_say_is_not_promised():
    test = {"name": "Penetration test", "description": "Yearly penetration test by an independent firm"}
    assert [c.measure for c in qualifiers.unstated("Is a penetration test made every quarter?", test)] == ["how often"]
    assert qualifiers.unstated("Is a penetration test made once a year?", test) == ()
    connector = {"name": "HR system connectors", "description": "Ready connectors for Workday"}
    assert qualifiers.unstated("Is there a connector for Workday?", connector) == ()
    assert qualifiers.unstated("Is there a connector for Kronos?", connector)[0].text.startswith("Asks for Kronos")
    assert qualifiers.names("Alle Daten werden in Frankfurt am Main auf Servern in Deutschland gespeichert") == []


def test_a_question_is_compared_by_what_it_is_about():
    assert question_frame.without_frame("Please confirm that backups are made daily.") == "backups are made daily."
    assert question_frame.without_frame("Do you meet this: users sign in by SAML?") == "users sign in by SAML?"
    assert question_frame.without_frame("Is it?") == "Is it?"
