"""Charts of the forecast page."""

from __future__ import annotations

import polars as pl

from core.charts.late import alt
from core.charts.theme import ACTUAL, CONTEXT, FORECAST, finish

PARTS = {"closed_amount": "Already closed", "open_amount": "From open deals", "new_amount": "From deals to come"}


def split(frame: pl.DataFrame, currency: str) -> alt.Chart | alt.LayerChart:
    """Stacked bars of closed, open and new per window, the range as a line and quota as a tick."""
    order = frame["window"].to_list()
    long = frame.unpivot(index="window", on=list(PARTS), variable_name="part", value_name="part_amount")
    long = long.with_columns(rank=pl.col("part").replace_strict({k: i for i, k in enumerate(PARTS)}))
    long = long.with_columns(pl.col("part").replace_strict(PARTS))
    y = alt.Y("window:N", sort=order, title=None)
    bars = (
        alt.Chart(long)
        .mark_bar(height=22)
        .encode(
            y=y,
            x=alt.X("part_amount:Q", title=f"{currency} (line: 80 % range, tick: quota)", axis=alt.Axis(format="~s")),
            color=alt.Color(
                "part:N",
                scale=alt.Scale(domain=list(PARTS.values()), range=[ACTUAL, FORECAST, CONTEXT]),
                legend=alt.Legend(orient="top", title=None, columns=2),
            ),
            order="rank:Q",
            tooltip=["window:N", "part:N", alt.Tooltip("part_amount:Q", format=",.2f", title=currency)],
        )
    )
    base = alt.Chart(frame).encode(y=y)
    reach = base.mark_rule(strokeWidth=3, color="#5d6b77").encode(x="lower:Q", x2="upper:Q")
    ticks = base.mark_tick(thickness=3, size=32, color="#b3402f").encode(
        x="quota_amount:Q", tooltip=[alt.Tooltip("quota_amount:Q", format=",.2f", title="Quota")]
    )
    return finish(bars + reach + ticks, height=230)


def fan(frame: pl.DataFrame, currency: str) -> alt.Chart | alt.LayerChart:
    """Monthly revenue as a line, the forecast dashed within its range."""
    past = frame.filter(~pl.col("is_forecast"))
    joint = past.tail(1).with_columns(lower=pl.col("amount"), upper=pl.col("amount"))
    ahead = pl.concat([joint, frame.filter("is_forecast")], how="diagonal_relaxed")
    x = alt.X("month:T", title=None)
    tip = [alt.Tooltip("month:T", format="%B %Y"), alt.Tooltip("amount:Q", format=",.2f", title=currency)]
    title = f"{currency} revenue a month"
    line = alt.Chart(past.tail(24)).mark_line(color=ACTUAL, point=alt.OverlayMarkDef(color=ACTUAL))
    band = alt.Chart(ahead).mark_area(color=FORECAST, opacity=0.25).encode(x=x, y="lower:Q", y2="upper:Q")
    dashed = alt.Chart(ahead).mark_line(color=FORECAST, strokeDash=[5, 4], point=alt.OverlayMarkDef(color=FORECAST))
    y = alt.Y("amount:Q", title=title, axis=alt.Axis(format="~s"), scale=alt.Scale(zero=False))
    return finish(band + line.encode(x=x, y=y, tooltip=tip) + dashed.encode(x=x, y=y, tooltip=tip))
