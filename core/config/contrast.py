"""How well words stand out from what they are written on."""

from __future__ import annotations


def contrast(ink: str, ground: str) -> float:
    """Return the contrast of two colours by WCAG 2, from 1 to 21.

    Parameters
    ----------
    ink, ground : str
        As in "#0b6e6e".

    Examples
    --------
    >>> round(contrast("#000000", "#ffffff"), 1)
    21.0
    """
    low, high = sorted((_luminance(ink), _luminance(ground)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
