"""The day something is needed by."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date

from core.requirements.judge.limits.demand import Demand

MONTHS = {
    name[:3]: n
    for n, name in enumerate(
        "january february march april may june july august september october november december".split(), start=1
    )
}
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_DAY = (
    rf"(?P<iso>20\d\d-\d\d-\d\d)|(?P<dot>\d{{1,2}}\.\d{{1,2}}\.20\d\d)|(?P<slash>\d{{1,2}}/\d{{1,2}}/20\d\d)"
    rf"|(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?\s(?:of\s)?(?P<m1>{_MONTH})\.?,?\s(?P<y1>20\d\d)"
    rf"|(?P<m2>{_MONTH})\.?\s(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?,?\s(?P<y2>20\d\d)"
    rf"|(?P<m3>{_MONTH})\.?,?\s(?P<y3>20\d\d)"
    rf"|(?P<q>(?:q[1-4][\s/-]*20\d\d|20\d\d[\s/-]*q[1-4]|(?:the\s)?(?:first|second|third|fourth)\squarter\s(?:of\s)?20\d\d))"
    rf"|(?P<y4>20\d\d)(?![-\d])"
)
_BY = re.compile(
    r"\b(?:by|before|until|no later than|not later than|prior to|latest|deadline(?: of|:)?"
    r"|go[- ]live(?: date)?(?: of| on| in|:)?|due(?: on| in)?|in time for|ready (?:for|in|on)"
    r"|(?:available|needed|required) (?:in|from|on)|starting|from)\s"
    r"(?:the\s)?(?:(?P<part>end|beginning|start|close|middle|mid)\s?(?:of\s)?)?(?:our\s|the\s)?"
    rf"(?:go[- ]live\s(?:in|on|of|by)\s)?(?:{_DAY})",
    re.I,
)


def find(text: str) -> list[Demand]:
    """Return the days a text needs something by; a month or quarter means its last day, after "before" its first."""
    demands = []
    for hit in _BY.finditer(text):
        on = _date(hit)
        if on is not None:
            demands.append(Demand("needed by", f"{on.day} {on:%B %Y}", on=on))
    return demands


def _date(hit: re.Match[str]) -> date | None:
    early = hit.group(0).lower().startswith(("before", "prior", "start", "from", "in time")) or (
        (hit["part"] or "").lower() in ("beginning", "start")
    )
    try:
        return _exact(hit) or _span(hit, early=early)
    except ValueError:
        return None


def _exact(hit: re.Match[str]) -> date | None:
    if hit["iso"]:
        return date.fromisoformat(hit["iso"])
    if hit["dot"]:
        day, month, year = map(int, hit["dot"].split("."))
        return date(year, month, day)
    if hit["slash"]:
        first, second, year = map(int, hit["slash"].split("/"))
        if first <= 12 and second <= 12 and first != second:
            raise ValueError("day and month cannot be told apart")
        return date(year, second, first) if first > 12 else date(year, first, second)
    for n in ("1", "2"):
        if hit[f"d{n}"]:
            return date(int(hit[f"y{n}"]), MONTHS[hit[f"m{n}"][:3].lower()], int(hit[f"d{n}"]))
    return None


def _span(hit: re.Match[str], *, early: bool) -> date:
    """Read a month, a quarter or a year as its last day, or as its first."""
    if hit["m3"]:
        first = last = MONTHS[hit["m3"][:3].lower()]
        year = int(hit["y3"])
    elif hit["q"]:
        quarter, year = _quarter(hit["q"].lower())
        first, last = 3 * quarter - 2, 3 * quarter
    else:
        first, last, year = 1, 12, int(hit["y4"])
    return date(year, first, 1) if early else date(year, last, monthrange(year, last)[1])


def _quarter(text: str) -> tuple[int, int]:
    year = re.search(r"20\d\d", text)
    words = ("first", "second", "third", "fourth")
    number = next((n for n, word in enumerate(words, 1) if word in text), 0)
    short = re.search(r"q([1-4])", text)
    return number or int(short.group(1) if short else 1), int(year.group(0) if year else 0)
