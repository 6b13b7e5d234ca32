"""A name written out in the house's letters, as outlines: a picture cannot ask for a font."""

from __future__ import annotations

from functools import lru_cache

from core.charts import typeface

SIZE, BASELINE, HIGH = 21, 23, 32  # pixels, in a picture as high as a logo in the sidebar
WEIGHT = 700


@lru_cache(maxsize=16)
def wordmark(name: str, colour: str) -> str:
    """Return a name as an SVG of 32 pixels' height.

    Parameters
    ----------
    name : str
        A letter the family cannot write becomes □.
    colour : str
        As in "#0b6e6e".
    """
    from fontTools.pens.svgPathPen import SVGPathPen
    from fontTools.pens.transformPen import TransformPen
    from fontTools.ttLib import TTFont

    with TTFont(typeface.FOLDER / f"SourceSans3-{typeface.FACES[WEIGHT]}.ttf", lazy=True) as font:
        glyphs, names, scale = font.getGlyphSet(), font.getBestCmap(), SIZE / font["head"].unitsPerEm
        outlines, left = SVGPathPen(glyphs, ntos=lambda number: f"{number:.2f}".rstrip("0").rstrip(".")), 0.0
        for letter in typeface.printable(name):
            glyph = glyphs[names[ord(letter)]]
            glyph.draw(TransformPen(outlines, (scale, 0, 0, -scale, left, BASELINE)))
            left += glyph.width * scale
    wide = max(int(left) + 2, HIGH)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {HIGH}" width="{wide}" height="{HIGH}">'
        f'<path fill="{colour}" d="{outlines.getCommands()}"/></svg>'
    )
