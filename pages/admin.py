"""Admin: who may open what, who is let in, what was done."""

import streamlit as st

from core.access import rights
from pages.ui.kit import cache, notebook, saved_content, shell, sign_in_list
from pages.ui.kit.cells import cell

PEOPLE = {
    "user": "Signs in as",
    "name": "Name",
    "roles": "Roles",
    "scope": "Sees",
    "is_masked": "Names hidden",
    "problem": st.column_config.TextColumn("To fix", width="large"),
}
TRAIL = {
    "at": st.column_config.DatetimeColumn("When (UTC)", format="D MMM YYYY, HH:mm:ss"),
    "user": "Who",
    "action": "Did",
    "target": st.column_config.TextColumn("To what", width="medium"),
    "detail": st.column_config.TextColumn("Detail", width="large"),
}

page = shell.open("Admin")
data, settings = page.data, page.settings

with cell(page, "Roles and access", "Roles") as c:
    roles = cache.result(rights.by_role, data, settings)
    c.answer(roles.sentence())
    c.table(roles.frame)
    c.method(rights.by_role, roles.frame)

with cell(page, "Users", "People") as c:
    people = cache.result(rights.people, data, settings)
    c.answer(people.sentence())
    if people.frame.is_empty():
        c.empty("List users under access.people in quarterdeck.yaml; the admin guide shows how.")
    else:
        c.table(people.frame, column_config=PEOPLE)
    c.method(rights.people, people.frame)

with cell(page, "Signed in now", "Signed in") as c:
    sign_in_list.show(page, c)

with cell(page, "Audit log", "Audit log", span="all") as c:
    trail = rights.done(saved_content.trail(page))
    c.answer(trail.sentence())
    if trail.frame.is_empty():
        c.empty("Saving a scenario, saving a list or signing in is logged here.")
    else:
        c.table(trail.frame, column_config=TRAIL, height=360)
        st.download_button(
            "Audit log as CSV", trail.frame.write_csv(), "audit.csv", icon=":material/download:", on_click="ignore"
        )

notebook.offer(page)
