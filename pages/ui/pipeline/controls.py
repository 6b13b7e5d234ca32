"""The controls of the pipeline review: which days, whose deals, which close dates, and the bar that was clicked."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import streamlit as st

from core import charts
from core.config.calendar import add_quarters, quarter_label
from core.localization import message
from core.metrics import deal_scope, flow, pipeline, pipeline_path
from core.scope import fiscal_period, rows_shown
from pages.ui.kit import cache
from pages.ui.kit.cells import Cell
from pages.ui.kit.escaping import escaped
from pages.ui.kit.grid import FULL, grid
from pages.ui.kit.shell import Page

OWN = "Custom dates"
Asked = tuple[str, str, str, str | None, str, str]
MOVED = {
    "opportunity_name": "Deal",
    "moved_amount": st.column_config.NumberColumn("Moved", format="compact"),
    "day": st.column_config.DateColumn("On"),
    "account_name": "Account",
    "owner_before": "Owner before",
    "owner_after": "Owner after",
    "amount_before": st.column_config.NumberColumn("Amount before", format="compact"),
    "amount_after": st.column_config.NumberColumn("Amount after", format="compact"),
    "close_on_before": st.column_config.DateColumn("Close before"),
    "close_on_after": st.column_config.DateColumn("Close after"),
    "category_before": "Category before",
    "category_after": "Category after",
    "stage_before": "Stage before",
    "stage_after": "Stage after",
}


DUE = {"any date": "Any date", "this quarter": "By the quarter's end", "next quarter": "In the quarter after"}


def asked(page: Page) -> Asked:
    """Draw the controls and return the arguments of `flow.flow` after data and settings."""
    usual, spans = deal_scope.periods(page.data, page.settings), _of_scope(page)
    left, middle, right = st.columns([3, 2, 2], vertical_alignment="bottom")
    key = "flow_days" if page.days is None else f"flow_days_{'_'.join(page.days)}"
    named = _named(page)
    period = left.selectbox(
        "Days", [*spans, *usual, OWN], index=0 if spans else 2, key=key, format_func=lambda name: named.get(name, name)
    )
    due = middle.selectbox("Deals due", deal_scope.DUE, index=1, format_func=DUE.get, key="flow_due")
    called = {**{level: _title(level) for level in deal_scope.LEVELS}, "company": rows_shown.heading(page.data)}.get
    level = right.selectbox("Whose deals", deal_scope.LEVELS, format_func=called, key="flow_level")
    since, until = {**spans, **usual}.get(period) or _own(page)
    name, hierarchy = None, "then"
    if level != "company":
        first, second = st.columns([2, 2], vertical_alignment="bottom")
        names = cache.result(deal_scope.names, page.data, page.settings, level)
        people = deal_scope.people(page.data) if level == "rep" else {}
        name = first.selectbox(_title(level), names, format_func=lambda n: people.get(n, n), key=f"flow_{level}")
        if level in ("region", "team"):
            hierarchy = _hierarchy(second)
    return since, until, level, name, due, hierarchy


def _named(page: Page) -> dict[str, str]:
    """Return the usual spans under the names of their quarters, where the scope has another period than the running."""
    if page.days is None:
        return {}
    day = page.data.as_of
    last = quarter_label(add_quarters(day, -1, page.settings), page.settings)
    return {
        "This quarter so far": message("{quarter_label} so far", quarter_label=quarter_label(day, page.settings)),
        "Last quarter": last,
    }


def _of_scope(page: Page) -> dict[str, tuple[str, str]]:
    """Return the days of the scope's period under its name; empty in the running quarter, and before it begins."""
    if page.days is None or page.days[0] > page.data.as_of.isoformat():
        return {}
    eve = date.fromisoformat(page.days[0]) - timedelta(days=1)
    until = min(page.days[1], page.data.as_of.isoformat())
    return {fiscal_period.label(page.scope, page.data.as_of, page.settings): (eve.isoformat(), until)}


def bars(cell: Cell, waterfall: flow.Flow) -> str:
    """Draw the waterfall and return the step whose deals are asked for, by a click or from the list."""
    picked = cell.pick(
        "step",
        "flow_bars",
        charts.pipeline.flow,
        waterfall.frame,
        waterfall.currency,
        choices={step: {"step": step} for step in waterfall.steps()},
        words="Deals of the bar",
        first=waterfall.largest(),
    )
    st.caption(escaped(waterfall.check()))
    return str(picked.get("step") or waterfall.largest())


def _hierarchy(column: Any) -> str:
    words = {"then": "Teams at the time", "now": "Today's teams"}
    return str(
        column.segmented_control(
            "Teams", list(words), default="then", required=True, format_func=words.get, key="flow_hierarchy"
        )
    )


def _own(page: Page) -> tuple[str, str]:
    day = page.data.as_of
    low = pipeline.first_state(page.data) or day
    start = date.fromisoformat(deal_scope.periods(page.data, page.settings)["Last 28 days"][0])
    chosen = st.date_input("From (end of day), to (end of day)", (max(start, low), day), low, day, key="flow_own")
    ends = chosen if isinstance(chosen, tuple) else (chosen,)
    return ends[0].isoformat() if ends else day.isoformat(), ends[-1].isoformat() if len(ends) > 1 else day.isoformat()


def _title(word: str) -> str:
    return word.capitalize()


