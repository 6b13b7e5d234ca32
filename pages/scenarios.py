"""Scenarios: move a lever and see the quarter change."""

import streamlit as st

from core import scenarios
from core.charts import scenarios as charts
from pages.ui import cached, levers, notebook, saved, shell
from pages.ui.cells import cell

SIDES = {
    "scenario": "Scenario",
    "quarter_amount": st.column_config.NumberColumn("This quarter", format="compact"),
    "lower": st.column_config.NumberColumn("from", format="compact"),
    "upper": st.column_config.NumberColumn("to", format="compact"),
    "p_target": st.column_config.ProgressColumn("Chance of quota", format="percent", min_value=0, max_value=1),
    "total_amount": st.column_config.NumberColumn("Five quarters", format="compact"),
    "mrr_amount": st.column_config.NumberColumn("MRR then, without new contracts", format="compact"),
}

page = shell.open("Scenarios", icon=":material/tune:")
currency = page.settings.currency
ground = cached.result(scenarios.whatif.ground, page.data, page.settings)

with cell(page, "What if we change course?") as c:
    plan = levers.panel(ground.base)
    measure = st.segmented_control(
        "Shown",
        list(scenarios.whatif.MEASURES),
        default="bookings_amount",
        required=True,
        key="measure",
        format_func=lambda name: scenarios.whatif.MEASURES[name].capitalize(),
        bind="query-params",
    )
    found = scenarios.whatif.work_out(ground, plan, measure)
    c.answer(found.sentence())
    for warning in found.warnings():
        st.caption(f":material/warning: {warning}")
    c.chart(charts.months, found.frame, currency, found.noun)
    st.caption(
        "Grey: as things stand. Amber: the scenario, with its 80 % range. The levers are arithmetic on your own past; "
        "nothing here claims that one of them would move another. The link of this page holds every lever."
    )
    moves = {setting.lever: setting.value for setting in plan.levers}
    scope = plan.levers[0].scope if plan.levers else "all"
    c.method(scenarios.whatif.what_if, found.frame, moves, scope, measure)

with cell(page, "Which lever makes the difference?") as c:
    c.answer(found.part_sentence())
    if found.parts.is_empty():
        c.empty("Move a slider above; its share of the difference appears here.")
    else:
        c.chart(charts.difference, found.parts, currency)
        st.caption(found.check())

with cell(page, "Which scenarios do we keep?") as c:
    saved.shelf(page, plan)
    st.download_button("Scenario as YAML", scenarios.files.to_yaml(plan), "scenario.yaml", icon=":material/download:")

with cell(page, "How do two of them compare?") as c:
    sides = scenarios.whatif.compare(ground, saved.pair(page, plan))
    c.answer(sides.sentence())
    c.table(sides.frame, column_config=SIDES)
    c.chart(charts.side_by_side, sides.months, currency)

notebook.offer(page)
