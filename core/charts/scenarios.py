"""Charts of the scenarios page: finished Vega-Lite specifications of which only the data change.

While a slider moves, building and checking a chart would cost more than the numbers in it. Each
specification is therefore written once per process and what it names, and kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import polars as pl

from core.artifacts import CHARTS, memoized
from core.charts import theme
from core.charts.theme import ACTUAL, CONTEXT, FORECAST, LABEL, ROSE, SEQUENCE, VIOLET, fitting, written_above
from core.localization import message
from core.metrics.measure import compact

Spec = dict[str, Any]
STEP = 24
ROOT = "Baseline"
OTHERS = (FORECAST, ACTUAL, VIOLET, ROSE)
MONTHS: Spec = {
    "field": "month",
    "type": "ordinal",
    "sort": None,
    "title": None,
    "axis": {"labelAngle": 0, "labelOverlap": True},
}
LEGEND: Spec = {"orient": "top", "title": None, "columns": {"expr": fitting(180)}, "labelLimit": 320}
CONFIG: Spec = {
    "background": "transparent",
    "padding": theme.PADDING,
    "view": {"stroke": None},
    "axis": theme.AXIS,
    "axisX": theme.AXIS_X,
    "axisY": theme.AXIS_Y,
    "legend": theme.LEGEND,
    "text": {"fontSize": theme.SIZE},
}


@dataclass(frozen=True)
class Drawing:
    """A specification and the rows to draw.

    Attributes
    ----------
    spec : dict
        Vega-Lite without data; not to be changed.
    frame : pl.DataFrame
    alt : str
        What the picture shows, for those who cannot see it.
    """

    spec: Spec
    frame: pl.DataFrame
    alt: str = ""


def months(frame: pl.DataFrame, currency: str, noun: str = "bookings", is_rate: bool = False) -> Drawing:
    """Draw a measure by month: grey dashed before, amber after with its range, the quota as a tick.

    `frame` holds [month, before_amount, amount, lower, upper, quota_amount].
    """
    names = ["before_amount", "amount", "lower", "upper", "quota_amount"]
    labels = [f"{m:%b %y}" for m in frame["month"].to_list()]
    rows = pl.DataFrame([pl.Series("month", labels, pl.String), *(frame[name] for name in names)])
    return Drawing(_months(currency, noun, is_rate), rows, message("{noun} by month before and after", noun=noun))


def _month() -> pl.Expr:
    return pl.col("month").dt.strftime("%b %y").alias("month")


def _number(field: str, form: str, title: str) -> Spec:
    return {"field": field, "type": "quantitative", "format": form, "title": title}


@memoized(CHARTS, 64)
def _months(currency: str, noun: str, is_rate: bool) -> Spec:
    form, unit = (
        (".0%", noun) if is_rate else ("~s", message("{currency} {noun} a month", currency=currency, noun=noun))
    )
    exact = ".1%" if is_rate else ",.2f"
    x = {
        "field": "month",
        "type": "ordinal",
        "sort": None,
        "title": None,
        "axis": {"labelAngle": 0, "labelOverlap": True},
    }
    y = {
        "type": "quantitative",
        "title": None,
        "axis": {"format": form, "tickCount": 5},
        "scale": {"zero": not is_rate},
    }
    tip = [
        {"field": "month", "type": "ordinal", "title": "Month"},
        _number("before_amount", exact, ROOT),
        _number("amount", exact, "With levers"),
    ]
    layers = [
        {
            "mark": {"type": "area", "color": FORECAST, "opacity": 0.2},
            "encoding": {"x": x, "y": {**y, "field": "lower"}, "y2": {"field": "upper"}},
        },
        {
            "mark": {"type": "tick", "color": CONTEXT, "thickness": 2, "width": 26, "orient": "horizontal"},
            "encoding": {
                "x": x,
                "y": {**y, "field": "quota_amount"},
                "tooltip": [_number("quota_amount", exact, "Quota ÷ 3")],
            },
        },
        {
            "mark": {"type": "line", "color": CONTEXT, "strokeDash": [5, 4]},
            "encoding": {"x": x, "y": {**y, "field": "before_amount"}},
        },
        {
            "mark": {"type": "line", "color": FORECAST, "point": {"color": FORECAST, "size": 45}},
            "encoding": {"x": x, "y": {**y, "field": "amount"}, "tooltip": tip},
        },
    ]
    fit = {"type": "fit-x", "contains": "padding"}
    return {"layer": layers, "height": 270, "title": written_above(unit), "config": CONFIG, "autosize": fit}


def difference(parts: pl.DataFrame, currency: str, is_rate: bool = False) -> Drawing:
    """Draw the waterfall of the difference: the step of each lever that has one, and where they end."""
    labels, amounts = [*parts["label"], "Difference"], [*parts["amount"].to_list(), float(parts["amount"].sum())]
    ends = [*accumulate(amounts[:-1]), amounts[-1]]
    starts = [e - a for e, a in zip(ends, amounts, strict=True)]
    kinds = [*("▲" if a >= 0 else "▼" for a in amounts[:-1]), "total"]
    rows = pl.DataFrame(
        {
            "label": labels,
            "amount": amounts,
            "start": starts,
            "end": ends,
            "kind": kinds,
            "right": [max(s, e) for s, e in zip(starts, ends, strict=True)],
            "text": [_short(a, is_rate) for a in amounts],
        }
    )
    return Drawing(_difference(currency, is_rate, tuple(labels)), rows, "The difference split by lever")


def _short(value: float, is_rate: bool) -> str:
    sign = "▲ " if value > 0 else "▼ " if value < 0 else ""
    if is_rate:
        return message("{sign}{value:.1f} points", sign=sign, value=abs(value) * 100)
    return f"{sign}{compact(abs(value), digits=2)}"


@memoized(CHARTS, 128)
def _difference(currency: str, is_rate: bool, labels: tuple[str, ...]) -> Spec:
    # The order is written out: rows added to a chart that stands would come after the difference.
    y = {
        "field": "label",
        "type": "nominal",
        "sort": list(labels),
        "title": None,
        "axis": {"labelOverlap": False, "grid": False, "labelLimit": 150},
    }
    title = "points" if is_rate else currency
    x = {
        "field": "start",
        "type": "quantitative",
        "title": None,
        "axis": {"format": "~s", "tickCount": theme.TICKS},
        "scale": {"padding": 60},
    }
    color = {
        "field": "kind",
        "type": "nominal",
        "legend": None,
        "scale": {"domain": ["total", "▲", "▼"], "range": [CONTEXT, ACTUAL, FORECAST]},
    }
    tip = [
        {"field": "label", "type": "nominal", "title": "Lever"},
        _number("amount", "+,.4f" if is_rate else "+,.2f", title),
    ]
    bars = {
        "mark": {"type": "bar", "height": 18, "cornerRadius": 2},
        "encoding": {"y": y, "x": x, "x2": {"field": "end"}, "color": color, "tooltip": tip},
    }
    right = {"field": "right", "type": "quantitative"}
    words = {
        "mark": {"type": "text", "align": "left", "dx": 5, "color": LABEL},
        "encoding": {"y": y, "x": right, "text": {"field": "text"}},
    }
    return {"layer": [bars, words], "height": {"step": STEP}, "title": written_above(title), "config": CONFIG}


def outcomes(rows: pl.DataFrame, currency: str, target: float | None) -> Drawing:
    """Draw how likely each outcome is: [amount, before, after] densities, the quota as a rule."""
    frame = rows.with_columns(target=pl.lit(target, pl.Float64))
    return Drawing(_outcomes(currency), frame, "How likely each outcome of the quarter is")


@memoized(CHARTS, 8)
def _outcomes(currency: str) -> Spec:
    x = {
        "field": "amount",
        "type": "quantitative",
        "title": None,
        "axis": {"format": "~s", "tickCount": theme.TICKS},
        "scale": {"zero": False, "nice": False},
    }
    y = {"type": "quantitative", "axis": None, "title": None}
    area = {"type": "area", "color": FORECAST, "opacity": 0.25, "interpolate": "monotone"}
    layers = [
        {
            "mark": {**area, "line": {"color": FORECAST}},
            "encoding": {"x": x, "y": {**y, "field": "after"}, "tooltip": [_number("amount", ",.0f", currency)]},
        },
        {
            "mark": {"type": "line", "color": CONTEXT, "strokeDash": [5, 4], "interpolate": "monotone"},
            "encoding": {"x": x, "y": {**y, "field": "before"}},
        },
        {
            "mark": {"type": "rule", "color": ACTUAL, "size": 2},
            "encoding": {"x": {"aggregate": "max", "field": "target", "type": "quantitative"}},
        },
        {
            "mark": {"type": "text", "color": ACTUAL, "align": "left", "dx": 5, "y": 8, "text": "Quota"},
            "encoding": {"x": {"aggregate": "max", "field": "target", "type": "quantitative"}},
        },
    ]
    unit = message("{currency} booked in the quarter", currency=currency)
    return {"layer": layers, "height": 230, "title": written_above(unit), "config": CONFIG}


def side_by_side(frame: pl.DataFrame, currency: str) -> Drawing:
    """Draw bookings by month of several scenarios: [scenario, month, amount]; things as they stand in grey."""
    names = tuple(frame["scenario"].unique(maintain_order=True).to_list())
    rows = frame.select("scenario", _month(), "amount")
    return Drawing(_side_by_side(currency, names), rows, "Bookings by month of the scenarios chosen")


@memoized(CHARTS, 32)
def _side_by_side(currency: str, names: tuple[str, ...]) -> Spec:
    others = iter(OTHERS * 2)
    colors = [CONTEXT if name == ROOT else next(others) for name in names]
    dashes = [[5, 4] if name == ROOT else [1, 0] for name in names]
    who = {"field": "scenario", "type": "nominal"}
    unit = message("{currency} bookings a month", currency=currency)
    encoding = {
        "x": MONTHS,
        "y": {"field": "amount", "type": "quantitative", "title": None, "axis": {"format": "~s", "tickCount": 5}},
        "color": {**who, "scale": {"domain": names, "range": colors}, "legend": LEGEND},
        "strokeDash": {**who, "scale": {"domain": names, "range": dashes}, "legend": None},
        "tooltip": [
            {**who, "title": "Scenario"},
            {"field": "month", "type": "ordinal", "title": "Month"},
            _number("amount", ",.2f", currency),
        ],
    }
    mark = {"type": "line", "point": True}
    return {"mark": mark, "encoding": encoding, "height": 200, "title": written_above(unit), "config": CONFIG}


def tornado(frame: pl.DataFrame, currency: str, measure: str) -> Drawing:
    """Draw what a measure changes by at either end of each lever's seen range, largest swing on top."""
    ends = [
        frame.select("label", amount=f"{end}_amount", at=pl.col(end), end=pl.lit(word))
        for end, word in (("low", "low end of the past"), ("high", "high end of the past"))
    ]
    return Drawing(_tornado(currency, measure), pl.concat(ends), "How far each lever swings the measure")


