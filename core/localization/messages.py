"""Sentences that are English text and remember what they were made of, so that each reader has them in their language.

A sentence is worked out once for all readers and kept: as text it is English. It is translated where it is shown
(`core.localization.reader.shown`), from its template and its values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from string import Formatter
from typing import Any, Protocol

PARTS = Formatter()
SENTENCE = 24  # letters


class Wording(Protocol):
    """What a reader has: a catalogue, and how numbers and dates are written."""

    def look_up(self, text: str) -> str:
        """Return the words for a text; itself where there are none."""
        ...

    def look_up_value(self, text: str) -> str:
        """Return the words for what may be a name of the data, which stays as it is."""
        ...

    def look_up_whole(self, text: str) -> str:
        """Return the words for a sentence, also for one that lost its template."""
        ...

    def look_up_plural(self, single: str, many: str, n: float) -> str:
        """Return the words for so many of something."""
        ...

    def figure(self, kind: str, values: tuple[Any, ...]) -> str:
        """Write a figure as `core.formats.Formats` does in its method of that name."""
        ...

    def value(self, value: object, form: str) -> str:
        """Write a number, a day or another value that stands in a sentence with a format of its own."""
        ...


class Text(str):
    """A text that can be shown in other languages; as a `str` it is English.

    Adding to it, or leaving off blanks or letters of its ends where there are none, keeps what it remembers.
    """

    __slots__ = ()

    def told(self, wording: Wording) -> str:
        """Return the text in a reader's words."""
        return wording.look_up(str(self))

    def parts(self) -> tuple[Any, ...]:
        """Return what the text is made of, to be written down and given to `of_parts`."""
        raise NotImplementedError

    def __format__(self, form: str) -> str:
        return self if not form else super().__format__(form)

    def __add__(self, other: str) -> str:
        return joined(self, other, by="") if isinstance(other, str) else NotImplemented

    def __radd__(self, other: str) -> str:
        return joined(other, self, by="") if isinstance(other, str) else NotImplemented

    def strip(self, chars: str | None = None, /) -> str:
        """Return the text without blanks around it."""
        return self._unless_changed(super().strip(chars))

    def lstrip(self, chars: str | None = None, /) -> str:
        """Return the text without blanks, or some letters, at its beginning."""
        return self._unless_changed(super().lstrip(chars))

    def rstrip(self, chars: str | None = None, /) -> str:
        """Return the text without blanks, or some letters, at its end."""
        return self._unless_changed(super().rstrip(chars))

    def _unless_changed(self, changed: str) -> str:
        return self if len(changed) == len(self) else changed


class Message(Text):
    """A template and the values that stand in it.

    Attributes
    ----------
    template : str
        The English sentence with `{name}`, or `{name:format}`, for each value.
    many : str
        The template for another number than one; empty where the number makes no difference.
    n : int
        The number that chooses between the two.
    values : mapping of str to object
        Numbers, days, figures, names of the data, other texts.
    """

    __slots__ = ("many", "n", "template", "values")
    template: str
    many: str
    n: float
    values: Mapping[str, Any]

    def told(self, wording: Wording) -> str:
        """Return the sentence in a reader's words, its values too."""
        if self.many:
            template = wording.look_up_plural(self.template, self.many, self.n)
        else:
            template = wording.look_up(self.template)
        pieces = []
        for words, name, form, conversion in PARTS.parse(template):
            pieces.append(words)
            if name is not None:
                pieces.append(_written(self.values[name], form or "", conversion, wording))
        return "".join(pieces)

    def parts(self) -> tuple[Any, ...]:
        """Return template, template for many, number and values."""
        return ("message", self.template, self.many, self.n, dict(self.values))

    def __reduce__(self) -> tuple[Any, ...]:
        return message_of, (self.template, self.many, self.n, dict(self.values))


class Figure(Text):
    """An amount, a rate or a chance in English, which remembers its number.

    Attributes
    ----------
    kind : str
        The method of `core.formats.Formats` that writes it.
    values : tuple
        What that method takes.
    """

    __slots__ = ("kind", "values")
    kind: str
    values: tuple[Any, ...]

    def told(self, wording: Wording) -> str:
        """Return the figure as a reader's locale writes it."""
        return wording.figure(self.kind, self.values)

    def parts(self) -> tuple[Any, ...]:
        """Return kind, values and the English text."""
        return ("figure", self.kind, self.values, str(self))

    def __reduce__(self) -> tuple[Any, ...]:
        return figure, (self.kind, self.values, str(self))


