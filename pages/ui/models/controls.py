"""Controls of the models page: which model, what errors cost, versions."""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st

from core.config import Settings
from core.contracts.errors import QuarterdeckError
from core.localization import message
from core.models import versions as kept_versions
from pages.ui.kit import cache, downloads
from pages.ui.kit.escaping import escaped
from pages.ui.kit.grid import FULL, grid
from pages.ui.kit.shell import Page

MODELS = {"close": "Which deals are won", "churn": "Which customers churn"}
COLUMNS = {
    "version": "Version",
    "kept_at": st.column_config.DatetimeColumn("Trained", format="localized"),
    "as_of": "Data as of",
    "source": "Source",
    "close_winner": "Deals: model",
    "close_auc": st.column_config.NumberColumn("Deals: ranked right", format="percent"),
    "close_calibration_error": st.column_config.NumberColumn("Deals: off by", format="percent"),
    "churn_winner": "Churn: model",
    "churn_auc": st.column_config.NumberColumn("Churn: ranked right", format="percent"),
    "churn_calibration_error": st.column_config.NumberColumn("Churn: off by", format="percent"),
    "is_held": st.column_config.CheckboxColumn("In use by hand"),
}


def choice(settings: Settings) -> tuple[str, int]:
    """Ask which model is looked at, and how many days ahead."""
    left, right = st.columns([2, 3], vertical_alignment="bottom")
    subject = left.segmented_control(
        "Model", list(MODELS), format_func=lambda name: MODELS[name], default="close", required=True, key="trust_model"
    )
    if subject == "churn":
        return "churn", settings.models.churn_days
    days = list(settings.models.horizons_days)
    ahead = right.segmented_control(
        "Days ahead", days, default=90 if 90 in days else days[0], required=True, key="trust_days"
    )
    return "close", int(ahead or days[0])


def errors(costs: tuple[float, float], currency: str, subject: str) -> tuple[float | None, float, float]:
    """Ask from which chance one acts and what each error costs."""
    threshold_column, alarm_column, miss_column = st.columns(3)
    at = threshold_column.slider("Act from", 0, 100, value=50, format="%d %%", key=f"trust_at_{subject}")
    alarm = alarm_column.number_input(
        message("A false alarm costs, {currency}", currency=currency),
        0.0,
        value=float(costs[0]),
        step=100.0,
        key=f"trust_alarm_{subject}",
    )
    miss = miss_column.number_input(
        message("A miss costs, {currency}", currency=currency),
        0.0,
        value=float(costs[1]),
        step=100.0,
        key=f"trust_miss_{subject}",
    )
    return at / 100, float(alarm), float(miss)


def squares(at: dict[str, Any]) -> None:
    """Show the four counts."""
    names = (
        ("Caught", "n_hits"),
        ("False alarms", "n_alarms"),
        ("Missed", "n_misses"),
        ("Rightly left alone", "n_passed"),
    )
    tiled = st.grid(len(names), min_column_width=100, gap="xsmall")
    for name, key in names:
        tiled.metric(name, f"{at[key]:,}")


def card(text: str, subject: str) -> None:
    """Offer the model card."""
    downloads.button(st, "Model card", text, f"{subject}-card.json", "application/json", icon=":material/badge:")


def versions(page: Page, frame: pl.DataFrame) -> None:
    """List the versions and let those who may go back to an earlier one."""
    if frame.is_empty():
        return
    grid(frame, FULL, column_config=COLUMNS)
    if not page.may("models:write"):
        return
    left, middle, right = st.columns([3, 1, 1], vertical_alignment="bottom")
    chosen = left.selectbox("Version", frame["version"].to_list(), key="trust_version")
    if middle.button("Use this version", width="stretch"):
        _do(page, "go back", chosen)
    if kept_versions.held(page.settings) and right.button("Use the newest", width="stretch"):
        _do(page, "return", "")


def _do(page: Page, what: str, version: str) -> None:
    try:
        if what == "return":
            kept_versions.return_to_newest(page.settings)
        else:
            kept_versions.go_back(page.settings, version)
    except QuarterdeckError as error:
        st.warning(escaped(error), icon=":material/warning:")
        return
    page.note(f"models: {what}", version)
    cache.forget()
    st.rerun()
