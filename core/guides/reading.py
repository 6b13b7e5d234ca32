"""A section as the Help page shows it: texts whose links stay in the app, and pictures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from posixpath import normpath
from urllib.parse import urlencode

from core.guides.guide_sections import Section
from core.guides.navigation import Guide, guides

PICTURE = re.compile(r"^!\[([^\]]*)\]\(([^)\s]+)\)$", re.MULTILINE)
LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(([^)\s#]*)(?:#([^)\s]+))?\)")
CODE = re.compile(r"(```.*?```|`[^`\n]*`)", re.DOTALL)
HELP, GUIDE, PART = "help", "guide", "part"


def shown(guide: Guide, section: Section) -> Iterator[tuple[str, Path | None]]:
    """Return what a section is made of, in order.

    Parameters
    ----------
    guide : Guide
    section : Section

    Yields
    ------
    tuple of str and Path or None
        Markdown with None; or what a picture shows with its file, where that is there.
    """
    folder = guide.path.parent
    begin = 0
    for match in PICTURE.finditer(section.text):
        if before := section.text[begin : match.start()].strip():
            yield _linked(before, guide), None
        file = (folder / match[2]).resolve()
        if file.is_file():
            yield match[1], file
        begin = match.end()
    if rest := section.text[begin:].strip():
        yield _linked(rest, guide), None


def _linked(markdown: str, guide: Guide) -> str:
    """Let links to documents open them on the Help page; a sum of money is no formula there."""
    parts = CODE.split(markdown)
    parts[::2] = [
        LINK.sub(lambda match: _link(match[1], match[2], match[3] or "", guide), text).replace("$", r"\$")
        for text in parts[::2]
    ]
    return _around_code("".join(parts), guide)


def _around_code(markdown: str, guide: Guide) -> str:
    """Take links whose words are code, which were parted above."""
    return LINK.sub(lambda match: _link(match[1], match[2], match[3] or "", guide), markdown)


def _link(words: str, target: str, anchor: str, guide: Guide) -> str:
    if not target:
        return f"[{words}](#{anchor})"
    if not target.endswith(".md"):
        return f"[{words}]({target}{'#' * bool(anchor)}{anchor})"
    name = normpath(str(PurePosixPath(guide.name).parent / target)).removesuffix(".md")
    if name not in {other.name for other in guides()}:
        return words
    return f"[{words}]({HELP}?{urlencode({GUIDE: name} | ({PART: anchor} if anchor else {}))})"
