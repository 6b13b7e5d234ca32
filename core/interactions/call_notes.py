"""What a call's words come to, by rules: questions, topics, and next steps that were promised, with their day."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from core import yaml_text

WORDS_FILE = Path(__file__).with_name("call_words.yaml")
SENTENCE = re.compile(r"[^.!?…]+[.!?…]*")
WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
SHORTEST = 3
# Somebody binds themselves: "I will send", "we'll check", "let me share"; an offer ("I can send") with a day only.
PROMISE = re.compile(
    r"\b(?:(?:i|we)(?:['’]ll| will| shall)|let me|i(?:['’]m| am) going to|we(?:['’]re| are) going to)\b"
)
OFFER = re.compile(r"\b(?:i|we) can\b")
DENIED = re.compile(r"\b(?:will not|won['’]t|cannot|can['’]t|not going to|never|if)\b")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
ON_DAY = re.compile(rf"\b(?:by|on|until|before|this|next) ({'|'.join(WEEKDAYS)})\b")
ON_DATE = re.compile(
    rf"\b(\d{{1,2}})(?:st|nd|rd|th)?(?: of)? ({'|'.join(MONTHS)})\b|\b({'|'.join(MONTHS)}) (\d{{1,2}})\b"
)
IN_DAYS = re.compile(r"\b(?:in|within) (?:a|one|two|three|four|\d{1,2}) (day|week)s?\b")
NUMBERS = {"a": 1, "one": 1, "two": 2, "three": 3, "four": 4}
SPOKEN_DAYS = {"today": 0, "tomorrow": 1, "this afternoon": 0, "right after": 0, "next week": 7, "end of the week": 4}
USUAL_DAYS = 7


@dataclass(frozen=True)
class NextStep:
    """What somebody promised to do, of which kind, and until when: a week where no day was named."""

    kind: str
    due_on: date


def sentences(text: str) -> list[str]:
    """Return the sentences of a text that have three words or more.

    Examples
    --------
    >>> sentences("Yes. That works for us! Does it scale?")
    ['That works for us!', 'Does it scale?']
    """
    parts = (part.strip() for part in SENTENCE.findall(text))
    return [part for part in parts if n_words(part) >= SHORTEST]


def n_words(text: str) -> int:
    """Return how many words a text has.

    Examples
    --------
    >>> n_words("We don't know, do we?")
    5
    """
    return sum(1 for _ in WORD.finditer(text))


def n_questions(text: str) -> int:
    """Return how many sentences of two words or more end in a question mark.

    Examples
    --------
    >>> n_questions("Right? How long does it take? And what does it cost?")
    2
    """
    return sum(1 for part in SENTENCE.findall(text) if part.rstrip().endswith("?") and n_words(part) > 1)


def topics(text: str) -> tuple[str, ...]:
    """Return what a text is about, by the words of `call_words.yaml`, whole words only.

    Examples
    --------
    >>> topics("What would the price be, and who signs the contract?")
    ('Price', 'Legal')
    """
    lowered = text.lower()
    return tuple(name for name, pattern in _topics().items() if pattern.search(lowered))


def next_step(text: str, day: date) -> NextStep | None:
    """Return the first thing somebody promises in a text; None where nobody does.

    Parameters
    ----------
    text : str
    day : date
        Of the call: "by Friday" is the next one after it.

    Examples
    --------
    >>> next_step("Thanks. I will send the offer by Friday.", date(2026, 5, 12))
    NextStep(kind='send', due_on=datetime.date(2026, 5, 15))
    >>> next_step("I will not send it.", date(2026, 5, 12)) is None
    True
    """
    for part in sentences(text):
        lowered = part.lower().replace("’", "'")
        due_on = _due(lowered, day)
        is_promise = PROMISE.search(lowered) or (OFFER.search(lowered) and due_on is not None)
        if not is_promise or DENIED.search(lowered) or lowered.rstrip().endswith("?"):
            continue
        spans = [(match.start(), kind) for kind, pattern in _steps().items() if (match := pattern.search(lowered))]
        if spans:
            return NextStep(min(spans)[1], due_on or day + timedelta(days=USUAL_DAYS))
    return None


def _due(text: str, day: date) -> date | None:
    if match := ON_DAY.search(text):
        ahead = (WEEKDAYS.index(match[1]) - day.weekday() - 1) % 7 + 1
        return day + timedelta(days=ahead)
    if match := ON_DATE.search(text):
        number, month = int(match[1] or match[4]), MONTHS.index(match[2] or match[3]) + 1
        return _next_date(day, month, number)
    if match := IN_DAYS.search(text):
        count = match[0].split()[1]
        return day + timedelta(days=(NUMBERS.get(count) or int(count)) * (7 if match[1] == "week" else 1))
    return next((day + timedelta(days=n) for words, n in SPOKEN_DAYS.items() if words in text), None)


def _next_date(day: date, month: int, number: int) -> date | None:
    for year in (day.year, day.year + 1):
        try:
            candidate = date(year, month, number)
        except ValueError:
            return None
        if candidate >= day:
            return candidate
    return None


@cache
def _words() -> Mapping[str, Any]:
    words: Mapping[str, Any] = yaml_text.parsed(WORDS_FILE.read_text(encoding="utf-8"))
    return words


@cache
def _topics() -> dict[str, re.Pattern[str]]:
    return {name: _any_of(words) for name, words in _words()["topics"].items()}


@cache
def _steps() -> dict[str, re.Pattern[str]]:
    return {name: _any_of(words) for name, words in _words()["steps"].items()}


def _any_of(words: list[str]) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(re.escape(word) for word in words)})\b")
