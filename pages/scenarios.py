"""Scenarios: move a lever and see the quarter change."""

import streamlit as st

from core import scenarios
from core.charts import scenarios as charts
from pages.ui import cached, shell
from pages.ui.cells import cell

page = shell.open("Scenarios", icon=":material/tune:")
currency = page.settings.currency
base = cached.result(scenarios.baseline.build, page.data, page.settings)
before = cached.result(scenarios.engine.start, page.data, page.settings)

with cell(page, "What if we change course?") as c:
    scope = st.selectbox("Scope", base.scopes, key="scenario_scope")
    columns = st.columns(3)
    moved = tuple(
        scenarios.levers.LeverSetting(
            lever.name,
            columns[i % 3].slider(
                f"{lever.label}, %",
                int(lever.low * 100),
                int(lever.high * 100),
                0,
                key=f"lever_{lever.name}",
                help=lever.rule,
                bind="query-params",
            )
            / 100,
            scope,
        )
        for i, lever in enumerate(scenarios.levers.LEVERS.values())
    )
    plan = scenarios.levers.Scenario("Scenario", moved)
    after = scenarios.engine.run(base, plan)
    c.answer(scenarios.engine.sentence(base, before, after))
    c.chart(charts.months(before.by_month, after.by_month, currency))

with cell(page, "Which lever makes the difference?") as c:
    parts = scenarios.attribution.shapley(base, plan)
    if parts.is_empty():
        c.empty("Move a slider above; its share of the difference appears here.")
    else:
        c.chart(charts.difference(parts, currency))
    st.download_button("Scenario as YAML", scenarios.files.to_yaml(plan), "scenario.yaml")
