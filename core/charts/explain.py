"""Charts of why: waterfall, importance bars, beeswarm, dependence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import polars as pl

from core.charts.lazy_altair import alt
from core.charts.theme import ACTUAL, CONTEXT, FORECAST, LABEL, ON_PALE, finish
from core.explain.contributions import Contributions


def labels() -> alt.Axis:
    """Return an axis of driver names, each in full."""
    return alt.Axis(labelLimit=220, labelOverlap=False)


SHORT = 8
SMALLEST = 0.02  # of all movement; smaller parts are summed
UNITS = {"points": "probability in %", "log_odds": "log odds", "money": "{currency}"}


def steps(contributions: Contributions, top: int = 9, ends: tuple[str, str] = ("Typical", "Shown")) -> pl.DataFrame:
    """Return the bars of a waterfall: [label, begin, end, change, kind, rank], base first, total last."""
    parts = contributions.by_driver()
    n_shown = min(top, _worth_a_bar(parts["contribution"]))
    rest = float(parts.slice(n_shown)["contribution"].sum())
    rows = [(r["driver"], r["contribution"]) for r in parts.head(n_shown).to_dicts()]
    rows += [("Everything else", rest)] if parts.height > n_shown else []
    out: list[dict[str, object]] = [_step(ends[0], 0.0, contributions.base, "total", 0)]
    at = contributions.base
    for rank, (label, change) in enumerate(rows, start=1):
        out.append(_step(label, at, at + change, "▲ raises" if change >= 0 else "▼ lowers", rank))
        at += change
    out.append(_step(ends[1], 0.0, contributions.shown, "total", len(rows) + 1))
    return pl.DataFrame(out)


def _worth_a_bar(contributions: pl.Series) -> int:
    """Return how many of the leading parts stand by themselves: those up to the last one of at least a fiftieth.

    Parts are in the order they are drawn; a fiftieth of what all of them move together, up or down.
    """
    sizes = contributions.abs()
    large = (sizes >= SMALLEST * float(sizes.sum())).arg_true()
    return int(large[-1]) + 1 if large.len() else 0


def _step(label: str, begin: float, end: float, kind: str, rank: int) -> dict[str, object]:
    return {"label": label, "begin": begin, "end": end, "change": end - begin, "kind": kind, "rank": rank}


def bridge(
    frame: pl.DataFrame, currency: str, total: str, top: int = 8, ends: tuple[int, int] = (2, 1)
) -> alt.Chart | alt.LayerChart:
    """Waterfall of [label, contribution] in money: levels at both ends, the smaller parts between summed."""
    head, tail = ends
    first, middle, last = frame.head(head), frame.slice(head, max(frame.height - head - tail, 0)), frame.tail(tail)
    n_shown = min(top, _worth_a_bar(middle["contribution"]))
    rest = middle.slice(n_shown)
    rows = [*first.rows(), *middle.head(n_shown).rows()]
    rows += [("Everything else", float(rest["contribution"].sum()))] if rest.height else []
    rows += last.rows()
    out, at = [], 0.0
    for rank, (label, change) in enumerate(rows):
        is_level = rank < first.height or rank >= len(rows) - last.height
        kind = "total" if is_level else "▲ raises" if change >= 0 else "▼ lowers"
        out.append(_step(label, at, at + change, kind, rank))
        at += change
    out.append(_step(total, 0.0, at, "total", len(rows)))
    return _bars(pl.DataFrame(out), currency, ".3~s")


def waterfall(
    contributions: Contributions, top: int = 9, ends: tuple[str, str] = ("Typical", "Shown")
) -> alt.Chart | alt.LayerChart:
    """Show how contributions lead from the typical value, or another first end, to the one shown."""
    frame = steps(contributions, top, ends)
    unit = UNITS[contributions.unit].format(currency=contributions.currency)
    written = ".3~s" if contributions.unit == "money" else ".1f" if contributions.unit == "points" else ".2f"
    return _bars(frame, unit, written)


def _bars(frame: pl.DataFrame, unit: str, written: str) -> alt.Chart | alt.LayerChart:
    order = frame["label"].to_list()
    base = alt.Chart(frame).encode(y=alt.Y("label:N", sort=order, title=None, axis=labels()))
    bars = base.mark_bar(height=18, cornerRadius=2).encode(
        x=alt.X("begin:Q", title=unit, axis=alt.Axis(format="~s" if written.endswith("s") else ".4~g")),
        x2=alt.X2("end:Q"),
        color=alt.Color(
            "kind:N",
            scale=alt.Scale(domain=["total", "▲ raises", "▼ lowers"], range=[CONTEXT, ACTUAL, FORECAST]),
            legend=None,
        ),
        tooltip=[alt.Tooltip("label:N"), alt.Tooltip("change:Q", format=",.3f", title=unit)],
    )
    words = base.mark_text(align="left", dx=5, color=LABEL).encode(
        x=alt.X("right:Q"), text=alt.Text("change:Q", format=written)
    )
    words = words.transform_calculate(right="max(datum.begin, datum.end)")
    return finish(bars + words, height=21 * frame.height + 26)


def reliability(frame: pl.DataFrame, title: str) -> alt.Chart | alt.LayerChart:
    """Predicted against observed share, one point per bin, on the line where both agree."""
    top = float(max(frame["mean_rate"].max(), frame["happened_rate"].max(), 0.05))  # type: ignore[type-var, arg-type]
    scale = alt.Scale(domain=[0, top * 1.05], nice=False)
    line = pl.DataFrame({"mean_rate": [0.0, top], "happened_rate": [0.0, top]})
    x = alt.X("mean_rate:Q", title="predicted chance", axis=alt.Axis(format=".0%"), scale=scale)
    y = alt.Y("happened_rate:Q", title=title, axis=alt.Axis(format=".0%"), scale=scale)
    agree = alt.Chart(line).mark_line(color=CONTEXT, strokeDash=[4, 4]).encode(x=x, y=y)
    points = (
        alt.Chart(frame)
        .mark_circle(size=90, color=ACTUAL)
        .encode(
            x=x,
            y=y,
            tooltip=[
                alt.Tooltip("mean_rate:Q", format=".1%", title="given"),
                alt.Tooltip("happened_rate:Q", format=".1%", title="happened"),
                alt.Tooltip("n:Q", format=","),
            ],
        )
    )
    return finish(agree + points, height=190)


def bar(frame: pl.DataFrame, top: int = 12) -> alt.Chart | alt.LayerChart:
    """Bars of overall importance: [driver, importance] in log odds."""
    chart = (
        alt.Chart(frame.head(top))
        .mark_bar(color=ACTUAL, height=16, cornerRadius=2)
        .encode(
            x=alt.X("importance:Q", title="average impact"),
            y=alt.Y("driver:N", sort="-x", title=None, axis=labels()),
            tooltip=[alt.Tooltip("driver:N"), alt.Tooltip("importance:Q", format=".3f")],
        )
    )
    return finish(chart, height=22 * min(frame.height, top) + 32)


def beeswarm(frame: pl.DataFrame) -> alt.Chart | alt.LayerChart:
    """Points of each driver's leading feature, paler for low values, darker for high ones; words are grey."""
    order = (
        frame.group_by("driver").agg(size=pl.col("contribution").abs().mean()).sort("size", descending=True)["driver"]
    )
    rank = pl.col("contribution").rank("ordinal").over("driver").cast(pl.Int64)  # unsigned, it would wrap below 0
    jitter = (rank * 7919 % 101 - 50) / 50
    chart = (
        alt.Chart(frame.with_columns(jitter=jitter))
        .mark_circle(size=22, opacity=0.75, invalid=None)
        .encode(
            x=alt.X("contribution:Q", title="contribution"),
            y=alt.Y("driver:N", sort=order.to_list(), title=None, axis=labels()),
            yOffset=alt.YOffset("jitter:Q", scale=alt.Scale(domain=[-1.6, 1.6])),
            color=alt.condition(
                "isValid(datum.rank)",
                alt.Color(
                    "rank:Q",
                    scale=alt.Scale(range=["#7cc7bf", "#128079"]),
                    legend=alt.Legend(orient="top", title="value, low to high", values=[0, 1]),
                ),
                alt.value(CONTEXT),
            ),
            tooltip=[
                alt.Tooltip("entity_id:N"),
                alt.Tooltip("feature:N"),
                alt.Tooltip("value:N"),
                alt.Tooltip("contribution:Q", format="+.3f"),
            ],
        )
    )
    return finish(chart, height=26 * order.len() + 30)


