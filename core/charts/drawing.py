"""The one door to vl-convert: charts as SVG and PNG, leaves as PDF, and no panic that goes unheard.

A fault inside vl-convert's Rust code reaches Python as a `PanicException`, which is no `Exception`: a thread that
serves a download ends by it without a word. Here it becomes a `DrawingError`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from core.charts import typeface

T = TypeVar("T")
SHARPNESS, PRINT = 2.0, 3.0
LOOKS: dict[str, dict[str, Any]] = {
    "axis": {"labelFontSize": 11, "titleFontSize": 11, "titleFontWeight": "normal"},
    "legend": {"labelFontSize": 11, "titleFontSize": 11, "titleFontWeight": "normal"},
    "text": {"fontSize": 11},
}
PATH, SEE_THROUGH = re.compile(r"<path [^>]*>"), re.compile(r' opacity="(?=0?\.)')


class DrawingError(Exception):
    """A chart or a leaf that cannot be drawn; the message is for those who run the app."""


def svg(spec: Mapping[str, Any]) -> str:
    """Return a Vega-Lite specification as SVG, set in the shipped family.

    Parameters
    ----------
    spec : mapping
        With its data as plain rows.

    Raises
    ------
    DrawingError
    """
    import vl_convert

    return _flat(_guarded(lambda: str(vl_convert.vegalite_to_svg(_set_in_family(spec)))))


def png(spec: Mapping[str, Any]) -> bytes:
    """Return a Vega-Lite specification as a picture, twice as sharp as its size.

    Raises
    ------
    DrawingError
    """
    import vl_convert

    return _guarded(lambda: bytes(vl_convert.vegalite_to_png(_set_in_family(spec), scale=SHARPNESS)))


def rastered(leaf: str) -> bytes:
    """Return a drawing as a picture, three times as sharp as its size.

    Raises
    ------
    DrawingError
    """
    import vl_convert

    return _guarded(lambda: bytes(vl_convert.svg_to_png(typeface.printable_svg(leaf), scale=PRINT)))


def pdf(leaf: str) -> bytes:
    """Return a drawing as a PDF of one page; what the family cannot write is replaced.

    Raises
    ------
    DrawingError
    """
    import vl_convert

    return _guarded(lambda: bytes(vl_convert.svg_to_pdf(typeface.printable_svg(leaf))))


def _flat(drawn: str) -> str:
    """Let points be see-through by their colour: as a layer of its own each takes a kilobyte of a PDF."""

    def point(mark: re.Match[str]) -> str:
        has_edge = ' stroke="' in mark[0]
        return mark[0] if has_edge else SEE_THROUGH.sub(' fill-opacity="', mark[0], count=1)

    return PATH.sub(point, drawn)


def _set_in_family(spec: Mapping[str, Any]) -> dict[str, Any]:
    own = spec.get("config", {})
    looks = {part: {**look, **own.get(part, {})} for part, look in LOOKS.items()}
    return {**spec, "config": {**own, **looks, "font": typeface.FAMILY}}


def _guarded(draw: Callable[[], T]) -> T:
    typeface.register()
    try:
        return draw()
    except BaseException as error:
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            raise DrawingError(f"{type(error).__name__}: {error}") from error
        raise
