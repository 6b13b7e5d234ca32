"""Whether there is room for who opens a page: a session of those there may be, and a seat."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.access import LOCAL, Identity
from core.config import Settings
from core.localization import message
from core.usage import usage_guard
from pages.ui.kit import cache
from pages.ui.kit.escaping import escaped
from pages.ui.server import session_room

SEATED = "holds_seat"
READINGS = usage_guard.StorageReadings()


def admit(settings: Settings, who: Identity) -> None:
    """Let somebody go on, or say what is full; whoever was let in stays.

    Raises
    ------
    AccessError
        When as many sessions are open as may be, or every seat is taken by others.
    """
    if not session_room.is_admitted(settings.limits.sessions):
        raise usage_guard.session_refusal(settings, settings.limits.sessions)
    if who.user != LOCAL.user and st.session_state.get(SEATED) != who.user:
        usage_guard.refuse_seat(settings, cache.store(settings.database), who.user)
        st.session_state[SEATED] = who.user


def tell_full(slot: Any, settings: Settings) -> None:
    """Say above a page that nothing more can be stored; a field for files shows no more than the refusal's number."""
    if not settings.limits.storage_mb:
        return
    used = READINGS.storage(settings, cache.store(settings.database))
    if not used.leaves(1):
        slot.markdown(
            escaped(
                message("Nothing more can be stored or uploaded. {used} {mend}", used=used.sentence(), mend=used.mend())
            )
        )
