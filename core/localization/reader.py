"""Who reads: the language words are shown in while a page, or a file, is made for somebody."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from typing import Any

from core.localization.catalogues import Catalogue
from core.localization.messages import SENTENCE, Text
from core.localization.recovery import figure_in, recovered


@dataclass(frozen=True)
class Reader:
    """A catalogue, and how numbers and dates are written.

    Attributes
    ----------
    catalogue : Catalogue
    formats : Formats
        As `core.formats` has it, of the catalogue's language.
    language : str
        Such as "de".
    names : frozenset of str
        Values of the data that are words of the catalogue as well, and stay as they are where they are values.
    """

    catalogue: Catalogue
    formats: Any
    language: str = ""
    names: frozenset[str] = frozenset()

    def look_up(self, text: str) -> str:
        """Return the catalogue's words for a text; itself where there are none."""
        return self.catalogue.text(text)

    def look_up_value(self, text: str) -> str:
        """Return the catalogue's words for a value in a sentence, a cell or a chart; a name of the data is itself."""
        if text in self.names:
            return text
        words = self.catalogue.text(text)
        amount = figure_in(text) if words == text else None
        return words if amount is None else amount.told(self)

    def look_up_whole(self, text: str) -> str:
        """Return the catalogue's words for a sentence, also for one that lost its template."""
        words = self.catalogue.text(text)
        if words != text:
            return words
        again = recovered(text)
        return again.told(self) if isinstance(again, Text) else text

    def look_up_plural(self, single: str, many: str, n: float) -> str:
        """Return the catalogue's words for so many of something."""
        return self.catalogue.plural(single, many, n)

    def figure(self, kind: str, values: tuple[Any, ...]) -> str:
        """Write an amount, a rate or a chance."""
        return str(getattr(self.formats, kind)(*values))

    def value(self, value: object, form: str) -> str:
        """Write a number or a day in a sentence, where its English format says how exactly."""
        if isinstance(value, date):
            return str(self.formats.in_form(value, form))
        return str(self.formats.in_digits(value, form))


READS: ContextVar[Reader | None] = ContextVar("reader", default=None)


def shown(text: str) -> str:
    """Return a text as it is shown to whoever reads: English is the text itself.

    Parameters
    ----------
    text : str
        One of ours: what remembers its template, or words that are in the catalogue.
    """
    reader = READS.get()
    if reader is None:
        return text
    return text.told(reader) if isinstance(text, Text) else reader.catalogue.text(text)


def shown_whole(text: str) -> str:
    """Return a text of ours as it is shown, also where it lost its template in a frame or a chart.

    Parameters
    ----------
    text : str
        Never a name or a note of data.
    """
    reader = READS.get()
    if reader is None:
        return text
    if isinstance(text, Text):
        return text.told(reader)
    return reader.look_up_whole(text)


def shown_value(text: str, whole: bool = True) -> str:
    """Return what stands in a cell, on an axis or among options: a word of ours in the reader's words, else itself.

    Parameters
    ----------
    text : str
        A word of ours, a sentence that may have lost its template, or a name of the data.
    whole : bool
        Whether a short text may be a sentence too, and not only a word.
    """
    reader = READS.get()
    if reader is None or (text in reader.names and not isinstance(text, Text)):
        return text
    return shown_whole(text) if whole or len(text) >= SENTENCE else shown(text)


@contextmanager
def reading(reader: Reader | None) -> Iterator[None]:
    """Show words to a reader inside; None reads English."""
    token = READS.set(reader)
    try:
        yield
    finally:
        READS.reset(token)
