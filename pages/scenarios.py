"""Scenarios: move a lever and see the quarter change."""

from core import scenarios
from pages.ui.kit import cache, notebook, shell
from pages.ui.requirements import gap_cache
from pages.ui.scenarios import analysis, branches, controls, outcome, presenter

controls.odd_values()
page = shell.open("Scenarios")
ground = gap_cache.with_gaps(page, cache.result(scenarios.analysis.whatif.ground, page.data, page.settings))
controls.odd_scope(lambda: ground.base.scopes)
presenter.bar()

branches.take_over(page)
outcome.outcome(page, ground)
analysis.goal(page, ground)
analysis.rerun_if_taken()
analysis.matters(page, ground)
analysis.deciding(page, ground)
branches.shelf(page, ground)
branches.compare(page, ground)
analysis.trust(page, ground)

notebook.offer(page)
