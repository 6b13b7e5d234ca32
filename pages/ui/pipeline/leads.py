"""What the pipeline page leads with: its health where that has told past outcomes, else its coverage."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core import metrics
from core.charts import pipeline as charts
from pages.ui.kit import cache
from pages.ui.kit.cells import cell
from pages.ui.kit.shell import Page
from pages.ui.pipeline import controls


def order(page: Page) -> tuple[Callable[[Page], None], ...]:
    """Return the two cells to draw, the one that leads first."""
    scored = cache.result(metrics.health.health, page.data, page.settings)
    return (health, coverage) if scored.value is not None else (coverage, health)


def health(page: Page) -> None:
    """Show the score and the parts that earned a place in it."""
    with cell(page, "Pipeline health", "Health") as c:
        scored = cache.result(metrics.health.health, page.data, page.settings)
        c.answer(scored.sentence())
        if scored.value is not None:
            c.table(scored.shown, column_config=controls.HEALTH, column_order=list(controls.HEALTH))
        elif scored.past.is_empty():
            c.empty("Load deals with amounts and expected close dates, their history, and quotas on the Data page.")
        c.method(metrics.health.health, scored.past)


def coverage(page: Page) -> None:
    """Show what is open against what is left of the quota, and what past quarters needed."""
    with cell(page, "Pipeline coverage", "Coverage") as c:
        cover = cache.result(metrics.coverage.coverage, page.data, page.settings)
        c.answer(cover.sentence())
        now, before = st.tabs(["This quarter", "What past quarters needed"])
        with now:
            c.chart(charts.coverage, cover.frame, page.settings.currency)
        with before:
            c.chart(charts.required, cover.record, cover.value)
        c.method(metrics.coverage.coverage, cover.record)
