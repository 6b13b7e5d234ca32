"""Charts of what goes with courses and documents."""

from __future__ import annotations

import polars as pl

from core.charts import name_bars
from core.charts.lazy_altair import alt
from core.charts.theme import finish, interval
from core.localization import message

RATE, DAYS = "+.0%", "+,.0f"


def rates(frame: pl.DataFrame, name: str, others: str) -> alt.Chart | alt.LayerChart:
    """Difference of win rates by course or document, with its range.

    Parameters
    ----------
    frame : pl.DataFrame
        Of `training_effect.win_rate` or `content_effect.by_content`.
    name : str
        The column that names it.
    others : str
        What it is beside, in words.
    """
    return _differences(frame, name, message("win rate against {others}, with range", others=others), RATE)


def days(frame: pl.DataFrame) -> alt.Chart | alt.LayerChart:
    """Days by which new reps with a course early get there sooner (left) or later: as `ramp_up.by_course`."""
    return _differences(frame, "course", "days sooner (left) or later, with range", DAYS)


def _differences(frame: pl.DataFrame, name: str, title: str, style: str) -> alt.Chart | alt.LayerChart:
    rows = frame.drop_nulls("difference")
    tip = [
        alt.Tooltip(f"{name}:N"),
        alt.Tooltip("difference:Q", format=style),
        alt.Tooltip("low:Q", format=style, title="range from"),
        alt.Tooltip("high:Q", format=style, title="to"),
    ]
    base = alt.Chart(rows).encode(y=name_bars.names(name, rows[name].to_list()), tooltip=tip)
    bars = name_bars.bars(base, "difference", title, style)
    return finish(bars + interval(base, x=alt.X("low:Q"), x2=alt.X2("high:Q")), 30 * rows.height + 40)
