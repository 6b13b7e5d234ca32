"""Admin: who may open what, who is let in, what was done."""

import streamlit as st

from core.access import rights
from core.access.directory import GROUP, PERSON
from pages.ui.admin import (
    api_keys,
    audit_log,
    brand_form,
    changes,
    demo_company,
    demo_links,
    embeds,
    model_endpoint,
    provisioning,
    role_form,
    rule_forms,
    template_part,
    usage_part,
    waiting,
)
from pages.ui.kit import cache, notebook, people, shell, sign_in_list
from pages.ui.kit.cells import cell

PEOPLE = {
    "user": "Signs in as",
    "name": "Name",
    "roles": "Roles",
    "scope": "Sees",
    "is_masked": "Names hidden",
    "source": "Set in",
    "seen_at": st.column_config.DatetimeColumn("Last seen (UTC)", format="D MMM YYYY, HH:mm"),
    "problem": st.column_config.TextColumn("To fix", width="large"),
}
CALL = "data, settings, store.access.current()"
GROUPS = PEOPLE | {"group": "Group or app role"}

page = shell.open("Admin")
data, settings = page.data, page.settings
entries, directory = people.standing(settings)
given = (entries,) if entries else ()
may_change = page.may("admin:write")
changes.outcome()

with cell(page, "Users", "People", span="all") as c:
    listed = cache.result(rights.people, data, settings, *given)
    c.answer(listed.sentence())
    if listed.frame.is_empty():
        c.empty("Add users here, or list them under access.people in quarterdeck.yaml; the admin guide shows how.")
    elif not page.view.is_masked:
        seen = people.known(settings).frame().select("user", "seen_at")
        c.table(listed.frame.join(seen, on="user", how="left"), column_config=PEOPLE, column_order=list(PEOPLE))
    if may_change and not page.view.is_masked:
        rule_forms.offer(page, directory, PERSON)
        waiting.offer_view_as(page, directory)
    c.method(rights.people, listed.frame.clear() if page.view.is_masked else listed.frame, given=CALL)

with cell(page, "Roles and access", "Roles") as c:
    roles = cache.result(rights.by_role, data, settings, *given)
    c.answer(roles.sentence())
    c.table(roles.frame)
    if may_change:
        role_form.offer(page, directory)
    c.method(rights.by_role, roles.frame, given=CALL)

with cell(page, "Groups", "Groups") as c:
    groups = cache.result(rights.groups, data, settings, *given)
    c.answer(groups.sentence())
    if not groups.frame.is_empty():
        c.table(groups.frame, column_config=GROUPS)
    if may_change:
        rule_forms.offer(page, directory, GROUP)
    c.method(rights.groups, groups.frame, given=CALL)

with cell(page, "Waiting to be let in", "Waiting") as c:
    waiting.show(page, c, directory)

with cell(page, "Limits and use", "Limits", span="all") as c:
    usage_part.show(page, c)

with cell(page, "Brand", "Brand", span="all") as c:
    brand_form.show(page, c)

with cell(page, "Document templates", "Templates", span="all") as c:
    template_part.show(page, c)

with cell(page, "Links for demos", "Demos") as c:
    demo_links.show(page, c)

with cell(page, "Sample company", "Sample") as c:
    demo_company.show(page, c)

with cell(page, "Signed in now", "Signed in") as c:
    sign_in_list.show(page, c, lambda user: changes.is_theirs(page, directory, user))

with cell(page, "Provisioning", "Provisioning", span="all") as c:
    provisioning.show(page, c)

with cell(page, "API keys", "API keys", span="all") as c:
    api_keys.show(page, c, directory)

with cell(page, "Embedded answers", "Embedded", span="all") as c:
    embeds.show(page, c, lambda user: changes.is_theirs(page, directory, user))

with cell(page, "Language model", "Language model", span="all") as c:
    model_endpoint.show(page, c)

with cell(page, "Audit log", "Audit log", span="all") as c:
    audit_log.show(page, c)

notebook.offer(page)
