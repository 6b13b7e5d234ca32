"""Controls of what lies ahead on the forecast page: how deals to come and revenue are split."""

from __future__ import annotations

from datetime import date
from typing import Any

import streamlit as st

from core.models.close.pipeline_creation import PARTS
from core.models.outlook import Outlook
from core.models.revenue.forecast import ALL, RevenueOutlook
from core.models.revenue.revenue_by_segment import BY

HALF_YEAR, YEAR = 180, 365
EVERYWHERE = "All regions"
_number = st.column_config.NumberColumn
ARRIVALS: dict[str, Any] = {
    "part": "From",
    "expected_amount": _number("Adds", format="compact"),
    "monthly_count": _number("New deals a month", format="%.0f"),
    "change_rate": _number("Vs last year", format="percent"),
    "won_rate": _number("Won in 180 days", format="percent"),
    "mean_amount": _number("Average amount won", format="compact"),
    "share_rate": st.column_config.ProgressColumn("Share", format="percent", min_value=0, max_value=1),
}


def arriving(outlook: Outlook, window: str | None) -> tuple[str, int]:
    """Ask by what deals to come are split, and until when they count: the window above, half a year, a year."""
    left, right = st.columns(2)
    by = left.segmented_control(
        "Split by", list(PARTS), format_func=PARTS.get, default="lead_source", required=True, key="arrivals_by"
    )
    shown = outlook.behind(window)
    spans = {shown.days: shown.window or "Window"} if shown.days else {}
    spans |= {HALF_YEAR: "Half a year", YEAR: "Twelve months"}
    days = right.segmented_control(
        "Within", list(spans), format_func=spans.get, default=HALF_YEAR, required=True, key="arrivals_days"
    )
    return str(by or "lead_source"), int(days or HALF_YEAR)


def month(revenue: RevenueOutlook) -> tuple[date, str]:
    """Ask for a month ahead, and for the whole company or one region."""
    choices = revenue.frame.filter("is_forecast")["month"].to_list()
    units = [ALL, *revenue.parts["unit"].unique().sort()]
    left, right = st.columns(2)
    chosen = left.segmented_control(
        "Month", choices, format_func=lambda day: f"{day:%B %Y}", default=choices[0], required=True, key="revenue_month"
    )
    unit = right.selectbox(
        "Where", units, format_func=lambda name: EVERYWHERE if name == ALL else name, key="revenue_unit"
    )
    return chosen or choices[0], str(unit)


def parts() -> str:
    """Ask by what revenue is split."""
    by = st.segmented_control(
        "Revenue by", list(BY), format_func=BY.get, default="region", required=True, key="revenue_by"
    )
    return str(by or "region")


def months(frame: Any) -> dict[str, Any]:
    """Return how the columns of revenue by part are headed: a column per month ahead, and the growth."""
    named = {name: _number(name, format="compact") for name in frame.columns}
    return {
        **named,
        "unit": "Part",
        "low": _number("Total, low", format="compact"),
        "high": _number("Total, high", format="compact"),
        "growth_rate": _number("vs last year", format="percent"),
    }
