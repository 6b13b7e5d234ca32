"""Charts of the competitors page."""

from __future__ import annotations

import polars as pl

from core.charts import name_bars
from core.charts.lazy_altair import alt
from core.charts.theme import ACTUAL, CONTEXT, FORECAST, finish, interval, mark
from core.localization import message

Drawn = alt.Chart | alt.LayerChart


def record(frame: pl.DataFrame) -> Drawn:
    """Win rate against each competitor with its range, and a tick for comparable deals: as `competitors.record`."""
    return _beside(frame, "competitor", "comparable_rate", "comparable deals")


def parts(frame: pl.DataFrame) -> Drawn:
    """Win rate against one competitor by part with its range, and a tick for the part's other deals."""
    return _beside(frame.head(12), "part", "others_rate", "without a competitor")


def _beside(frame: pl.DataFrame, name: str, others: str, words: str) -> Drawn:
    y = name_bars.names(name, frame[name].to_list(), 160)
    tip = [
        alt.Tooltip(f"{name}:N"),
        alt.Tooltip("win_rate:Q", format=".1%", title="won"),
        alt.Tooltip("low:Q", format=".1%", title="range from"),
        alt.Tooltip("high:Q", format=".1%", title="to"),
        alt.Tooltip("n_deals:Q", format=",", title="closed deals"),
        alt.Tooltip(f"{others}:Q", format=".1%", title=words),
    ]
    base = alt.Chart(frame).encode(y=y, tooltip=tip)
    title = message("won, with range (tick: {words})", words=words)
    bars = name_bars.bars(base, "win_rate", title, ".0%")
    return finish(
        bars + interval(base, x=alt.X("low:Q"), x2=alt.X2("high:Q")) + mark(base, 18, x=alt.X(f"{others}:Q")),
        28 * frame.height + 30,
    )


def trend(frame: pl.DataFrame) -> Drawn:
    """Win rate by quarter with its range, and that of deals without a competitor: as `competitors.trend`."""
    order = frame["quarter"].to_list()
    tip = [
        alt.Tooltip("quarter:N"),
        alt.Tooltip("win_rate:Q", format=".1%", title="won"),
        alt.Tooltip("low:Q", format=".1%", title="range from"),
        alt.Tooltip("high:Q", format=".1%", title="to"),
        alt.Tooltip("n_deals:Q", format=",", title="closed deals"),
        alt.Tooltip("others_rate:Q", format=".1%", title="without a competitor"),
    ]
    base = alt.Chart(frame).encode(x=alt.X("quarter:N", sort=order, title=None), tooltip=tip)
    y = alt.Y("win_rate:Q", title="won (dashed: without a competitor)", axis=alt.Axis(format=".0%"))
    others = base.mark_line(color=CONTEXT, strokeDash=[5, 4], point=True).encode(y=alt.Y("others_rate:Q"))
    ranges = interval(base, y=alt.Y("low:Q"), y2=alt.Y2("high:Q"))
    dots = base.mark_point(color=ACTUAL, filled=True, size=90, opacity=1).encode(y=y)
    return finish(others + ranges + dots, 220)


def reasons(frame: pl.DataFrame) -> Drawn:
    """Share of losses by reason, and a tick for losses without a competitor: as `competitor_losses.reasons`."""
    top = frame.head(12)
    tip = [
        alt.Tooltip("reason:N"),
        alt.Tooltip("n_lost:Q", format=",", title="lost deals"),
        alt.Tooltip("share:Q", format=".1%", title="of the losses"),
        alt.Tooltip("others_share:Q", format=".1%", title="without a competitor"),
        alt.Tooltip("amount:Q", format=",.0f", title="amount lost"),
    ]
    base = alt.Chart(top).encode(y=name_bars.names("reason", top["reason"].to_list(), 180), tooltip=tip)
    bars = name_bars.bars(base, "share", "of losses (tick: without a competitor)", ".0%", FORECAST)
    return finish(bars + mark(base, 18, x=alt.X("others_share:Q")), 28 * top.height + 30)
