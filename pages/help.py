"""Help: the guides, searched and read without a connection."""

from pages.ui.help import guide_view
from pages.ui.kit import notebook, shell
from pages.ui.kit.cells import cell

page = shell.open("Help")

with cell(page, "Find in the guides", "Find", span="all") as c:
    guide_view.find(c)

with cell(page, "Read a guide", "Guide", span="all") as c:
    guide_view.read(c)

notebook.offer(page)
