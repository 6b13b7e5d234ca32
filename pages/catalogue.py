"""Catalogue: what the product can do, kept by those who know it; matching, gaps and answers speak from it."""

from core import requirements
from core.charts import requirements as charts
from core.localization import message
from pages.ui.catalogue import edit, imports
from pages.ui.kit import notebook, shell
from pages.ui.kit.cells import cell
from pages.ui.requirements import gap_cache

page = shell.open("Catalogue")
settings = page.settings
standing = gap_cache.edited()
GIVEN = "store"

with cell(page, "What we offer today", "Offer") as c:
    edit.tell()
    c.answer(standing.sentence())
    c.chart(charts.by_category, standing.by_category(), "capabilities")
    c.method(requirements.catalogue.effective_catalogue.load, standing.frame, given=GIVEN)

with cell(page, "Edit a capability", "Change") as c:
    shown = edit.filtered(standing)
    c.answer(
        message(
            "{height:,} of {height_2:,} capabilities; click one to open it.",
            height=shown.height,
            height_2=standing.frame.height,
        )
    )
    edit.table(shown)
    edit.editor(page, standing)

with cell(page, "Import a file", "Import") as c:
    imports.take_over(page, c, standing)

with cell(page, "Possible duplicates", "Duplicates") as c:
    found_in = imports.twins(page, c, standing)
    c.method(requirements.match.duplicates.find, standing.frame, given=found_in)

with cell(page, "Change history", "History") as c:
    imports.past(page, c, standing)

notebook.offer(page)
