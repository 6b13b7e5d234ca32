"""Alerts: what you were told, what you want to be told of, when, and by which ways."""

from pages.ui.alerts import alert_form, told_list, way_form
from pages.ui.kit import notebook, shell
from pages.ui.kit.cells import cell

page = shell.open("Alerts")
told_list.outcome()

with cell(page, "What you were told", "Told", span="all") as c:
    told_list.show(page, c)

with cell(page, "Your alerts", "Alerts", span="all") as c:
    alert_form.show(page, c)

with cell(page, "When and how often", "When") as c:
    way_form.habits(page, c)

with cell(page, "Where messages go", "Ways") as c:
    way_form.show(page, c)

with cell(page, "Messages sent", "Sent", span="all") as c:
    told_list.sent(page, c)

notebook.offer(page)