class Joined(Text):
    """Texts one after the other.

    Attributes
    ----------
    texts : tuple of str
    by : str
        What stands between two.
    """

    __slots__ = ("by", "texts")
    by: str
    texts: tuple[str, ...]

    def told(self, wording: Wording) -> str:
        """Return the texts in a reader's words."""
        return wording.look_up(self.by).join(_told_whole(text, wording) for text in self.texts)

    def parts(self) -> tuple[Any, ...]:
        """Return the texts and what stands between them."""
        return ("joined", self.by, self.texts)

    def __reduce__(self) -> tuple[Any, ...]:
        return _joined, (self.texts, self.by)

    def strip(self, chars: str | None = None, /) -> str:
        """Return the texts without blanks around them."""
        if chars is not None or self.by.strip():
            return super().strip(chars)
        texts = list(self.texts)
        while texts and not texts[0].strip():
            texts.pop(0)
        while texts and not texts[-1].strip():
            texts.pop()
        if texts:
            texts[0], texts[-1] = texts[0].lstrip(), texts[-1].rstrip()
        return _joined(tuple(texts), self.by)


class Bare(Text):
    """A sentence without its full stop, for one that goes on.

    Attributes
    ----------
    text : str
    """

    __slots__ = ("text",)
    text: str

    def told(self, wording: Wording) -> str:
        """Return the sentence in a reader's words, without its full stop."""
        return told(self.text, wording).rstrip(".")

    def parts(self) -> tuple[Any, ...]:
        """Return the sentence."""
        return ("bare", self.text)

    def __reduce__(self) -> tuple[Any, ...]:
        return bare, (self.text,)


def message(template: str, /, **values: Any) -> str:
    """Make a sentence from a template that is in the catalogue, and the values in it.

    Parameters
    ----------
    template : str
        As `str.format` takes it, with plain names; a constant, for the catalogue is made from the source.
    **values
        By name. What is a text itself is translated with the sentence.

    Returns
    -------
    Message
        The English sentence.

    Examples
    --------
    >>> message("{amount} booked in {n:,} deals.", amount="USD 2.0 M", n=1200)
    'USD 2.0 M booked in 1,200 deals.'
    """
    return message_of(template, "", 0, values)


def message_plural(single: str, many: str, n: float, /, **values: Any) -> str:
    """Make a sentence whose words depend on a number; `n` is among its values.

    Examples
    --------
    >>> message_plural("{n:,} deal waits.", "{n:,} deals wait.", 1200)
    '1,200 deals wait.'
    """
    return message_of(single, many, n, {"n": n, **values})


def joined(*texts: str, by: str = " ") -> str:
    """Join texts and keep what they remember.

    Parameters
    ----------
    *texts : str
    by : str
        What stands between two.

    Examples
    --------
    >>> joined("Two deals slipped.", "One was lost.")
    'Two deals slipped. One was lost.'
    """
    return _joined(texts, by)


def figure(kind: str, values: tuple[Any, ...], text: str) -> Figure:
    """Make a figure.

    Parameters
    ----------
    kind : str
        Method of `core.formats.Formats`.
    values : tuple
        What it takes.
    text : str
        In English.
    """
    made = str.__new__(Figure, text)
    made.kind, made.values = kind, values
    return made


def bare(text: str) -> Bare:
    """Return a sentence without its full stop.

    Examples
    --------
    >>> bare("The file is empty.")
    'The file is empty'
    """
    made = str.__new__(Bare, text.rstrip("."))
    made.text = text
    return made


def of_parts(parts: Iterable[Any]) -> str:
    """Return the text that `Text.parts` took apart."""
    kind, *rest = parts
    if kind == "message":
        template, many, n, values = rest
        return message_of(template, many, n, values)
    if kind == "figure":
        return figure(rest[0], tuple(rest[1]), rest[2])
    if kind == "bare":
        return bare(rest[0])
    by, texts = rest
    return _joined(tuple(texts), by)


def told(text: object, wording: Wording) -> str:
    """Return any text in a reader's words: one that remembers what it is made of, or one that is in the catalogue."""
    return text.told(wording) if isinstance(text, Text) else wording.look_up(str(text))


def message_of(template: str, many: str, n: float, values: Mapping[str, Any]) -> Message:
    """Make a message of its parts.

    Examples
    --------
    >>> message_of("{n} deal", "{n} deals", 2, {"n": 2})
    '2 deals'
    """
    made = str.__new__(Message, (many if many and n != 1 else template).format_map(values))
    made.template, made.many, made.n, made.values = template, many, n, values
    return made


def _joined(texts: tuple[str, ...], by: str) -> Joined:
    made = str.__new__(Joined, by.join(texts))
    made.texts, made.by = texts, by
    return made


def _told_whole(text: str, wording: Wording) -> str:
    """Return a part of a sentence in a reader's words; a short one may be a name, and is only looked up as it is."""
    if isinstance(text, Text):
        return text.told(wording)
    return wording.look_up_whole(text) if len(text) >= SENTENCE else wording.look_up_value(text)


def _written(value: object, form: str, conversion: str | None, wording: Wording) -> str:
    if isinstance(value, Text) and not conversion:
        return value.told(wording)
    if conversion == "r":
        return format(repr(value), form)
    if isinstance(value, str):
        is_sentence = len(value) >= SENTENCE and value.endswith((".", "!", "?"))
        return format(wording.look_up_whole(value) if is_sentence else wording.look_up_value(value), form)
    if isinstance(value, int | float | date):
        return wording.value(value, form)
    return told(str(value), wording)
