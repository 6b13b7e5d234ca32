"""Cells on what moves a model's chances over all its rows: drivers, one driver's course, pairs that act together."""

from __future__ import annotations

import streamlit as st

from core import explain
from core.charts import explain as charts
from core.explain.drivers import plain
from core.localization import message
from pages.ui.kit import cache
from pages.ui.kit.cells import cell
from pages.ui.kit.escaping import escaped
from pages.ui.kit.shell import Page

PAIRS = {
    "pair": "Pair",
    "strength": st.column_config.NumberColumn("Strength together", format="%.3f"),
}


def overall(page: Page, question: str, of: str) -> None:
    """Show the drivers over all rows, as bars and row by row."""
    with cell(page, question, "Drivers") as c:
        importance = cache.result(explain.global_effects.overall, page.data, page.settings, of)
        c.answer(importance.sentence())
        bars, swarm = st.tabs(["By driver", "One by one"])
        with bars:
            c.chart(charts.bar, importance.bars)
        with swarm:
            c.chart(charts.beeswarm, importance.swarm)
        c.method(explain.global_effects.overall, importance.bars, of)


def one(page: Page, of: str) -> None:
    """Show how one feature's value goes with the chance, and with its contribution."""
    with cell(page, "How much does one driver matter?", "One driver") as c:
        names = cache.result(explain.global_effects.features, page.data, page.settings, of)
        feature = st.selectbox("Driver", names, format_func=plain, key=f"{of}_driver")
        curve = cache.result(explain.global_effects.driver, page.data, page.settings, feature, of)
        c.answer(curve.sentence())
        chance, contribution = st.tabs(["The chance", "Its contribution"])
        with chance:
            c.chart(charts.courses, curve.bins, plain(feature))
        with contribution:
            c.chart(charts.dependence, curve.frame, plain(feature))
        c.method(explain.global_effects.driver, curve.frame, feature, of)


def together(page: Page, of: str) -> None:
    """Show which two features act together, and where."""
    with cell(page, "Which combinations matter?", "Together") as c:
        ranked = cache.result(explain.interactions.pairs, page.data, page.settings, of)
        c.answer(ranked.sentence())
        rows = ranked.frame.to_dicts()
        if not rows:
            return
        index = st.selectbox("Pair", range(len(rows)), format_func=lambda k: rows[k]["pair"], key=f"{of}_pair")
        pair = rows[index]["one"], rows[index]["other"]
        combined = cache.result(explain.interactions.together, page.data, page.settings, *pair, of)
        c.answer(combined.sentence())
        c.chart(charts.together, combined.frame, (plain(pair[0]), plain(pair[1])), combined.order, of == "churn")
        high, low = ("Orange", "green") if of == "churn" else ("Green", "orange")
        legend = message(
            "Each box: the average chance with both values. {high}: higher than the two alone would "
            "give; {low}: lower; –: fewer than {fewest} have them today.",
            high=high,
            low=low,
            fewest=explain.interactions.FEWEST,
        )
        st.caption(escaped(legend))
        with st.expander("Every pair, the strongest first"):
            c.table(ranked.frame, column_config=PAIRS, column_order=list(PAIRS))
        c.method(explain.interactions.together, combined.frame, *pair, of)
