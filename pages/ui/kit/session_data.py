"""Which data this session looks at: its own upload, a source of the workspace chosen for it, or everybody's.

What is chosen outlives the server: it is kept sealed (`core.artifacts.session_files`), and the address has the half of
its secret by which another server, or the same one started anew, finds it for the same browser and person.
"""

from __future__ import annotations

import json
import logging
import secrets
from datetime import timedelta

import streamlit as st

from core.access import Identity, can
from core.artifacts import is_failure, open_cache
from core.artifacts.session_files import SessionFiles
from core.config import Settings
from core.contracts import Dataset
from core.contracts.errors import QuarterdeckError
from core.localization import message
from core.sources import session_copy, source_registry
from pages.ui.kit import browser_state, cache, data_states
from pages.ui.kit.escaping import escaped

UPLOAD, SOURCE = "uploaded_data", "session_source"
OWN, TOKEN, PERSON = "own", "own_data_token", "own_data_person"
DATA, CHOICE, MODELS = "data", "source", "models"
GONE = "The address names data of another session, or data that are not kept any more. Everybody's data are shown."
logger = logging.getLogger(__name__)


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
    _keep(DATA, session_copy.packed(data))


def use_source(name: str, version: int) -> None:
    """Let this session look at a source of the workspace."""
    leave()
    st.session_state[SOURCE] = (name, version)
    _keep(CHOICE, json.dumps([name, version]).encode())


def leave() -> None:
    """Let this session look at what everybody looks at."""
    st.session_state.pop(UPLOAD, None)
    st.session_state.pop(SOURCE, None)
    token = st.session_state.pop(TOKEN, None)
    st.query_params.pop(OWN, None)
    if token is not None:
        for name in (DATA, CHOICE, MODELS):
            _files().drop(_secret(token), name)


def models() -> bytes | None:
    """Return what was trained on the data uploaded for this session; None where nothing is kept."""
    token = st.session_state.get(TOKEN)
    return _files().read(_secret(token), MODELS, data_states.now()) if token is not None else None


def keep_models(content: bytes) -> None:
    """Keep what was trained on the data uploaded for this session, for as long as the data."""
    token = st.session_state.get(TOKEN)
    if token is not None:
        _seal(token, MODELS, content)


def take_over(who: Identity) -> None:
    """Look at what this session looked at on the server it was on before, if it was on one.

    Parameters
    ----------
    who : Identity
        Only to the person who uploaded them, and in the same browser, are data given back.
    """
    st.session_state[PERSON] = who.user
    token = st.session_state.get(TOKEN)
    given = st.query_params.get(OWN)
    if token is None and given and not is_own():
        _restore(given)
        token = st.session_state.get(TOKEN)
        if token is None:
            st.query_params.pop(OWN, None)
            st.toast(escaped(GONE), icon=":material/info:")
    if token is not None and given != token:
        st.query_params[OWN] = token


def _restore(token: str) -> None:
    """Read what is kept under a token; nothing happens where nothing is or it cannot be read."""
    try:
        content = _files().read(_secret(token), DATA, data_states.now())
        choice = _files().read(_secret(token), CHOICE, data_states.now())
        if content is not None:
            st.session_state[UPLOAD] = session_copy.unpacked(content)
        elif choice is not None:
            name, version = json.loads(choice)
            st.session_state[SOURCE] = (str(name), int(version))
        else:
            return
        st.session_state[TOKEN] = token
    except BaseException as error:
        if not is_failure(error):
            raise
        logger.warning("Data of a session could not be taken over: %s", error)


def _keep(name: str, content: bytes) -> None:
    """Keep what this session looks at; where that cannot be, it lives as long as this server does."""
    token = secrets.token_urlsafe(24)
    if _seal(token, name, content):
        st.session_state[TOKEN] = token
        st.query_params[OWN] = token


def _seal(token: str, name: str, content: bytes) -> bool:
    """Keep something sealed under a token; say whether it is."""
    age = timedelta(hours=cache.settings().replicas.upload_hours)
    try:
        _files().keep(_secret(token), name, content, data_states.now(), age)
    except (QuarterdeckError, OSError) as error:
        logger.warning("Data of a session are not kept: %s", error)
        return False
    return True


def _files() -> SessionFiles:
    return SessionFiles(open_cache(cache.settings().home))


def _secret(token: str) -> str:
    """Return what seals: the half in the address, that in the browser's cookie, and who is asking."""
    return f"{token} {browser_state.own_mark()} {st.session_state.get(PERSON, '')}"


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
            message("Use the data of the settings for everybody, in place of {name}", name=escaped(name)),
            on_click=_to_settings,
            args=(settings, who),
            key="leave_source",
        )


def _to_settings(settings: Settings, who: Identity) -> None:
    store = cache.store(settings.database)
    source_registry.choose(store, settings, source_registry.SETTINGS, who.user)
