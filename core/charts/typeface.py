"""The one family everything that leaves the house is set in: Source Sans 3, shipped beside this module.

Streamlit's own "sans-serif" is the same family, so that screen and paper look alike on every machine. What the
family cannot write is replaced before anything is drawn, for a letter that has to come from a font of the machine
makes the file depend on it, and a colour emoji font stops the writer of PDFs altogether.
"""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from html import escape, unescape
from pathlib import Path

FAMILY = "'Source Sans 3'"  # in quotes, for a bare name must not hold a number; text of an unknown family vanishes
FOLDER = Path(__file__).with_name("fonts")
FALLBACK = "□"
FACES = {400: "Regular", 700: "Bold"}
BOLD_FROM = 600
ANY_FAMILY = re.compile(r'font-family="[^"]*"')
TEXT_NODE = re.compile(r">([^<>]+)<")
UNWRITTEN = ("Cc", "Cf", "Cs", "Cn", "Co", "Mn", "Me", "Sk")  # controls, joiners, selectors, skin tones


@cache
def register() -> None:
    """Make the family known to the writer of charts and PDFs, once per process."""
    import vl_convert

    vl_convert.register_font_directory(str(FOLDER))


@cache
def advances(weight: int = 400) -> Mapping[str, float]:
    """Return every character the family can write, with its width as a share of the font's size.

    Parameters
    ----------
    weight : {400, 700}
    """
    from fontTools.ttLib import TTFont

    with TTFont(FOLDER / f"SourceSans3-{FACES[weight]}.ttf", lazy=True) as font:
        em, widths = font["head"].unitsPerEm, font["hmtx"].metrics
        return {chr(code): widths[glyph][0] / em for code, glyph in font.getBestCmap().items()}


def printable(text: str) -> str:
    """Return a text as the family can write it: a letter it lacks becomes □, a run of symbols one □.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
        Composed (NFC), without control characters, joiners and selectors.

    Examples
    --------
    >>> printable("Zoë 🚀🚀 Čapek 日本")
    'Zoë □ Čapek □□'
    """
    widths = advances()
    out: list[str] = []
    is_symbol = False
    for letter in unicodedata.normalize("NFC", text):
        if letter in widths and not unicodedata.category(letter).startswith("C"):
            out.append(letter)
            is_symbol = False
        elif unicodedata.category(letter) not in UNWRITTEN:
            is_letter = unicodedata.category(letter).startswith(("L", "N"))
            if is_letter or not is_symbol:
                out.append(FALLBACK)
            is_symbol = not is_letter
    return "".join(out)


def printable_svg(svg: str) -> str:
    """Return a drawing whose texts are in the family and hold only what it can write."""
    svg = ANY_FAMILY.sub(f'font-family="{FAMILY}"', svg)
    return TEXT_NODE.sub(lambda node: f">{escape(printable(unescape(node[1])), quote=False)}<", svg)


def width(text: str, size: float, weight: int = 400) -> float:
    """Return how wide a printable text is, in the unit of `size`; pairs are not kerned.

    Parameters
    ----------
    text : str
    size : float
    weight : int
        From 600 on the bold face counts.
    """
    face = advances(700 if weight >= BOLD_FROM else 400)
    return size * sum(face.get(letter, 0.5) for letter in text)


def wrapped(text: str, room: float, size: float, weight: int = 400) -> list[str]:
    """Break one line of text into lines no wider than the room; a word wider than it is broken too.

    Parameters
    ----------
    text : str
    room, size : float
        In the same unit.
    weight : int

    Returns
    -------
    list of str
        At least one line, printable.
    """
    lines: list[str] = []
    line = ""
    for whole in printable(text).split(" "):
        word = whole
        longer = f"{line} {word}" if line else word
        if width(longer, size, weight) <= room:
            line = longer
            continue
        lines += [line] if line else []
        while width(word, size, weight) > room and len(word) > 1:
            most = next(n for n in range(len(word), 0, -1) if n == 1 or width(word[:n], size, weight) <= room)
            lines.append(word[:most])
            word = word[most:]
        line = word
    return [*lines, line] if line or not lines else lines


@cache
def stylesheet() -> str:
    """Return the family as CSS that holds its files, for a page that loads nothing from elsewhere."""
    return "\n".join(
        f"@font-face {{ font-family: {FAMILY}; font-weight: {weight}; src: url(data:font/woff2;base64,"
        f"{base64.b64encode((FOLDER / f'SourceSans3-{name}.ttf.woff2').read_bytes()).decode()}) format('woff2') }}"
        for weight, name in FACES.items()
    )
