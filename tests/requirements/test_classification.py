from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from core.requirements.read.requirement_list import read_list
from core.requirements.text import categories, classification


@pytest.mark.parametrize(
    ("label", "category"),
    [
        ("Sicherheit", "security"),
        ("Sécurité", "security"),
        ("Interfaces", "integration"),
        ("Functional requirements", "functional"),
        ("Datenschutz", "compliance"),
        ("NFR - Performance", "performance"),
        ("Wartung und Schulung", "support"),
        ("Technische Anforderungen", "technical"),
        ("Rendimiento", "performance"),
        ("4.2 Identity and Access Management", "security"),
        ("Reporting", "functional"),
    ],
)
def test_the_files_own_category_wins_in_many_tongues(label, category):
    assert classification.categorise("Something about cats", label) == (category, f"the file says {label}")


@pytest.mark.parametrize("label", ["Non-functional", "NFR", "Nicht-funktional", "Level 3", "X"])
def test_a_label_that_names_none_of_ours_leaves_it_to_the_text(label):
    found, why = classification.categorise("All stored data must be encrypted", label)
    assert found == "security"
    assert "encrypted" in why


def test_a_section_names_the_category_only_where_it_is_clear():
    assert (
        classification.categorise("Cats", section="Security and encryption")[1]
        == "it stands under Security and encryption"
    )
    assert classification.categorise("Response within 2 seconds", section="View of cats")[0] == "performance"


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("Buyers can compare two offers side by side", "functional"),
        ("The planner shall drag shifts from one driver to another", "functional"),
        ("A newcomer finds the main functions without training", "functional"),
        ("Only treasurers may release a payment run", "security"),
        ("Laptops leaving the building carry encrypted disks", "security"),
        ("Stock levels are passed to SAP through a web service", "integration"),
        ("Results of a search appear within 3 seconds", "performance"),
        ("The service is up 99.9 % of the month", "performance"),
        ("Records are kept seven years as tax law demands", "compliance"),
        ("It must run on Linux servers with PostgreSQL", "technical"),
        ("A help desk answers the telephone from 8 to 18", "support"),
    ],
)
def test_a_text_of_its_own_is_placed(text, category):
    assert classification.categorise(text)[0] == category


def test_the_reason_is_made_of_the_texts_own_words():
    _, why = classification.categorise("Passwords are encrypted")
    assert why in ("“encrypted, passwords”", "“passwords, encrypted”")
    assert classification.categorise("") == (classification.categorise("")[0], "no word of another category")


def test_features_by_hand():
    # Two words, one pair: each 1 / sqrt(3); a keyword of weight 2 out of 4.
    found = categories.features("Encrypt data")
    assert found.pop("=security") == 0.5
    assert found == pytest.approx(dict.fromkeys(("encrypt", "data", "encrypt data"), 3**-0.5))
    assert "##" in categories.features("42 cats")


def test_the_chance_is_a_softmax_by_hand(monkeypatch):
    table = (["a", "b"], np.array([0.0, 1.0]), {"cat": np.array([3.0, 0.0])})
    monkeypatch.setattr(categories, "weights", lambda: table)
    name, chance, words = categories.of("Cat")
    assert (name, words) == ("a", "cat")
    assert chance == pytest.approx(1 / (1 + np.exp(1 - 3)))
    assert categories.of("dog")[0::2] == ("b", "")


def test_meaning_is_mixed_in_by_hand(monkeypatch):
    """Words say a : b = 3 : 1, meaning says 1 : 9; shares 0.6 and 0.4 of the log chances."""
    by_words = (["a", "b"], np.array([np.log(3.0), 0.0]), {})
    monkeypatch.setattr(categories, "weights", lambda: by_words)
    monkeypatch.setattr(categories, "meaning", lambda: (np.array([0.0, 0.0]), np.array([[0.0], [np.log(9.0)]])))
    odds = (1 / 3) ** 0.6 * 9**0.4
    assert categories.of("x") == ("a", pytest.approx(0.75), "")
    assert categories.of("x", np.array([1.0])) == ("b", pytest.approx(odds / (1 + odds)), "")


def test_with_vectors_a_text_without_known_words_is_placed_by_its_meaning():
    found, why = classification.categorise("Zwölf", vector=np.full(384, 0.01))
    assert found in classification.CATEGORIES
    assert why
    both = classification.classify(frame(["1", "2"]), meaning=np.zeros((2, 384)))
    assert both.height == 2


