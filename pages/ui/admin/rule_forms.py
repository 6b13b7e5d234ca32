"""Forms for people and groups: roles, rows, masking."""

from __future__ import annotations

import streamlit as st

from core.access.directory import FILE, GROUP, PERSON, Directory
from core.access.identity import OWN
from core.config.settings import AccessRule, Person
from core.contracts.errors import ConfigError
from core.localization import message
from pages.ui.admin import changes
from pages.ui.kit.shell import Page

NEW, WHOLE_COMPANY, OWN_TEAM = "Add a new one", "", OWN
NOUNS = {PERSON: "person", GROUP: "group"}


def offer(page: Page, directory: Directory, kind: str) -> None:
    """Let an administrator add, change or take away people or groups."""
    table = directory.people if kind == PERSON else directory.groups
    own = [name for name in table if directory.source(kind, name) != FILE]
    with st.expander(message("Add or change a {nouns}", nouns=NOUNS[kind]), icon=":material/edit:"):
        chosen = st.selectbox("Change", [NEW, *own], key=f"{kind}_chosen") if own else NEW
        rule = table.get(chosen) or AccessRule.model_construct(roles=())
        with st.form(f"{kind}_form_{chosen}", border=False):
            name = _name(kind, chosen, rule)
            roles, regions, team, masked = _fields(page, directory, kind, chosen, rule)
            is_saved = st.form_submit_button("Save", icon=":material/save:")
        if is_saved:
            _save(page, kind, name, roles, regions, team, masked)
        if chosen != NEW:
            st.button(
                "Take away",
                key=f"{kind}_away",
                icon=":material/delete:",
                on_click=changes.remove,
                args=(page, kind, chosen),
            )


def _name(kind: str, chosen: str, rule: AccessRule) -> tuple[str, str]:
    """Return what the rule is for, and the name shown."""
    if kind == GROUP:
        label = "Name or id of the group or app role, as the identity provider sends it"
        return (st.text_input(label, key="group_name") if chosen == NEW else chosen), ""
    user = st.text_input("Signs in as (mail address)", key="person_user") if chosen == NEW else chosen
    shown = rule.name if isinstance(rule, Person) else ""
    return user, st.text_input("Name", shown, key=f"person_name_{chosen}")


def _fields(
    page: Page, directory: Directory, kind: str, chosen: str, rule: AccessRule
) -> tuple[list[str], list[str], str, bool]:
    company = page.visible or page.data
    key = f"{kind}_{chosen}"
    roles = st.multiselect(
        "Roles", list(directory.roles), [r for r in rule.roles if r in directory.roles], key=f"{key}_roles"
    )
    known_regions = sorted(r for r in set(company.accounts["region"]) | set(company.sales_team["region"]) if r)
    regions = st.multiselect(
        "Regions (none: all)", known_regions, [r for r in rule.regions if r in known_regions], key=f"{key}_regions"
    )
    names = {WHOLE_COMPANY: "No bounds", OWN_TEAM: "Their own deals and team"}
    if not page.view.is_masked:
        names |= dict(company.sales_team.select("rep_id", "rep_name").sort("rep_name").iter_rows())
    heads = list(names)
    team = st.selectbox(
        "Sees the deals and team of",
        heads,
        heads.index(rule.team_of) if rule.team_of in heads else 0,
        format_func=lambda head: names[head],
        key=f"{key}_team",
    )
    masked = st.toggle("Hide names of companies and people", rule.mask_names, key=f"{key}_masked")
    return roles, regions, team, masked


def _save(
    page: Page, kind: str, name: tuple[str, str], roles: list[str], regions: list[str], team: str, masked: bool
) -> None:
    title, shown = name
    if not roles:
        st.session_state[changes.OUTCOME] = (str(ConfigError("Choose at least one role.")), False)
    else:
        values = {"roles": tuple(roles), "regions": tuple(regions), "team_of": team, "mask_names": masked}
        rule = Person(name=shown.strip(), **values) if kind == PERSON else AccessRule(**values)
        changes.save(page, kind, title, rule)
    st.rerun()
