"""What a text claims that a source has to state: numbers with units, dates, names, negation, strength, new words."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import snowballstemmer

from core import yaml_text
from core.artifacts import ANALYSES, memoized

FILE = Path(__file__).with_name("claims.yaml")
SENTENCE = re.compile(r"(?<=[.!?])[\"”')\]]*\s+(?=[\"“(\[]?[A-Z0-9\[])|\n+")
WORD = re.compile(r"[A-Za-zÀ-ɏ][A-Za-zÀ-ɏ'’\-]*")
NAME = re.compile(r"\b(?:[A-Z][a-z]*[A-Z]\w*|[A-Z]{2,}\w*|[A-Za-z]+-?\d[\w.\-]*|[A-Z][a-zà-ÿ]{2,})\b")
DIGITS = r"\d{1,3}(?:[,\u00a0\u202f ]\d{3})+(?:\.\d+)?|\d+(?:[.,]\d+)?"
ISO_DATE = re.compile(r"\b((?:19|20)\d\d)-(\d\d)-(\d\d)\b")
SLASHED = re.compile(r"\b\d{1,2}[/.]\d{1,2}[/.](?:\d{4}|\d\d)\b")
QUARTER = re.compile(r"\bQ([1-4])[ /\-]*((?:19|20)\d\d)\b|\b((?:19|20)\d\d)[ /\-]*Q([1-4])\b", re.IGNORECASE)
YEAR = re.compile(r"\b(?:19|20)\d\d\b(?!\s*(?:users|records|rows|requests))")
SPEAKERS = ("we", "our", "you", "your", "yes", "no")
LINK = re.compile(r"https?://\S+?(?=[.,;:)\]”]*(?:\s|$))")


@dataclass(frozen=True)
class Claims:
    """What one text claims.

    Attributes
    ----------
    numbers : frozenset of (float, str)
        Value and unit; where no unit is known, the word that follows, and empty where none does.
    dates : frozenset of str
        As precise as written: 2026-03-12, 2026-03, 2026-Q1, 2026, or words such as "next month".
    names : frozenset of str
        Products, standards, companies, in lower case; none from the head of a sentence unless its form says so.
    frequencies, links : frozenset of str
    strengths : frozenset of str
        possible, planned, certain, bounded.
    is_negated : bool
    """

    numbers: frozenset[tuple[float, str]]
    dates: frozenset[str]
    names: frozenset[str]
    frequencies: frozenset[str]
    links: frozenset[str]
    strengths: frozenset[str]
    is_negated: bool


@cache
def _rules() -> dict[str, Any]:
    rules: dict[str, Any] = yaml_text.parsed(FILE.read_text(encoding="utf-8"))
    for name in ("units", "frequencies"):
        groups = [str(group).replace("per cent", "per_cent").split() for group in rules[name]]
        rules[name] = {word: group[0] for group in groups for word in group}
    rules["small_units"] = {word.lower(): unit for word, unit in rules["units"].items()}
    months_alone = [month.capitalize() for month in rules["months"] if month != "may"]
    rules["month_alone"] = re.compile(rf"\b(?:{'|'.join(months_alone)})\b|(?<=[a-z,] )May\b")
    rules["negations"] = re.compile(rules["negations"], re.IGNORECASE)
    rules["strengths"] = {name: re.compile(words, re.IGNORECASE) for name, words in rules["strengths"].items()}
    rules["relative_dates"] = [re.compile(words, re.IGNORECASE) for words in rules["relative_dates"]]
    spelled = "|".join([*rules["numbers"], "a thousand", "a million", "hundred"])
    times = "|".join(rules["multipliers"])
    rules["quantity"] = re.compile(
        rf"(?P<money>(?:[€$£]|EUR|USD|GBP|CHF)\s?)?(?<![\w.])"
        rf"(?P<value>(?:{DIGITS})|(?:(?:{spelled})\b(?:[ \-](?:and )?(?:{spelled})\b)*))"
        rf"(?:\s?(?P<times>{times})\b)?(?P<unit>\s?%|[\s\-]?per cent\b|[\s\-]?[A-Za-z€$£][A-Za-z]*)?",
        re.IGNORECASE,
    )
    months = "|".join(f"{month}|{month[:3]}" for month in rules["months"])
    rules["written_date"] = re.compile(
        rf"\b(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\.? (?:of )?)?(?P<month>{months})\.?"
        rf"(?: (?P<later>\d{{1,2}})(?:st|nd|rd|th)?,?)?[ ,]+(?P<year>(?:19|20)\d\d)\b",
        re.IGNORECASE,
    )
    rules["connecting"] = frozenset(_stem(word) for word in str(rules["connecting"]).split())
    return rules


class _Stemmers(threading.local):
    """A stemmer per thread, for one keeps what it works on."""

    def __init__(self) -> None:
        self.english = snowballstemmer.stemmer("english")


_stemmers = _Stemmers()


def _stem(word: str) -> str:
    plain = word.lower().replace("’", "'").removesuffix("'s")
    return str(_stemmers.english.stemWord(_forms().get(plain, plain)))


@cache
def _forms() -> dict[str, str]:
    """Return the forms of irregular verbs."""
    forms: dict[str, str] = yaml_text.parsed(FILE.read_text(encoding="utf-8"))["forms"]
    return forms


def sentences(text: str) -> list[str]:
    """Return the sentences of a text.

    Examples
    --------
    >>> sentences("We do. It costs 99.9 % of nothing.")
    ['We do.', 'It costs 99.9 % of nothing.']
    """
    return [part.strip() for part in SENTENCE.split(text) if part and part.strip()]


@memoized(ANALYSES, 20_000)
def claims(text: str) -> Claims:
    """Return what a text claims.

    Examples
    --------
    >>> sorted(claims("Backups are kept thirty-five days, up to 2 GB.").numbers)
    [(2.0, 'GB'), (35.0, 'day')]
    >>> sorted(claims("Reviewed on 12 March 2026 and in Q3 2026.").dates)
    ['2026-03-12', '2026-Q3']
    """
    links = frozenset(LINK.findall(text))
    plain = LINK.sub(" ", text)
    dates, plain = _dates(plain)
    rules = _rules()
    lowered = {word.lower() for word in WORD.findall(plain)}
    return Claims(
        _numbers(plain),
        dates,
        frozenset(_names(plain)),
        frozenset(rules["frequencies"][word] for word in lowered & set(rules["frequencies"])),
        links,
        frozenset(name for name, words in rules["strengths"].items() if words.search(plain)),
        bool(rules["negations"].search(plain)),
    )


def _dates(text: str) -> tuple[frozenset[str], str]:
    """Return the dates of a text, and the text without them."""
    rules, out = _rules(), set()
    for year, month, day in ISO_DATE.findall(text):
        out.add(f"{year}-{month}-{day}")
    text = ISO_DATE.sub(" ", text)
    for match in rules["written_date"].finditer(text):
        short = [month[:3] for month in rules["months"]]
        number = short.index(match["month"].lower()[:3]) + 1
        day = match["day"] or match["later"]
        out.add(f"{match['year']}-{number:02d}" + (f"-{int(day):02d}" if day else ""))
    text = rules["written_date"].sub(" ", text)
    out |= {match.group(0) for match in SLASHED.finditer(text)}
    text = SLASHED.sub(" ", text)
    out |= {f"{a or c}-Q{b or d}" for b, a, c, d in QUARTER.findall(text)}
    text = QUARTER.sub(" ", text)
    out |= {month.lower() for month in rules["month_alone"].findall(text)}
    for pattern in rules["relative_dates"]:
        out |= {match.group(0).lower() for match in pattern.finditer(text)}
    out |= set(YEAR.findall(text))
    return frozenset(out - {"today"}), YEAR.sub(" ", text)


def _numbers(text: str) -> frozenset[tuple[float, str]]:
    rules, out = _rules(), set()
    for match in rules["quantity"].finditer(text):
        value = _value(match["value"])
        if value is None:
            continue
        value *= rules["multipliers"].get((match["times"] or "").lower(), 1)
        word = (match["unit"] or match["money"] or "").strip(" -\t\n").lower().replace("per cent", "per_cent")
        by_word = rules["small_units"]
        is_plain_one = match["value"].lower() in ("one", "once") and word not in by_word
        if not is_plain_one:
            out.add((value, by_word.get(word, _stem(word) if word else "")))
    return frozenset(out)


def _value(text: str) -> float | None:
    """Return the value of digits or of number words."""
    if text[0].isdigit():
        plain = re.sub(r"(?<=\d)[,\u00a0\u202f ](?=\d{3}(?!\d))", "", text)
        return float(plain.replace(",", "."))
    numbers, total, current = _rules()["numbers"], 0.0, 0.0
    for word in re.split(r"[ \-]+", text.lower()):
        if word in numbers:
            current += numbers[word]
        elif word in ("hundred", "thousand", "million"):
            current = max(current, 1) * _rules()["multipliers"][word]
    total += current
    return total or (0.0 if "zero" in text.lower() else None)


def _names(text: str) -> list[str]:
    out = []
    for sentence in sentences(text) or [text]:
        for match in NAME.finditer(sentence):
            word = match.group(0)
            is_plain = word[1:].islower() or len(word) == 1
            is_head = (
                not re.search(r"\w", sentence[: match.start()]) or sentence[: match.start()].rstrip()[-1:] in ':“"'
            )
            if not (is_plain and is_head) and not (
                is_plain and word.lower() in ("we", "our", "you", "your", "yes", "no")
            ):
                out.append(word.lower())
    return out


def stems(text: str) -> frozenset[str]:
    """Return the stems of the words of a text that claim something.

    Examples
    --------
    >>> sorted(stems("We encrypt the backups"))
    ['backup', 'encrypt']
    """
    connecting: frozenset[str] = _rules()["connecting"]
    return frozenset(_stem(word) for word in WORD.findall(LINK.sub(" ", text))) - connecting


def new_words(sentence: str, sources: str) -> list[str]:
    """Return the words of a sentence that neither a source has, in any form, nor every sentence may use.

    Examples
    --------
    >>> new_words("We encrypt backups and cure cancer.", "Backups are encrypted")
    ['cure', 'cancer']
    """
    stated = {_stem(word) for word in WORD.findall(LINK.sub(" ", sources))} | _rules()["connecting"]
    rules = _rules()
    counted = {*rules["numbers"], *rules["multipliers"], *rules["months"]}
    fresh = [word for word in WORD.findall(LINK.sub(" ", sentence)) if word.lower() not in counted]
    pieces = [piece for word in fresh for piece in ([word] if _stem(word) in stated else word.split("-"))]
    return [
        word for word in dict.fromkeys(pieces) if word and word.lower() not in counted and _stem(word) not in stated
    ]


def unstated(text: str, sources: Sequence[str]) -> list[str]:
    """Return the numbers, dates, names and links of a text that no source states, each in words.

    Numbers are compared by value, and by unit where one is known; a date may be less exact than its source.

    Examples
    --------
    >>> unstated("We keep backups 90 days at Acme.", ["Backups are kept 35 days"])
    ['the number 90 day', 'the name acme']
    """
    ours, theirs = claims(text), claims("\n".join(sources))
    standard_units = known_units()
    by_value = {value for value, _ in theirs.numbers}
    out = [
        f"the number {value:g} {unit}".strip()
        for value, unit in sorted(ours.numbers)
        if (value, unit) not in theirs.numbers and (unit in standard_units or value not in by_value)
    ]
    out += [f"the date {day}" for day in sorted(ours.dates) if not any(d.startswith(day) for d in theirs.dates)]
    words = {word.lower() for source in sources for word in re.findall(r"[\w.\-]+", source)}
    spoken = {part for word in words for part in (word, *word.split("-"), word.rstrip("."))}
    out += [f"the name {name}" for name in sorted(ours.names) if name not in spoken and name not in theirs.names]
    out += [f"the link {link}" for link in sorted(ours.links - theirs.links) if not _is_within(link, sources)]
    return out


def units(text: str) -> frozenset[str]:
    """Return the known units a text counts in; all units of time are one.

    Examples
    --------
    >>> sorted(units("Within 48 hours, 99.9 %, 12 steps"))
    ['%', 'time']
    """
    spans = ("second", "minute", "hour", "day", "week", "month", "quarter", "year", "ms")
    counted = {unit for _, unit in claims(text).numbers if unit in known_units()}
    return frozenset("time" if unit in spans else unit for unit in counted)


def known_units() -> frozenset[str]:
    """Return the units numbers are compared with, such as %, hour and GB."""
    return frozenset(_rules()["units"].values())


def _is_within(link: str, sources: Sequence[str]) -> bool:
    return any(link in source for source in sources)
