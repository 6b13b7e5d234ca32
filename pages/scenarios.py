"""Scenarios: move a lever and see the quarter change."""

from core import scenarios
from pages.ui import board, cached, levers, notebook, saved, shell

levers.odd_values()
page = shell.open("Scenarios", icon=":material/tune:")
ground = cached.result(scenarios.whatif.ground, page.data, page.settings)
levers.odd_scope(lambda: ground.base.scopes)

saved.take_over(page)
board.outcome(page, ground)
saved.shelf(page, ground)
saved.compare(page, ground)

notebook.offer(page)
