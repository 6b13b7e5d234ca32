"""Digest: the weekly summary, set up for a person and a scope, looked at before it is sent, and saved to a file."""

from core import digest
from core.localization import message
from core.scope import narrowing, rows_shown
from pages.ui.deal import tasks
from pages.ui.digest import on_device, setup
from pages.ui.kit import cache, notebook, shell
from pages.ui.kit.cells import cell

page = shell.open("Digest")
data, settings = page.data, page.settings
scope = narrowing.sentence(page.visible or data, settings, page.scope)

with cell(page, "Digest set-up", "Set-up", "all") as c:
    part = scope if page.scope.parts or page.scope.currency else rows_shown.heading(page.visible or data).lower()
    c.answer(
        message("It speaks of {part}; choose another scope above. Deals count from the amount below on.", part=part)
    )
    plan = setup.form(page, scope)

with cell(page, "Digest preview", "Preview", "all") as c:
    content = cache.result(digest.digest, data, settings, plan, tasks.due(page))
    c.answer(content.sentence())
    setup.files(page, content)
    on_device.paper(page, content)
    c.method(digest.digest, content.frame, given=f"data, settings, bundle, digest.{plan!r}")

notebook.offer(page)
