from __future__ import annotations

import io
import json

import polars as pl
import pytest
from openpyxl import load_workbook

from core.contracts.errors import RequirementError
from core.requirements.catalogue import capabilities
from core.requirements.export import gap_workbook
from core.requirements.judge import gap_analysis
from core.requirements.judge.gap_analysis import Stake
from core.requirements.match import matcher
from core.requirements.read.requirement_list import read_list
from core.requirements.text import classification, tfidf
from core.requirements.work import deal_context, sample_lists

CATALOGUE = b"""id,name,status,description,limit,available_on,effort_weeks
C1,Encryption at rest,available,All stored data is encrypted with AES-256,,,
C2,Mobile app for phones,limited,Native apps for iOS and Android phones,Read only,,10
C3,Single sign-on,roadmap,Sign in through the identity provider with SAML,,2026-12-01,
C4,Commission statements,not available,Statements of commission for the sales force,,,
C5,Billing of invoices,partner,Recurring invoices with dunning and tax,,,3
"""
LIST = b"""Requirement,Priority
All stored data must be encrypted with AES-256 at rest,Must
Native mobile app for iOS and Android phones,Should
Sign in through our identity provider with SAML single sign-on,Must
Statements of commission for the sales force,Could
Recurring invoices with dunning and tax,Low
Zebras shall graze peacefully under violet moons,Must
"""


@pytest.fixture(scope="module")
def known():
    return capabilities.load(CATALOGUE, "caps.csv")


@pytest.fixture
def found(known, settings):
    return gap_analysis.analyse(read_list(LIST, "list.csv"), known, settings, Stake("O1", "Acme", 130_000.0))


def test_status_comes_from_the_capability(found):
    assert found.frame["status"].to_list() == [
        "available",
        "limited",
        "roadmap",
        "not available",
        "partner",
        "to be checked",
    ]
    assert found.frame["gap_type"].to_list() == [None, "partial", "roadmap", "missing", "partial", None]
    assert found.to_check.select("row", "why").rows() == [(7, "nothing in the catalogue comes near")]
    assert found.frame["capability_id"].to_list() == ["C1", "C2", "C3", "C4", "C5", None]


def test_the_money_is_weeks_times_the_rate(found, settings):
    weeks, cost = found.frame["effort_weeks"].to_list(), found.frame["cost_amount"].to_list()
    # The catalogue's own 10 and 3; a roadmap item of one part 1 to 2, a missing one 4 to 8; silence nothing.
    assert weeks == [None, 10.0, 1.5, 6.0, 3.0, None]
    assert cost[1] == 10 * settings.rates.person_week_amount
    assert cost[4] == 3 * settings.rates.partner_week_amount
    assert found.frame["effort_low_weeks"].to_list()[1:5] == [7.5, 1.0, 4.0, 2.25]
    assert found.frame["effort_high_weeks"].to_list()[1:5] == [12.5, 2.0, 8.0, 3.75]
    assert found.frame["timeline"].to_list()[3] == "8 to 12 weeks"
    assert found.frame["severity"].to_list() == [None, "moderate", "major", "moderate", "minor", None]
    assert found.summary["cost_amount"] == sum(c for c in cost if c)


def test_silence_costs_only_when_asked_and_then_a_range(found, settings):
    asked = gap_analysis.if_missing(found, settings)
    week = settings.rates.person_week_amount
    assert (asked.n, asked.low_weeks, asked.high_weeks, asked.low_amount) == (1, 4.0, 8.0, 4 * week)
    assert "This is no estimate" in asked.sentence()


def test_effort_grows_with_size_and_not_with_unimportance(known, settings):
    more = b"Statements of commission, plans, disputes, payouts and tax papers for the sales force"
    texts = b'Requirement,Priority\n"' + more + b'",Must\n"' + more + b'.",Low\nCommission statements,Low\n'
    decisions = pl.DataFrame({"sheet": ["csv"] * 3, "row": [2, 3, 4], "capability_id": ["C4"] * 3})
    rows = gap_analysis.analyse(read_list(texts, "l.csv"), known, settings, None, decisions).frame
    assert rows["size"].to_list() == ["large", "large", "small"]
    assert rows["effort_weeks"].to_list() == [15.0, 15.0, 6.0]
    assert rows["timeline"].to_list() == ["4 to 6 weeks", "12 to 16 weeks", "12 to 16 weeks"]


