"""Data: what is loaded, as of when, what was left out."""

import streamlit as st

from core import metrics
from pages.ui.data import upload
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

page = shell.open("Data")

with cell(page, "What is loaded?") as c:
    loaded = cache.result(metrics.load_report.loaded, page.data, page.settings)
    c.answer(loaded.sentence())
    c.table(loaded.frame, column_config=LOADED)
    for note in page.data.missing:
        st.caption(escaped(note))
    c.method(metrics.load_report.loaded, loaded.frame)

with cell(page, "Which rows were left out, and why?") as c:
    left_out = cache.result(metrics.load_report.rejections, page.data, page.settings)
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
    c.table(read.frame, column_config=upload.COLUMNS, height=320)
    c.method(metrics.load_report.columns, read.frame)

with cell(page, "Do you want to look at your own data?") as c:
    c.answer("Your files replace the data for this session only; nobody else sees them and nothing is kept.")
    upload.panel(page)

notebook.offer(page)
