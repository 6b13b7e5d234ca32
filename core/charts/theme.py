"""The one look of every chart: actual in teal, forecast in amber, context in grey, each as both themes want it.

A colour is written as `light-dark(…, …)`: the browser takes the half of the theme it shows, without a new run.
What is drawn for paper takes the light half, by `paper`. Ranges that a scale interpolates stay plain.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from core.charts.lazy_altair import alt
from core.config.contrast import contrast

GROUND = "light-dark(#fbfaf7,#10181f)"
INK = "light-dark(#1b2733,#e6ebee)"
LABEL = "light-dark(#5a6772,#a3b0ba)"
ACTUAL = "light-dark(#0f7f79,#35b5ab)"
FORECAST = "light-dark(#c97a1e,#e9a04c)"
CONTEXT = "light-dark(#77848f,#8593a0)"
PALE = "light-dark(#489a94,#2f7d77)"
QUIET = "light-dark(#88929b,#64717c)"
RED = "light-dark(#a8322a,#f09a92)"
VIOLET = "light-dark(#7a5ea8,#a88bd6)"
ROSE = "light-dark(#b5485d,#e58a9a)"
BLUE = "light-dark(#3f74a3,#7eb0dd)"
OLIVE = "light-dark(#6f7f2a,#b3c46a)"
SERIES = [ACTUAL, FORECAST, BLUE, VIOLET, OLIVE, CONTEXT, ROSE]
SEQUENCE = ["#e3f1ef", "#7cc7bf", "#128079", "#0a4f4d"]
ON_PALE, ON_DEEP = "#1b2733", "#ffffff"  # Words on a cell of `SEQUENCE`: white from its third step on.
BLACK = "#000000"  # Words on marks of the palette, where white would not stand out.
SIZE = 13
LETTER = 7  # pixels, about
DASHES = [[1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [10, 4], [4, 1], [12, 3, 3, 3]]
SHAPES = ["circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right"]
TICKS = 5
LONGEST_UNIT = 64
AXIS_LINE = 22  # pixels of height
FITTING = re.compile(r'\{"expr": "max\(1, floor\(width / (\d+)\)\)"\}')
BOTH = re.compile(r"light-dark\(\s*([^,()]+?)\s*,[^()]*\)")
PADDING = {"left": 0, "right": 6, "top": 2, "bottom": 5}
AXIS: dict[str, Any] = {
    "grid": False,
    "domainColor": CONTEXT,
    "tickColor": CONTEXT,
    "labelColor": LABEL,
    "titleColor": LABEL,
    "labelFontSize": SIZE,
    "titleFontSize": SIZE,
    "labelPadding": 4,
    "titlePadding": 4,
    "titleFontWeight": "normal",
}
AXIS_X: dict[str, Any] = {"titleAnchor": "end", "labelAngle": 0}
AXIS_Y: dict[str, Any] = {
    "labelFlush": False,
    "grid": True,
    "gridColor": CONTEXT,
    "gridOpacity": 0.25,
    "domain": False,
    "ticks": False,
}
LEGEND: dict[str, Any] = {
    "labelFontSize": SIZE,
    "titleFontSize": SIZE,
    "labelColor": LABEL,
    "titleColor": LABEL,
    "padding": 0,
    "offset": 8,
}
TITLE = {
    "anchor": "start",
    "frame": "group",
    "fontSize": SIZE,
    "fontWeight": "normal",
    "color": LABEL,
    "offset": 6,
}


def paper(text: str) -> str:
    """Return a text, such as a specification, with every colour of two themes as the light one has it."""
    return BOTH.sub(r"\1", text)


def fitting(each: int = 170) -> str:
    """Return the expression for as many columns of a legend as fit, each so many pixels wide."""
    return f"max(1, floor(width / {each}))"


def settled(spec: str, width: int) -> str:
    """Return a specification, as text, whose legends have as many columns as fit a width that is known beforehand.

    The expression of `fitting` is worked out anew while a chart shrinks to its width; the room above it is not.
    """
    return FITTING.sub(lambda match: str(max(1, width // int(match[1]))), spec)


def legend(title: str | None = None, orient: Literal["top", "bottom"] = "top", each: int = 118) -> alt.Legend:
    """Return a legend above or below a chart that takes more lines where the chart is narrow."""
    return alt.Legend(orient=orient, title=title, columns=alt.ExprRef(expr=fitting(each)), labelLimit=320)


def name_axis(limit: int = 200) -> alt.Axis:
    """Return an axis of names, each of them written, the longest cut at so many pixels."""
    return alt.Axis(labelLimit=limit, labelOverlap=False, grid=False)


def written_above(unit: str) -> dict[str, Any]:
    """Return the title that says a chart's unit in the line above it."""
    lines = textwrap.wrap(unit, LONGEST_UNIT)
    return {"text": lines if len(lines) > 1 else unit, **TITLE}


