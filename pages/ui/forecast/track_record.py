"""The forecast's record on a page: which day, which cut, and what is cached of them."""

from __future__ import annotations

from datetime import date

import streamlit as st

from core import forecasts
from core.artifacts import REPLAYS
from core.artifacts.left_to_workers import is_left
from core.forecasts import backtest
from core.forecasts.accuracy import VIEWS, Past
from core.localization import message
from core.metrics import Measure
from core.replaying import forecast_history
from pages.ui.forecast import call_cache, calls
from pages.ui.kit import bundles, cache
from pages.ui.kit.shell import Page

AUDIT = {
    "at": st.column_config.DatetimeColumn("When, UTC"),
    "user": "Who",
    "action": "What",
    "target": "Of",
    "detail": st.column_config.TextColumn("Change", width="large"),
}
SCORES = {
    "group": "Group",
    "n_forecasts": "Forecasts",
    "wape_rate": st.column_config.NumberColumn("Average miss", format="percent"),
    "bias_rate": st.column_config.NumberColumn("Over or under", format="percent"),
    "forecast_to_actual_rate": st.column_config.NumberColumn("Forecast vs actual", format="%.2f"),
    "coverage_rate": st.column_config.ProgressColumn("Inside likely range", format="percent", min_value=0, max_value=1),
    "last_year_skill": st.column_config.NumberColumn("Better than last year's number", format="%.2f"),
    "weighted_skill": st.column_config.NumberColumn("than stage-weighted", format="%.2f"),
    "commit_skill": st.column_config.NumberColumn("than commit", format="%.2f"),
    "managers_skill": st.column_config.NumberColumn("than managers", format="%.2f"),
}

CHANCES = {
    "group": "Chance given",
    "n": "Days",
    "n_quarters": "Quarters",
    "n_reached": "Quota reached",
    "mean_rate": st.column_config.NumberColumn("Mean chance given", format="percent"),
    "happened_rate": st.column_config.NumberColumn("Share reached", format="percent"),
}


def is_ready(page: Page) -> bool:
    """Say whether the replays are there; else offer to work them out, for that takes a minute."""
    if bundles.are_replayed(page.data, page.settings) or not backtest.quarters(page.data, page.settings):
        return True
    st.caption("Forecast history is not built yet. It takes about a minute, once.")
    if not st.button("Build forecast history", icon=":material/history:", key="replay_now"):
        return False
    if is_left(REPLAYS, ""):
        queue = cache.store(page.settings.database).jobs
        queue.ask(forecast_history.KIND, forecast_history.SUBJECT, by=page.identity.user)
        st.info("A worker is building it; this page shows it when it is done.", icon=":material/hourglass_top:")
        return False
    bar = st.progress(0.0, "Building forecast history")
    bundles.replays(page.data, page.settings, lambda share, text: bar.progress(min(share, 1.0), text))
    bar.empty()
    return True


def standing(page: Page) -> str:
    """Say how good past forecasts were, or that they are being replayed; nothing where there is no past to replay."""
    if bundles.are_replayed(page.data, page.settings):
        return score(page, "window").sentence()
    job = cache.store(page.settings.database).jobs.active(forecast_history.KIND, forecast_history.SUBJECT)
    return (
        ""
        if job is None
        else message("Past quarters are being replayed for the record: {share:.0f} % done.", share=job.share * 100)
    )


def day(page: Page) -> date | None:
    """Let a past day be chosen; None when none can be replayed."""
    reach = cache.result(forecasts.accuracy.days, page.data, page.settings)
    if reach is None:
        return None
    first, last, start = reach
    chosen = st.date_input("Past day", value=start, min_value=first, max_value=last, key="replay_day")
    return chosen if isinstance(chosen, date) else start


def on(page: Page, past_day: date) -> Past:
    """Return the forecast of a past day."""
    past: Past = call_cache.result(
        forecasts.accuracy.on,
        page.data,
        page.settings,
        (*calls.stamp(page), past_day),
        manager_calls=calls.said(page),
        day=past_day,
        replayed=bundles.replayed_day(page.data, page.settings, past_day),
    )
    return past


def cut() -> str:
    """Let it be chosen how the record is cut."""
    return (
        st.segmented_control(
            "Cut by", list(VIEWS), default="window", required=True, key="record_cut", format_func=VIEWS.get
        )
        or "window"
    )


def score(page: Page, by: str) -> Measure:
    """Return how good past forecasts were."""
    measure: Measure = call_cache.result(
        forecasts.accuracy.record,
        page.data,
        page.settings,
        (*calls.stamp(page), by),
        manager_calls=calls.said(page),
        by=by,
    )
    return measure
