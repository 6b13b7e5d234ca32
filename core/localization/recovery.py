"""Finds the template of a sentence that lost it: in a frame or a chart a message is plain text.

A text is matched against the templates of the catalogue, the one with the most letters of its own first. Only texts of
ours are asked about, never names or notes of data: what fits no template stays as it is.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from functools import cache, lru_cache
from string import Formatter
from typing import Any

from core.localization import word_template
from core.localization.messages import Text, figure, joined, message_of

MOST, FEWEST_LETTERS = 2_000, 4  # characters of a text that is looked at; letters of a template
WHOLE = r"[-+−]?\d[\d,]*"
NUMBER = rf"{WHOLE}(?:\.\d+)?"
DECIMALS = re.compile(r"\.(\d+)[f%]")
SENTENCES = re.compile(r"(?<=[.!?]) (?=[A-Z“])")
WORD = re.compile(r"[^\W\d_]+")
AMOUNT = re.compile(
    r"(?P<sign>[-+]?)(?P<code>[A-Z]{3}) (?P<number>\d[\d,]*(?:\.(?P<digits>\d+))?)(?: (?P<size>[kMB]))?"
)
DAY = re.compile(r"\d{1,2} [A-Z][a-z]+ \d{4}")
MONTHS = "January February March April May June July August September October November December".split()
SHORT_MONTHS = [month[:3] for month in MONTHS]
# A month, or a day of one, as charts and lists have it, with the format that writes it.
MONTH = (
    (re.compile(rf"(?:{'|'.join(MONTHS)}) \d{{4}}"), "%B %Y"),
    (re.compile(rf"(?:{'|'.join(SHORT_MONTHS)}) \d{{4}}"), "%b %Y"),
    (re.compile(rf"\d{{2}} (?:{'|'.join(SHORT_MONTHS)}) \d{{4}}"), "%d %b %Y"),
)
COMPACT = re.compile(r"(?P<sign>[-+]?)(?P<number>\d[\d,]*\.(?P<digits>\d+)) (?P<size>[kMB])")
RATE = re.compile(r"(?P<sign>[-+]?)(?P<number>\d+(?:\.(?P<digits>\d+))?) %")
SIZES = {"k": 1e3, "M": 1e6, "B": 1e9, None: 1.0}


class Templates:
    """The templates of a catalogue, by a word each of them has.

    Parameters
    ----------
    texts : iterable of str or of pairs
        As in the catalogue; a pair is one thing and many.
    """

    def __init__(self, texts: Iterable[Any]) -> None:
        self._by_word: dict[str, list[tuple[int, re.Pattern[str], str, str]]] = defaultdict(list)
        self._plain = set[str]()
        for entry in texts:
            single, many = entry if isinstance(entry, tuple) else (entry, "")
            for text in filter(None, (single, many)):
                self._take(text, single, many)
                self._plain.add(text)
        for rows in self._by_word.values():
            rows.sort(key=lambda row: -row[0])

    def _take(self, text: str, single: str, many: str) -> None:
        parts = list(Formatter().parse(text)) if "{" in text else []
        literals = "".join(words for words, *_ in parts)
        words = WORD.findall(literals)
        if not any(name for _, name, *_ in parts) or sum(map(len, words)) < FEWEST_LETTERS:
            return
        pattern = re.compile(_pattern(parts), re.DOTALL)
        rarest = max(words, key=len)
        self._by_word[rarest].append((len(literals), pattern, single, many))

    def found_in(self, text: str) -> str | None:
        """Return a text with its template, or None where none fits."""
        candidates = [row for word in set(WORD.findall(text)) for row in self._by_word.get(word, ())]
        for _, pattern, single, many in sorted(candidates, key=lambda row: -row[0]):
            match = pattern.fullmatch(text)
            if match is not None:
                return self._message(match.groupdict(), single, many, pattern)
        return None

    def _message(self, texts: Mapping[str, str], single: str, many: str, pattern: re.Pattern[str]) -> str:
        forms = {name: form or "" for _, name, form, _ in Formatter().parse(many or single) if name}
        values = {name: self._value(text, forms.get(name, "")) for name, text in texts.items()}
        n = values.get("n", 0) if many else 0
        if many and not isinstance(n, int | float):
            n = 1 if pattern.pattern == _pattern(Formatter().parse(single)) else 2
        return message_of(single, many, n, values)

    def _value(self, text: str, form: str) -> Any:
        if "%" in form and not form.endswith("%"):
            with suppress(ValueError):
                moment = datetime.strptime(text, form)
                return moment if "%H" in form else moment.date()
        if form and re.fullmatch(NUMBER, text):
            plain = text.replace(",", "").replace("−", "-")
            return float(plain) if "." in plain else int(plain)
        return _figure(text) or self.recovered(text)

    def recovered(self, text: str) -> str:
        """Return a text with the templates of its sentences, or itself."""
        if len(text) > MOST or text in self._plain:
            return text
        if not WORD.search(text):
            return _figure(text) or text
        listed = [self.found_in(part) for part in text.split("; ")] if "; " in text else []
        if listed and None not in listed:  # A template of one entry would fit them all as one.
            return joined(*filter(None, listed), by="; ")
        whole = self.found_in(text) or _figure(text)
        if whole is not None:
            return whole
        for pattern, by in ((SENTENCES, " "), (re.compile("; "), "; "), (re.compile(", "), ", ")):
            parts = pattern.split(text)
            if len(parts) > 1:
                return joined(*(self.found_in(part) or _figure(part) or part for part in parts), by=by)
        return text


def _pattern(parts: Iterable[Any]) -> str:
    out, seen = [], set()
    for words, name, form, _ in parts:
        out.append(re.escape(words))
        if name:
            is_number = bool(form) and "%" not in form.rstrip("%")
            inner = (_number(form or "") if is_number else ".+?") + ("%" if (form or "").endswith("%") else "")
            out.append(f"(?P={name})" if name in seen else f"(?P<{name}>{inner})")
            seen.add(name)
    return "".join(out)


def _number(form: str) -> str:
    """Return what a number looks like that was written by a format: with just as many decimals, where it says so."""
    decimals = DECIMALS.search(form)
    if decimals is None:
        return NUMBER
    return WHOLE + (rf"\.\d{{{decimals[1]}}}" if int(decimals[1]) else "")


def _figure(text: str) -> str | None:
    """Return an amount, a rate or a day with what it is made of, also with words behind it; None for anything else."""
    whole = _whole_figure(text)
    if whole is not None:
        return whole
    match = AMOUNT.match(text)
    if match and text[match.end() : match.end() + 1] == " ":
        return joined(_whole_figure(match[0]) or match[0], text[match.end() + 1 :])
    return None


def _whole_figure(text: str) -> str | None:
    if DAY.fullmatch(text):
        with suppress(ValueError):
            return figure("day", (datetime.strptime(text, "%d %B %Y").date(),), text)
    for pattern, form in MONTH:
        if pattern.fullmatch(text):
            return message_of(f"{{day:{form}}}", "", 0, {"day": datetime.strptime(text, form).date()})
    if match := AMOUNT.fullmatch(text):
        amount = float(match["number"].replace(",", "")) * SIZES[match["size"]] * (-1 if match["sign"] == "-" else 1)
        digits = len(match["digits"] or "") if match["size"] else 1
        return figure("money", (amount, match["code"], digits, match["sign"] == "+"), text)
    if match := COMPACT.fullmatch(text):
        value = float(match["sign"] + match["number"].replace(",", "")) * SIZES[match["size"]]
        return figure("compact", (value, len(match["digits"]), match["sign"] == "+"), text)
    if match := RATE.fullmatch(text):
        rate = float(match["sign"] + match["number"]) / 100
        kind = "percent" if match["digits"] else "chance"
        return figure(kind, (rate, match["sign"] == "+") if match["digits"] else (rate,), text)
    return None


def figure_in(text: str) -> Text | None:
    """Return an amount, a rate or a day that lost its number, also with a word behind it; None for anything else.

    Examples
    --------
    >>> figure_in("USD 1.8 M won"), figure_in("Helm for 275 seats")
    ('USD 1.8 M won', None)
    """
    made = _figure(text) if any(letter.isdigit() for letter in text) else None
    return made if isinstance(made, Text) else None


@cache
def templates() -> Templates:
    """Return the templates of the catalogue that the source gives; read once per process."""
    return Templates(word_template.texts())


@lru_cache(maxsize=20_000)
def recovered(text: str) -> str:
    """Return a text of ours with what it is made of, where a template of the catalogue fits it; else itself.

    Parameters
    ----------
    text : str

    Examples
    --------
    >>> recovered("USD 2.0 M booked over 3 months.") == "USD 2.0 M booked over 3 months."
    True
    """
    return templates().recovered(text)