def test_a_catalogue_without_statuses_promises_nothing_and_says_so_once(settings):
    bare = capabilities.load(b"id,name\nA,Encryption at rest\nB,Maps of the world\n", "bare.csv")
    found = gap_analysis.analyse(
        read_list(b"Requirement\nEncryption at rest\nMaps of the world\n", "l.csv"), bare, settings
    )
    assert found.frame["status"].to_list() == ["unclear", "unclear"]
    assert [line.startswith("bare.csv has no column of statuses") for line in found.warnings] == [True]
    assert "does not say whether Encryption at rest is available" in found.frame["solution"][0]


def test_scores_by_hand(found):
    s = found.summary
    assert s["coverage_rate"] == pytest.approx(1 / 6)
    # weights: must 4, should 3, could 2, low 1
    assert s["fit_rate"] == pytest.approx((4 * 1 + 3 * 0.5 + 4 * 0.25 + 2 * 0 + 1 * 0.5 + 4 * 0) / 18)
    assert s["must_have_rate"] == pytest.approx(1 / 3)
    assert s["n_gaps"] == 4
    # Were the one open row met:
    assert s["coverage_high_rate"] == pytest.approx(2 / 6)
    assert s["fit_high_rate"] == pytest.approx((4 * 1 + 3 * 0.5 + 4 * 0.25 + 2 * 0 + 1 * 0.5 + 4 * 1) / 18)
    assert s["must_have_high_rate"] == pytest.approx(2 / 3)


def test_the_deals_amount_is_divided_not_repeated(found):
    exposed = found.frame["exposed_amount"]
    assert exposed[0] is None
    assert exposed.sum() == pytest.approx(130_000)
    # priority × type: 3 × ½ + 4 × ½ + 2 × 1 + 1 × ½ = 6
    assert exposed[3] == pytest.approx(130_000 * 2 / 6)
    assert exposed[5] is None


def test_sentences_hold_the_numbers(found):
    assert "1 of 6 requirements is supported today (17 to 33 %, target 90 %)" in found.sentence()
    assert "1 needs a check" in found.sentence()
    assert "USD 130.0 k depends on it: Acme" in found.sentence()
    assert found.gap_sentence().startswith("No gap blocks the deal; the most expensive takes 10 person-weeks")
    assert found.unclear_sentence().startswith("No row needs a choice between capabilities. 1 row is to be checked")
    assert found.by_category()["n"].sum() == 6
    assert found.gaps["severity"][0] == "major"


def test_nothing_missing_is_said_too(known, settings):
    whole = gap_analysis.analyse(read_list(LIST[: LIST.index(b"Native")], "list.csv"), known, settings)
    assert "There is no gap." in whole.sentence()
    assert "supported today" in whole.gap_sentence()


def test_a_row_like_several_is_left_to_a_person(settings):
    twin = capabilities.load(
        b"id,name,status\nA,Reports and dashboards for managers,yes\nB,Reports and dashboards for auditors,yes\n",
        "c.csv",
    )
    found = gap_analysis.analyse(
        read_list(b"Requirement\nReports and dashboards of all sorts are needed\n", "l.csv"), twin, settings
    )
    assert found.frame["status"].to_list() == ["unclear"]
    assert set(found.unclear["capability_id"]) == {"A", "B"}
    assert "1 row resembles" in found.unclear_sentence()


def test_json_has_the_shape_the_command_promises(found):
    told = json.loads(json.dumps(found.to_dict()))
    first = told["requirements"][0]
    classed = {"kind", "polarity", "category", "priority"}
    assert set(first) == {"row", "sheet", "text", "status", "confidence", "candidates"} | classed
    assert told["warnings"] == []
    refused = told["requirements"][5]
    assert (refused["status"], len(refused["candidates"])) == ("to be checked", 5)
    assert first["row"] == 2
    assert [set(c) for c in first["candidates"]] == [{"capability_id", "score"}] * 5
    assert told["summary"]["n_requirements"] == 6


def test_the_matrix_opens_with_the_same_rows_and_no_formula(known, settings):
    asked = LIST + b"=HYPERLINK(1) must stay text,Must\n"
    found = gap_analysis.analyse(read_list(asked, "list.csv"), known, settings)
    sheet = load_workbook(io.BytesIO(gap_workbook.matrix(found)))["Matrix"]
    rows = list(sheet.iter_rows(min_row=2, values_only=True))
    assert [r[4] for r in rows] == found.frame["text"].to_list()
    assert [r[1] for r in rows] == found.frame["row"].to_list()
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)


