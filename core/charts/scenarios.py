"""Charts of the scenarios page."""

from __future__ import annotations

import altair as alt
import polars as pl

from core.charts.theme import ACTUAL, CONTEXT, FORECAST, finish


def months(before: pl.DataFrame, after: pl.DataFrame, currency: str) -> alt.Chart | alt.LayerChart:
    """Bookings by month: the baseline dashed in grey, the scenario with its range."""
    x, y = (
        alt.X("month:T", title=None),
        alt.Y("amount:Q", title=f"{currency} bookings a month", axis=alt.Axis(format="~s")),
    )
    tip = [alt.Tooltip("month:T", format="%B %Y"), alt.Tooltip("amount:Q", format=",.2f", title=currency)]
    band = alt.Chart(after).mark_area(color=FORECAST, opacity=0.2).encode(x=x, y="lower:Q", y2="upper:Q")
    line = alt.Chart(after).mark_line(color=FORECAST, point=alt.OverlayMarkDef(color=FORECAST))
    grey = alt.Chart(before).mark_line(color=CONTEXT, strokeDash=[5, 4])
    return finish(band + grey.encode(x=x, y=y, tooltip=tip) + line.encode(x=x, y=y, tooltip=tip))


def difference(parts: pl.DataFrame, currency: str) -> alt.Chart | alt.LayerChart:
    """Steps of the difference by lever, each starting where the last one ended."""
    steps = parts.with_columns(end=pl.col("amount").cum_sum()).with_columns(start=pl.col("end") - pl.col("amount"))
    chart = (
        alt.Chart(steps)
        .mark_bar(height=20)
        .encode(
            y=alt.Y("label:N", sort=None, title=None),
            x=alt.X("start:Q", title=f"{currency} over five quarters", axis=alt.Axis(format="~s")),
            x2="end:Q",
            color=alt.condition("datum.amount >= 0", alt.value(ACTUAL), alt.value(FORECAST)),
            tooltip=["label:N", alt.Tooltip("amount:Q", format="+,.2f", title=currency)],
        )
    )
    return finish(chart, height=200)