def ink_on(colour: str) -> str:
    """Return the colour of words on a mark: dark or white in each theme, whichever stands out more.

    Examples
    --------
    >>> ink_on(ACTUAL)
    'light-dark(#ffffff,#000000)'
    """
    halves = re.findall(r"#[0-9a-f]{6}", colour)
    inks = [max((contrast(ink, half), ink) for ink in (BLACK, ON_DEEP))[1] for half in halves]
    return f"light-dark({','.join(inks)})"


def named_parts(
    bars: alt.Chart, part: str, measure: str, hues: Mapping[str, str], rank: str, words: str = ""
) -> alt.LayerChart:
    """Return lying stacked bars with the name of each part written in it, where it has room.

    No part is told by its colour alone: those too narrow for their name are told by their order, which is that of the
    legend, and by the chart's tooltip.

    Parameters
    ----------
    bars : alt.Chart
        Bars with `part` as their colour.
    part, measure : str
        Fields: the name of each part, and how long it is.
    hues : mapping
        The colour of each part, in the order of the stack.
    rank : str
        The field by which parts are stacked.
    words : str
        The field with the words of a part, default its name.
    """
    name = words or part
    ends = f"abs(scale('x', datum['{measure}_end']) - scale('x', datum['{measure}_start']))"
    written = bars.mark_text(clip=True).encode(
        x=alt.X(f"{measure}:Q", stack="zero", bandPosition=0.5),
        text=alt.condition(
            f"{ends} > {LETTER} * length(datum['{name}']) + {LETTER}", alt.Text(f"{name}:N"), alt.value("")
        ),
        fill=_ink(part, hues),
        color=alt.Undefined,
        order=alt.Order(f"{rank}:Q"),
        detail=alt.Detail(f"{part}:N"),
    )
    drawn: alt.LayerChart = bars + written
    return drawn


def _ink(part: str, hues: Mapping[str, str]) -> alt.Fill:
    """Return the ink of words written on parts of bars: the one that reads on each part's colour."""
    inks = [ink_on(colour) for colour in hues.values()]
    return alt.Fill(f"{part}:N", scale=alt.Scale(domain=list(hues), range=inks), legend=None)


def valued_parts(bars: alt.Chart, part: str, share: str, hues: Mapping[str, str]) -> alt.LayerChart:
    """Return upright stacked bars with the share of each part written in it, where it has room.

    Parameters
    ----------
    bars : alt.Chart
        Bars of shares from 0 to 1 with `part` as their colour.
    part, share : str
        Fields: the name of each part, and how tall it is.
    hues : mapping
        The colour of each part.
    """
    height = f"abs(scale('y', datum['{share}_end']) - scale('y', datum['{share}_start']))"
    written = bars.mark_text(clip=True).encode(
        y=alt.Y(f"{share}:Q", stack="zero", bandPosition=0.5),
        text=alt.condition(
            f"{height} > {2 * LETTER} && bandwidth('x') > {4 * LETTER}",
            alt.Text(f"{share}:Q", format=".0%"),
            alt.value(""),
        ),
        fill=_ink(part, hues),
        color=alt.Undefined,
        detail=alt.Detail(f"{part}:N"),
    )
    drawn: alt.LayerChart = bars + written
    return drawn


def interval(base: alt.Chart, **encoding: Any) -> alt.LayerChart:
    """Return a range as a line in ink, set off from what lies under it by an outline in the colour of the page."""
    under = base.mark_rule(strokeWidth=5, color=GROUND).encode(**encoding)
    drawn: alt.LayerChart = under + base.mark_rule(strokeWidth=2, color=INK).encode(**encoding)
    return drawn


def mark(base: alt.Chart, size: int, **encoding: Any) -> alt.LayerChart:
    """Return a target as a tick in ink with an outline in the colour of the page."""
    under = base.mark_tick(thickness=6, size=size + 3, color=GROUND).encode(**encoding)
    drawn: alt.LayerChart = under + base.mark_tick(thickness=3, size=size, color=INK).encode(**encoding)
    return drawn


