"""Charts of the leads page."""

from __future__ import annotations

import polars as pl

from core.charts import name_bars
from core.charts.lazy_altair import alt
from core.charts.theme import ACTUAL, CONTEXT, FORECAST, finish, interval, legend

Drawn = alt.Chart | alt.LayerChart


def rates(frame: pl.DataFrame, name: str) -> Drawn:
    """Share of leads that became a deal, with its range, by a column: as the measures of `lead_quality`."""
    tip = [
        alt.Tooltip(f"{name}:N"),
        alt.Tooltip("deal_rate:Q", format=".1%", title="became a deal"),
        alt.Tooltip("low:Q", format=".1%", title="range from"),
        alt.Tooltip("high:Q", format=".1%", title="to"),
        alt.Tooltip("n:Q", format=",", title="leads"),
    ]
    base = alt.Chart(frame).encode(y=name_bars.names(name, frame[name].to_list(), 130), tooltip=tip)
    bars = name_bars.bars(base, "deal_rate", "became a deal, with range", ".0%")
    return finish(bars + interval(base, x=alt.X("low:Q"), x2=alt.X2("high:Q")), 30 * frame.height + 40)


def calibration(frame: pl.DataFrame) -> Drawn:
    """What was expected of leads and what happened, in eight parts: as `lead_race.calibration`."""
    tip = [
        alt.Tooltip("expected:Q", format=".1%"),
        alt.Tooltip("observed:Q", format=".1%"),
        alt.Tooltip("low:Q", format=".1%", title="range from"),
        alt.Tooltip("high:Q", format=".1%", title="to"),
        alt.Tooltip("n:Q", format=",", title="cases"),
    ]
    top = float(max(frame["expected"].max() or 0, frame["high"].max() or 0))  # type: ignore[arg-type]
    diagonal = alt.Chart(pl.DataFrame({"at": [0.0, top]})).mark_line(color=CONTEXT, strokeDash=[5, 4])
    base = alt.Chart(frame).encode(
        x=alt.X("expected:Q", title="expected (dashed: as it happened)", axis=alt.Axis(format=".0%")), tooltip=tip
    )
    dots = base.mark_point(color=ACTUAL, filled=True, size=90, opacity=1).encode(
        y=alt.Y("observed:Q", title="came true", axis=alt.Axis(format=".0%"))
    )
    return finish(
        diagonal.encode(x=alt.X("at:Q"), y=alt.Y("at:Q"))
        + interval(base, y=alt.Y("low:Q"), y2=alt.Y2("high:Q"))
        + dots,
        230,
    )


def record(frame: pl.DataFrame) -> Drawn:
    """Share that came true of the best fifth by score, and of the others, by quarter: as `LeadScores.race.record`."""
    long = frame.unpivot(["top_rate", "rest_rate"], index=["quarter", "n"], variable_name="part", value_name="rate")
    named = long.with_columns(part=pl.col("part").replace({"top_rate": "best fifth", "rest_rate": "the others"}))
    tip = [alt.Tooltip("quarter:N"), alt.Tooltip("part:N"), alt.Tooltip("rate:Q", format=".1%", title="came true")]
    chart = (
        alt.Chart(named)
        .mark_line(point=alt.OverlayMarkDef(size=80))
        .encode(
            x=alt.X("quarter:N", sort=frame["quarter"].to_list(), title=None),
            y=alt.Y("rate:Q", title="came true", axis=alt.Axis(format=".0%")),
            color=alt.Color(
                "part:N",
                scale=alt.Scale(domain=["best fifth", "the others"], range=[ACTUAL, FORECAST]),
                legend=legend(),
            ),
            tooltip=tip,
        )
    )
    return finish(chart, 220)
