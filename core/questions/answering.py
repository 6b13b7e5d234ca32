"""A question answered by the function of its topic, for the rows the asker may see; or refused with what comes near."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import polars as pl

from core.branding import company_words
from core.branding.company_words import CompanyWords
from core.config import Settings
from core.contracts import Dataset
from core.contracts.amount_visibility import HIDDEN, spoken
from core.contracts.errors import QuarterdeckError
from core.forecasts import week_ago
from core.interactions.interaction_view import Interactions
from core.localization import message
from core.models.bundle import Bundle
from core.questions import period_arguments
from core.questions.period_arguments import UnansweredError
from core.questions.slots import Slots
from core.questions.topics import Topic
from core.questions.understanding import Reading, understand, vocabulary
from core.questions.wording import stems
from core.scope import DIMENSIONS, Scope, applied, narrowing, rows_shown

MOST_PARTS = 30
OWN_PARTS = {
    "regions": "region",
    "attainment": "team",
    "leaderboard": "rep",
    "bookings_split": "family",
    "coaching": "rep",
}
Work = Callable[..., Any]


@dataclass(frozen=True)
class Desk:
    """What answers are worked out from.

    Attributes
    ----------
    data : Dataset
        The rows the asker may see, names hidden where they must be.
    settings : Settings
    may : callable
        Says whether the asker holds a right.
    work : callable
        `work(function, data, settings, *more)` returns what a function gives, models handed to it.
    bundle : callable
        `bundle(data, settings)` returns the models.
    calls : callable
        Returns managers' calls and reviews, as far as the asker may see them.
    interactions : callable
        `interactions(data, settings)` returns the mails, meetings and calls of these rows that the asker may see.
    """

    data: Dataset
    settings: Settings
    may: Callable[[str], bool]
    work: Work
    bundle: Callable[[Dataset, Settings], Bundle]
    calls: Callable[[], tuple[pl.DataFrame, pl.DataFrame]]
    interactions: Callable[[Dataset, Settings], Interactions]


@dataclass(frozen=True)
class Answer:
    """A question's answer.

    Attributes
    ----------
    question : str
    topic : Topic
    sentence : str
    value : float or None
    unit : str
        "money", "rate", "count", "days", "ratio" or empty.
    currency : str
    frame : pl.DataFrame
        The rows behind it, or one row per part where it is told part by part.
    as_of : date
    scope : Scope
    about : str
        What part of the company and which period it speaks of, in words.
    arguments : tuple
        What the function took after data, settings and models.
    split : str
    window : str
        The window of the forecast it speaks of, where it is of one.
    data : Dataset
        The rows it was worked out from.
    settings : Settings
        Those of these rows.
    slots : Slots
        What the question said beside its topic.
    interactions : str
        The state of mails, meetings and calls it was worked out from; empty where it was from none.
    """

    question: str
    topic: Topic
    sentence: str
    value: float | None
    unit: str
    currency: str
    frame: pl.DataFrame
    as_of: date
    scope: Scope
    about: str
    arguments: tuple[Any, ...] = ()
    split: str = ""
    window: str = ""
    data: Dataset | None = field(default=None, repr=False)
    settings: Settings | None = field(default=None, repr=False)
    slots: Slots | None = field(default=None, repr=False)
    interactions: str = field(default="", repr=False)

    @property
    def formula(self) -> str:
        """Return how it is worked out, as its function says."""
        return (inspect.getdoc(self.topic.function) or "").partition("\n\nParameters\n")[0]

    def chart(self) -> tuple[Callable[..., Any], tuple[Any, ...]] | None:
        """Return the function that draws it and what that takes; None where there is nothing to draw."""
        if not self.topic.chart or self.split or self.frame.is_empty():
            return None
        from importlib import import_module

        module, _, name = self.topic.chart.partition(":")
        function = getattr(import_module(f"core.charts.{module}"), name)
        given = {"currency": self.currency, "unit": self.unit} | dict(self.topic.drawn)
        if self.topic.name == "forecast_drivers":
            given["total"] = self.window
        takes = list(inspect.signature(function).parameters)[1:]
        return function, (self.frame, *(given[name] for name in takes if name in given))


@dataclass(frozen=True)
class Refusal:
    """A question that is not answered: why, and what comes nearest."""

    question: str
    why: str
    nearest: tuple[Topic, ...]

    @property
    def sentence(self) -> str:
        """Say why, and what could be asked instead."""
        if not self.nearest:
            return self.why
        return message(
            "{why} The nearest that can be asked: {nearest}",
            why=self.why,
            nearest=" ".join(topic.title for topic in self.nearest),
        )


def ask(question: str, desk: Desk, base: Scope | None = None) -> Answer | Refusal:
    """Return a question's answer, or why there is none.

    Parameters
    ----------
    question : str
    desk : Desk
    base : Scope, optional
        What the asker looks at; the question narrows it further, and its own period goes first.
    """
    words = company_words.of(desk.settings.branding.words)
    asked = words.standard(question, _understood(words), words.names_with(desk.data)) if words else question
    reading = replace(understand(asked, desk.data, desk.settings, base), question=question)
    nearest = tuple(topic for topic in reading.nearest if desk.may(topic.right))
    if reading.topic is None:
        return Refusal(reading.question, reading.why, nearest)
    if not desk.may(reading.topic.right):
        return Refusal(reading.question, "Your role does not open the answer to that.", nearest)
    return _tried(reading, reading.topic, desk)


def _understood(words: CompanyWords) -> set[str]:
    """Return those of a company's words that questions are told apart by anyway."""
    return {their for _, their in words.forms if stems(their) <= vocabulary()}


