"""What the pipeline page leads with: its health where that has told past outcomes, else its coverage."""

from __future__ import annotations

import streamlit as st

from core import metrics
from core.charts import pipeline as charts
from pages.ui.kit import cache
from pages.ui.kit.cells import Cell
from pages.ui.kit.shell import Page
from pages.ui.pipeline import controls

HEALTH, COVERAGE = "health", "coverage"


def order(page: Page) -> tuple[str, str]:
    """Return the two cells, the one that leads first."""
    if not page.shows(metrics.health.health):
        return COVERAGE, HEALTH
    scored = cache.result(metrics.health.health, page.measured, page.settings)
    return (HEALTH, COVERAGE) if scored.value is not None else (COVERAGE, HEALTH)


def health(page: Page, cell: Cell) -> None:
    """Show the score and the parts that earned a place in it."""
    scored = cache.result(metrics.health.health, page.measured, page.settings)
    cell.answer(scored.sentence())
    if scored.value is not None:
        cell.table(scored.shown, column_config=controls.HEALTH, column_order=list(controls.HEALTH))
    elif scored.past.is_empty():
        cell.empty("Load deals with amounts and expected close dates, their history, and quotas on the Data page.")
    cell.method(metrics.health.health, scored.past)


def coverage(page: Page, cell: Cell) -> None:
    """Show what is open against what is left of the quota, and what past quarters needed."""
    cover = cache.result(metrics.coverage.coverage, page.measured, page.settings)
    cell.answer(cover.sentence())
    now, before = st.tabs(["The quarter", "What past quarters needed"])
    with now:
        cell.chart(charts.coverage, cover.frame, page.settings.currency)
    with before:
        cell.chart(charts.required, cover.record, cover.value)
    cell.method(metrics.coverage.coverage, cover.record)
