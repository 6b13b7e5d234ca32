from __future__ import annotations

from datetime import datetime

import numpy as np
import polars as pl
import pytest

from core.requirements.catalogue import capabilities
from core.requirements.judge import gap_analysis
from core.requirements.match import answer_library, confidence
from core.requirements.match.answer_library import Memory
from core.requirements.read.requirement_list import read_list
from core.requirements.text import embeddings
from core.requirements.work import needs_review, sample_lists
from core.store.answers import SHAPE, Decision
from tests.requirements.repeats import prefilled_right

CAPS = b"""id,name,status,description
C1,Encryption at rest,available,All stored data is encrypted with AES-256
C2,Mobile app for phones,available,Native apps for iOS and Android phones
C3,Single sign-on,available,Sign in through the identity provider with SAML
C4,Uptime,available,The service is up 99.9 % of the month
"""
STALE = {"security": 100}


@pytest.fixture(autouse=True)
def _words_alone(monkeypatch):
    monkeypatch.setattr(embeddings, "folder", lambda: None)


@pytest.fixture(scope="module")
def known():
    return capabilities.load(CAPS, "caps.csv")


def answer(text, capability="C1", age=10, **more):
    row = {
        "answer_id": f"answer {age}",
        "text": text,
        "capability_id": capability,
        "answer": "Yes, we do.",
        "category": "security",
        "source": "Acme RFP",
        "place": "csv row 2",
        "owner": "ann",
        "kind": "confirmed",
        "chance": 0.7,
        "at": datetime(2026, 5, 1 + 27 // (age + 1)),
        "age_days": age,
    }
    return {**row, **more}


def library(*rows, stale=None):
    return Memory(pl.DataFrame(list(rows), schema=SHAPE, orient="row"), stale or {})


def test_the_same_text_comes_back_whatever_its_case_and_spaces():
    found = answer_library.recall(["  encrypt ALL data. ", "Feed the cats"], library(answer("Encrypt all data")))
    row = found.row(0, named=True)
    assert found["place"].to_list() == [0]
    assert (row["likeness"], row["is_sure"], row["has_same_numbers"], row["is_stale"]) == (1.0, True, True, False)
    assert row["answered_before"] == "answer 10: Acme RFP, csv row 2, by ann, 10 days ago"


def test_a_near_text_comes_back_and_the_newest_of_twins_counts():
    held = library(
        answer("All stored customer data must be encrypted with AES-256", "C2", age=30),
        answer("All stored customer data must be encrypted with AES-256", "C1", age=1),
        answer("Phones of all makes", "C2"),
    )
    found = answer_library.recall(["All stored customer data should be encrypted with AES-256"], held)
    assert found["capability_id"].to_list() == ["C1"]
    assert found["is_sure"][0]
    assert 0.65 < found["likeness"][0] < 1
    assert found["answered_before"][0].endswith("by ann, yesterday")


def test_other_numbers_bring_the_counterpart_but_not_the_answer(known, settings):
    held = library(answer("The service must be up 99.9 % of the month", "C4"))
    asked = read_list(b"Requirement\nThe service must be up 99.99 % of the month\n", "l.csv")
    found = gap_analysis.analyse(asked, known, settings, library=held)
    assert found.frame["capability_id"].to_list() == ["C4"]
    assert found.frame["answered_before"][0].endswith("; the numbers differ")
    assert needs_review.answers(found).is_empty()


def test_an_old_answer_is_flagged_by_its_category():
    held = library(answer("Encrypt all data", age=101), stale=STALE)
    found = answer_library.recall(["Encrypt all data"], held)
    assert found["is_stale"].to_list() == [True]
    assert "stale, check it" in found["answered_before"][0]
    assert held.sentence() == "The library holds 1 answer from 1 list, 1 of them older than they should be."
    assert not held.is_stale("performance", 9_999)
    assert not held.is_stale("security", 100)
    assert library(answer("a"), answer("b", source="Other")).sentence() == ("The library holds 2 answers from 2 lists.")


def test_an_empty_library_says_how_to_fill_it(known, settings):
    assert Memory().sentence().startswith("Nothing has been answered before")
    assert answer_library.recall(["a"], Memory()).is_empty()
    assert answer_library.recall([], library(answer("a"))).is_empty()
    found = gap_analysis.analyse(read_list(b"Requirement\nEncrypt all data at rest\n", "l.csv"), known, settings)
    assert needs_review.recalled_sentence(found).startswith("None of these rows was answered before")
    assert found.frame["answered_before"].to_list() == [None]


def test_a_corrected_row_stands_first_with_its_answer(known, settings):
    asked = read_list(b"Requirement\nStored data is encrypted on phones\nSign in with SAML\n", "l.csv")
    plain = gap_analysis.analyse(asked, known, settings)
    assert plain.frame["capability_id"][0] == "C1"
    held = library(answer("Stored data is encrypted on phones", "C2"))
    found = gap_analysis.analyse(asked, known, settings, library=held)
    assert found.frame["capability_id"].to_list() == ["C2", "C3"]
    assert found.frame["confidence"][0] == 1.0
    first = found.candidates.row(0, named=True)
    assert (first["capability_id"], first["rank"], first["capability"]) == ("C2", 1, "Mobile app for phones")
    assert first["words"] == "answered before"
    assert "by ann, 10 days ago" in first["sentence"]
    assert found.candidates.filter(pl.col("place") == 0)["capability_id"].to_list().count("C2") == 1
    assert needs_review.answers(found).rows() == [("csv", 2, "Yes, we do.", "answer 10")]
    assert needs_review.recalled_sentence(found) == "1 of 2 rows was answered before; 1 is filled in from then."


def test_no_counterpart_is_remembered_too(known, settings):
    held = library(answer("Stored data is encrypted on phones", None))
    found = gap_analysis.analyse(
        read_list(b"Requirement\nStored data is encrypted on phones\n", "l.csv"), known, settings, library=held
    )
    assert found.frame["status"].to_list() == ["not available"]
    assert found.frame["capability_id"].to_list() == [None]


def test_a_row_that_is_only_near_and_matched_elsewhere_waits_for_a_person():
    rows = pl.DataFrame({"capability_id": ["C1", "C1", "C1"], "confidence": [0.9, 0.9, 0.3]})
    told = {"likeness": 0.55, "is_sure": False, "answered_before": "then"}
    recalled = pl.DataFrame(
        [
            {"place": 0, "capability_id": "C2", **told},
            {"place": 1, "capability_id": "C1", **told},
            {"place": 2, "capability_id": "C2", **told},
        ]
    )
    found = answer_library.applied(rows, recalled)
    assert found["capability_id"].to_list() == ["C1"] * 3
    assert found["confidence"].to_list() == pytest.approx([confidence.LIKELY - 0.01, 0.9, 0.3])


def test_what_a_person_decides_becomes_a_decision():
    row = {"text": "a", "sheet": "S", "row": 4, "category": None, "matched_id": "C1", "chance": 0.7}
    assert answer_library.decision(row, "C1", "RFP", " Yes ") == Decision(
        "a", "RFP", "S row 4", "confirmed", "C1", "Yes", "functional", 0.7
    )
    assert answer_library.decision(row, "C2", "RFP").kind == "corrected"
    assert answer_library.decision(row, None, "RFP").kind == "corrected"


def test_after_forty_decisions_confidence_follows_them(known, settings):
    rows = [answer(f"row {k}", chance=0.8, kind="confirmed" if k % 2 else "corrected") for k in range(60)]
    held = library(*rows)
    asked = read_list(b"Requirement\nSign in through the identity provider with SAML single sign-on\n", "l.csv")
    before, after = (gap_analysis.analyse(asked, known, settings, library=one) for one in (Memory(), held))
    assert after.fitted.n == 60
    assert after.frame["confidence"][0] < before.frame["confidence"][0]
    assert after.matched["chance"].to_list() == before.matched["chance"].to_list()


def test_answered_rows_of_a_list_others_worked_on_are_a_library():
    names = ("a", "b", "c")
    payload = {"rows": [["S", k, None, text, "security", "high", "C1", 0.9] for k, text in enumerate(names, 2)]}
    reviewed = pl.DataFrame(
        {
            "sheet": ["S"] * 3,
            "row": [2, 3, 4],
            "state": ["approved", "answered", "new"],
            "answer": ["Yes", "", "No"],
            "category": [None, None, None],
            "capability_id": ["none", None, None],
            "changed_by": ["ann"] * 3,
            "changed_at": [datetime(2026, 5, 1), datetime(2026, 5, 2), datetime(2026, 5, 11)],
        },
        schema_overrides={"category": pl.String, "capability_id": pl.String},
    )
    found = answer_library.worked_on("Acme", payload, reviewed)
    assert found.frame.select("text", "answer", "capability_id", "age_days", "category").rows() == [
        ("a", "Yes", None, 10, "security")
    ]
    assert answer_library.worked_on("Acme", {}, reviewed).frame.is_empty()
    assert answer_library.worked_on("Acme", payload, reviewed.head(0)).frame.is_empty()
    both = answer_library.joined(found, library(answer("b"), stale=STALE))
    assert both.frame.height == 2
    assert both.stale_days == STALE
    assert answer_library.joined().frame.is_empty()


def test_rows_to_decide_come_unsure_first_with_their_candidates(known, settings):
    asked = read_list(b"Requirement\nSign in through the identity provider with SAML\nPhones and cats\n", "l.csv")
    found = gap_analysis.analyse(asked, known, settings)
    rows = needs_review.to_decide(found)
    unsure = [row["text"] for row in rows if row["text"] in found.unclear["text"].to_list()]
    assert [row["text"] for row in rows][: len(unsure)] == unsure
    first = next(row for row in rows if row["place"] == 0)
    assert first["is_likely"]
    assert first["candidates"][0]["capability_id"] == first["matched_id"] == "C3"
    kept_now = answer_library.decision(first, "C3", "l.csv")
    assert (kept_now.kind, kept_now.place) == ("confirmed", "csv row 2")
    again = gap_analysis.analyse(asked, known, settings, library=library(answer(first["text"], "C3")))
    assert needs_review.earlier(again).select("row", "capability", "requirement").rows() == [
        (2, "Single sign-on", first["text"])
    ]


def test_the_library_is_read_from_the_store(settings, tmp_path):
    from core.store import Store

    own = settings.model_copy(update={"database_url": f"sqlite:///{tmp_path / 'q.db'}"})
    opened = Store.open(own.database)
    opened.answers.add([Decision("a", "RFP", "S row 1", "confirmed", "C1")], "ann")
    library = answer_library.load(opened, own)
    opened.close()
    assert library.frame["text"].to_list() == ["a"]
    assert library.stale_days == settings.answers.stale_days


def test_what_was_confirmed_in_bulk_is_likely_and_not_certain(known, settings):
    row = {"text": "a", "sheet": "S", "row": 4, "category": None, "matched_id": "C1", "chance": 0.7}
    bulk = answer_library.decision(row, "C1", "RFP", is_bulk=True)
    assert (bulk.kind, bulk.chance) == ("likely", None)
    text = "Stored secrets are scrambled"
    asked = read_list(f"Requirement\n{text}\n".encode(), "l.csv")
    certain = gap_analysis.analyse(asked, known, settings, library=library(answer(text, "C1"))).frame
    likely = gap_analysis.analyse(asked, known, settings, library=library(answer(text, "C1", kind="likely")))
    assert certain["confidence"][0] == 1.0
    assert likely.frame["confidence"][0] < confidence.LIKELY
    assert likely.candidates["capability_id"][0] == "C1"


def test_an_answer_to_the_opposite_question_is_not_sent_again(known, settings):
    held = library(answer("Are all backups encrypted?", "C1"))
    found = answer_library.recall(["Are any backups not encrypted?", "Are all backups encrypted?"], held)
    assert dict(found.select("place", "is_same_sense").iter_rows()) == {0: False, 1: True}


def test_both_questions_can_be_asked_of_a_file(settings, tmp_path):
    asked = tmp_path / "l.csv"
    asked.write_text("Requirement\nSingle sign-on with SAML 2.0 through the identity provider\n")
    held = library(answer("Single sign-on with SAML 2.0 through the identity provider", "SEC-01"))
    assert needs_review.unsure(asked, settings=settings).sentence().startswith("No row needs a choice")
    before = needs_review.answered_before(asked, settings=settings, library=held)
    assert before.sentence() == "1 of 1 row was answered before; 1 is filled in from then."
    assert before.frame["owner"].to_list() == ["ann"]


REWORDED = (
    ("must", "shall"),
    ("The solution", "The offered platform"),
    ("users", "people"),
    ("support", "offer"),
    ("data", "information"),
    ("provide", "give"),
    ("automatically", "by itself"),
    ("through", "by way of"),
)


def test_repeats_of_an_overlapping_questionnaire_are_filled_in_right(settings):
    """Answer the first list, reword every second requirement, mix it with rows nobody has seen."""
    made = np.random.default_rng(5)
    first, second = (read_list(path) for path in list(sample_lists.lists().values())[:2])
    ours = capabilities.load().frame["capability_id"].to_list()
    texts = first.frame["text"].to_list()
    right = {text: ours[int(made.integers(len(ours)))] for text in texts}
    held = library(*(answer(text, name) for text, name in right.items()))
    again, truth = [], {}
    for place, text in enumerate(texts):
        new = text
        for old, other in REWORDED if place % 2 else ():
            new = new.replace(old, other) if made.uniform() < 0.6 else new
        again.append(new)
        truth[place] = right[text]
    fresh = second.frame["text"].to_list()
    found = answer_library.recall([*again, *fresh], held)
    repeats, _, good = prefilled_right(found, truth)
    assert good / repeats >= 0.9
    wrong = found.filter(pl.col("is_sure") & (pl.col("place") >= len(again)))
    assert wrong.height <= 0.05 * len(fresh)


def test_the_stale_ages_cover_every_category(settings):
    from core.requirements.text.classification import CATEGORIES

    assert set(settings.answers.stale_days) == set(CATEGORIES)
