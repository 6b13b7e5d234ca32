"""Training, sales material, proof of concept and contract, by hand."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from xml.etree import ElementTree

import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core.contracts.errors import RequirementError
from core.enablement import (
    contract,
    document,
    proof_of_concept,
    sales_material,
    slides,
    training,
    updates,
    word,
    workdays,
)
from core.requirements.catalogue import capabilities
from core.requirements.judge import gap_analysis, limits
from core.requirements.read.requirement_list import read_list
from core.requirements.work import saved_lists

CATALOGUE = b"""id,name,category,status,description,limit,commitments,eta,owner
S1,Single sign-on,security,available,Sign in through the identity provider with SAML,,SAML 2.0,,Ann
S2,Access reviews,security,limited,Reviews of access,Quarterly only,,,Ann
P1,Monthly uptime,performance,available,Monthly uptime of the service,,uptime 99.9 %,,Ops
R1,Teleportation,functional,roadmap,Teleportation of parcels,,,2026-12-01,Bob
R2,Time travel,functional,roadmap,Travel through time,,,,Bob
N1,Commissions,functional,not available,Statements of commission,,,,Bob
B1,Billing,functional,partner,Recurring invoices with dunning,,,,Bob
"""
LIST = b"""Requirement,Priority
Sign in through the identity provider with SAML 2.0 single sign-on,Must
Monthly uptime of the service of 99.99 %,Must
Reviews of access: access reviews,Must
Teleportation of parcels,Must
Recurring invoices with dunning and billing,Could
"""
FRIDAY = date(2026, 5, 15)


@pytest.fixture(scope="module")
def known():
    return capabilities.load(CATALOGUE, "c.csv").frame


@pytest.fixture
def rows(settings):
    return gap_analysis.analyse(read_list(LIST, "l.csv"), capabilities.load(CATALOGUE, "c.csv"), settings).frame


GAPS = pl.DataFrame(
    {
        "gap_id": ["N1", "S2", "R1", "x"],
        "gap": ["Commissions", "Access reviews", "Teleportation", "Zebras"],
        "severity": ["blocker", "major", "major", "minor"],
        "approach": ["Backlog"] * 4,
        "n_deals": [2, 1, 1, 0],
        "exposed_amount": [10.0, 50.0, 20.0, 0.0],
        "n_closed": [4, 0, 1, 0],
        "n_won": [1, 0, 1, 0],
    }
)
ASKED = pl.DataFrame(
    {
        "text": ["SSO please", "SSO please", "Sign in once", "Uptime?", "Pay us", "Odd"],
        "capability_id": ["S1", "S1", "S1", "P1", "N1", "gone"],
    }
)
NEWS = pl.DataFrame([("New sign-on", FRIDAY, "S1", "One click", "Less typing")], schema=updates.SHAPE, orient="row")


@pytest.fixture
def taught(known):
    return training.outline(NEWS, GAPS, known, ASKED)


def texts(content):
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        assert book.testzip() is None
        parts = {name: book.read(name).decode() for name in book.namelist() if name.endswith((".xml", ".rels"))}
    for body in parts.values():
        ElementTree.fromstring(body.encode())
    return parts


def test_the_outline_by_hand(taught):
    assert taught.frame["topic"].to_list() == [
        "New sign-on",
        "Access reviews",
        "Teleportation",
        "Commissions",
        "The numbers we commit to",
        "Demo practice",
    ]
    assert taught.frame["minutes"].to_list() == [30, 20, 20, 20, 15, 45]
    assert taught.frame["goal"][0] == "Less typing"
    assert taught.frame["source"][1] == "S2"
    assert taught.sentence().startswith("6 lessons take 2 h 30 min: 1 on what is new, 3 on gaps")


def test_answers_are_what_was_asked_most_with_their_source(taught):
    assert taught.answers.select("question", "source", "n_asked").rows() == [
        ("SSO please", "S1", 3),
        ("Pay us", "N1", 1),
        ("Uptime?", "P1", 1),
    ]
    assert taught.answers["answer"][0] == (
        "Available today: Single sign-on. Sign in through the identity provider with SAML. We commit to: SAML 2.0."
    )
    assert taught.answers["answer"][1] == "Not available: Commissions."


def test_an_answer_never_says_more_than_is_committed(known):
    asked = pl.DataFrame(
        {
            "text": ["99.99 % uptime", "SSO"],
            "capability_id": ["P1", "S1"],
            "short": ["Uptime: asks for 99.99 %, we commit 99.9 %: partial", None],
        }
    )
    found = training.outline(NEWS, GAPS, known, asked).answers
    told = dict(found.select("source", "answer").iter_rows())
    assert told["P1"].startswith("Available in part: Monthly uptime.")
    assert told["P1"].endswith("Uptime: asks for 99.99 %, we commit 99.9 %: partial.")
    assert told["S1"].startswith("Available today: Single sign-on.")


def test_what_is_short_comes_with_what_was_asked(sample, settings):
    from core.requirements.work import saved_lists
    from core.requirements.work.gap_ledger import RequirementSet

    rows = [
        ("S", 2, None, "Monthly uptime of 99.99 %", "performance", "high", "P1", 1.0),
        ("S", 3, None, "Monthly uptime of 99 %", "performance", "high", "P1", 1.0),
    ]
    one = RequirementSet("a", "O1", pl.DataFrame(rows, schema=saved_lists.ROWS, orient="row"))
    found = saved_lists.asked(sample, settings, [one], capabilities.load(CATALOGUE, "c.csv"))
    told = dict(found.filter(pl.col("text").str.starts_with("Monthly")).select("text", "short").iter_rows())
    assert "we commit 99.9 %" in told["Monthly uptime of 99.99 %"]
    assert told["Monthly uptime of 99 %"] is None


def test_commitments_go_round_the_areas_and_the_exact_ones_first(known):
    rows = [("A1", "a", "SOC 2"), ("A2", "a", "retention 5 years"), ("A3", "a", "delay 3 s"), ("B1", "b", "TLS 1.3")]
    frame = pl.DataFrame(rows, schema=["capability_id", "category", "commitments"], orient="row")
    frame = frame.with_columns(name=pl.col("capability_id"), status=pl.lit("available"))
    assert [row[2] for row in sales_material._commitments(frame, 3).rows[1:]] == ["A2", "A3", "B1"]
    assert [row[2] for row in sales_material._commitments(frame, 2).rows[1:]] == ["A2", "B1"]


def test_the_demo_shows_what_is_new_then_what_is_available(taught):
    assert taught.script.select("minute", "source").rows() == [(0, "S1"), (4, "P1")]


def test_nothing_to_teach_is_said(known):
    found = training.outline(NEWS.clear(), GAPS.clear(), known, ASKED.clear())
    assert "nothing to teach" in found.sentence()
    assert found.script.is_empty()
    assert texts(word.write(found.paper()))


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("S2", "Available in part: Access reviews. Reviews of access. Limit: Quarterly only."),
        ("R1", "Planned for December 2026: Teleportation."),
        ("R2", "Planned: Time travel."),
        ("B1", "Through a partner: Billing. Recurring invoices with dunning."),
    ],
)
def test_what_is_told_of_a_capability(known, key, said):
    assert training.told(known.filter(pl.col("capability_id") == key).row(0, named=True)) == said


def test_completion_against_the_target():
    assert training.completion([], 5, {}) == (None, "Nobody is enrolled yet.")
    rate, said = training.completion(["A", "B"], 2, {"A": [1, 2, 2, 9], "B": [1], "C": [1, 2]})
    assert rate == 0.75
    assert said == ("3 of 4 lessons are done (75 %), below the target of 90 %; 1 of 2 people has finished.")
    assert "on target" in training.completion(["A"], 1, {"A": [1]})[1]


def test_the_battlecard_says_what_the_catalogue_says(taught, known):
    body = texts(word.write(sales_material.battlecard(GAPS, known, taught, "Acme <&> 🚀")))["word/document.xml"]
    assert "Acme &lt;&amp;&gt; 🚀" in body
    assert "1 of 4 deals" in body
    assert "no closed deal yet" in body
    assert "Planned for December 2026." in body
    assert "Available with this limit: Quarterly only." in body
    assert "Not available today. Ask what it is needed for." in body
    assert "uptime 99.9 %" in body
    assert "Zebras" not in body


def test_what_to_say_of_every_kind_of_gap(known):
    say = {row["capability_id"]: sales_material._say(row) for row in known.iter_rows(named=True)}
    assert say["R2"] == "On the roadmap, without a date."
    assert say["P1"] == "Today we commit to uptime 99.9 %."
    assert say["B1"] == "Through a partner."
    assert sales_material._say(None).startswith("Not available today")


def test_one_pager_and_deck(taught, known):
    page = texts(word.write(sales_material.one_pager(known, taught, "Acme")))["word/document.xml"]
    assert "Teleportation" in page
    assert "Time travel" not in page
    parts = texts(slides.write(sales_material.deck(GAPS, known, taught, "Acme")))
    shown = [name for name in parts if name.startswith("ppt/slides/slide")]
    assert len(shown) == 8 or len(shown) == 9
    assert "USD" not in "".join(parts[name] for name in shown)
    stand = next(parts[name] for name in shown if "Where we stand" in parts[name])
    assert "Tell us what you need it for." in stand
    assert "empty" in sales_material.deck(GAPS.clear(), known.clear(), taught, "Acme").subtitle


@hypothesis_settings(max_examples=20, deadline=None)
@given(st.text(max_size=60), st.lists(st.tuples(st.text(max_size=20), st.none() | st.integers()), max_size=4))
def test_any_text_makes_a_file_that_opens(words, rows):
    book = document.Paper(
        words, words, (document.heading(words), document.text(words), document.table((words, "n"), rows))
    )
    texts(word.write(book))
    texts(slides.write(book))


def test_the_trial_by_hand(rows):
    plan = proof_of_concept.plan(rows, date(2026, 5, 16), "Acme", {3: "passed", 4: "nonsense"})
    assert plan.frame["row"].to_list() == [2, 3, 4]
    assert plan.frame["week"].to_list() == [1, 1, 1]
    assert plan.frame["starts_on"][0] == date(2026, 5, 18)
    assert plan.frame["ends_on"][0] == date(2026, 5, 22)
    assert plan.frame["criterion"][0] == "SAML 2.0, shown in the buyer's presence and written down."
    assert plan.frame["criterion"][1].startswith("Uptime: 99.99 %, measured in")
    assert plan.frame["criterion"][2].startswith("Done by the buyer's own user")
    assert plan.frame["result"].to_list() == ["open", "passed", "open"]
    assert "3 criteria from critical requirements take 1 week, until 22 May 2026; 1 of 1 tried" in plan.sentence()
    assert "Load generator" in plan.environment
    assert plan.due(date(2026, 5, 15))["days_left"].to_list() == [5, 5]
    assert plan.due(date(2026, 5, 14)).is_empty()
    body = texts(word.write(plan.paper()))["word/document.xml"]
    assert body.count("May</w:t>") == 5
    assert "Passed: 1" in texts(word.write(plan.read_out()))["word/document.xml"]


def test_a_list_without_critical_rows_has_nothing_to_prove(rows):
    plan = proof_of_concept.plan(rows.filter(pl.col("priority") != "critical"), FRIDAY)
    assert "nothing has to be proven" in plan.sentence()
    assert "No day planned" in texts(word.write(plan.paper()))["word/document.xml"]
    assert "None." in texts(word.write(plan.read_out()))["word/document.xml"]


def test_weeks_of_a_trial_leave_out_holidays(rows):
    many = pl.concat([rows.filter(pl.col("row") == 2).with_columns(row=pl.lit(k, pl.Int64)) for k in range(2, 6)])
    plan = proof_of_concept.plan(many, date(2026, 5, 18), holidays=(date(2026, 5, 25),))
    assert plan.frame["week"].to_list() == [1, 1, 1, 2]
    assert plan.frame["starts_on"].to_list()[-1] == date(2026, 5, 26)
    assert plan.frame["ends_on"].to_list()[-1] == date(2026, 6, 1)


def numbers(*lines):
    return limits.measured(pl.DataFrame({"row": list(range(2, 2 + len(lines))), "text": list(lines)}))


@pytest.mark.parametrize(
    ("lines", "level", "unmet"),
    [
        ((), "Standard", 0),
        (("99 % uptime",), "Standard", 0),
        (("99.9 % uptime", "20,000 users"), "Premium", 0),
        (("RTO of 4 hours",), "Premium plus", 0),
        (("Support 24x7", "RPO of 1 minute"), "Premium plus", 1),
        (("99.99 % uptime",), "Premium plus", 1),
    ],
)
def test_the_least_service_level_that_meets_what_is_asked(rows, lines, level, unmet):
    found = contract.draw_up(rows, numbers(*lines), date(2026, 6, 30), FRIDAY)
    assert found.level["name"] == level
    assert len(found.unmet) == unmet


def test_steps_and_deviations(rows):
    asked = numbers("99.99 % uptime")
    found = contract.draw_up(rows, asked, date(2026, 5, 29), FRIDAY, "Acme", ["Price and margin approved"])
    state = dict(found.frame.select("step", "state").iter_rows())
    assert state["Price and margin approved"] == "done"
    assert state["Terms and deviations listed"] == "late"
    assert state["Service levels agreed by operations"] == "due"
    assert state["Signature by both sides"] == "ahead"
    due = dict(found.frame.select("step", "due_on").iter_rows())
    assert due["Legal review"] == date(2026, 5, 22)
    assert found.deviations["row"].to_list() == [3, 4, 5]
    assert "Late: Terms and deviations listed, Security and privacy review." in found.sentence()
    assert "more in 1 point; 3 must-haves need a deviation." in found.sentence()
    body = texts(word.write(found.paper()))["word/document.xml"]
    assert "beyond Premium plus" in body
    calm = contract.draw_up(rows.clear(), asked.clear(), date(2026, 8, 31), FRIDAY)
    assert "Every number asked for is within this level." in texts(word.write(calm.paper()))["word/document.xml"]


def test_business_days():
    assert workdays.after(FRIDAY, 0) == FRIDAY
    assert workdays.after(date(2026, 5, 16), 0) == date(2026, 5, 18)
    assert workdays.after(FRIDAY, -5) == date(2026, 5, 8)
    assert workdays.after(FRIDAY, 1, [date(2026, 5, 18)]) == date(2026, 5, 19)
    assert workdays.between(FRIDAY, date(2026, 5, 22)) == 5
    assert workdays.between(date(2026, 5, 22), FRIDAY) == -5


@hypothesis_settings(max_examples=80, deadline=None)
@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 60))
def test_business_days_forth_and_back(day, count):
    begin = workdays.after(day, 0)
    assert workdays.between(begin, workdays.after(begin, count)) == count
    assert workdays.after(workdays.after(begin, count), -count) == begin


def test_updates_are_read_and_bad_ones_explained():
    assert updates.load().height == 3
    found = updates.load("- title: X\n  released_on: soon\n")
    assert found.rows() == [("X", None, None, None, None)]
    for content in ("title: X", "- what: no title", "[1, 2"):
        with pytest.raises(RequirementError):
            updates.load(content)


def test_what_buyers_asked_comes_from_all_lists(sample, settings, known):
    found = saved_lists.asked(sample, settings)
    assert found.height > 1000
    assert found["capability_id"].null_count() == 0
    assert saved_lists.asked(sample, settings, catalogue=capabilities.load(CATALOGUE, "c.csv")).is_empty()


def test_no_word_of_a_table_is_broken():
    rows = (("No.", "Requirement", "Source"), ("12", "A long text " * 20, "COM-04"))
    wide = document.widths(rows, 9600, 118, 240)
    assert wide[0] == 4 * 118 + 240
    assert wide[2] == 7 * 118 + 240
    assert sum(wide) <= 9600
    assert document.widths((("a" * 40,) * 4,), 100, 10, 5) == [25] * 4
    assert sum(document.widths((("a", "b"),), 1000, 10, 5)) == 1000
    assert document.widths((), 100, 10, 5) == [100]


def test_a_date_in_a_table_is_written_out():
    assert document.table(("On",), [(date(2026, 5, 1),), (None,)]).rows == (("On",), ("1 May 2026",), ("",))


def test_a_document_becomes_a_pdf():
    from core.charts import document_pdf as papers

    made = document.Paper(
        "Card",
        "Sub",
        (
            document.heading("H"),
            document.text("words"),
            *document.bullets(["one"]),
            document.table(("What", "Said", "Source"), [("A", "Done.", "C-1"), ("B", "", "")]),
        ),
    )
    assert [len(papers._blocks(block)) for block in made.blocks] == [1, 1, 1, 4]
    assert papers.pdf(made)[:5] == b"%PDF-"
