"""The rules of who may do what, and the people who have signed in, as the pages see them."""

from __future__ import annotations

import streamlit as st

from core.access.directory import Directory, Entry, in_force
from core.config import Settings
from core.contracts.errors import QuarterdeckError
from core.store.access_entries import AccessEntries
from core.store.known_people import KnownPeople
from core.store.provisioned import Provisioned
from pages.ui.kit import cache
from pages.ui.kit.escaping import escaped


def directory(settings: Settings) -> Directory:
    """Return every rule in force now; asked on every run of a page, so that a change counts with the next click."""
    return in_force(settings, entries(settings).current())


def entries(settings: Settings) -> AccessEntries:
    """Return the rules written in the app."""
    return cache.store(settings.database).access


def standing(settings: Settings) -> tuple[tuple[Entry, ...], Directory]:
    """Return the rules written in the app, and every rule in force; what cannot be read is told, and the run ends."""
    try:
        current = entries(settings).current()
        return current, in_force(settings, current)
    except QuarterdeckError as error:
        st.error(escaped(error), icon=":material/error:")
        st.stop()


def known(settings: Settings) -> KnownPeople:
    """Return everybody who has ever signed in."""
    return cache.store(settings.database).known_people


def provisioned(settings: Settings) -> Provisioned:
    """Return everybody whom a company's directory provisioned."""
    return cache.store(settings.database).provisioned
