"""The company's own words in place of ours: "opportunity" for "deal", with plural, capitals and article.

Only whole words are replaced, and none within a name, an address, a path, code or an identifier. What people and
buyers wrote is never handed to it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from core.config.branding import CompanyWord
from core.contracts import Dataset

BEFORE, AFTER = r"(?<![\w/.@#&-])", r"(?![\w/@])(?!\.\w)(?!\s+(?:with|for)\b)"
FORM = BEFORE + r"(?:(?P<article>an?)(?P<gap>\s+))?{not_after}(?P<word>{words})" + AFTER
# An account that one signs in with is no customer.
NOT_AFTER = "(?<!service )(?<!user )(?<!your )(?<!Your )(?<!bank )"
CODE = r"`[^`]*`"
VOWEL = re.compile(r"(?!uni|use|usa|euro|one\b|once\b)[aeiou]|hour|honest|heir", re.IGNORECASE)
NAME_COLUMNS = {
    "accounts": "account_name",
    "opportunities": "opportunity_name",
    "sales_team": "rep_name",
    "products": "product_name",
}


@dataclass(frozen=True)
class CompanyWords:
    """What a company calls our terms.

    Attributes
    ----------
    forms : tuple of (str, str)
        Our word and theirs in small letters, singular and plural.
    """

    forms: tuple[tuple[str, str], ...]

    def __bool__(self) -> bool:
        """Say whether any word is the company's own."""
        return bool(self.forms)

    def applied(self, text: str, names: Collection[str] = ()) -> str:
        """Return a text of ours in the company's words.

        Parameters
        ----------
        text : str
        names : collection of str
            Names that stand in it letter by letter, as `names_with` finds them.

        Examples
        --------
        >>> words = of({"deal": CompanyWord(singular="opportunity", plural="opportunities")})
        >>> words.applied("A deal slipped. Deals of Big Deal Ltd: deal_id", {"Big Deal Ltd"})
        'An opportunity slipped. Opportunities of Big Deal Ltd: deal_id'
        """
        return _replaced(text, self.forms, names)

    def standard(self, question: str, words: Collection[str] = (), names: Collection[str] = ()) -> str:
        """Return a question in our words; both are understood.

        Parameters
        ----------
        question : str
        words : collection of str
            What a question may say anyway: the company's word for something that is a term of ours stays.
        names : collection of str
            Names that stay letter by letter.

        Examples
        --------
        >>> words = of({"deal": CompanyWord(singular="opportunity", plural="opportunities")})
        >>> words.standard("Which opportunities slipped, and which deal?")
        'Which deals slipped, and which deal?'
        """
        ours = {our for our, _ in self.forms}
        back = tuple((their, our) for our, their in self.forms if their not in ours and their not in words)
        return _replaced(question, back, names)

    def names_with(self, data: Dataset) -> frozenset[str]:
        """Return the names of accounts, deals, people and products in which one of our words or theirs stands."""
        if not self:
            return frozenset()
        pattern = "(?i)" + "|".join(re.escape(word) for pair in self.forms for word in pair)
        columns = [data.frame(frame)[column] for frame, column in NAME_COLUMNS.items()]
        matches = [column.filter(column.str.contains(pattern).fill_null(value=False)) for column in columns]
        return frozenset(name for part in matches for name in part.cast(pl.String).unique())


def of(words: Mapping[Any, CompanyWord]) -> CompanyWords:
    """Return a company's words as the setting `branding.words` gives them."""
    pairs = [
        pair
        for term, word in words.items()
        for pair in ((f"{term}s", word.plural.lower()), (term, word.singular.lower()))
        if pair[0] != pair[1]
    ]
    return CompanyWords(tuple(pairs))


def _replaced(text: str, forms: tuple[tuple[str, str], ...], names: Collection[str]) -> str:
    if not forms or not any(source in text.lower() for source, _ in forms):
        return text
    by_word = dict(forms)
    spared = "|".join(
        [*(re.escape(name) for name in sorted(names, key=len, reverse=True) if name and name in text), CODE]
    )
    parts = re.split(f"({spared})", text)
    pattern = _pattern(tuple(by_word))
    parts[::2] = [pattern.sub(lambda match: _written(match, by_word), part) for part in parts[::2]]
    return "".join(parts)


def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    form = FORM.format(not_after=NOT_AFTER, words="|".join(map(re.escape, words)))
    return re.compile(form, re.IGNORECASE)


def _written(match: re.Match[str], by_word: Mapping[str, str]) -> str:
    word = match["word"]
    fresh = by_word[word.lower()]
    if word.isupper():
        fresh = fresh.upper()
    elif word[0].isupper():
        fresh = fresh[0].upper() + fresh[1:]
    article = match["article"]
    if not article:
        return fresh
    suited = "an" if VOWEL.match(fresh) else "a"
    return f"{suited.capitalize() if article[0].isupper() else suited}{match['gap']}{fresh}"
