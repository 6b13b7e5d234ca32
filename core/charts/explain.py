"""Charts of why: waterfall, importance bars, beeswarm, dependence."""

from __future__ import annotations

import polars as pl

from core.charts.late import alt
from core.charts.theme import ACTUAL, CONTEXT, FORECAST, finish, legend
from core.explain import Contributions


def labels() -> alt.Axis:
    """Return an axis of driver names, each in full."""
    return alt.Axis(labelLimit=220, labelOverlap=False)


UNITS = {"points": "probability in %", "log_odds": "log odds", "money": "{currency}"}


def steps(found: Contributions, top: int = 9, ends: tuple[str, str] = ("Typical", "Shown")) -> pl.DataFrame:
    """Return the bars of a waterfall: [label, begin, end, change, kind, rank], base first, total last."""
    parts = found.by_driver()
    rest = float(parts.slice(top)["contribution"].sum())
    rows = [(r["driver"], r["contribution"]) for r in parts.head(top).to_dicts()]
    rows += [("Everything else", rest)] if parts.height > top else []
    out: list[dict[str, object]] = [_step(ends[0], 0.0, found.base, "total", 0)]
    at = found.base
    for rank, (label, change) in enumerate(rows, start=1):
        out.append(_step(label, at, at + change, "▲ raises" if change >= 0 else "▼ lowers", rank))
        at += change
    out.append(_step(ends[1], 0.0, found.shown, "total", len(rows) + 1))
    return pl.DataFrame(out)


def _step(label: str, begin: float, end: float, kind: str, rank: int) -> dict[str, object]:
    return {"label": label, "begin": begin, "end": end, "change": end - begin, "kind": kind, "rank": rank}


def bridge(frame: pl.DataFrame, currency: str, total: str, top: int = 8) -> alt.Chart | alt.LayerChart:
    """Waterfall of [label, contribution] in money: the ends kept, the smaller middle parts summed."""
    first, middle, last = frame.head(2), frame.slice(2, max(frame.height - 3, 0)), frame.tail(1)
    rest = middle.slice(top)
    rows = [*first.rows(), *middle.head(top).rows()]
    rows += [("Everything else", float(rest["contribution"].sum()))] if rest.height else []
    rows += last.rows()
    out, at = [], 0.0
    for rank, (label, change) in enumerate(rows):
        kind = "total" if rank < first.height or rank == len(rows) - 1 else "▲ raises" if change >= 0 else "▼ lowers"
        out.append(_step(label, at, at + change, kind, rank))
        at += change
    out.append(_step(total, 0.0, at, "total", len(rows)))
    return _bars(pl.DataFrame(out), currency, ".3~s")


def waterfall(
    found: Contributions, top: int = 9, ends: tuple[str, str] = ("Typical", "Shown")
) -> alt.Chart | alt.LayerChart:
    """Show how contributions lead from the typical value, or another first end, to the one shown."""
    frame = steps(found, top, ends)
    unit = UNITS[found.unit].format(currency=found.currency)
    written = ".3~s" if found.unit == "money" else ".1f" if found.unit == "points" else ".2f"
    return _bars(frame, unit, written)


def _bars(frame: pl.DataFrame, unit: str, written: str) -> alt.Chart | alt.LayerChart:
    order = frame["label"].to_list()
    base = alt.Chart(frame).encode(y=alt.Y("label:N", sort=order, title=None, axis=labels()))
    bars = base.mark_bar(height=18, cornerRadius=2).encode(
        x=alt.X("begin:Q", title=unit, axis=alt.Axis(format="~s")),
        x2="end:Q",
        color=alt.Color(
            "kind:N",
            scale=alt.Scale(domain=["total", "▲ raises", "▼ lowers"], range=[CONTEXT, ACTUAL, FORECAST]),
            legend=legend(),
        ),
        tooltip=["label:N", alt.Tooltip("change:Q", format=",.3f", title=unit)],
    )
    words = base.mark_text(align="left", dx=5, color=CONTEXT).encode(
        x=alt.X("right:Q"), text=alt.Text("change:Q", format=written)
    )
    words = words.transform_calculate(right="max(datum.begin, datum.end)")
    return finish(bars + words, height=27 * frame.height + 110)


def reliability(frame: pl.DataFrame, title: str) -> alt.Chart | alt.LayerChart:
    """Predicted against observed share, one point per bin, on the line where both agree."""
    top = float(max(frame["mean_rate"].max(), frame["happened_rate"].max(), 0.05))  # type: ignore[type-var, arg-type]
    scale = alt.Scale(domain=[0, top * 1.05], nice=False)
    line = pl.DataFrame({"mean_rate": [0.0, top], "happened_rate": [0.0, top]})
    x = alt.X("mean_rate:Q", title="chance given", axis=alt.Axis(format=".0%"), scale=scale)
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
    return finish(agree + points)


def bar(frame: pl.DataFrame, top: int = 12) -> alt.Chart | alt.LayerChart:
    """Bars of overall importance: [driver, importance] in log odds."""
    chart = (
        alt.Chart(frame.head(top))
        .mark_bar(color=ACTUAL, height=16, cornerRadius=2)
        .encode(
            x=alt.X("importance:Q", title="mean movement in log odds"),
            y=alt.Y("driver:N", sort="-x", title=None, axis=labels()),
            tooltip=["driver:N", alt.Tooltip("importance:Q", format=".3f")],
        )
    )
    return finish(chart, height=27 * min(frame.height, top) + 80)


def beeswarm(frame: pl.DataFrame) -> alt.Chart | alt.LayerChart:
    """Points of each driver's leading feature, paler for low values, darker for high ones."""
    order = (
        frame.group_by("driver").agg(size=pl.col("contribution").abs().mean()).sort("size", descending=True)["driver"]
    )
    place = (pl.col("contribution").rank("ordinal").over("driver") * 7919 % 101 - 50) / 50
    chart = (
        alt.Chart(frame.with_columns(jitter=place))
        .mark_circle(size=22, opacity=0.75)
        .encode(
            x=alt.X("contribution:Q", title="contribution in log odds"),
            y=alt.Y("driver:N", sort=order.to_list(), title=None, axis=labels()),
            yOffset=alt.YOffset("jitter:Q", scale=alt.Scale(domain=[-1.6, 1.6])),
            color=alt.Color(
                "rank:Q",
                scale=alt.Scale(range=["#7cc7bf", "#0a4f4d"]),
                legend=alt.Legend(orient="top", title="value, low to high", values=[0, 1]),
            ),
            tooltip=["entity_id:N", "feature:N", "value:N", alt.Tooltip("contribution:Q", format="+.3f")],
        )
    )
    return finish(chart, height=36 * order.len() + 110)


def dependence(frame: pl.DataFrame, title: str) -> alt.Chart | alt.LayerChart:
    """Points of one feature's value against its contribution."""
    kind = "Q" if frame["value"].dtype.is_numeric() else "N"
    step = max(frame.height // 1500, 1)
    points = (
        alt.Chart(frame.gather_every(step))
        .mark_circle(size=26, opacity=0.5, color=ACTUAL)
        .encode(
            x=alt.X(f"value:{kind}", title=title),
            y=alt.Y("contribution:Q", title="contribution in log odds"),
            tooltip=["value", alt.Tooltip("contribution:Q", format="+.3f")],
        )
    )
    return finish(points)