@memoized(CHARTS, 16)
def _tornado(currency: str, measure: str) -> Spec:
    span = "at the end of five quarters" if measure == "mrr_amount" else "over five quarters"
    order = {
        "field": "label",
        "type": "nominal",
        "sort": None,
        "title": None,
        "axis": {"grid": False, "labelLimit": 150, "labelOverlap": False},
    }
    scale = {"domain": ["low end of the past", "high end of the past"], "range": [FORECAST, ACTUAL]}
    encoding = {
        "y": order,
        "x": {
            "field": "amount",
            "type": "quantitative",
            "stack": None,
            "title": None,
            "axis": {"format": "+~s", "tickCount": theme.TICKS},
        },
        "color": {"field": "end", "type": "nominal", "scale": scale, "legend": LEGEND},
        "tooltip": [
            {"field": "label", "type": "nominal", "title": "Lever"},
            {"field": "end", "type": "nominal", "title": "At"},
            _number("at", "+.3~f", "Lever"),
            _number("amount", "+,.0f", currency),
        ],
    }
    mark, unit = {"type": "bar", "height": 14}, f"{currency} {span}"
    return {
        "mark": mark,
        "encoding": encoding,
        "height": {"step": STEP},
        "title": written_above(unit),
        "config": CONFIG,
    }


