"""Turns the calls behind a page into a Jupyter notebook."""

from __future__ import annotations

import re

import streamlit as st

from pages.ui.kit import snapshot
from pages.ui.kit.shell import Page
from pages.ui.server import warmup

START = """import datetime

from core import {rooms}
from core.config import load
from core.sources import load_data

settings = load()
data = {data}"""
COMPANY = "load_data(settings)"
MODELS = "\nbundle = models.registry.load_or_train(data, settings)"
BUNDLE = re.compile(r"^[\w.]+\(data, settings, bundle\b")


def offer(page: Page) -> None:
    """Offer the page as a notebook; it runs against `core` and gives the same numbers."""
    snapshot.offer(page)
    name = f"{page.title.lower()}.ipynb"
    st.download_button(
        "Download as notebook", lambda: write(page), name, icon=":material/download:", key="notebook", on_click="ignore"
    )
    warmup.freeze()


def write(page: Page) -> str:
    """Return the notebook's text: one heading and one call per question."""
    import nbformat

    rooms = {call.split(".", 1)[0] for _, call in page.calls}
    data = COMPANY
    if page.view.is_cut:
        rooms.add("access")
        data = f"access.view({COMPANY}, settings, {', '.join(map(repr, page.view.fields))})"
    models = ""
    if any(BUNDLE.search(call) for _, call in page.calls):
        rooms.add("models")
        models = MODELS
    start = START.format(rooms=", ".join(sorted(rooms)), data=data) + models
    book = nbformat.v4.new_notebook()
    book.cells = [nbformat.v4.new_markdown_cell(f"# {page.title}"), nbformat.v4.new_code_cell(start)]
    for question, call in page.calls:
        book.cells.append(nbformat.v4.new_markdown_cell(f"## {question}"))
        book.cells.append(nbformat.v4.new_code_cell(f"print({call}.sentence())\n{call}.frame"))
    return nbformat.writes(book)
