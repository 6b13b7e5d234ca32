"""Turns the calls behind a page into a Jupyter notebook."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from typing import Any

import streamlit as st

from core.access import masking
from pages.ui.kit import definitions, downloads, session_data, snapshot
from pages.ui.kit.shell import Page
from pages.ui.server import warmup

START = """import datetime

{imports}
from core.config import load
from core.sources import load_data

settings = load()
data = {data}
{lines}"""
COMPANY = "load_data(settings{source})"
PLOTS = {
    "Contributions": "shap.plots.waterfall({call}.to_shap()[0])",
    "Difference": "shap.plots.waterfall({call}.parts.to_shap()[0])",
    "Importance": "shap.plots.beeswarm({call}.to_shap())",
}


def offer(page: Page) -> None:
    """Offer the page as a notebook; it runs against `core` and gives the same numbers."""
    name = f"{page.title.lower()}.ipynb"
    with st.container(horizontal=True, gap="xsmall"):
        snapshot.offer(page)
        downloads.button(
            st,
            "Download as notebook",
            lambda: write(page),
            name,
            icon=":material/download:",
            key="notebook",
        )
    if page.bar is not None:
        page.bar.close()
    warmup.freeze()


def _fields(page: Page) -> tuple[Any, ...]:
    """Return what the page's rows are cut to; where names are hidden, the head of the team by the invented id."""
    view = page.view
    if view.team and view.is_masked:
        view = replace(view, team=masking.person_id(view.team, page.data.company, page.settings))
    return view.fields


def write(page: Page) -> str:
    """Return the notebook's text: one heading and one call per question."""
    import nbformat

    calls = [call for _, call in page.calls]
    chosen = session_data.source()
    data = COMPANY.format(source=f", source={chosen[0]!r}, version={chosen[1]}" if chosen else "")
    if page.view.is_cut:
        data = f"access.view({data}, settings, {', '.join(map(repr, _fields(page)))})"
    rooms = [*(["access"] if page.view.is_cut else []), *(["scope"] if page.scope.parts else [])]
    if page.scope.parts:
        data = f"scope.applied({data}, settings, scope.Scope.of({page.scope.parts!r}))"
    imports = "\n".join(definitions.imports(calls, rooms))
    if page.currency:
        imports += "\nfrom core.sources import currency_views"
        data = f"currency_views.shown({data}, settings, {page.currency[0]!r}, {page.currency[1]!r})"
    start = START.format(imports=imports, data=data, lines="\n".join(definitions.lines(calls))).rstrip()
    book = nbformat.v4.new_notebook()
    book.cells = [nbformat.v4.new_markdown_cell(f"# {page.title}"), nbformat.v4.new_code_cell(start)]
    for question, call in page.calls:
        book.cells.append(nbformat.v4.new_markdown_cell(f"## {question}"))
        book.cells.append(nbformat.v4.new_code_cell(f"print({call}.sentence())\n{call}.frame"))
        plot = PLOTS.get(_returned(call))
        if plot is not None:
            book.cells.append(nbformat.v4.new_code_cell(f"import shap\n\n{plot.format(call=call)}"))
    return nbformat.writes(book)


def _returned(call: str) -> str:
    """Return the name of the class that a call such as `explain.deals.deal(data, settings)` gives."""
    module, _, function = f"core.{call.partition('(')[0]}".rpartition(".")
    kind = getattr(import_module(module), function).__annotations__.get("return", "")
    return str(getattr(kind, "__name__", kind))
