"""The chart of the work on a list: rows left, day by day, against the straight line to the deadline."""

from __future__ import annotations

from typing import Any

import polars as pl

from core.charts.lazy_altair import alt
from core.charts.theme import ACTUAL, FORECAST, LABEL, QUIET, finish
from core.requirements.work.burn_down import BurnDown


def burn_down(left: BurnDown) -> alt.Chart | alt.LayerChart:
    """Steps of the rows left, the straight line to the deadline, and the days between which the work may end."""
    x = alt.X("day:T", title=None, axis=alt.Axis(format="%d %b", tickCount=6, labelOverlap=True))
    y = alt.Y("left:Q", title="rows left", scale=alt.Scale(domainMin=0), axis=alt.Axis(tickMinStep=1, format=",d"))
    tips = [alt.Tooltip("day:T", format="%a %d %b %Y"), alt.Tooltip("left:Q", title="rows left", format=",d")]
    reached = left.frame.drop_nulls("left")
    layers = []
    ahead = left.outlook
    if ahead.early is not None:
        late = ahead.late or max([*left.frame["day"], ahead.early])
        ends = pl.DataFrame({"begin": [ahead.early], "end": [late], "said": ["end likely"]})
        base = alt.Chart(ends)
        layers.append(base.mark_rect(color=FORECAST, opacity=0.25).encode(x=alt.X("begin:T"), x2=alt.X2("end:T")))
        text = base.mark_text(align="left", baseline="top", dx=4, dy=4, color=LABEL)
        layers.append(text.encode(x=alt.X("begin:T"), y=alt.value(0), text=alt.Text("said:N")))
    if left.deadline is not None:
        plan = alt.Chart(left.frame.drop_nulls("plan")).mark_line(color=QUIET, strokeDash=[5, 4])
        layers.append(plan.encode(x=x, y=alt.Y("plan:Q", title="rows left")))
        due = alt.Chart(pl.DataFrame({"day": [left.deadline], "said": ["deadline"]}))
        layers.append(due.mark_rule(color=LABEL).encode(x=alt.X("day:T")))
        layers.append(
            due.mark_text(align="right", baseline="bottom", dx=-4, color=LABEL).encode(
                x=alt.X("day:T"), y=alt.value(120), text=alt.Text("said:N")
            )
        )
    line = alt.Chart(reached).mark_line(color=ACTUAL, interpolate="step-after", point=True)
    layers.append(line.encode(x=x, y=y, tooltip=tips))
    whole: Any = alt.layer(*layers)
    return finish(whole, height=230)
