"""The catalogue of each language: PO files beside this module, read by babel and asked as gettext does."""

from __future__ import annotations

import gettext
from collections.abc import Callable
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Protocol

from core.localization.word_template import DOMAIN, LOCALES

ENGLISH = "en"
PSEUDO = "xx"


class Catalogue(Protocol):
    """Words of one language."""

    def text(self, text: str) -> str:
        """Return the words for a text; itself where there are none."""
        ...

    def plural(self, single: str, many: str, n: float) -> str:
        """Return the words for so many of something."""
        ...


class GettextCatalogue:
    """A catalogue of gettext."""

    def __init__(self, translations: gettext.NullTranslations, has_small_nouns: bool = False) -> None:
        self._translations, self._has_small_nouns = translations, has_small_nouns

    def text(self, text: str) -> str:
        """Return the words for a text; itself where there are none. Blanks around it stay."""
        if not text:
            return text  # gettext's own header
        words = self._translations.gettext(text)
        if words != text:
            return words
        core = text.strip()
        if not core:
            return text
        if core != text:
            return text.replace(core, self.text(core), 1)
        if text[:1].islower():
            return self._inside(text)
        return capitalised(text, self._translations.gettext)

    def _inside(self, text: str) -> str:
        """Return the words for a label of several words that stands inside a sentence: "chance fell"."""
        label = text[:1].upper() + text[1:]
        words = self._translations.gettext(label) if " " in text else label
        if words == label:
            return text
        return words[:1].lower() + words[1:] if self._has_small_nouns else words

    def plural(self, single: str, many: str, n: float) -> str:
        """Return the words for so many of something."""
        return self._translations.ngettext(single, many, int(n) if n == int(n) else 2)


def capitalised(text: str, words_for: Callable[[str], str]) -> str:
    """Return the words for a text that stands in the catalogue with a small first letter, such as one over a column.

    Examples
    --------
    >>> capitalised("Slip rate", {"slip rate": "tasa de retraso"}.get)
    'Tasa de retraso'
    """
    small = text[:1].lower() + text[1:]
    words = words_for(small) if small != text else None
    return words[:1].upper() + words[1:] if words and words != small else text


def file_of(language: str) -> Path:
    """Return where the catalogue of a language is."""
    return LOCALES / language / "LC_MESSAGES" / f"{DOMAIN}.po"


@cache
def languages() -> tuple[str, ...]:
    """Return the languages there are: English, and each that has a catalogue.

    Examples
    --------
    >>> languages()
    ('en', 'de', 'es')
    """
    return (ENGLISH, *sorted(file.parts[-3] for file in LOCALES.glob(f"*/LC_MESSAGES/{DOMAIN}.po")))


def closest(locale: str) -> str:
    """Return the language there are words in that a locale asks for; empty where there are none.

    Examples
    --------
    >>> closest("de-AT"), closest("pt_BR")
    ('de', '')
    """
    language = locale.replace("-", "_").partition("_")[0].lower()
    return language if language in languages() else ""


@cache
def catalogue(language: str) -> Catalogue:
    """Return the catalogue of a language; read once per process.

    Raises
    ------
    LookupError
        When there is none.
    """
    if language == PSEUDO:
        from core.localization.pseudo import PseudoCatalogue

        return PseudoCatalogue()
    if language == ENGLISH:
        return GettextCatalogue(gettext.NullTranslations())
    if language not in languages():
        raise LookupError(language)
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with file_of(language).open("rb") as file:
        messages = read_po(file, locale=language)
    compiled = BytesIO()
    write_mo(compiled, messages)
    compiled.seek(0)
    return GettextCatalogue(gettext.GNUTranslations(compiled), has_small_nouns=language != "de")