def of_topic(question: str, topic: Topic, slots: Slots, desk: Desk) -> Answer | Refusal:
    """Return the answer of a question that was understood before, without reading its words again.

    Parameters
    ----------
    question : str
    topic : Topic
    slots : Slots
    desk : Desk
    """
    if not desk.may(topic.right):
        return Refusal(question, "Your role does not open the answer to that.", ())
    return _tried(Reading(question, topic, slots, ()), topic, desk)


def _tried(reading: Reading, topic: Topic, desk: Desk) -> Answer | Refusal:
    try:
        return _answered(reading, topic, desk)
    except UnansweredError as error:
        return Refusal(reading.question, str(error), ())
    except QuarterdeckError as error:
        return Refusal(reading.question, " ".join(part for part in (error.what, error.mend) if part), ())


def _answered(reading: Reading, topic: Topic, desk: Desk) -> Answer:
    slots = reading.slots
    data = applied(desk.data, desk.settings, replace(slots.scope, period="this quarter", begin=None, end=None))
    span = period_arguments.of(topic, slots, data.as_of, desk.settings)
    amount = _arguments(topic, slots, desk)
    more = (*span.arguments, *amount)
    rows = data if span.last is None else week_ago.dataset_on(data, desk.settings, span.last)
    interactions = (desk.interactions(data, desk.settings),) if topic.takes_interactions else ()
    handed = (*interactions, *more)
    result = _worked(desk, topic, rows, handed)
    answer = _told(result, reading, topic, rows, desk.settings, span.words, more)
    answer = replace(answer, interactions="".join(entry.fingerprint for entry in interactions))
    if slots.split and slots.split != OWN_PARTS.get(topic.name):
        return _by_part(answer, slots.split, desk, handed)
    return answer


def _worked(desk: Desk, topic: Topic, rows: Dataset, more: tuple[Any, ...]) -> Any:
    function = topic.function
    if "settings" not in inspect.signature(function).parameters:
        return function(rows, *more)
    return desk.work(function, rows, desk.settings, *more)


def _arguments(topic: Topic, slots: Slots, desk: Desk) -> tuple[Any, ...]:
    if topic.name == "confidence":
        if not slots.amount:
            raise UnansweredError("Name the amount, such as “how sure are we of 12 M”.")
        return (slots.amount,)
    if topic.name == "slipped" and slots.is_commit:
        return ("commit",)
    return desk.calls() if topic.name == "manager_calls" else ()


def _told(
    result: Any, reading: Reading, topic: Topic, rows: Dataset, settings: Settings, words: str, more: tuple[Any, ...]
) -> Answer:
    value = _value(result, topic)
    if rows.amounts == HIDDEN and getattr(result, "unit", topic.unit) == "money":
        value = None
    scope = reading.slots.scope
    part = narrowing.sentence(rows.whole or rows, settings, scope) if scope.parts or scope.currency else ""
    part = part or rows_shown.heading(rows)
    return Answer(
        question=reading.question,
        topic=topic,
        sentence=spoken(str(result.sentence()), rows.amounts),
        value=value,
        unit=getattr(result, "unit", topic.unit),
        currency=settings.currency,
        frame=result.frame,
        as_of=rows.as_of,
        scope=reading.slots.scope,
        about=f"{part}. {words}".strip() if words else part,
        arguments=tuple(entry for entry in more if isinstance(entry, str | int | float)),
        window=str(getattr(result, "window", "")),
        data=rows,
        settings=settings,
        slots=reading.slots,
    )


def _value(result: Any, topic: Topic) -> float | None:
    if topic.name == "forecast":
        return float(result.frame["amount"][-1]) if result.is_known else None
    value = getattr(result, "value", None)
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def _by_part(answer: Answer, split: str, desk: Desk, more: tuple[Any, ...]) -> Answer:
    """Return an answer told part by part; the whole stays its number."""
    noun = DIMENSIONS[split].lower()
    if not answer.topic.can_split:
        raise UnansweredError(message("That is not told by {noun}; ask for one {noun} by its name.", noun=noun))
    assert answer.data is not None
    rows = answer.data
    choices: Mapping[str, str] = narrowing.choices(rows, desk.settings)[split]
    names = {key: label for key, label in choices.items() if split != "team" or key == label}
    if not names or len(names) > MOST_PARTS:
        raise UnansweredError(
            message(
                "There are {n_names} to tell it by; at most {most_parts} are told apart.",
                n_names=len(names),
                most_parts=MOST_PARTS,
            )
        )
    values = []
    for key, label in names.items():
        part = applied(rows, desk.settings, Scope.of({split: key}))
        values.append((label, _value(_worked(desk, answer.topic, part, more), answer.topic)))
    schema = {split: pl.String, "value": pl.Float64}
    frame = pl.DataFrame(values, schema, orient="row").sort("value", descending=True, nulls_last=True)
    return replace(answer, frame=frame, split=split)
