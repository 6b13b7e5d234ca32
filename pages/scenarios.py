"""Scenarios: move a lever and see the quarter change."""

from core import scenarios
from pages.ui import board, cached, cached_fit, explore, levers, notebook, present, saved, shell

levers.odd_values()
page = shell.open("Scenarios")
ground = cached_fit.with_gaps(page, cached.result(scenarios.whatif.ground, page.data, page.settings))
levers.odd_scope(lambda: ground.base.scopes)
present.bar()

saved.take_over(page)
board.outcome(page, ground)
explore.goal(page, ground)
explore.rerun_if_taken()
explore.matters(page, ground)
explore.deciding(page, ground)
saved.shelf(page, ground)
saved.compare(page, ground)
explore.trust(page, ground)

notebook.offer(page)
