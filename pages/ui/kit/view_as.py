"""Seeing the app as somebody else does, without what is private to them and without changing anything."""

from __future__ import annotations

import streamlit as st

from core.access import Identity, can
from core.access.delegation import viewed_by
from core.access.directory import Directory
from core.config import Settings
from core.contracts.errors import AccessError
from core.localization import message
from pages.ui.kit import cache, people, unsaved
from pages.ui.kit.escaping import escaped

CHOSEN = "view_as"


def applied(actor: Identity, settings: Settings) -> Identity:
    """Return the identity a page works with: an administrator's own, or with the view of whom they chose.

    Rows are the other's; all rights are cut to reading, nothing is seen that the administrator does not see, and what
    is private stays the administrator's own. Every page says so, with the way back. Whoever is no administrator any
    more, or looks at somebody whose rows have been changed, is themselves again.
    """
    unsaved.begin(actor.user)
    chosen = unsaved.items(CHOSEN, is_typed=False) if can(actor, "admin:write") else None
    if not chosen:
        return actor
    user = chosen["user"]
    other = _other(actor, user, tuple(chosen["groups"]), people.directory(settings))
    if other is None or _rows(other) != chosen["rows"]:
        unsaved.drop(CHOSEN)
        return actor
    with st.sidebar:
        st.warning(escaped(message("You see what {user} sees. Nothing can be changed meanwhile.", user=user)))
        st.button("Back to my own view", key="end_view_as", on_click=_end, args=(user,))
    return viewed_by(actor, other)


def _other(actor: Identity, user: str, groups: tuple[str, ...], directory: Directory) -> Identity | None:
    if not can(actor, "admin:write"):
        return None
    try:
        return directory.identify(user, None, groups)
    except AccessError:
        return None


def start(settings: Settings, actor: Identity, user: str, groups: tuple[str, ...]) -> None:
    """Begin to see the app as somebody else, and write it into the audit log."""
    other = _other(actor, user, groups, people.directory(settings))
    rows = _rows(other) if other is not None else None
    unsaved.items(CHOSEN, is_typed=False).update(user=user, groups=list(groups), rows=rows)
    unsaved.keep(CHOSEN)
    cache.store(settings.database).audit.add(actor.user, "began to view as", user)


def _rows(who: Identity) -> list[str]:
    return [*who.regions, who.team_of]


def _end(user: str) -> None:
    unsaved.drop(CHOSEN)
    st.toast(escaped(message("You see your own view again, no longer that of {user}.", user=user)))