def test_the_shipped_catalogue_and_lists(settings):
    known = capabilities.load()
    assert known.frame.height >= 150
    assert set(known.frame["category"]) == set(classification.CATEGORIES)
    assert set(known.frame["status"]) == set(capabilities.STATUSES)
    assert "available in full" in known.sentence()
    for path in sample_lists.lists().values():
        found = gap_analysis.analyse_file(path, settings=settings)
        assert found.summary["n_supported"] > 0.35 * found.summary["n_requirements"]


def test_open_deals_can_be_attached(sample, settings):
    deals = deal_context.open_deals(sample, settings)
    assert deals[0].amount == max(d.amount for d in deals)
    assert " · " in deals[0].name


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"- id: A\n  name: First\n- id: B\n  description: Second\n", "c.yaml"),
        (b"capabilities:\n- {id: A, name: First}\n- {id: B, name: Second}\n", "c.yml"),
        (b"Key;Feature;Support\nA;First;yes\nB;Second;planned\n", "c.csv"),
    ],
)
def test_catalogues_of_many_kinds(content, name):
    found = capabilities.load(content, name)
    assert found.frame["capability_id"].to_list() == ["A", "B"]
    assert found.frame["name"].to_list() == ["First", "Second"]


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"name\nFirst\n", "c.csv", "an id"),
        (b"id,colour\nA,red\n", "c.csv", "a name or description"),
        (b"id,name\nA,First\nA,Second\n", "c.csv", "twice"),
        (b"id,name,status\nA,First,maybe\n", "c.csv", "maybe"),
        (b"id,name\n", "c.csv", "no capabilities"),
        (b"[1, 2", "c.yaml", "not valid YAML"),
        (b"just text", "c.yaml", "a list of capabilities"),
    ],
)
def test_a_bad_catalogue_is_explained(content, name, said):
    with pytest.raises(RequirementError, match=said):
        capabilities.load(content, name)


def test_odd_numbers_and_dates_are_left_empty():
    row = capabilities.load(b"id,name,effort,eta\nA,First,lots,soon\n", "c.csv").frame.row(0, named=True)
    assert row["effort_weeks"] is None
    assert row["available_on"] is None


@pytest.mark.parametrize(
    ("text", "given", "category"),
    [
        ("All passwords shall be encrypted", None, "security"),
        ("A REST API with webhooks", None, "integration"),
        ("Response time below two seconds at peak load", None, "performance"),
        ("Comply with GDPR and ISO 27001", None, "compliance"),
        ("Training for help desk staff", None, "support"),
        ("Runs on Linux in Docker containers", None, "technical"),
        ("Something about cats", None, "functional"),
        ("Something about cats", "Security & access", "security"),
    ],
)
def test_categories(text, given, category):
    assert classification.categorise(text, given)[0] == category


@pytest.mark.parametrize(
    ("text", "given", "priority"),
    [
        ("x", "Must have", "critical"),
        ("x", "P1", "critical"),
        ("x", "2", "high"),
        ("x", "Should", "high"),
        ("x", "could", "medium"),
        ("x", "Won't have", "low"),
        ("x", "HIGH", "high"),
        ("x", "Wichtig?", "high"),
        ("It must log in", None, "high"),
        ("It is mandatory to log in", None, "critical"),
        ("It should log in", None, "medium"),
        ("It may log in", None, "low"),
        ("Logs in", None, "medium"),
    ],
)
def test_priorities(text, given, priority):
    assert classification.prioritise(text, given)[0] == priority


def test_candidates_do_not_depend_on_the_order_of_rows(known):
    asked = ["Encrypt data at rest", "Mobile phones", "Commission for sales"]
    forward = matcher.candidates(asked, known).filter(pl.col("rank") == 1)["capability_id"].to_list()
    backward = matcher.candidates(asked[::-1], known).filter(pl.col("rank") == 1)["capability_id"].to_list()
    assert forward == backward[::-1] == ["C1", "C2", "C4"]


def test_no_word_in_common_has_no_confidence(known):
    assert matcher.candidates(["qqqq wwww"], known).filter(pl.col("rank") == 1)["confidence"][0] < matcher.FLOOR


def test_two_lists_at_once_do_not_disturb_each_other(known):
    from concurrent.futures import ThreadPoolExecutor

    asked = [[f"administrators authenticate {k} enterprises{n} continuously" for k in range(40)] for n in range(8)]
    tfidf.stem.shelf.clear()
    alone = [matcher.candidates(texts, known)["score"].to_list() for texts in asked]
    tfidf.stem.shelf.clear()
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda texts: matcher.candidates(texts, known)["score"].to_list(), asked))
    assert together == alone


