"""Charts of the scenarios page."""

from __future__ import annotations

import polars as pl

from core.charts.late import alt
from core.charts.theme import ACTUAL, CONTEXT, FORECAST, finish


def months(frame: pl.DataFrame, currency: str, noun: str = "bookings") -> alt.Chart | alt.LayerChart:
    """A measure by month, [month, before_amount, amount, lower, upper]: grey dashed before, amber after."""
    after = frame
    x, y = (
        alt.X("month:T", title=None),
        alt.Y("amount:Q", title=f"{currency} {noun} a month", axis=alt.Axis(format="~s")),
    )
    tip = [alt.Tooltip("month:T", format="%B %Y"), alt.Tooltip("amount:Q", format=",.2f", title=currency)]
    band = alt.Chart(after).mark_area(color=FORECAST, opacity=0.2).encode(x=x, y="lower:Q", y2="upper:Q")
    line = alt.Chart(after).mark_line(color=FORECAST, point=alt.OverlayMarkDef(color=FORECAST))
    grey = alt.Chart(frame).mark_line(color=CONTEXT, strokeDash=[5, 4])
    return finish(band + grey.encode(x=x, y="before_amount:Q") + line.encode(x=x, y=y, tooltip=tip))


def difference(parts: pl.DataFrame, currency: str) -> alt.Chart | alt.LayerChart:
    """Waterfall of the difference: each lever's step, and where they end."""
    steps = parts.with_columns(end=pl.col("amount").cum_sum()).with_columns(start=pl.col("end") - pl.col("amount"))
    total = float(parts["amount"].sum())
    last = pl.DataFrame(
        {"lever": ["total"], "label": ["Difference"], "amount": [total], "end": [total], "start": [0.0]}
    )
    kind = (
        pl.when(pl.col("lever") == "total").then(pl.lit("total")).when(pl.col("amount") >= 0).then(pl.lit("▲ raises"))
    )
    steps = pl.concat([steps, last.select(steps.columns)]).with_columns(kind=kind.otherwise(pl.lit("▼ lowers")))
    y = alt.Y("label:N", sort=steps["label"].to_list(), title=None, axis=alt.Axis(labelOverlap=False))
    bars = (
        alt.Chart(steps)
        .mark_bar(height=18, cornerRadius=2)
        .encode(
            y=y,
            x=alt.X("start:Q", title=f"{currency} over five quarters", axis=alt.Axis(format="~s")),
            x2="end:Q",
            color=alt.Color(
                "kind:N",
                scale=alt.Scale(domain=["total", "▲ raises", "▼ lowers"], range=[CONTEXT, ACTUAL, FORECAST]),
                legend=None,
            ),
            tooltip=["label:N", alt.Tooltip("amount:Q", format="+,.2f", title=currency)],
        )
    )
    words = (
        alt.Chart(steps.with_columns(right=pl.max_horizontal("start", "end")))
        .mark_text(align="left", dx=5, color=CONTEXT)
        .encode(y=y, x="right:Q", text=alt.Text("amount:Q", format="+.3~s"))
    )
    return finish(bars + words, height=30 * steps.height + 80)


def side_by_side(frame: pl.DataFrame, currency: str) -> alt.Chart | alt.LayerChart:
    """Bookings by month of several scenarios: [scenario, month, amount]."""
    names = frame["scenario"].unique(maintain_order=True).to_list()
    chart = (
        alt.Chart(frame)
        .mark_line(point=True)
        .encode(
            x=alt.X("month:T", title=None),
            y=alt.Y("amount:Q", title=f"{currency} bookings a month", axis=alt.Axis(format="~s")),
            color=alt.Color(
                "scenario:N",
                scale=alt.Scale(domain=names, range=[CONTEXT, FORECAST, ACTUAL][-len(names) :]),
                legend=alt.Legend(orient="top", title=None),
            ),
            strokeDash=alt.StrokeDash("scenario:N", legend=None),
            tooltip=["scenario:N", alt.Tooltip("month:T", format="%B %Y"), alt.Tooltip("amount:Q", format=",.2f")],
        )
    )
    return finish(chart)
