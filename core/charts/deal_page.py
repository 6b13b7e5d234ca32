"""Charts of one deal, and of what moved a number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from core.charts.lazy_altair import alt
from core.charts.theme import ACTUAL, FORECAST, LABEL, finish

LABEL_ROOM = 0.3

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


def moves(frame: pl.DataFrame, currency: str) -> Drawn:
    """What moved a number, one bar per reason from zero: [step, n_deals, amount]; a click on a bar chooses its step.

    Both sides of the axis have room for the words at the end of the longest bar.
    """
    inner = frame.slice(1, max(frame.height - 2, 0))
    chosen = alt.selection_point(name="step", fields=["step"], on="click", clear="dblclick")
    base = alt.Chart(inner).encode(
        y=alt.Y("step:N", sort=inner["step"].to_list(), title=None, axis=alt.Axis(labelLimit=220)),
        x=alt.X(
            "amount:Q",
            title=currency,
            axis=alt.Axis(format="~s", tickCount=4),
            scale=alt.Scale(domain=_roomy(inner["amount"]), nice=False),
        ),
        tooltip=[
            alt.Tooltip("step:N"),
            alt.Tooltip("n_deals:Q", format=",", title="deals"),
            alt.Tooltip("amount:Q", format="+,.2f", title=currency),
        ],
    )
    bars = base.mark_bar(height=18, cornerRadius=2, cursor="pointer").encode(
        color=alt.condition(alt.datum.amount < 0, alt.value(FORECAST), alt.value(ACTUAL)),
        opacity=alt.condition(chosen, alt.value(1), alt.value(0.45)),
    )
    words = base.encode(text=alt.Text("amount:Q", format="+.3~s"))
    left = words.transform_filter("datum.amount < 0").mark_text(dx=-4, align="right", color=LABEL)
    right = words.transform_filter("datum.amount >= 0").mark_text(dx=4, align="left", color=LABEL)
    return finish(bars.add_params(chosen) + right + left, height=28 * max(inner.height, 1) + 50)


def _roomy(amounts: pl.Series) -> list[float]:
    """Return an axis from the least to the most, with room beside each for a label."""
    values = [0.0, *amounts.to_list()]
    low, high = min(values), max(values)
    room = LABEL_ROOM * (high - low or 1.0)
    return [low - room if low < 0 else low, high + room if high > 0 else high]
