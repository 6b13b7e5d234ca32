"""Numbers with units, and what they measure."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from core import yaml_text
from core.artifacts import ANALYSES, memoized
from core.localization import message
from core.requirements.judge.limits.demand import Demand

NAMES = Path(__file__).with_name("measures.yaml")
NEIGHBOURS, LONGEST_LINK = 3, 200
SECOND, MINUTE, HOUR, DAY = 1.0, 60.0, 3600.0, 86400.0
MONTH, YEAR = 365.25 / 12 * DAY, 365.25 * DAY
WORDS = {
    word: n
    for n, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen".split()
    )
} | {"twenty": 20, "thirty": 30, "forty": 40, "sixty": 60, "ninety": 90, "a": 1, "an": 1}
SCALES = {"k": 1e3, "thousand": 1e3, "million": 1e6, "mn": 1e6, "m": 1e6, "billion": 1e9, "bn": 1e9}
TIMES = {
    r"ms|msecs?|milliseconds?": 0.001,
    r"s|secs?|seconds?": SECOND,
    r"m|mins?|minutes?": MINUTE,
    r"h|hrs?|(?:business |working )?hours?": HOUR,
    r"d|(?:calendar |business |working )?days?": DAY,
    r"w|(?:calendar |business |working )?weeks?": 7 * DAY,
    r"months?": MONTH,
    r"y|yrs?|years?": YEAR,
}
BYTES = {"kb": 1e3, "kib": 1e3, "mb": 1e6, "mib": 1e6, "gb": 1e9, "gib": 1e9, "tb": 1e12, "tib": 1e12, "pb": 1e15}
PER_MINUTE = {
    "second": 60.0,
    "sec": 60.0,
    "s": 60.0,
    "minute": 1.0,
    "min": 1.0,
    "hour": 1 / 60,
    "h": 1 / 60,
    "day": 1 / 1440,
}

_WORD = "|".join(word for word in sorted(WORDS, key=len, reverse=True) if len(word) > 2)
_ONE = r"(?:(?<=within )|(?<=in )|(?<=under )|(?<=than )|(?<=of )|(?<=for )|(?<=least )|(?<=most )|(?<=every ))an?"
_NUMBER = (
    r"(?P<n>\d{1,3}(?:[,'  ]\d{3})+(?:\.\d+)?|\d+(?:[.,]\d+)?"
    rf"|(?:{_WORD})\b|{_ONE}\b)"
)
_SCALE = r"(?:\s?(?P<scale>k|thousand|million|mn|m|billion|bn)\b)?"
_TIME = "|".join(f"(?:{words})" for words in TIMES)
_THINGS = (
    r"(?:named |active |internal |external |end[- ]|licensed |registered )*"
    r"(?:users?|employees|seats|people|staff|customers)"
)
_MANY = r"records|rows|documents|objects|transactions|entries|identities|accounts|contacts|assets|devices|items"
_CALLS = r"(?:api |rest |http )*(?:requests?|calls?|transactions?|messages?|events?|queries|records|rows|operations)"
_START = r"(?<![\w.,/:-])"
FORMS = {
    "percent": re.compile(rf"{_START}{_NUMBER}\s?(?:%|per ?cent\b)(?!\s*of (?!the (?:time|year|month)))", re.I),
    "rate": re.compile(
        rf"{_START}{_NUMBER}{_SCALE}\s?(?:{_CALLS})?\s?(?:per|an?|each|every|/)\s?"
        r"(?P<per>seconds?|secs?|s|minutes?|min|hours?|h|day)\b",
        re.I,
    ),
    "rate short": re.compile(rf"{_START}{_NUMBER}{_SCALE}\s?(?P<per>rps|tps|qps|rpm)\b", re.I),
    "together": re.compile(
        rf"{_START}{_NUMBER}{_SCALE}\s?(?:concurrent|simultaneous|parallel)\s\w+(?:\s(?:users?|sessions?))?"
        rf"|{_START}{_NUMBER.replace('?P<n>', '?P<n2>')}{_SCALE.replace('?P<scale>', '?P<scale2>')}\s?{_THINGS}"
        r"\s(?:concurrently|simultaneously|at the same time|at once|in parallel)",
        re.I,
    ),
    "users": re.compile(rf"{_START}{_NUMBER}{_SCALE}\+?\s?{_THINGS}\b", re.I),
    "records": re.compile(rf"{_START}{_NUMBER}{_SCALE}\+?\s?(?:\w+\s)?(?:{_MANY})\b(?!\s?(?:per|an?|each|/)\s)", re.I),
    "languages": re.compile(rf"{_START}{_NUMBER}\+?\s?(?:different |interface |ui )*languages\b", re.I),
    "environments": re.compile(
        rf"{_START}{_NUMBER}\s?(?:separate |dedicated )*(?:sandbox(?:es)?|(?:sandbox |test |non-production |staging )+"
        r"environments?)\b",
        re.I,
    ),
    "bytes": re.compile(rf"{_START}{_NUMBER}\s?(?P<unit>[kmgtp]i?b)(?:ytes?)?\b", re.I),
    "time": re.compile(rf"{_START}{_NUMBER}[\s-]?(?P<unit>{_TIME})\b(?!\s*(?:x|×|/)\s*\d)", re.I),
}


@dataclass(frozen=True)
class Measure:
    """A named measure: the form its number has, the words that name it, and which way is better."""

    name: str
    form: str
    words: re.Pattern[str] | None
    needs: re.Pattern[str] | None
    is_more_better: bool
    shortest: float
    longest: float


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{pattern})\b", re.I)


@cache
def _measures() -> tuple[Measure, ...]:
    definitions: list[dict[str, Any]] = yaml_text.parsed(NAMES.read_text(encoding="utf-8"))
    return tuple(
        Measure(
            row["name"],
            row["form"],
            _words(row["words"]) if row.get("words") else None,
            _words(row["needs"]) if row.get("needs") else None,
            bool(row.get("more")),
            float(row.get("shortest", 0)),
            float(row.get("longest", float("inf"))),
        )
        for row in definitions
    )


_LINK = re.compile(
    r"[\s:=<>≤≥~(),-]*(?:\([^()]*\)[\s:=<>≤≥]*)?(?:(?:of|is|are|be|must|shall|should|at|to|for|by|a|the|max\.?|min\.?|maximum|minimum|most|"
    r"least|no|not|more|less|longer|later|greater|exceed|exceeding|than|within|under|below|up|in|after|equal|or|better)"
    r"[\s:=<>≤≥]+)*",
    re.I,
)
_NINES = re.compile(r"\b(two|three|four|five|six|[2-6])[ -](?:and a half[ -])?nines?\b|\bnine[ -](fives?)\b", re.I)
_DOWNTIME = re.compile(
    r"down-?time|unavailab\w+|outages?",
    re.I,
)
_PER = re.compile(r"\s*(?:of (?:down-?time|outages?)\s*)?(?:per|an?|each|every|/)\s?(month|year|week|quarter)\b", re.I)
_AROUND = re.compile(
    r"\b(?:24\s?(?:/|x|×|by)\s?(?P<d>[57])|(?P<r>(?:a)?round[- ]the[- ]clock)"
    r"|(?P<o>(?:8|9|10)\s?(?:x|×|/)\s?5|(?<!\d )(?:business|office|working) hours))(?!\w)",
    re.I,
)
_SUPPORT = _words(
    r"support\w*|incidents?|tickets?|answered|help ?desk|service desk|hot ?line|assistance|phone|telephone"
    r"|contact|staffed|on[- ]call"
)
_AT_MOST = re.compile(r"(?:no|not) (?:more|longer) than|at most|maximum|max\.?|no later than|up to a maximum of", re.I)


def find(sentence: str) -> list[Demand]:
    """Return the measured demands of one sentence."""
    text = re.sub(r"\b(?:" + "|".join(WORDS) + r")\s?\((\d+)\)", r"\1", sentence, flags=re.I)
    demands, taken = [*_nines(text), *_hours(text)], list[tuple[int, int]]()
    pairs, text = _pairs(text)
    demands += pairs
    for form, pattern in FORMS.items():
        for hit in pattern.finditer(text):
            if any(hit.start() < end and begin < hit.end() for begin, end in taken):
                continue
            demand = _demand(form, hit, text)
            if demand is not None:
                demands.append(demand)
                taken.append(hit.span())
    return demands


def _demand(form: str, hit: re.Match[str], text: str) -> Demand | None:
    value = _value(form, hit)
    if value is None:
        return None
    phrase = _phrase(hit, text)
    if form == "time" and _DOWNTIME.search(text) and (per := _PER.match(text, hit.end())):
        span = {"month": MONTH, "year": YEAR, "week": 7 * DAY, "quarter": 3 * MONTH}[per.group(1).lower()]
        return Demand(
            "uptime",
            message("{phrase} of downtime a {group}", phrase=phrase, group=per.group(1).lower()),
            100 * (1 - value / span),
        )
    near = [(gap, m) for m in _measures() if m.form == form and (gap := _gap(m, hit, text, value)) is not None]
    if not near:
        return None
    measure = min(near, key=lambda pair: pair[0])[1]
    if measure.name == "uptime" and not 90 <= value <= 100:
        return None
    if measure.name == "retention" and _AT_MOST.search(text[: hit.start()]):
        return Demand("deletion", phrase, value, False)
    return Demand(measure.name, phrase, value, measure.is_more_better)


def _gap(measure: Measure, hit: re.Match[str], text: str, value: float) -> float | None:
    """Return how far the nearest word of a measure stands from a number; a word before it is nearer."""
    is_odd = measure.form == "time" and not measure.shortest <= value <= measure.longest
    spans = None if is_odd else _spans(measure, text)
    if spans is None:
        return None
    if measure.words is None:
        return 0.0
    lengths = []
    middle = bisect_left(spans, hit.span())
    for begin, end in spans[max(middle - NEIGHBOURS, 0) : middle + NEIGHBOURS]:
        if end <= hit.start():
            between = text[end : hit.start()]
            is_linked = len(between) <= LONGEST_LINK and _LINK.fullmatch(between)
            lengths.append(0.0 if is_linked else float(len(between)))
        elif begin >= hit.end():
            between = text[hit.end() : begin]
            lengths.append(1.0 if len(between.strip(" )-")) == 0 else 15.0 + 2 * len(between))
    if not lengths:
        return None
    needed = -0.5 if measure.needs is not None else 0.0
    return min(lengths) + needed


@memoized(ANALYSES, 1_024)
def _spans(measure: Measure, text: str) -> list[tuple[int, int]] | None:
    """Return where the words of a measure stand, in order; None where the text lacks a word the measure needs."""
    if measure.needs is not None and not measure.needs.search(text):
        return None
    return [] if measure.words is None else [word.span() for word in measure.words.finditer(text)]


def _value(form: str, hit: re.Match[str]) -> float | None:
    groups = hit.groupdict()
    number = _number(groups.get("n") or groups["n2"], is_count=form in ("users", "records", "together", "rate"))
    if number is None:
        return None
    scale = SCALES.get(str(groups.get("scale") or groups.get("scale2") or "").lower(), 1.0)
    if form == "bytes":
        return number * BYTES[groups["unit"].lower()]
    if form == "time":
        return number * _seconds(groups["unit"])
    if form == "rate":
        return number * scale * PER_MINUTE[re.sub(r"s$", "", groups["per"].lower()) or "s"]
    if form == "rate short":
        return number * scale * (1.0 if groups["per"].lower() == "rpm" else 60.0)
    return number * scale


def _seconds(unit: str) -> float:
    return next(size for words, size in TIMES.items() if re.fullmatch(words, unit, re.I))


def _number(text: str, *, is_count: bool) -> float | None:
    """Read a number; a comma before three digits parts thousands, else it is a decimal comma."""
    word = text.lower()
    if word in WORDS:
        return float(WORDS[word])
    plain = re.sub(r"['  ]", "", word)
    if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", plain):
        return float(plain.replace(",", ""))
    if is_count and re.fullmatch(r"\d{1,3}\.\d{3}", plain):
        return float(plain.replace(".", ""))
    return float(plain.replace(",", "."))


def _phrase(hit: re.Match[str], text: str) -> str:
    return re.sub(r"\s+", " ", text[hit.start() : hit.end()]).strip()


def _nines(text: str) -> list[Demand]:
    demands = []
    for hit in _NINES.finditer(text):
        if not hit.group(1):
            continue
        count = WORDS.get(hit.group(1).lower()) or int(hit.group(1))
        value = 100 - 10.0 ** (2 - count)
        demands.append(Demand("uptime", f"{value:.{max(count - 2, 0)}f} %", value))
    return demands


def _hours(text: str) -> list[Demand]:
    if not _SUPPORT.search(text):
        return []
    demands = []
    for hit in _AROUND.finditer(text):
        hours = 24.0 * int(hit.group("d")) if hit.group("d") else 168.0 if hit.group("r") else 40.0
        demands.append(Demand("support hours", hit.group(0), hours))
    return demands


_PAIR = re.compile(
    rf"\b(?P<first>rto|rpo)\s?(?:/|and|&)\s?(?P<second>rto|rpo)\b[\s:=<>≤≥]*"
    r"(?:of |is |at most |must be |within |under )*[<>≤≥]?\s?"
    rf"(?P<a>\d+(?:[.,]\d+)?)\s?(?P<ua>{_TIME})?\s?(?:/|and|&|,)\s?[<>≤≥]?\s?"
    rf"(?P<b>\d+(?:[.,]\d+)?)\s?(?P<ub>{_TIME})\b",
    re.I,
)


def _pairs(text: str) -> tuple[list[Demand], str]:
    """Read "RTO/RPO of 4 h / 15 min" and take it out of the text."""
    demands = []
    for hit in _PAIR.finditer(text):
        for name, number, unit in (
            (hit["first"], hit["a"], hit["ua"] or hit["ub"]),
            (hit["second"], hit["b"], hit["ub"]),
        ):
            measure = "recovery time" if name.lower() == "rto" else "data loss (RPO)"
            value = float(number.replace(",", ".")) * _seconds(unit)
            demands.append(Demand(measure, f"{number} {unit}", value, is_more_better=False))
    return demands, _PAIR.sub(" ", text)
