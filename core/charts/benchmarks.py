"""Charts of the Benchmarks page."""

from __future__ import annotations

import polars as pl

from core.charts import name_bars
from core.charts.lazy_altair import alt
from core.charts.theme import finish, interval, mark
from core.localization import message
from core.metrics.benchmarks import RATES

Drawn = alt.Chart | alt.LayerChart
UNITS = {"sales cycle": "days", "deal size": "amount of a won deal"}


def of_figure(frame: pl.DataFrame, figure: str) -> pl.DataFrame:
    """Return the rows of one figure of `benchmarks.compared`."""
    return frame.filter(pl.col("figure") == figure)


def beside(frame: pl.DataFrame, figure: str) -> Drawn:
    """One figure of each part with its range, and a tick for the rest of the company: as `of_figure` gives it."""
    form = ".0%" if figure in RATES else ",.0f"
    tip = [
        alt.Tooltip("group:N", title="part"),
        alt.Tooltip("value:Q", format=form, title=figure),
        alt.Tooltip("low:Q", format=form, title="range from"),
        alt.Tooltip("high:Q", format=form, title="to"),
        alt.Tooltip("rest_value:Q", format=form, title="the rest"),
        alt.Tooltip("n_deals:Q", format=",", title="deals"),
    ]
    y = name_bars.names("group", frame["group"].to_list())
    base = alt.Chart(frame).encode(y=y, tooltip=tip)
    title = message("{units} (tick: the rest)", units=UNITS.get(figure, figure))
    bars = name_bars.bars(base, "value", title, form)
    ranges = interval(base, x=alt.X("low:Q"), x2=alt.X2("high:Q"))
    return finish(bars + ranges + mark(base, 18, x=alt.X("rest_value:Q")), 28 * frame.height + 30)
