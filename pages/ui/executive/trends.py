"""The months behind and ahead on the executive page: the switch, the chart, the lines of a clicked month."""

from __future__ import annotations

import streamlit as st

from core import charts
from pages.ui.kit import cache
from pages.ui.kit.cells import Cell
from pages.ui.kit.escaping import escaped
from pages.ui.kit.grid import drill
from pages.ui.kit.shell import Page


def shown(page: Page, cell: Cell) -> None:
    """Draw the trend of the chosen measure, its forecast, and the lines of the month that was clicked."""
    # The what-if rooms are imported when this cell is drawn, for the tiles above it need none of them.
    from core.scenarios.analysis import trend

    measures = trend.measures(page.data)
    first = measures[0]
    measure = st.segmented_control("Months of", measures, default=first, required=True, key="trend_of") or first
    series = cache.result(trend.trend, page.data, page.settings, measure)
    cell.answer(series.sentence())
    if series.frame.is_empty():
        cell.empty("Load transactions or won deals on the Data page.")
        return
    months = {f"{month:%B %Y}": {"key": month.isoformat()} for month in series.frame["month"]}
    picked = cell.pick(
        "month",
        f"trend_{measure}",
        charts.regions.trend,
        series.frame,
        measure,
        series.currency,
        choices=months,
        words="Records of the month",
    )
    if picked:
        behind = cache.result(trend.behind, page.data, page.settings, measure, picked["key"])
        st.caption(escaped(behind.sentence()))
        drill(page, behind.frame, height=240)
    cell.method(trend.trend, series.frame, measure)
