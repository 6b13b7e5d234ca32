"""A language that nobody speaks, to see what is not in the catalogue: its words are marked and accented.

A text that is shown without the marks was never looked up, or stands in no catalogue.
"""

from __future__ import annotations

from string import Formatter

from core.localization import word_template

BEGIN, END = "⟦", "⟧"
ACCENTS = str.maketrans("aeiouAEIOUcnsyz", "àéîöûÀÉÎÖÛçñšýž")


class PseudoCatalogue:
    """The words of the template, marked; others stay as they are."""

    def __init__(self) -> None:
        entries = word_template.texts()
        self._texts = {text for entry in entries for text in (entry if isinstance(entry, tuple) else (entry,))}

    def text(self, text: str) -> str:
        """Return a text with marks where it is in the catalogue."""
        if text in self._texts:
            return marked(text)
        core = text.strip()
        small, great = core[:1].lower() + core[1:], core[:1].upper() + core[1:]
        others = {core, small, great} if " " in core else {core, small}
        return text.replace(core, marked(core), 1) if others & self._texts else text

    def plural(self, single: str, many: str, n: float) -> str:
        """Return the words for so many of something with marks where they are in the catalogue."""
        words = many if n != 1 else single
        return marked(words) if words in self._texts else words


def marked(text: str) -> str:
    """Return a text with accents and marks; placeholders stay.

    Examples
    --------
    >>> marked("{n} deals wait.")
    '⟦{n} déàlš wàît.⟧'
    """
    try:
        parts = list(Formatter().parse(text))
    except ValueError:
        return f"{BEGIN}{text.translate(ACCENTS)}{END}"
    out = []
    for words, name, form, conversion in parts:
        out.append(words.translate(ACCENTS).replace("{", "{{").replace("}", "}}"))
        if name is not None:
            out.append("{" + name + (f"!{conversion}" if conversion else "") + (f":{form}" if form else "") + "}")
    return f"{BEGIN}{''.join(out)}{END}"