def heat_map(frame: pl.DataFrame, across: str, up: str, currency: str) -> Drawing:
    """Draw two levers against each other, coloured by the chance of the quota, or by bookings without one."""
    field = "amount" if frame["chance"].null_count() else "chance"
    low, high = pl.col(field).min(), pl.col(field).max()
    percents = [(pl.col(c) * 100).round(0).cast(pl.Int64).cast(pl.String).add(" %").alias(c) for c in ("x", "y")]
    rows = frame.with_columns(*percents, order=pl.col("y"), dark=pl.col(field) >= (low + high) / 2)
    return Drawing(_heat_map(across, up, currency, field), rows, message("{across} against {up}", across=across, up=up))


@memoized(CHARTS, 64)
def _heat_map(across: str, up: str, currency: str, field: str) -> Spec:
    form = ".0%" if field == "chance" else ".3~s"
    x = {"field": "x", "type": "ordinal", "sort": None, "title": across, "axis": {"labelAngle": 0}}
    y = {
        "field": "y",
        "type": "ordinal",
        "title": up,
        "sort": {"field": "order", "order": "descending"},
        "axis": {"grid": False},
    }
    color = {
        "field": field,
        "type": "quantitative",
        "scale": {"type": "quantize", "nice": False, "range": SEQUENCE},
        "legend": None,
    }
    tip = [_number("chance", ".1%", "Chance of quota"), _number("amount", ",.0f", currency)]
    white = {"condition": {"test": "datum.dark", "value": theme.ON_DEEP}, "value": theme.ON_PALE}
    layers = [
        {"mark": "rect", "encoding": {"x": x, "y": y, "color": color, "tooltip": tip}},
        {
            "mark": "text",
            "encoding": {
                "x": x,
                "y": y,
                "text": {"field": field, "type": "quantitative", "format": form},
                "color": white,
            },
        },
    ]
    return {"layer": layers, "height": 210, "config": CONFIG}