def test_the_weights_that_ship_are_plain_numbers():
    held = json.loads(categories.SHIPPED.read_text(encoding="utf-8"))
    assert set(held["classes"]) == set(classification.CATEGORIES)
    assert all(len(row) == 7 for row in held["weights"].values())
    assert categories.SHIPPED.stat().st_size < 600_000


@limits(max_examples=60, deadline=None)
@given(st.text(max_size=300))
def test_any_text_gets_a_call_and_a_reason(text):
    for found, why in (classification.categorise(text), classification.prioritise(text), classification.oblige(text)):
        assert found is None or isinstance(found, str)
        assert why
    assert classification.categorise(text, text, text)[0] in classification.CATEGORIES
    assert classification.prioritise(text, text)[0] in classification.PRIORITIES


@pytest.mark.parametrize(
    ("level", "priority"),
    [
        ("M", "critical"),
        ("Muss-Kriterium", "critical"),
        ("Obligatoire", "critical"),
        ("Mandatory (M)", "critical"),
        ("very high", "critical"),
        ("O", "low"),
        ("Высокий", "high"),
        ("Y", "critical"),
        ("Verplicht", "critical"),
        ("必須", "critical"),
        ("Prio 1", "critical"),
        ("Soll", "high"),
        ("Élevée", "high"),
        ("2 - High", "high"),
        ("P2", "high"),
        ("Belangrijk", "high"),
        ("Kann", "medium"),
        ("Desirable", "medium"),
        ("3/5", "medium"),
        ("Souhaitable", "medium"),
        ("Niedrig", "low"),
        ("Nice-to-have", "low"),
        ("5", "low"),
        ("4 (low)", "low"),
        ("Optioneel", "low"),
    ],
)
def test_priorities_in_any_wording(level, priority):
    assert classification.prioritise("x", level) == (priority, f"the file says {level}")


@pytest.mark.parametrize("level", ["blue", "?", "Team Rocket", "n/a"])
def test_a_priority_nobody_understands_leaves_it_to_the_text(level):
    assert classification.prioritise("This is a deal-breaker for us", level) == ("critical", "“deal-breaker”")


@pytest.mark.parametrize(
    ("text", "priority", "obligation"),
    [
        ("It must log in", "high", "must"),
        ("Il doit chiffrer les données", "high", "must"),
        ("Das System sollte drucken", "medium", "should"),
        ("El sistema puede imprimir", "low", "may"),
        ("It should, and later must, print", "high", "should"),
        ("It is mandatory to print", "critical", "must"),
        ("Prints", "medium", None),
        ("We would like printing", "low", "may"),
        ("Het systeem moet afdrukken", "high", "must"),
        ("Mayors mustering", "medium", None),
    ],
)
def test_obligation_is_told_apart_from_priority(text, priority, obligation):
    assert classification.prioritise(text)[0] == priority
    assert classification.oblige(text)[0] == obligation


def test_the_files_word_for_obligation_wins():
    assert classification.oblige("It should print", "Mandatory") == ("must", "the file says Mandatory")
    assert classification.oblige("It must print", "High") == ("must", "“must”")


def frame(levels):
    held = {"text": ["x"] * len(levels), "given_category": None, "section": None, "given_priority": levels}
    return pl.DataFrame(held, schema_overrides=dict.fromkeys(("given_category", "section"), pl.String))


def test_on_a_scale_of_weights_more_is_more():
    found = classification.classify(frame(["10", "7", "5", "1"]), "Weight")
    assert found["priority"].to_list() == ["critical", "high", "medium", "low"]
    assert classification.classify(frame(["1", "3"]), "Priority")["priority"].to_list() == ["critical", "medium"]
    assert classification.classify(frame(["5", "1"]), "Importance")["priority"].to_list() == ["critical", "low"]


def test_all_rows_say_must_while_priorities_differ():
    asked = read_list(b"Requirement,Priority\nIt must print,High\nIt must sing,Low\n", "l.csv")
    found = classification.classify(asked.frame)
    assert found["obligation"].to_list() == ["must", "must"]
    assert found["priority"].to_list() == ["high", "low"]
