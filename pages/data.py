"""Data: what is loaded, as of when, what was left out."""

import streamlit as st

from core import metrics
from pages.ui import cached, notebook, shell, upload
from pages.ui.cells import cell

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
    loaded = cached.result(metrics.loading.loaded, page.data, page.settings)
    c.answer(loaded.sentence())
    c.table(loaded.frame, column_config=LOADED)
    for note in page.data.missing:
        st.caption(note)
    c.method(metrics.loading.loaded, loaded.frame)

with cell(page, "Which rows were left out, and why?") as c:
    left_out = cached.result(metrics.loading.rejections, page.data, page.settings)
    c.answer(left_out.sentence())
    if not left_out.frame.is_empty():
        c.table(left_out.frame, column_config=LEFT_OUT)
        st.download_button(
            "Rows left out, with reasons", page.data.rejected.write_csv(), "left_out.csv", on_click="ignore"
        )
    c.method(metrics.loading.rejections, left_out.frame)

with cell(page, "Which columns were read?") as c:
    read = cached.result(metrics.loading.columns, page.data, page.settings)
    c.answer(read.sentence())
    c.table(read.frame, column_config=upload.COLUMNS, height=320)
    c.method(metrics.loading.columns, read.frame)

with cell(page, "Do you want to look at your own data?") as c:
    c.answer("Your files replace the data for this session only; nobody else sees them and nothing is kept.")
    upload.panel(page)

notebook.offer(page)
