"""A document in sections: what stands under each heading, and the name it is linked by."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from core.guides.navigation import Guide

HEADING = re.compile(r"^(#{1,6})\s+(.+?)\s*#*$")
FENCE = re.compile(r"^\s*(```|~~~)")
COMMENT = re.compile(r"[ \t]*<!--.*?-->[ \t]*\n?", re.DOTALL)
LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
MARKS = re.compile(r"[`*]|(?m:^[#>|-]+ ?)")


@dataclass(frozen=True)
class Section:
    """What stands between one heading and the next.

    Attributes
    ----------
    guide : str
        Name of the document.
    title : str
        The heading without marks of Markdown.
    anchor : str
        What it is linked by, the same as in the static site.
    level : int
        1 for the document's own heading, 2 and more below it.
    text : str
        The Markdown under the heading, without comments.
    """

    guide: str
    title: str
    anchor: str
    level: int
    text: str


def sections(guide: Guide) -> tuple[Section, ...]:
    """Return a document's sections in their order.

    Parameters
    ----------
    guide : Guide

    Returns
    -------
    tuple of Section
        Lines before the first heading are left out; a `#` inside a block of code is none. The second of two equal
        headings is linked by `_1` behind its name, as the site does it.
    """
    seen: Counter[str] = Counter()
    parts = []
    for level, heading, text in _blocks(guide.path.read_text(encoding="utf-8")):
        title = plain_text(heading)
        name = section_slug(title)
        anchor = f"{name}_{seen[name]}" if seen[name] else name
        seen[name] += 1
        parts.append(Section(guide.name, title, anchor, level, text))
    return tuple(parts)


def _blocks(markdown: str) -> Iterator[tuple[int, str, str]]:
    """Return level, heading and text of each part that a heading begins."""
    level, heading, is_code, lines = 0, "", False, list[str]()
    for line in COMMENT.sub("", markdown).splitlines():
        is_code ^= bool(FENCE.match(line))
        match = None if is_code else HEADING.match(line)
        if match is None:
            lines.append(line)
            continue
        if level:
            yield level, heading, "\n".join(lines).strip()
        level, heading, lines = len(match[1]), match[2], []
    if level:
        yield level, heading, "\n".join(lines).strip()


def section_slug(title: str) -> str:
    """Return the name a heading is linked by, as Python-Markdown makes it.

    Examples
    --------
    >>> section_slug("What is remembered, where, for how long")
    'what-is-remembered-where-for-how-long'
    """
    letters = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", letters).strip().lower())


def plain_text(markdown: str) -> str:
    """Return a text without the marks of Markdown: links by their words.

    Examples
    --------
    >>> plain_text("The **API** has [keys](api.md#keys), `GET` and more")
    'The API has keys, GET and more'
    """
    return MARKS.sub("", LINK.sub(r"\1", markdown))
