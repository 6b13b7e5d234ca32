"""A text's terms of the field in the English a catalogue writes, so that a list in another language finds its way."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from core import yaml_text
from core.artifacts import ANALYSES, memoized

TERMS = Path(__file__).with_name("terms.yaml")
WIDE = re.compile(r"[⺀-鿿]")
KEPT = re.compile(r"[A-Z][\w.+#-]*[A-Z\d][\w.+#-]*|\d+[x/]\d+|\d[\d.,]*(?: ?%)?|[A-Z][a-z]+[A-Z]\w*")
NAME = re.compile(r"[A-Z][A-Za-z\d]{2,}")
ENGLISH = "en"


@cache
def _terms() -> tuple[tuple[str, bool, re.Pattern[str]], ...]:
    """Return (English, whether the words are English, pattern) of every term."""
    terms: dict[str, dict[str, list[str]]] = yaml_text.parsed(TERMS.read_text(encoding="utf-8"))
    return tuple(
        (english, language == ENGLISH, _pattern(words))
        for english, languages in terms.items()
        for language, words in languages.items()
        if words
    )


def _pattern(words: list[str]) -> re.Pattern[str]:
    """Match the beginnings of words; a space stands for any space or hyphen, and for the rest of a word before it."""
    parts = [
        re.escape(word) if WIDE.search(word) else r"(?<!\w)" + r"\w{0,4}[\s-]+".join(map(re.escape, word.split()))
        for word in words
    ]
    return re.compile("|".join(parts), re.IGNORECASE)


def is_term(word: str) -> bool:
    """Say whether a word is a term of the field in some language.

    Examples
    --------
    >>> is_term("Verschlüsselung"), is_term("Kronos")
    (True, False)
    """
    return any(words.search(word) for _, _, words in _terms())


@memoized(ANALYSES, 20_000)
def in_english(text: str, *, is_foreign: bool, names: frozenset[str] = frozenset()) -> str:
    """Return a text with the English of its terms.

    Parameters
    ----------
    text : str
    is_foreign : bool
        Whether it is in another language than English: then its terms, names and numbers stand for it, else they
        are added to it.
    names : frozenset of str, optional
        Names in lower case that are kept wherever they stand, such as the products a catalogue mentions.

    Examples
    --------
    >>> in_english("Die Daten sind mit AES-256 verschlüsselt", is_foreign=True)
    'AES-256. encryption encrypted'
    >>> in_english("Backups are kept", is_foreign=False)
    'Backups are kept'
    """
    english = dict.fromkeys(
        term for term, is_english, words in _terms() if is_english != is_foreign and words.search(text)
    )
    if is_foreign:
        mentioned = [name for name in NAME.findall(text) if name.lower() in names]
        untouched = list(dict.fromkeys([*KEPT.findall(text), *mentioned]))
        return f"{' '.join(untouched)}. {'; '.join(english)}".strip(" .") if english or mentioned else text
    lower = text.lower()
    added = [term for term in english if term not in lower]
    return f"{text} ({'; '.join(added)})" if added else text
