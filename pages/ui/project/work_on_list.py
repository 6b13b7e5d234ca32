"""The list somebody works on, with all that is known of the work; and how a change and its outcome are shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import streamlit as st

from core.contracts.errors import QuarterdeckError
from core.localization import joined
from core.requirements.work import project_board, project_roles, review_stages
from core.requirements.work.project_roles import Standing
from core.requirements.work.review_stages import Stages
from core.store import Store
from core.store.projects import Project
from core.store.repositories import Saved
from core.store.reviews import Change
from core.store.work_tasks import ROLE, ROLES
from pages.ui.kit import address_choice, cache, notices, saved_content
from pages.ui.kit.cells import Cell
from pages.ui.kit.escaping import escaped
from pages.ui.kit.my_tasks import LIST
from pages.ui.kit.shell import Page

OUTCOME = "project_outcome"
MOST_SHOWN = 6
HIDDEN = "Shown under true names only: it is people's own words."


@dataclass(frozen=True)
class Work:
    """The work on one list, as the person sees it.

    Attributes
    ----------
    page : Page
    store : Store
    saved : Saved
    project : Project
    rows : pl.DataFrame
        As `project_board.rows` gives them.
    who : Standing
    stages : Stages
    today : date
    """

    page: Page
    store: Store
    saved: Saved
    project: Project
    rows: Any
    who: Standing
    stages: Stages
    today: date

    @property
    def is_masked(self) -> bool:
        """Say whether names are hidden, so that people's own words are not shown and nothing can be changed."""
        return saved_content.reader(self.page).is_masked

    def may(self, act: str) -> bool:
        """Say whether the person may plan, write or move here."""
        return not self.is_masked and self.who.may(act)

    def people(self) -> list[str]:
        """Return who can be given rows: roles, members, owners at present, and oneself."""
        owners = [owner for owner in self.rows["owner"].unique().sort() if owner and not owner.startswith(ROLE)]
        names = [*self.project.members, *owners, self.page.identity.user]
        return [*(ROLE + role for role in ROLES[:-1]), *dict.fromkeys(names)]


def choose(page: Page, c: Cell) -> Work | None:
    """Let the person choose a list, and return the work on it; None where none is saved."""
    lists = {str(saved.id): saved for saved in saved_content.lists(page)}
    if not lists:
        c.answer("No list is saved yet.")
        c.empty("Upload a buyer's list on the Requirements page and save it: the work on it is then planned here.")
        return None
    saved = lists[address_choice.dropdown("List", lists, LIST, next(iter(lists)), lambda key: lists[key].name)]
    store = cache.store(page.settings.database)
    project = store.projects.get(saved.id)
    rules = page.settings.requirements
    return Work(
        page,
        store,
        saved,
        project,
        project_board.rows(saved.payload, saved_content.list_rows(page, saved)),
        project_roles.standing(page.identity, project, page.settings.roles, rules.approvers),
        review_stages.of_plan(project.payload),
        store.work_tasks.today(),
    )


def attempt(change: Callable[[], str]) -> None:
    """Do something, and say on the next run what came of it; what was typed stays where it is."""
    try:
        st.session_state[OUTCOME] = [(change(), True)]
    except QuarterdeckError as error:
        st.session_state[OUTCOME] = [(str(error), False)]


def outcome() -> None:
    """Say what came of the last change, in a slot that is always there: what is open below stays open."""
    with st.container():
        for words, is_done in notices.recent(OUTCOME)[0] or ():
            (st.success if is_done else st.warning)(escaped(words))


def save_rows(work: Work, changes: list[Change], done: Callable[[int], str]) -> str:
    """Save changes of rows; return what came of it, for so many of them, with each that met somebody else's."""
    met = work.store.reviews.change(work.saved.id, changes, work.page.identity.user)
    lines = [conflict.sentence() for conflict in met[:MOST_SHOWN]]
    made = len(changes) - len(met)
    return joined(done(made), *lines)