def finish(chart: alt.Chart | alt.LayerChart, height: int = 190) -> alt.Chart | alt.LayerChart:
    """Give a chart its size and its quiet axes; its unit is written above, its background is that of the page.

    The unit is the title of the axis that measures; where both do, the one across keeps its own. The chart itself is
    changed: Altair's `properties` and `configure_…` would copy it whole, layer by layer, at each of nine calls.

    Parameters
    ----------
    chart : alt.Chart or alt.LayerChart
    height : int
        Pixels of the drawing with one line of labels below it; unit and legend come on top, and take more lines
        where the chart is narrow.
    """
    unit = _measured(chart, "y") or _measured(chart, "x")
    _few_ticks(chart)
    _told_apart(chart)
    chart.height, chart.background, chart.padding = height - AXIS_LINE, "transparent", PADDING
    chart.autosize = alt.AutoSizeParams(type="fit-x", contains="padding")
    chart.config = alt.Config(
        view=alt.ViewConfig(strokeWidth=0),
        axis=alt.AxisConfig(**AXIS),
        axisX=alt.AxisConfig(**AXIS_X),
        axisY=alt.AxisConfig(**AXIS_Y),
        legend=alt.LegendConfig(**LEGEND),
        text=alt.MarkConfig(fontSize=SIZE),
    )
    if unit:
        chart.title = alt.TitleParams(**written_above(unit))
    return chart


def _measured(chart: Any, channel: str) -> str:
    """Take the title off the measuring axes of a channel, and return it; empty where none measures."""
    axes = [axis for axis in _axes(chart, channel) if _is_measure(axis)]
    titles = [title for axis in axes if isinstance(title := axis._get("title"), str)]
    for axis in axes if titles else []:
        axis.title = None
    return titles[0] if titles else ""


def _few_ticks(chart: Any) -> None:
    """Give measuring axes about five ticks, where nobody asked for another number."""
    for channel in ("x", "y"):
        for axis in filter(_is_measure, _axes(chart, channel)):
            own = axis._get("axis")
            if own is alt.Undefined:
                axis.axis = alt.Axis(tickCount=TICKS)
            elif own is not None and own._get("tickCount") is alt.Undefined:
                own.tickCount = TICKS


def _told_apart(chart: Any) -> None:
    """Give lines of several colours dashes of their own as well, and points a shape, where nobody gave them."""
    for layer in getattr(chart, "layer", ()) or ():
        _told_apart(layer)
    encoding: Any = getattr(chart, "encoding", alt.Undefined)
    colour = alt.Undefined if encoding is alt.Undefined else encoding._get("color")
    if colour is alt.Undefined or not _is_named(colour):
        return
    form = chart.mark if isinstance(chart.mark, str) else chart.mark._get("type")
    own = alt.Undefined if isinstance(chart.mark, str) else chart.mark._get("strokeDash")
    channel = {"line": "strokeDash", "point": "shape"}.get(form, "")
    if not channel or own is not alt.Undefined or encoding._get(channel) is not alt.Undefined:
        return
    more = {name: colour._get(name) for name in ("legend", "title", "sort") if colour._get(name) is not alt.Undefined}
    domain = colour._get("scale")._get("domain")
    marks: list[Any] = DASHES if channel == "strokeDash" else SHAPES
    kind: Any = alt.StrokeDash if channel == "strokeDash" else alt.Shape
    scale = alt.Scale(domain=domain, range=marks[: len(domain)])
    setattr(encoding, channel, kind(colour._get("shorthand"), scale=scale, **more))


def _is_named(colour: Any) -> bool:
    """Say whether a colour stands for a few names that are listed."""
    shorthand, scale = colour._get("shorthand"), colour._get("scale")
    domain = alt.Undefined if scale in (alt.Undefined, None) else scale._get("domain")
    is_list = isinstance(domain, list) and 1 < len(domain) <= len(DASHES)
    return isinstance(shorthand, str) and shorthand.endswith(":N") and is_list


def _axes(chart: Any, channel: str) -> Iterator[Any]:
    """Return what a channel encodes in a chart and in its layers."""
    for layer in getattr(chart, "layer", ()) or ():
        yield from _axes(layer, channel)
    encoding: Any = getattr(chart, "encoding", alt.Undefined)
    axis: Any = alt.Undefined if encoding is alt.Undefined else encoding._get(channel)
    if axis is not alt.Undefined:
        yield axis


def _is_measure(axis: Any) -> bool:
    shorthand, kind = axis._get("shorthand"), axis._get("type")
    return kind == "quantitative" or (isinstance(shorthand, str) and shorthand.endswith(":Q"))
