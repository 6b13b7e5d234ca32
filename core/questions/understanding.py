"""Which topic a question asks for, how surely, and which it might have meant else."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.artifacts import RESULTS, memoized
from core.config import Settings
from core.contracts import Dataset
from core.localization import message
from core.questions import misreadings
from core.questions import slots as question_slots
from core.questions.slots import Slots
from core.questions.topics import Topic, by_name, phrases
from core.questions.wording import stems, usual, wants_a_change
from core.requirements.text import embeddings
from core.scope import Scope

LONGEST = 300
NEAREST = 3
SPLIT_WORDS = frozenset().union(*(stems(" ".join(nouns)) for nouns in question_slots.SPLITS.values()))
# Chosen on 150 questions (tests/questions/choosing.tsv); docs/benchmarks.md tells how they do on 150 others.
MEANING, CLEAR, APART, STRANGE, SPLIT, PLAIN = 0.5, 0.63, 0.08, 0.22, 0.1, 0.8
Scores = NDArray[np.float64]


@dataclass(frozen=True)
class Reading:
    """What a question was taken for.

    Attributes
    ----------
    question : str
    topic : Topic or None
        None where none is near enough: then nothing is answered.
    slots : Slots
    nearest : tuple of Topic
        The three nearest topics, the nearest first.
    unknown : tuple of str
        Words that belong to no topic.
    why : str
        Why nothing is answered; empty where something is.
    """

    question: str
    topic: Topic | None
    slots: Slots
    nearest: tuple[Topic, ...]
    unknown: tuple[str, ...] = ()
    why: str = ""


@cache
def _forms() -> tuple[tuple[str, str], ...]:
    return tuple((name, phrase) for name, written in phrases().items() for phrase in written)


@cache
def _stemmed() -> tuple[frozenset[str], ...]:
    return tuple(stems(phrase) for _, phrase in _forms())


@cache
def vocabulary() -> frozenset[str]:
    """Return the stems that topics are told by."""
    return frozenset().union(*_stemmed())


@cache
def _weights() -> dict[str, float]:
    """Return how much a stem says: more the fewer topics it belongs to."""
    topics_of: dict[str, set[str]] = {}
    for (name, _), words in zip(_forms(), _stemmed(), strict=True):
        for word in words:
            topics_of.setdefault(word, set()).add(name)
    n_topics = len(phrases())
    return {word: 1.0 + math.log(n_topics / len(names)) for word, names in topics_of.items()}


def understand(question: str, data: Dataset, settings: Settings, base: Scope | None = None) -> Reading:
    """Return what a question asks for, or why it is not answered.

    Formula: a topic's likeness is that of the nearest of its phrases: half the overlap of their words, each weighed
    by how few topics it belongs to, and half the cosine of their sentence vectors. A question is answered
    when the likeness is high enough, the next topic far enough behind, and hardly a word of it belongs to no topic.
    Without the sentence vectors the words alone decide.

    Parameters
    ----------
    question : str
        Of at most 300 letters.
    data : Dataset
        The rows the asker may see: only names in them are recognised.
    settings : Settings
    base : Scope, optional
        What the asker looks at.
    """
    slots = question_slots.read(question[:LONGEST], data, settings, vocabulary(), base)
    asked = stems(slots.text)
    strange = tuple(sorted(asked - vocabulary() - (SPLIT_WORDS if slots.split else frozenset())))
    if slots.split:
        asked = asked - _split_stems(slots.split)
    scores = likeness(slots.text, asked, slots, settings.home)
    order = sorted(scores, key=lambda name: -scores[name])
    nearest = tuple(by_name()[name] for name in order[:NEAREST])
    why = _refused(question, asked, strange, [scores[name] for name in order[:2]], slots)
    why = why or objection(question, slots, nearest[0], settings.home)
    return Reading(question.strip(), None if why else nearest[0], slots, nearest, strange, why)


def objection(question: str, slots: Slots, topic: Topic, home: Path | None = None) -> str:
    """Return why a topic would misread a question; empty where nothing speaks against it."""
    return misreadings.objection(question, slots, topic, lambda part: _plainly(part, home))


def _plainly(part: str, home: Path | None) -> str:
    """Return the name of the topic that a few words clearly ask for; empty for none."""
    asked = stems(part)
    if not asked or asked - vocabulary():
        return ""
    scores = likeness(part, asked, Slots(Scope(), part), home)
    name = max(scores, key=lambda topic: scores[topic])
    return name if scores[name] > PLAIN else ""


def _split_stems(split: str) -> frozenset[str]:
    return stems(" ".join(question_slots.SPLITS[split]))


def likeness(text: str, asked: frozenset[str], slots: Slots, home: Path | None = None) -> dict[str, float]:
    """Return how like each topic a question is, 0 to 1."""
    by_words = _overlaps(asked)
    both = by_words
    if asked and (meant := _meaning(text, home)) is not None:
        both = MEANING * meant + (1 - MEANING) * by_words
    out: dict[str, float] = {}
    for (name, _), value in zip(_forms(), both, strict=True):
        out[name] = max(out.get(name, 0.0), float(value))
    if slots.split:  # Told part by part is what has a number; a topic that is a table of its own parts gives way.
        out = {name: value + SPLIT * by_name()[name].can_split for name, value in out.items()}
    if slots.amount:
        out["confidence"] += SPLIT  # Hardly anything else takes an amount.
    else:
        out["confidence"] *= 0.5  # Without one there is nothing to be sure of.
    return out


def _overlaps(asked: frozenset[str]) -> Scores:
    """Return which share of what a question and each phrase say they have in common, 0 to 1."""
    weights = _weights()
    heavy = 1.0 + math.log(len(phrases()))
    own = sum(weights.get(word, heavy) for word in asked)
    return np.array(
        [
            0.0 if asked.isdisjoint(words) else 2 * sum(weights[word] for word in asked & words) / (own + whole)
            for words, whole in _weighed()
        ]
    )


@cache
def _weighed() -> tuple[tuple[frozenset[str], float], ...]:
    """Return the stems of each phrase, with what they weigh together."""
    weights = _weights()
    return tuple((words, sum(weights[word] for word in words)) for words in _stemmed())


def _meaning(text: str, home: Path | None) -> Scores | None:
    table = _phrase_vectors(home)
    if table is None:
        return None
    alike: Scores = np.clip(table @ _vector(usual(text)), 0.0, 1.0).astype(np.float64)
    return alike


@memoized(RESULTS, 2)
def _phrase_vectors(home: Path | None) -> embeddings.Vectors | None:
    """Return the vectors of all phrases, worked out once for an installation; None without the weights."""
    vectors = embeddings.of([usual(phrase) for _, phrase in _forms()], (), home)
    return None if vectors is None else vectors[0]


def _vector(text: str) -> embeddings.Vectors:
    encoder = embeddings.encoder()
    assert encoder is not None
    return np.asarray(encoder.encode([text])[0])


def _refused(question: str, asked: frozenset[str], strange: tuple[str, ...], best: list[float], slots: Slots) -> str:
    """Return why a question is not answered; empty where it is."""
    share = len(strange) / max(len(asked | frozenset(strange)), 1)
    reasons = (
        (len(question) > LONGEST, message("A question has at most {longest} letters.", longest=LONGEST)),
        (wants_a_change(question), "Questions are answered here; nothing is changed or sent."),
        (not asked and not slots.amount, "There is no word in it that belongs to an answer."),
        (share > STRANGE, message("No answer here has to do with {listed}.", listed=_listed(strange))),
        (best[0] < CLEAR, "No answer is near enough to that question."),
        (best[0] - best[1] < APART, "It may mean more than one of these."),
    )
    return next((why for is_so, why in reasons if is_so), "")


def _listed(strange: tuple[str, ...]) -> str:
    return ", ".join(f"“{word}”" for word in strange[:3])
