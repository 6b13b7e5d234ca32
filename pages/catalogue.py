"""Catalogue: what the product can do, kept by those who know it; matching, gaps and answers speak from it."""

from core import requirements
from core.charts import requirements as charts
from pages.ui import cached_fit, notebook, offered, offering, shell
from pages.ui.cells import cell

page = shell.open("Catalogue")
settings = page.settings
standing = cached_fit.edited()
GIVEN = "settings"

with cell(page, "What can we offer today?") as c:
    offering.tell()
    c.answer(standing.sentence())
    c.chart(charts.by_category, standing.by_category(), "capabilities")
    c.method(requirements.edition.load, standing.frame, given=GIVEN)

with cell(page, "Which capability do you want to change?") as c:
    shown = offering.filtered(standing)
    c.answer(f"{shown.height:,} of {standing.frame.height:,} capabilities are listed; click one to open it.")
    offering.table(shown)
    offering.editor(page, standing)

with cell(page, "What does a file bring?") as c:
    offered.take_over(page, c, standing)

with cell(page, "Which capabilities say the same?") as c:
    found_in = offered.twins(page, c, standing)
    c.method(requirements.duplicates.find, standing.frame, given=found_in)

with cell(page, "Who changed what?") as c:
    offered.past(page, c, standing)

notebook.offer(page)