HEALTH = {
    "part": "Part",
    "score": st.column_config.ProgressColumn("Score", format="%.0f", min_value=0, max_value=100, width=75),
    "path": st.column_config.LineChartColumn("Past quarters", y_min=0, y_max=100, width=85),
    "meaning": st.column_config.TextColumn("What it is", width=290),
}
RISKS = {
    "opportunity_name": "Deal",
    "amount": st.column_config.NumberColumn("Amount", format="compact"),
    "account_name": "Account",
    "loss_rate": st.column_config.ProgressColumn("Loss chance", format="percent", min_value=0, max_value=1),
    "at_stake_amount": st.column_config.NumberColumn("Value at risk", format="compact"),
    "signals": st.column_config.TextColumn("Risk reasons", width=400),
    "close_on": st.column_config.DateColumn("Expected close"),
    "stage": "Stage",
    "owner": "Owner",
}
SIGNALS = {
    "meaning": st.column_config.TextColumn("Warning sign", width="medium"),
    "n_open": "Open deals",
    "open_amount": st.column_config.NumberColumn("Amount", format="compact"),
    "n_past": "Past deals with it",
    "slipped_rate": st.column_config.NumberColumn("Lost or slipped", format="percent"),
    "n_others": "Others",
    "others_rate": st.column_config.NumberColumn("Lost or slipped", format="percent"),
    "lift": st.column_config.NumberColumn("Times as likely", format="%.1fx"),
    "low": st.column_config.NumberColumn("Difference, low", format="percent"),
    "high": st.column_config.NumberColumn("high", format="percent"),
    "evidence": "Evidence",
}
COACHING = {
    "rep_name": "Rep",
    "stage": "Stage",
    "n_deals": "Deals",
    "moved_on_rate": st.column_config.NumberColumn("Advanced", format="percent"),
    "n_others": "Peers' deals",
    "others_rate": st.column_config.NumberColumn("Advanced, peers", format="percent"),
    "difference": st.column_config.NumberColumn("Difference", format="percent"),
    "low": st.column_config.NumberColumn("Likely range, low", format="percent"),
    "high": st.column_config.NumberColumn("high", format="percent"),
    "is_sure": st.column_config.CheckboxColumn("Beyond chance"),
}
STATES = {
    "day": st.column_config.DateColumn("On"),
    "stage": "Stage",
    "category": "Category",
    "amount": st.column_config.NumberColumn("Amount", format="compact"),
    "close_on": st.column_config.DateColumn("Expected close"),
    "owner": "Owner",
}
ACTIONS = {
    "action": st.column_config.TextColumn("What to do", width="large"),
    "expected_amount": st.column_config.NumberColumn("Expected", format="compact"),
    "expected_low_amount": st.column_config.NumberColumn("low", format="compact"),
    "expected_high_amount": st.column_config.NumberColumn("high", format="compact"),
    "effort_days": st.column_config.NumberColumn("Days of work"),
    "evidence": st.column_config.TextColumn("Evidence", width="medium"),
    "signal": st.column_config.TextColumn("Because", width="medium"),
    "n_did": "Deals where done",
    "won_did_rate": st.column_config.NumberColumn("Won", format="percent"),
    "n_did_not": "Deals where not",
    "won_did_not_rate": st.column_config.NumberColumn("Won", format="percent"),
    "low": st.column_config.NumberColumn("Difference, low", format="percent"),
    "high": st.column_config.NumberColumn("high", format="percent"),
    "who": "Who",
    "steps": st.column_config.TextColumn("Steps", width="large"),
}


KINDS = {
    "kind": "Move",
    "n_deals": "Deals",
    "in_amount": st.column_config.NumberColumn("In", format="compact"),
    "out_amount": st.column_config.NumberColumn("Out", format="compact"),
    "net_amount": st.column_config.NumberColumn("Net", format="compact"),
}
TRIPS = {
    "opportunity_name": "Deal",
    "account_name": "Account",
    "in_amount": st.column_config.NumberColumn("In", format="compact"),
    "out_amount": st.column_config.NumberColumn("Out", format="compact"),
    "net_amount": st.column_config.NumberColumn("Net", format="compact"),
    "path": st.column_config.TextColumn("What happened, in order", width="large"),
}
PARTS = {
    "name": "Part",
    "change_amount": st.column_config.NumberColumn("Change", format="compact"),
    **{step: st.column_config.NumberColumn(step, format="compact") for step in flow.ORDER},
}


def has_past(frame: Any) -> bool:
    """Say whether anything can be held against a year ago."""
    return bool(frame["effect_amount"].drop_nulls().len())


def filled(frame: Any) -> list[str]:
    """Return the columns in which anything moved, opening and closing among them."""
    ends = ("name", "Opening", "Closing", "change_amount")
    return [name for name in frame.columns if name in ends or frame[name].abs().sum()]


def part() -> str:
    """Let it be chosen by what the flow is split."""
    return str(
        st.segmented_control(
            "By",
            pipeline_path.SPLITS,
            default=pipeline_path.SPLITS[0],
            required=True,
            key="flow_split",
            format_func=_title,
        )
    )


def rows(frame: Any, key: str, columns: dict[str, Any]) -> list[int]:
    """Show a table whose rows can be chosen, one at a time, and return the chosen ones."""
    picked = grid(
        frame,
        FULL,
        height=360,
        on_select="rerun",
        selection_mode="single-row",
        key=key,
        column_config=columns,
        column_order=list(columns),
    )
    return list(picked.selection.rows)
