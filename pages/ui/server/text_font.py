"""The font of texts with Latin letters, figures and signs alone: 42 KB in place of 170.

A company's names may hold other letters. For those the document names the whole font beside it, which a browser
fetches when such a letter is drawn, and not before.
"""

from __future__ import annotations

from io import BytesIO

LATIN = (range(0x20, 0x250), range(0x2000, 0x2300))
# The letters of the font that are not above, as CSS writes them: Greek, Cyrillic, phonetic, boxes.
OTHERS = "U+250-4F7,U+1D25-1FFE,U+2302-232B,U+25A0-266B,U+2713-2764,U+27E6-27E9,U+2C60-2C7D,U+A71C-AB67,U+FB00-FB04"
WHOLE = "whole"
FACE = (
    '<style>@font-face{{font-family:"Source Sans";font-weight:100 900;font-style:normal;'
    'src:url("./{address}?{whole}") format("woff2");unicode-range:{others}}}</style>'
)


def face(address: str) -> str:
    """Return the style that names the whole font for the letters the small one lacks.

    Parameters
    ----------
    address : str
        Where the font lies, below the document.
    """
    return FACE.format(address=address, whole=WHOLE, others=OTHERS)


def subset(font: bytes) -> bytes:
    """Return a font as WOFF2 with the letters of `LATIN`, with all its weights."""
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    opened = TTFont(BytesIO(font), lazy=True)
    maker = Subsetter(Options(flavor="woff2"))
    maker.populate(unicodes=[code for span in LATIN for code in span])
    maker.subset(opened)
    opened.flavor = "woff2"
    out = BytesIO()
    opened.save(out)
    return out.getvalue()
