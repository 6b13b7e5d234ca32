"""A language model chooses among the answers there are: it never makes one, and a lie changes no figure."""

from __future__ import annotations

import json

import pytest

from core.config.settings import LanguageModelSettings
from core.contracts.errors import SourceError, StoreError
from core.questions import answering, model_choice
from core.questions.answering import Answer, Refusal
from core.questions.model_choice import Helper
from core.questions.topics import TOPICS
from core.rewriting.language_model import ModelAnswer
from core.store import Store
from tests.questions.test_questions import desk

__all__ = ["desk"]
UNKNOWN = "how often do we beat others to the signature"
TITLES = [topic.title for topic in TOPICS]


class Stub:
    """Says what it is told to, and keeps what it was asked."""

    name, host = "stub", "127.0.0.1"

    def __init__(self, *texts):
        self.texts, self.asked = list(texts), []

    def answer(self, messages, most_tokens):
        self.asked.append(json.loads(messages[-1]["content"]))
        text = self.texts.pop(0)
        if text is None:
            raise SourceError("The language model did not answer within 1 seconds.", self.host)
        return ModelAnswer(text, 10)


@pytest.fixture
def log(tmp_path):
    store = Store.open(f"sqlite:///{tmp_path / 'log.db'}")
    yield store.model_calls
    store.close()


def helper(log, *texts, **more):
    values = {"url": "http://127.0.0.1/v1", "model": "stub", "hosts": ("127.0.0.1",), "logged": "full"} | more
    return Helper(Stub(*texts), LanguageModelSettings(**values), log, "ana")


def number(name):
    return str([topic.name for topic in TOPICS].index(name) + 1)


def test_the_model_chooses_and_the_figure_is_the_functions_own(desk, log):
    refused = answering.ask(UNKNOWN, desk)
    assert isinstance(refused, Refusal)
    aid = helper(log, number("win_rate"))
    answer = model_choice.choose(UNKNOWN, desk, aid)
    assert isinstance(answer, Answer)
    assert answer.sentence == answering.ask("What is our win rate?", desk).sentence
    (sent,) = aid.model.asked
    assert (sent["question"], list(sent["figures"].values())) == (UNKNOWN, TITLES)
    row = log.newest().row(0, named=True)
    assert (row["purpose"], row["state"], row["n_tokens"]) == ("questions", "answered", 10)


@pytest.mark.parametrize("text", ["0", "9999", "Win rate is 97 %.", "-1", "3; DROP TABLE"])
def test_what_is_no_number_of_an_answer_changes_nothing(desk, log, text):
    assert model_choice.choose(UNKNOWN, desk, helper(log, text)) == answering.ask(UNKNOWN, desk)


def test_one_that_does_not_answer_is_not_taken_for_one_that_finds_nothing(desk, log):
    with pytest.raises(SourceError, match="did not answer within"):
        model_choice.choose(UNKNOWN, desk, helper(log, None))
    assert log.newest()["state"].to_list() == ["failed"]


def test_it_is_not_asked_for_what_is_understood_or_wants_a_change_or_after_its_limit(desk, log):
    aid = helper(log)
    assert isinstance(model_choice.choose("What is our win rate?", desk, aid), Answer)
    assert isinstance(model_choice.choose("Delete all deals of Acme", desk, aid), Refusal)
    assert isinstance(model_choice.choose("x " * 200, desk, aid), Refusal)
    spent = helper(log, most_day_tokens=1)
    with pytest.raises(StoreError, match="limit of the day"):
        model_choice.choose(UNKNOWN, desk, spent)
    assert aid.model.asked == spent.model.asked == []


def test_a_known_misreading_stays_refused(desk, log):
    refused = model_choice.choose(
        "what would the win rate be if we hired ten reps", desk, helper(log, number("win_rate"))
    )
    assert isinstance(refused, Refusal)


def test_titles_of_what_the_asker_may_not_open_are_not_sent(desk, log):
    from dataclasses import replace

    poor = replace(desk, may=lambda right: right == "pipeline:read")
    aid = helper(log, "1")
    model_choice.choose(UNKNOWN, poor, aid)
    shown = set(aid.model.asked[0]["figures"].values())
    assert shown == {topic.title for topic in TOPICS if topic.right == "pipeline:read"}


def test_other_words_change_no_figure(desk, log):
    answer = answering.ask("What is our win rate?", desk)
    lied = model_choice.phrase(answer, helper(log, "Brilliant: 97.3 % of our deals are won, says Zorro."))
    assert "97.3" not in lied.text
    assert "Zorro" not in lied.text
    assert lied.struck
    same = model_choice.phrase(answer, helper(log, answer.sentence))
    assert same.state == "answered"
    assert not same.struck