def test_repeated_rows_get_what_their_first_one_gets(known):
    asked = ["Encrypt data at rest", "Mobile phones", "Encrypt data at rest"]
    found = matcher.candidates(asked, known).partition_by("place", maintain_order=True)
    assert [part["place"][0] for part in found] == [0, 1, 2]
    assert found[0].drop("place").equals(found[2].drop("place"))
    assert found[1]["capability_id"][0] == "C2"


def test_a_list_beyond_all_measure_gets_a_sentence():
    rows = "\n".join(f"The system must do thing number {n}" for n in range(50_001))
    with pytest.raises(RequirementError, match="50,001 rows; at most 50,000"):
        read_list(f"Requirement\n{rows}\n".encode(), "huge.csv")


LIMITED = b"""id,name,status,description,commitments,owner,eta
U1,Monthly uptime,available,Monthly uptime of the service,uptime 99.9 %,Ops,
F1,Upload of files,available,Upload of files and attachments,,Product,
Q1,Quantum teleportation,roadmap,Quantum teleportation of parcels,,Physics,2027-06-30
U2,Premium platinum promise,not available,Premium platinum promise of uptime,,Ops,
"""
ASKED = b"""Requirement,Priority
Monthly uptime of the service of 99.99 %,Must
Monthly uptime of the service of 99.5 %,Must
Upload of files and attachments of 2 GB,Should
Quantum teleportation of parcels needed by 31 March 2027,Could
Premium platinum promise of uptime of 99.99 %,Must
"""


def test_limits_decide_on_full_or_partial_support(settings):
    known = capabilities.load(LIMITED, "caps.csv")
    found = gap_analysis.analyse(read_list(ASKED, "asked.csv"), known, settings)
    rows = found.frame
    assert rows["capability_id"].to_list() == ["U1", "U1", "F1", "Q1", "U1"]
    assert rows["status"].to_list() == ["limited", "available", "unclear", "roadmap", "limited"]
    assert rows["statement"].to_list() == [
        "Partially compliant",
        "Compliant",
        "To be clarified",
        "Roadmap",
        "Partially compliant",
    ]
    assert rows["comparison"][0] == "Uptime: asks for 99.99 %, we commit 99.9 %: partial"
    assert rows["comparison"][4] == rows["comparison"][0]
    # A tenth of the failures is asked for: a large gap, whatever its priority.
    assert "raise what we commit, 4 to 10 person-weeks of work, in 2 to 4 weeks" in rows["solution"][0]
    assert rows["solution"][2].startswith("Clarify with Product: File size: asks for 2 GB; unclear")
    assert "planned for 30 June 2027: late" in rows["solution"][3]
    assert rows["cost_amount"][2] == 0
    assert rows["cost_amount"][0] == 7 * settings.rates.person_week_amount
    assert found.summary["n_unclear"] == found.summary["n_not_stated"] == 1
    assert "1 needs a limit we do not state" in found.sentence()
    assert found.unclear.is_empty()


def test_what_a_person_decided_holds(known, settings):
    decisions = pl.DataFrame(
        {
            "sheet": ["csv"] * 3,
            "row": [2, 7, 5],
            "capability_id": ["none", "C1", None],
            "priority": [None, "low", ""],
            "category": ["support", None, None],
        }
    )
    found = gap_analysis.analyse(read_list(LIST, "list.csv"), known, settings, None, decisions).frame
    first, last = found.row(0, named=True), found.row(5, named=True)
    assert (first["status"], first["category"], first["capability_id"]) == ("not available", "support", None)
    assert "category: a person said so" in first["reason"]
    assert (last["status"], last["priority"], last["confidence"]) == ("available", "low", 1.0)
    assert found.row(3, named=True)["priority"] == "medium"


def test_decisions_of_no_use_change_nothing(known, settings):
    plain = gap_analysis.analyse(read_list(LIST, "list.csv"), known, settings).frame
    empty = pl.DataFrame(schema={"sheet": pl.String, "row": pl.Int64, "capability_id": pl.String})
    assert gap_analysis.analyse(read_list(LIST, "list.csv"), known, settings, None, empty).frame.equals(plain)
    elsewhere = pl.DataFrame({"sheet": ["other"], "row": [2], "capability_id": ["C2"]})
    assert gap_analysis.analyse(read_list(LIST, "list.csv"), known, settings, None, elsewhere).frame.equals(plain)