def tested(frame: pl.DataFrame, currency: str) -> Drawing:
    """Draw past quarters: the range and value the engine gave without levers, with actual levers, and the actual."""
    columns = ["quarter", "actual_amount", "plain_amount", "told_amount", "lower", "upper"]
    return Drawing(_tested(currency), frame.select(columns), "The engine on past quarters")


@memoized(CHARTS, 8)
def _tested(currency: str) -> Spec:
    x = {"field": "quarter", "type": "ordinal", "sort": None, "title": None, "axis": {"labelAngle": 0}}
    y = {"type": "quantitative", "title": None, "axis": {"format": "~s", "tickCount": 5}}
    names = ["actual", "without levers", "with actual levers"]
    layers: list[Spec] = [
        {
            "mark": {"type": "rule", "color": CONTEXT, "size": 8, "opacity": 0.3},
            "encoding": {"x": x, "y": {**y, "field": "lower"}, "y2": {"field": "upper"}},
        },
    ]
    for field, name in zip(("actual_amount", "plain_amount", "told_amount"), names, strict=True):
        color = {
            "datum": name,
            "type": "nominal",
            "legend": LEGEND,
            "scale": {"domain": names, "range": [ACTUAL, CONTEXT, FORECAST]},
        }
        layers.append(
            {
                "mark": {"type": "point", "filled": True, "size": 90},
                "encoding": {
                    "x": x,
                    "y": {**y, "field": field},
                    "color": color,
                    "tooltip": [x | {"title": "Quarter"}, _number(field, ",.0f", name.capitalize())],
                },
            }
        )
    return {
        "layer": layers,
        "height": 190,
        "title": written_above(message("{currency} booked", currency=currency)),
        "config": CONFIG,
    }
