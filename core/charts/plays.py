"""Charts of the Playbooks page."""

from __future__ import annotations

import polars as pl

from core.charts.lazy_altair import alt
from core.charts.theme import ACTUAL, CONTEXT, finish, interval, name_axis

Drawn = alt.Chart | alt.LayerChart


def effects(frame: pl.DataFrame) -> Drawn:
    """Difference of each play to comparable cases that were not played, with its range: as `play_record.record`."""
    shown = frame.drop_nulls("difference")
    tip = [
        alt.Tooltip("name:N", title="play"),
        alt.Tooltip("difference:Q", format="+.1%"),
        alt.Tooltip("difference_low:Q", format="+.1%", title="range from"),
        alt.Tooltip("difference_high:Q", format="+.1%", title="to"),
        alt.Tooltip("n_judged:Q", format=",", title="runs judged"),
        alt.Tooltip("n_compared:Q", format=",", title="not played"),
        alt.Tooltip("verdict:N"),
    ]
    y = alt.Y("name:N", sort=shown["name"].to_list(), title=None, axis=name_axis(170))
    base = alt.Chart(shown).encode(y=y, tooltip=tip)
    x = alt.X("difference:Q", title="difference to those not played", axis=alt.Axis(format="+.0%"))
    dots = base.mark_point(color=ACTUAL, filled=True, size=90, opacity=1).encode(x=x)
    zero = alt.Chart(pl.DataFrame({"x": [0.0]})).mark_rule(color=CONTEXT).encode(x=alt.X("x:Q"))
    return finish(
        zero + interval(base, x=alt.X("difference_low:Q"), x2=alt.X2("difference_high:Q")) + dots,
        32 * shown.height + 40,
    )
