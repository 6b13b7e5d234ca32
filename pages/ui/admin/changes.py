"""Saves and takes away rules of access for the person at the page, who cannot lock themselves out."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from core.access import can
from core.access.delegation import Delegation
from core.access.directory import GROUP, PERSON, ROLE, Directory, Entry, Rule, checked, in_force
from core.contracts.errors import AccessError, QuarterdeckError
from core.localization import message
from core.usage import usage_guard
from pages.ui.kit import cache, notices, people
from pages.ui.kit.escaping import escaped
from pages.ui.kit.shell import Page

OUTCOME = "access_outcome"


def save(page: Page, kind: str, name: str, rule: Rule) -> None:
    """Save a rule, and say on the next run what came of it."""

    def change() -> str:
        directory = people.directory(page.settings)
        title = checked(kind, name, rule, directory)
        delegation(page).check(kind, _standing(directory, kind, title), rule, directory)
        content = rule.model_dump_json()
        _stay_in(page, [*_others(page, kind, title), (kind, title, content, 1)])
        if kind == PERSON:
            usage_guard.refuse_seat(page.settings, cache.store(page.settings.database), title)
        people.entries(page.settings).keep(kind, title, content, page.identity.user)
        if kind == PERSON:
            people.known(page.settings).settle(title)
        return message("{title} is saved and counts from the next click.", title=title)

    _tell(change)


def remove(page: Page, kind: str, name: str) -> None:
    """Take a rule away, and say on the next run what came of it."""

    def change() -> str:
        directory = people.directory(page.settings)
        delegation(page).check(kind, _standing(directory, kind, name), None, directory)
        _stay_in(page, _others(page, kind, name))
        people.entries(page.settings).remove(kind, name, page.identity.user)
        return message("{name} is taken away. Whoever had rights by it is out or down with the next click.", name=name)

    _tell(change)


def attempt(page: Page, change: Callable[[], object], sentence: str) -> None:
    """Do something only administrators may, and say on the next run what came of it."""

    def tried() -> str:
        if not page.may("admin:write"):
            raise AccessError("Your role changes nothing here.", mend="Ask an administrator.")
        change()
        return sentence

    _tell(tried)


def delegation(page: Page) -> Delegation:
    """Return what the person at the page may hand on."""
    company = page.visible or page.data
    return Delegation(page.identity, page.view.team, {*company.sales_team["rep_id"], page.view.team} - {""})


def is_theirs(page: Page, directory: Directory, user: str) -> bool:
    """Say whether somebody is the person at the page, or sees nothing that person does not see."""
    bounds = delegation(page)
    if not bounds.is_bound or user == page.identity.user:
        return True
    groups = (*people.known(page.settings).groups(user), *people.provisioned(page.settings).groups(user))
    rule, _ = directory.rule_of(user, groups)
    return rule is not None and bounds.covers(rule)


def _standing(directory: Directory, kind: str, name: str) -> Rule | None:
    tables: Mapping[str, Mapping[str, Rule]] = {
        PERSON: directory.people,
        GROUP: directory.groups,
        ROLE: directory.roles,
    }
    return tables[kind].get(name)


def outcome() -> None:
    """Say what came of the last change."""
    (last,) = notices.recent(OUTCOME)
    if last:
        sentence, is_done = last
        (st.success if is_done else st.error)(escaped(sentence))


def _others(page: Page, kind: str, name: str) -> list[Entry]:
    return [entry for entry in people.entries(page.settings).current() if entry[:2] != (kind, name)]


def _stay_in(page: Page, entries: list[Entry]) -> None:
    """Refuse a change after which the person at the page could not undo it."""
    if page.settings.access.sign_in == "none":
        return
    after: Directory = in_force(page.settings, entries)
    user = page.identity.user
    groups = (*people.known(page.settings).groups(user), *people.provisioned(page.settings).groups(user))
    try:
        is_still_in = can(after.identify(page.identity.user, None, groups), "admin:write")
    except AccessError:
        is_still_in = False
    if not is_still_in:
        raise AccessError("You would take your own rights on this page away.", mend="Let another administrator do it.")


def _tell(change: Callable[[], str]) -> None:
    try:
        st.session_state[OUTCOME] = (change(), True)
    except QuarterdeckError as error:
        st.session_state[OUTCOME] = (str(error), False)
