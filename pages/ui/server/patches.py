"""Keeps what the server does around every run of a script off the moves of a slider.

Streamlit collects garbage fully after every run, and reads the theme anew from all of its settings before
it. The first costs more the more objects are alive, so more with every session that is open: with twenty of
them 18 milliseconds a move. The second costs one. Neither changes what is shown, so both are put
right here, once per process; where another version of Streamlit does them otherwise, nothing is touched.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from streamlit.runtime import app_session
from streamlit.runtime.scriptrunner import script_runner

YOUNG = 1


def lighten() -> None:
    """Let runs collect young objects only, and keep the theme as it was first read.

    Old objects are collected by Python itself as they come to be a quarter more.
    """
    if getattr(script_runner, "gc", None) is gc:
        vars(script_runner)["gc"] = SimpleNamespace(collect=lambda *_: gc.collect(YOUNG))
    read = getattr(app_session, "_populate_theme_msg", None)
    if read is not None and not hasattr(read, "kept"):
        vars(app_session)["_populate_theme_msg"] = _kept(read)


def keep_caches() -> None:
    """Let a client that asks for cleared caches clear its own session alone.

    The server takes such a message from anybody who reaches it, and would empty everybody's.
    """
    app_session.AppSession._handle_clear_cache_request = _clear_own  # type: ignore[method-assign]


def _clear_own(session: app_session.AppSession) -> None:
    session._session_state.clear()


def _kept(read: Callable[..., None]) -> Callable[..., None]:
    """Return the reader of a section of the theme, which reads each section once."""
    sections: dict[str, Any] = {}

    def populate(message: Any, section: str = "theme") -> None:
        if section not in sections:
            fresh = type(message)()
            read(fresh, section)
            sections[section] = fresh
        if sections[section].ByteSize():
            message.MergeFrom(sections[section])

    vars(populate)["kept"] = sections
    return populate
