"""Which data this session looks at: its own upload, a source of the workspace chosen for it, or everybody's."""

from __future__ import annotations

import streamlit as st

from core.access import Identity, can
from core.config import Settings
from core.contracts import Dataset
from core.contracts.errors import QuarterdeckError
from core.sources import source_registry
from pages.ui.kit import cache
from pages.ui.kit.escaping import escaped

UPLOAD, SOURCE = "uploaded_data", "session_source"


def upload() -> Dataset | None:
    """Return the data uploaded for this session; None where there is none."""
    data: Dataset | None = st.session_state.get(UPLOAD)
    return data


def source() -> tuple[str, int] | None:
    """Return the name and version of the source chosen for this session; None where it follows everybody."""
    chosen: tuple[str, int] | None = st.session_state.get(SOURCE)
    return chosen


def is_own() -> bool:
    """Say whether this session looks at other data than everybody does."""
    return upload() is not None or source() is not None


def use_upload(data: Dataset) -> None:
    """Let this session look at data it uploaded."""
    leave()
    st.session_state[UPLOAD] = data


def use_source(name: str, version: int) -> None:
    """Let this session look at a source of the workspace."""
    leave()
    st.session_state[SOURCE] = (name, version)


def leave() -> None:
    """Let this session look at what everybody looks at."""
    st.session_state.pop(UPLOAD, None)
    st.session_state.pop(SOURCE, None)


def way_out(settings: Settings, who: Identity) -> None:
    """Where the data cannot be opened, offer the way back to data that can."""
    if is_own():
        st.button("Back to everybody's data", on_click=leave, key="leave_session_data")
        return
    try:
        name, _ = cache.in_force(settings)
    except QuarterdeckError:
        return
    if name not in source_registry.RESERVED and can(who, "data:write", settings.roles):
        st.button(
            f"Use the data of the settings for everybody, in place of {escaped(name)}",
            on_click=_to_settings,
            args=(settings, who),
            key="leave_source",
        )


def _to_settings(settings: Settings, who: Identity) -> None:
    store = cache.store(settings.database)
    source_registry.choose(store, settings, source_registry.SETTINGS, who.user)