def dependence(frame: pl.DataFrame, title: str) -> alt.Chart | alt.LayerChart:
    """Points of one feature's value against its contribution."""
    kind = "Q" if frame["value"].dtype.is_numeric() else "N"
    step = max(frame.height // 1500, 1)
    points = (
        alt.Chart(frame.gather_every(step))
        .mark_circle(size=26, opacity=0.5, color=ACTUAL)
        .encode(
            x=alt.X(f"value:{kind}", title=title),
            y=alt.Y("contribution:Q", title="contribution"),
            tooltip=[alt.Tooltip("value"), alt.Tooltip("contribution:Q", format="+.3f")],
        )
    )
    return finish(points, height=190)


def _across(texts: Sequence[str], side: Literal["top", "bottom"] = "bottom") -> alt.Axis:
    """Return an axis that shows every label, slanting where they are long."""
    is_long = max(map(len, texts), default=0) > SHORT
    return alt.Axis(orient=side, labelLimit=110, labelOverlap=is_long)


def courses(frame: pl.DataFrame, title: str) -> alt.Chart | alt.LayerChart:
    """Bars of the average chance in each range of a feature, on the chance of all: [label, n, p, base]."""
    base = alt.Chart(frame).encode(
        x=alt.X("label:N", sort=frame["label"].to_list(), title=title, axis=_across(frame["label"].to_list()))
    )
    bars = base.mark_bar(color=ACTUAL, cornerRadius=2, size=30).encode(
        y=alt.Y("p:Q", title="average chance", axis=alt.Axis(format=".0%")),
        tooltip=[
            alt.Tooltip("label:N"),
            alt.Tooltip("p:Q", format=".1%", title="average chance"),
            alt.Tooltip("n:Q", format=","),
        ],
    )
    rule = alt.Chart(frame.head(1)).mark_rule(color=FORECAST, strokeDash=[5, 4])
    rule = rule.encode(y=alt.Y("base:Q"), tooltip=[alt.Tooltip("base:Q", format=".1%", title="all")])
    return finish(bars + rule, height=170)


def together(
    frame: pl.DataFrame, names: tuple[str, str], order: tuple[tuple[str, ...], tuple[str, ...]], is_bad: bool = False
) -> alt.Chart | alt.LayerChart:
    """Heat table of what two features do beyond each alone, in points: [one, other, n, p, p_alone, beyond].

    Green is what one wishes for: a higher chance, or a lower one where what is foreseen is bad.
    """
    percent = pl.format("{} %", (pl.col("p") * 100).round(1))
    shown = frame.with_columns(
        points=pl.col("beyond") * 100, said=pl.when(pl.col("beyond").is_null()).then(pl.lit("–")).otherwise(percent)
    )
    colours = ["#e8b27a", "#f1f1ee", "#5bb8b1"][:: -1 if is_bad else 1]
    widest = max(float(shown["points"].abs().max() or 0.0), 1.0)  # type: ignore[arg-type]
    base = alt.Chart(shown).encode(
        x=alt.X("other:N", sort=list(order[1]), title=names[1], axis=_across(order[1], "top")),
        y=alt.Y("one:N", sort=list(order[0]), title=names[0], axis=alt.Axis(grid=False, labelLimit=140)),
    )
    boxes = base.mark_rect(cornerRadius=2).encode(
        color=alt.Color(
            "points:Q",
            legend=None,
            scale=alt.Scale(domain=[-widest, 0, widest], range=colours, interpolate="rgb", clamp=True),
        ),
        tooltip=[
            alt.Tooltip("one:N"),
            alt.Tooltip("other:N"),
            alt.Tooltip("n:Q", format=",", title="of today's"),
            alt.Tooltip("p:Q", format=".1%", title="chance"),
            alt.Tooltip("p_alone:Q", format=".1%", title="if each worked alone"),
            alt.Tooltip("points:Q", format="+.1f", title="points more"),
        ],
    )
    ink = alt.condition("datum.points === null", alt.value(LABEL), alt.value(ON_PALE))
    words = base.mark_text().encode(text=alt.Text("said:N"), color=ink)
    return finish(boxes + words, height=28 * len(order[0]) + 50)
