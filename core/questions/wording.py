"""Words of a question: stems without endings, the words that say nothing, and others for the same thing."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import Any

from core import yaml_text
from core.search.finder import folded

WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")


@cache
def _tables() -> dict[str, dict[str, list[str]]]:
    text = resources.files("core.questions").joinpath("words.yaml").read_text(encoding="utf-8")
    tables: dict[str, dict[str, list[str]]] = yaml_text.parsed(text)
    return tables


def stem(word: str) -> str:
    """Return a word without its endings, or the word that stands for it and others.

    Examples
    --------
    >>> stem("opportunities") == stem("deals"), stem("forecasting") == stem("forecast")
    (True, True)
    """
    return _same().get(word) or _same().get(_cut(word)) or _cut(word)


def _cut(word: str) -> str:
    return str(_stemmer().stemWord(word))


@cache
def _stemmer() -> Any:
    import snowballstemmer

    return snowballstemmer.stemmer("english")


@cache
def _several() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple(
        (re.compile(rf"(?<!\w)(?:{'|'.join(re.escape(form) for form in forms)})(?!\w)"), head)
        for head, forms in _tables()["several"].items()
    )


@cache
def _same() -> dict[str, str]:
    return {
        form: _cut(head) for head, others in _tables()["same"].items() for word in others for form in (word, _cut(word))
    }


@cache
def _empty() -> frozenset[str]:
    listed = [word for group in _tables()["empty"].values() for word in group]
    return frozenset(listed) | {_cut(word) for word in listed}


@cache
def _changing() -> frozenset[str]:
    return frozenset(_tables()["changing"]["words"])


def usual(text: str) -> str:
    """Return a text in small letters, with the usual words where others say the same.

    Examples
    --------
    >>> usual("ACV by Region"), usual("What is the ARR?")
    ('deal size by region', 'what is the recurring revenue?')
    """
    plain = folded(text).replace("’", "'").replace("won't", "will not").replace("can't", "can not")
    plain = plain.replace("n't", " not")
    for forms, head in _several():
        plain = forms.sub(head, plain)
    return plain


def words(text: str) -> list[str]:
    """Return the words of a text in small letters, several that mean one thing as one.

    Examples
    --------
    >>> words("How's the Net Revenue Retention?")
    ['how', 'the', 'nrr']
    """
    plain = usual(text)
    for head in _tables()["several"]:
        plain = plain.replace(head, head.replace(" ", ""))
    return [word.partition("'")[0] for word in WORD.findall(plain)]


def stems(text: str) -> frozenset[str]:
    """Return the stems of the words that say something.

    Examples
    --------
    >>> sorted(stems("Can you show me the open opportunities, please?"))
    ['deal', 'open']
    """
    return frozenset(stem(word) for word in words(text) if word not in _empty() and _cut(word) not in _empty())


def wants_a_change(text: str) -> bool:
    """Say whether a text asks to change or send something, which a question never does.

    Examples
    --------
    >>> wants_a_change("Delete all deals"), wants_a_change("please set the forecast to 5"), wants_a_change("deals due")
    (True, True, False)
    """
    first = next((word for word in words(text) if word not in ("please", "now", "then", "just", "kindly")), "")
    return first in _changing()
