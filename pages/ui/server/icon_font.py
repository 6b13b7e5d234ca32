"""The font of symbols with those alone that Streamlit's scripts and our pages name: 13 KB in place of 375.

A symbol is a ligature: its name, letter by letter, is drawn as one glyph; tables draw it by its code. Whatever is named
nowhere is left out.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from io import BytesIO
from pathlib import Path
from typing import Any

NAMED = re.compile(rb":material/([a-z0-9_]+)")


def names_used(scripts: Path, sources: Path) -> frozenset[str]:
    """Return the symbols named in Streamlit's scripts and in our own source files.

    Parameters
    ----------
    scripts, sources : Path
        Folders; of the second its `app.py` and what lies under `pages`.
    """
    files = [*scripts.glob("*.js"), sources / "app.py", *(sources / "pages").rglob("*.py")]
    return frozenset(name.decode() for path in files for name in NAMED.findall(path.read_bytes()))


def subset(font: bytes, names: Collection[str]) -> bytes:
    """Return a font of symbols as WOFF2 with some of them.

    Parameters
    ----------
    font : bytes
        A font whose symbols are ligatures of their names.
    names : collection of str
        One the font lacks is passed over.
    """
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    opened = TTFont(BytesIO(font), lazy=True)
    letter_of = {glyph: chr(code) for code, glyph in opened.getBestCmap().items()}
    symbols: set[str] = set()
    for lookup in opened["GSUB"].table.LookupList.Lookup:
        for table in lookup.SubTable:
            symbols |= _keep(getattr(table, "ExtSubTable", table), letter_of, names)
    codes = [code for code, glyph in opened.getBestCmap().items() if glyph in symbols]
    options = Options(layout_features=["*"], flavor="woff2")
    maker = Subsetter(options)
    maker.populate(text="".join(sorted(set("".join(names)))), unicodes=codes)
    maker.subset(opened)
    opened.flavor = "woff2"
    out = BytesIO()
    opened.save(out)
    return out.getvalue()


def _keep(table: Any, letter_of: dict[str, str], names: Collection[str]) -> set[str]:
    """Take the ligatures that are no name of ours out of a table, and return the symbols of the others."""
    symbols: set[str] = set()
    for first, ligatures in list(getattr(table, "ligatures", {}).items()):
        ours = [
            ligature
            for ligature in ligatures
            if "".join(letter_of.get(glyph, "?") for glyph in (first, *ligature.Component)) in names
        ]
        if ours:
            table.ligatures[first] = ours
            symbols |= {ligature.LigGlyph for ligature in ours}
        else:
            del table.ligatures[first]
    return symbols
