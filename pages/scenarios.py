"""Scenarios: move a lever and see the quarter change."""

from core import scenarios
from pages.ui.kit import cache, notebook, shell
from pages.ui.kit.cells import analysts, grid_cell
from pages.ui.requirements import gap_cache
from pages.ui.scenarios import analysis, branches, outcome
from pages.ui.scenarios.form import ScenarioForm

page = shell.open("Scenarios")
ground = gap_cache.with_gaps(page, cache.result(scenarios.analysis.whatif.ground, page.data, page.settings))
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
