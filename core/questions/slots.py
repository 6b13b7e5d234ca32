"""What a question says beside its topic: a part of the company, a period, a split, an amount."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from core.config import Settings
from core.config.calendar import add_months, add_quarters, quarter_end, year_start
from core.contracts import Dataset
from core.questions.wording import stems, usual
from core.scope import Scope, narrowing
from core.search.finder import folded

SPLITS = {
    "region": ("region", "regions", "geography", "geo", "territory", "territories"),
    "team": ("team", "teams"),
    "rep": ("rep", "reps", "seller", "sellers", "salesperson", "salespeople"),
    "segment": ("segment", "segments", "size of customer"),
    "family": ("product", "products", "product family", "family"),
    "deal_type": ("type", "type of deal", "deal type"),
}
BY = r"(?:by|per|for each|for every|in each|split by|broken down by)"
TYPES = {
    "new": r"(?:new|net new) (?:business|logos?|customer deals?)",
    "expansion": r"(?:expansions?|upsells?|cross-?sells?)",
    "renewal": r"renewals?",
}
NUMBERS = {
    "a": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "six": 6,
    "seven": 7,
    "nine": 9,
    "twelve": 12,
    "thirty": 30,
    "ninety": 90,
}
UNITS = {
    "k": 1e3,
    "thousand": 1e3,
    "m": 1e6,
    "mn": 1e6,
    "mio": 1e6,
    "million": 1e6,
    "bn": 1e9,
    "b": 1e9,
    "billion": 1e9,
}
AMOUNT = re.compile(
    r"(?:\b(?:usd|eur|gbp|chf)\s*|[$€£]\s*)?\b(\d{1,3}(?:[,']\d{3})+|\d+(?:\.\d+)?)\s*"
    r"(k|thousand|mn|mio|million|m|bn|billion|b)?(?:illions?)?\b(?!\s*(?:days?|weeks?|months?|quarters?|years?|%|percent))"
    r"(?:\s*(?:usd|eur|gbp|chf|dollars?|euros?))?"
)
BACK = re.compile(
    r"(?:(?:in|over|during|for|of|within) )?(?:the )?(?:last|past|previous|trailing) "
    r"(\d{1,3}|two|three|four|six|seven|nine|twelve|thirty|ninety) (day|week|month|quarter|year)s?"
)
COMPARED = r"(?<!vs )(?<!vs\. )(?<!than )(?<!with )(?<!\bon )(?<!\bto )(?<!against )(?<!the same )"
NAMED = (
    ("last quarter", COMPARED + r"(?:(?:in|during|over|for) )?(?:the )?(?:last|previous|past|prior) quarter\b"),
    ("next quarter", r"(?:(?:in|during|for) )?(?:the )?(?:next|coming|following) quarter\b"),
    (
        "this quarter",
        r"(?:so far )?(?:(?:in|during|for|of) )?(?:the )?(?:this|current|running) quarter\b(?: so far)?"
        r"|\bqtd\b|\bquarter to date\b",
    ),
    ("last year", COMPARED + r"(?:(?:in|during|for) )?(?:the )?(?:last|previous|prior) (?:fiscal )?year\b"),
    (
        "this year",
        r"(?:so far )?(?:(?:in|during|for|of) )?(?:this|current|running) (?:fiscal )?year\b(?: to date)?"
        r"|\bytd\b|\byear to date\b",
    ),
)
QUARTER = re.compile(r"(?:(?:in|for|of|during) )?\bq([1-4])(?: (?:of )?(20\d\d))?\b")
MONTHS = {"this month": 0, "last month": -1, "next month": 1}
WEEKS = r"(?:since |in |over |during )?(?:the )?(?:this|last|past) week\b"
FROM_DAYS = {"day": 1, "week": 7}
MONTH_NAMES = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
MONTH = re.compile(rf"\b(?:in |during |for |of )({'|'.join(MONTH_NAMES)})(?: (20\d\d))?\b")
YEAR = re.compile(r"(?<![$€£\d,.'])(?:\b(?:in|for|of|during) )?(?:\bfy ?|\bfiscal year |\b)(20\d\d)\b(?![,.']?\d)")


@dataclass(frozen=True)
class Slots:
    """What a question says beside its topic.

    Attributes
    ----------
    scope : Scope
        Part of the company and period.
    text : str
        The question without what was read off it.
    days, months : int
        How far back it looks, where it says so in days, or in months; 0 else.
    split : str
        The dimension it wants told part by part; empty for none.
    amount : float
        An amount it names; 0 for none.
    is_commit : bool
        Whether it speaks of committed deals alone.
    has_period : bool
        Whether it names a time at all.
    again : str
        A dimension of which it names more than one part; empty for none.
    """

    scope: Scope
    text: str
    days: int = 0
    months: int = 0
    split: str = ""
    amount: float = 0.0
    is_commit: bool = False
    has_period: bool = False
    again: str = ""


def read(
    question: str, data: Dataset, settings: Settings, vocabulary: frozenset[str], base: Scope | None = None
) -> Slots:
    """Read off a question what it says beside its topic.

    Parameters
    ----------
    question : str
    data : Dataset
        The rows the asker may see: only names in them are recognised.
    settings : Settings
    vocabulary : frozenset of str
        Stems that topics are told by; a name made of such a word counts only with its kind beside it ("team Sales").
    base : Scope, optional
        What the asker looks at, which the question narrows further.
    """
    text = f" {usual(question)} "
    choices = narrowing.choices(data, settings)
    text, parts = _named_parts(text, choices, vocabulary)
    others = _named_parts(text, choices, vocabulary)[1]
    again = next((name for name, value in others.items() if value != parts.get(name)), "")
    if "region" in parts and parts.get("team") in choices["region"]:
        again = "region"  # Where a team bears a region's name, “EMEA and APAC” would be APAC's people in EMEA.
    slots = Slots(replace(base or Scope(), **parts), text, again=again)  # type: ignore[arg-type]
    slots = _split(_period(slots, data.as_of, settings))
    text, amount = _amount(slots.text)
    is_commit = bool(re.search(r"\bcommit(?:s|ted)?\b", text))
    return replace(slots, text=" ".join(text.split()), amount=amount, is_commit=is_commit)


def _named_parts(
    text: str, choices: Mapping[str, Mapping[str, str]], vocabulary: frozenset[str]
) -> tuple[str, dict[str, str]]:
    parts: dict[str, str] = {}
    names = [
        (folded(name), dimension, value)
        for dimension, values in choices.items()
        if dimension != "deal_type"
        for value, label in values.items()
        for name in {label, value}
    ]
    # The longest first; among equals in the order of the dimensions, so that EMEA is the region and not its team.
    for name, dimension, value in sorted(names, key=lambda entry: -len(entry[0])):
        if dimension in parts or not name or name not in text:
            continue
        noun = {"rep": "rep", "family": "(?:product|family)"}.get(dimension, dimension)
        quoted = re.escape(name)
        is_plain = not (stems(name) & vocabulary) and bool(stems(name)) and len(name) > 1
        beside = rf"(?:{noun} {quoted}|{quoted} {noun})"
        wanted = rf"(?:{beside}|{quoted})" if is_plain else beside
        match = re.search(rf"(?<![\w]){wanted}(?![\w])(?:'s)?", text)
        if match:
            parts[dimension] = value
            text = f"{text[: match.start()]} {text[match.end() :]}"
    kinds = choices.get("deal_type", {})
    for kind, pattern in TYPES.items():
        if kind in kinds and (match := re.search(rf"\b{pattern}\b", text)):
            parts["deal_type"] = kind
            text = f"{text[: match.start()]} {text[match.end() :]}"
            break
    return text, parts


def _period(slots: Slots, as_of: date, settings: Settings) -> Slots:
    text = slots.text
    if match := BACK.search(text):
        count = int(match[1]) if match[1].isdigit() else NUMBERS[match[1]]
        text = _without(text, match)
        if match[2] in FROM_DAYS:
            return replace(slots, text=text, days=count * FROM_DAYS[match[2]], has_period=True)
        return replace(
            slots, text=text, months=count * {"month": 1, "quarter": 3, "year": 12}[match[2]], has_period=True
        )
    if match := re.search(WEEKS, text):
        return replace(slots, text=_without(text, match), days=7, has_period=True)
    for period, pattern in NAMED:
        if match := re.search(pattern, text):
            scope = replace(slots.scope, period=period, begin=None, end=None)
            return replace(slots, scope=scope, text=_without(text, match), has_period=True)
    return _calendar(slots, as_of, settings)


def _calendar(slots: Slots, as_of: date, settings: Settings) -> Slots:
    text = slots.text
    for words, step in MONTHS.items():
        if match := re.search(rf"(?:in |during )?\b{words}\b", text):
            begin = add_months(as_of.replace(day=1), step)
            return _custom(slots, _without(text, match), begin, add_months(begin, 1) - timedelta(days=1))
    if match := QUARTER.search(text):
        return _custom(slots, _without(text, match), *_quarter(int(match[1]), match[2], as_of, settings))
    if match := MONTH.search(text):
        begin = _named_month(MONTH_NAMES.index(match[1]) + 1, match[2], as_of)
        return _custom(slots, _without(text, match), begin, add_months(begin, 1) - timedelta(days=1))
    if match := YEAR.search(text):
        begin, _ = _quarter(1, match[1], as_of, settings)
        return _custom(slots, _without(text, match), begin, quarter_end(add_quarters(begin, 3, settings), settings))
    return slots


def _named_month(number: int, year: str | None, as_of: date) -> date:
    """Return the first day of a month: of the year named, else the last of that name that has begun."""
    begin = date(int(year) if year else as_of.year, number, 1)
    return begin if year or begin <= as_of else begin.replace(year=begin.year - 1)


def _quarter(number: int, year: str | None, as_of: date, settings: Settings) -> tuple[date, date]:
    """Return the days of a fiscal quarter: of the year named, else the last of that number that has begun."""
    start = year_start(as_of, settings)
    begin = add_quarters(start, number - 1, settings)
    while year and int(year) != quarter_end(begin, settings).year and abs(int(year) - begin.year) < 50:
        begin = add_quarters(begin, 4 if int(year) > begin.year else -4, settings)
        if int(year) == begin.year:
            break
    if not year and begin > as_of:
        begin = add_quarters(begin, -4, settings)
    return begin, quarter_end(begin, settings)


def _custom(slots: Slots, text: str, begin: date, end: date) -> Slots:
    scope = replace(slots.scope, period="custom", begin=begin, end=end)
    return replace(slots, scope=scope, text=text, has_period=True)


def _split(slots: Slots) -> Slots:
    for dimension, nouns in SPLITS.items():
        options = "|".join(re.escape(noun) for noun in sorted(nouns, key=len, reverse=True))
        if re.search(rf"\b{BY} (?:the )?(?:{options})\b", slots.text):
            return replace(slots, split=dimension)
    return slots


def _amount(text: str) -> tuple[str, float]:
    match = AMOUNT.search(text)
    if not match:
        return text, 0.0
    plain = float(match[1].replace(",", "").replace("'", ""))
    return _without(text, match), plain * UNITS.get(match[2] or "", 1.0)


def _without(text: str, match: re.Match[str]) -> str:
    return f"{text[: match.start()]} {text[match.end() :]}"
