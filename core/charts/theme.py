"""The one look of every chart: actual in teal, forecast in amber, context in grey."""

from __future__ import annotations

import re
from typing import Literal

from core.charts.lazy_altair import alt

ACTUAL, FORECAST, CONTEXT = "#16948d", "#e08a2c", "#8d99a3"
FITTING = re.compile(r'\{"expr": "max\(1, floor\(width / (\d+)\)\)"\}')
SEQUENCE = ["#e3f1ef", "#7cc7bf", "#16948d", "#0a4f4d"]


def fitting(each: int = 170) -> str:
    """Return the expression for as many columns of a legend as fit, each so many pixels wide."""
    return f"max(1, floor(width / {each}))"


def settled(spec: str, width: int) -> str:
    """Return a specification, as text, whose legends have as many columns as fit a width that is known beforehand.

    The expression of `fitting` is worked out anew while a chart shrinks to its width; the room above it is not.
    """
    return FITTING.sub(lambda match: str(max(1, width // int(match[1]))), spec)


def legend(title: str | None = None, orient: Literal["top", "bottom"] = "top", each: int = 170) -> alt.Legend:
    """Return a legend above or below a chart that takes more lines where the chart is narrow."""
    return alt.Legend(orient=orient, title=title, columns=alt.ExprRef(expr=fitting(each)), labelLimit=320)


def finish(chart: alt.Chart | alt.LayerChart, height: int = 280) -> alt.Chart | alt.LayerChart:
    """Give a chart its size and its quiet axes; the background stays that of the page."""
    quiet: alt.Chart | alt.LayerChart = (
        chart.properties(height=height, background="transparent")
        .configure_view(strokeWidth=0)
        .configure_axis(grid=False, domainColor=CONTEXT, tickColor=CONTEXT, labelColor=CONTEXT, titleColor=CONTEXT)
        .configure_axisX(titleAnchor="end")
        .configure_axisY(grid=True, gridColor=CONTEXT, gridOpacity=0.18, domain=False, ticks=False)
    )
    return quiet
