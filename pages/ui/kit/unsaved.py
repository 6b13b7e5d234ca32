"""What a person typed and has not saved: in the session, and sealed in the store for when its server goes away.

It belongs to one person in one browser: what is kept comes back on another server, after a reload and on the next
visit, for as long as uploads are kept. A browser without the cookie has it only as long as its server lives.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import streamlit as st

from core.artifacts import UNSAVED, is_failure, open_cache
from core.artifacts.session_files import SessionFiles
from core.replicas.unsaved_work import UnsavedWork, as_text
from pages.ui.kit import browser_state, cache, data_states
from pages.ui.kit.escaping import escaped

STATE = "unsaved_work"
BACK = "What you had typed here and not saved is back."
logger = logging.getLogger(__name__)


@dataclass
class _Kept:
    """Items of one name, and as what they were kept last."""

    items: dict[str, Any] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)


def begin(user: str) -> None:
    """Say who works in this session, and try again to keep what the store did not take."""
    person, by_name = st.session_state.get(STATE, ("", {}))
    if person != user:
        st.session_state[STATE] = (user, {})
        return
    for name in by_name:
        keep(name)


def items(name: str, is_typed: bool = True) -> dict[str, Any]:
    """Return the unsaved work of a name, key to value; whoever changes it calls `keep`.

    Parameters
    ----------
    name : str
        What it is work on, such as the deals of one company under review.
    is_typed : bool
        Whether it is something typed, of which a person is told when it comes back.
    """
    by_name = _by_name()
    if name not in by_name:
        by_name[name] = _restored(name)
        if by_name[name].items and is_typed:
            st.toast(escaped(BACK), icon=":material/history:")
    return by_name[name].items


def keep(name: str) -> None:
    """Keep the items of a name as they are; where the store takes nothing, they live as long as this server does."""
    entry = _by_name().get(name)
    work = _work()
    if entry is None or work is None:
        return
    texts = as_text(entry.items)
    if texts == entry.texts:
        return
    try:
        age = timedelta(hours=cache.settings().replicas.upload_hours)
        work.keep(name, entry.texts, texts, data_states.now(), age)
    except BaseException as error:
        if not is_failure(error):
            raise
        logger.warning("Unsaved work is not kept: %s", error)
        return
    if not getattr(work.files.cache.tier, "is_away", False):
        entry.texts = texts


def drop(name: str) -> None:
    """Forget the unsaved work of a name."""
    items(name, is_typed=False).clear()
    keep(name)


def _by_name() -> dict[str, _Kept]:
    by_name: dict[str, _Kept] = st.session_state.setdefault(STATE, ("", {}))[1]
    return by_name


def _restored(name: str) -> _Kept:
    work = _work()
    if work is None:
        return _Kept()
    try:
        given = work.read(name, data_states.now())
    except BaseException as error:
        if not is_failure(error):
            raise
        logger.warning("Unsaved work could not be given back: %s", error)
        return _Kept()
    return _Kept(given, as_text(given))


def _work() -> UnsavedWork | None:
    """Return where the person's unsaved work lies; None in a browser without the cookie."""
    mark = browser_state.own_mark()
    if not mark:
        return None
    person = st.session_state.get(STATE, ("", {}))[0]
    return UnsavedWork(SessionFiles(open_cache(cache.settings().home), UNSAVED), f"{mark} {person}")
