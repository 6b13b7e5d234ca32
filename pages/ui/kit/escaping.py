"""Text of data where Markdown is read: it is shown letter by letter, and means nothing."""

from __future__ import annotations

import re

from core.localization import Text, shown

JOINER = "\u2060"  # Takes no room and is no letter: what stands on both sides is not read as one word.
MARKS = re.compile(r"([\\`*_\[\]<>~$#|!&^])")
LINE_START = re.compile(r"^(\s*)(?:([-+=])|(\d+)([.)])(?=\s|$))")
SHORTCODE = re.compile(r"(?<!\d):(?=[\w+-][\w+/-]*:)")
DIRECTIVE = re.compile(r"(?<!\\):(?=[A-Za-z])")
ADDRESS = re.compile(r"(?i)(:)(?=//)|(\bwww)(?=\.)")


def escaped(text: object) -> str:
    r"""Write a text so that Streamlit's Markdown shows it as it is.

    Parameters
    ----------
    text : object
        Names, notes, file names, whole sentences with such names in them, which are shown in the reader's
        language. Line ends become spaces.

    Returns
    -------
    str
        No picture, link, bare address, code, formula, heading, list, table, colour, icon or emoji comes of it.
        Addresses and words between colons are parted by a character that is not seen, for those are looked for
        after backslashes are read.

    Examples
    --------
    >>> escaped("![x](http://a.example/p.png) costs $5")
    '\\!\\[x\\](http:\u2060//a.example/p.png) costs \\$5'
    """
    own = str(text) if not isinstance(text, str) else text
    if isinstance(own, Text) or " " in own:
        own = shown(own)
    line = MARKS.sub(r"\\\1", " ".join(own.split()))
    line = LINE_START.sub(lambda m: f"{m[1]}\\{m[2]}" if m[2] else f"{m[1]}{m[3]}\\{m[4]}", line)
    line = SHORTCODE.sub(rf"\\:{JOINER}", line)
    line = DIRECTIVE.sub(r"\:", line)
    return ADDRESS.sub(lambda m: f"{m[1] or m[2]}{JOINER}", line)
