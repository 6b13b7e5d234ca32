"""My day: how my quarter stands, which deals come next, what I have to do, and what is for me."""

from core import metrics
from core.forecasts import my_day
from core.scope import Scope, applied
from pages.ui.deal import columns, tasks
from pages.ui.kit import cache, comments, notebook, scope_bar, shell
from pages.ui.kit.cells import cell

CHOOSE = "Say who you are under “I am …” in the sidebar."
UNLISTED = "Nobody in the sales team has the mail address you sign in with, so the page shows what everybody has to do."

page = shell.open("My day")
settings = page.settings
visible = page.visible or page.data
me = scope_bar.person(visible, settings, page.identity)

with cell(page, "My quarter", "Quarter") as c:
    if not me or not page.shows(my_day.my_day):
        mine = cache.result(applied, visible, settings, Scope(rep=me)) if me else visible
        due = cache.result(metrics.pipeline.due_next, mine, settings)
        is_open = settings.access.sign_in == "none"
        if not me:
            c.answer("Nobody is chosen yet." if is_open else "You have no deals of your own.")
            c.empty(CHOOSE if is_open else UNLISTED)
        c.answer(due.sentence())
        c.method(metrics.pipeline.due_next, due.frame)
    else:
        call = f"scope.applied(data, settings, scope.Scope(rep={me!r})), settings, bundle, {me!r}"
        mine = cache.result(applied, visible, settings, Scope(rep=me))
        today = cache.result(my_day.my_day, mine, settings, me)
        c.answer(today.sentence())
        c.method(my_day.my_day, today.deals, given=call)

with cell(page, "Mentions of me", "For me") as c:
    comments.for_me(page, c, me)

if me and page.shows(my_day.my_day):
    with cell(page, "My next deals", "Deals", "all") as c:
        c.answer(today.next())
        if not today.deals.is_empty():
            c.table(today.deals, column_config=columns.DAY, column_order=list(columns.DAY), height=480)
        c.method(my_day.my_day, today.deals, given=call)

    with cell(page, "My tasks", "Tasks", "all") as c:
        tasks.mine(page, c, today.name)

notebook.offer(page)
