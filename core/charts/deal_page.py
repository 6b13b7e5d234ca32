"""Charts of the deal page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from core.charts.lazy_altair import alt
from core.charts.theme import FORECAST, finish

if TYPE_CHECKING:
    Drawn = alt.Chart | alt.LayerChart


def course(frame: pl.DataFrame) -> Drawn:
    """A deal's chance week by week: [day, p_win]."""
    chart = alt.Chart(frame).encode(
        x=alt.X("day:T", title=None, axis=alt.Axis(format="%d %b", values=frame["day"].to_list())),
        y=alt.Y(
            "p_win:Q", title="won within 90 days", axis=alt.Axis(format=".0%"), scale=alt.Scale(domainMin=0, nice=True)
        ),
        tooltip=[alt.Tooltip("day:T", format="%d %B %Y"), alt.Tooltip("p_win:Q", format=".1%", title="chance")],
    )
    return finish(chart.mark_line(color=FORECAST, point=alt.OverlayMarkDef(color=FORECAST)), height=220)
