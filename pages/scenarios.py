"""Scenarios: move a lever and see the quarter change."""

from core import scenarios
from pages.ui.kit import cache, notebook, shell
from pages.ui.requirements import gap_cache
from pages.ui.scenarios import analysis, branches, outcome, presenter
from pages.ui.scenarios.form import ScenarioForm

page = shell.open("Scenarios")
ground = gap_cache.with_gaps(page, cache.result(scenarios.analysis.whatif.ground, page.data, page.settings))
form = ScenarioForm(ground)
form.open()

presenter.bar(form)
outcome.outcome(page, form)
analysis.goal(page, form)
analysis.matters(page, form)
analysis.deciding(page, form)
branches.shelf(page, form)
branches.compare(page, form)
analysis.trust(page, ground)

notebook.offer(page)
