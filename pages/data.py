"""Data: what is loaded, as of when, what was left out."""

import streamlit as st

from core import metrics
from core.localization import shown_whole
from pages.ui.data import connectors_part, engagement_part, jobs_part, quality_part, source_switch, wizard
from pages.ui.kit import cache, downloads, notebook, shell
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

TABLES = {
    "table": "Table",
    "n_rows": st.column_config.NumberColumn("Rows", format="localized"),
    "first_on": st.column_config.DateColumn("From"),
    "last_on": st.column_config.DateColumn("To"),
}

page = shell.open("Data")

with cell(page, "Loaded data", "Loaded") as c:
    loaded = metrics.load_report.loaded(page.data, page.settings)
    c.answer(loaded.sentence())
    c.table(loaded.frame, column_config=LOADED, width="content")
    st.caption("\n".join(f"- {escaped(shown_whole(note))}" for note in page.data.missing))
    c.method(metrics.load_report.loaded, loaded.frame)

with cell(page, "Columns read", "Columns") as c:
    read = cache.result(metrics.load_report.columns, page.data, page.settings)
    c.answer(read.sentence())
    c.table(read.frame, column_config=COLUMNS, height=300)
    c.method(metrics.load_report.columns, read.frame)

with cell(page, wizard.QUESTION, "New data") as c:
    c.answer(
        "Upload your exports as they are, check in five steps how they are read, then use them for yourself or for "
        "everybody."
    )
    wizard.notice()
    wizard.panel(page)

with cell(page, "Data sources", "Sources") as c:
    source_switch.panel(page, c)

with cell(page, connectors_part.QUESTION, "Connectors", span="all") as c:
    connectors_part.panel(page, c)

with cell(page, engagement_part.QUESTION, "Mails and calls", span="all") as c:
    engagement_part.panel(page, c)

with cell(page, jobs_part.QUESTION, "Background", span="all") as c:
    jobs_part.panel(page, c)

with cell(page, quality_part.QUESTION, "Data quality", span="all") as c:
    quality_part.panel(page, c)

with cell(page, "Rejected rows", "Rejected") as c:
    left_out = metrics.load_report.rejections(page.data, page.settings)
    c.answer(left_out.sentence())
    if not left_out.frame.is_empty():
        c.table(left_out.frame, column_config=LEFT_OUT, height=200)
        downloads.button(st, "Rejected rows, with reasons", page.data.rejected.write_csv(), "left_out.csv")
    c.method(metrics.load_report.rejections, left_out.frame)

with cell(page, "Tables behind the figures", "Tables") as c:
    tables = cache.result(metrics.load_report.derived, page.data, page.settings)
    c.answer(tables.sentence())
    with st.expander("Each table, its rows and days", key="derived_tables"):
        c.table(tables.frame, column_config=TABLES)
    c.method(metrics.load_report.derived, tables.frame)

notebook.offer(page)
