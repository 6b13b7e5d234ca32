"""Scenarios: move a lever and see the quarter change."""

import streamlit as st

from core import scenarios
from pages.ui.kit import cache, notebook, shell
from pages.ui.kit.cells import analysts, cell, grid_cell
from pages.ui.requirements import gap_cache
from pages.ui.scenarios import analysis, branches, outcome
from pages.ui.scenarios.form import ScenarioForm

page = shell.open("Scenarios")
whatif = scenarios.analysis.whatif
if not page.shows(whatif.ground):
    with cell(page, "What if …?") as c:
        cache.result(whatif.ground, page.data, page.settings)
    notebook.offer(page)
    st.stop()
ground = gap_cache.with_gaps(page, cache.result(whatif.ground, page.data, page.settings))
form = ScenarioForm(ground)
form.open()

with grid_cell(page, "all"):
    outcome.outcome(page, form)
with grid_cell(page):
    analysis.goal(page, form)
with grid_cell(page):
    analysis.matters(page, form)
with grid_cell(page, "all"):
    analysis.deciding(page, form)
with grid_cell(page):
    branches.shelf(page, form)
with grid_cell(page):
    branches.compare(page, form)
with analysts(page):
    analysis.trust(page, ground)

notebook.offer(page)
