"""Data: what is loaded, as of when, what was left out."""

import streamlit as st

from core import metrics
from pages.ui.data import connectors_part, quality_part, source_switch, wizard
from pages.ui.kit import cache, notebook, shell
from pages.ui.kit.cells import cell
from pages.ui.kit.escaping import escaped

LOADED = {"entity": "Entity", "n_rows": st.column_config.NumberColumn("Rows", format="localized")}
LEFT_OUT = {
    "entity": "Entity",
    "file": "File",
    "column": "Column",
    "rule": "Rule",
    "reason": "Reason",
    "n_rows": st.column_config.NumberColumn("Rows", format="localized"),
}
COLUMNS = {
    "entity": "Entity",
    "column": "Column",
    "filled_rate": st.column_config.ProgressColumn("Filled", format="percent", min_value=0, max_value=1),
    "example": "For example",
}

page = shell.open("Data")

with cell(page, "What is loaded?") as c:
    loaded = metrics.load_report.loaded(page.data, page.settings)
    c.answer(loaded.sentence())
    c.table(loaded.frame, column_config=LOADED)
    st.caption("\n".join(f"- {escaped(note)}" for note in page.data.missing))
    c.method(metrics.load_report.loaded, loaded.frame)

with cell(page, wizard.QUESTION) as c:
    c.answer("Drop exports as they come; check in five steps how they are read, then use them alone or for everybody.")
    wizard.notice()
    wizard.panel(page)

with cell(page, "Which sources does the workspace hold?") as c:
    source_switch.panel(page, c)

with cell(page, connectors_part.QUESTION) as c:
    connectors_part.panel(page, c)

with cell(page, quality_part.QUESTION) as c:
    quality_part.panel(page, c)

with cell(page, "Which rows were left out, and why?") as c:
    left_out = metrics.load_report.rejections(page.data, page.settings)
    c.answer(left_out.sentence())
    if not left_out.frame.is_empty():
        c.table(left_out.frame, column_config=LEFT_OUT)
        st.download_button(
            "Rows left out, with reasons", page.data.rejected.write_csv(), "left_out.csv", on_click="ignore"
        )
    c.method(metrics.load_report.rejections, left_out.frame)

with cell(page, "Which columns were read?") as c:
    read = cache.result(metrics.load_report.columns, page.data, page.settings)
    c.answer(read.sentence())
    c.table(read.frame, column_config=COLUMNS, height=320)
    c.method(metrics.load_report.columns, read.frame)

notebook.offer(page)
