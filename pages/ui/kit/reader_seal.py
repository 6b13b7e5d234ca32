"""Whose the digest on a device is: a page opened by anybody else, or with other rights, clears it from there."""

from __future__ import annotations

import json

import streamlit as st

from core.access import Identity, View
from pages.ui.kit import browser_state
from pages.ui.server import browser_mark

TELL = """<script>navigator.serviceWorker?.getRegistration().then(
  (worker) => worker?.active?.postMessage({message}))</script>"""


def seal(who: Identity, view: View) -> str:
    """Return what a person on this browser, and all that they may see, is known by; nothing can be read off it."""
    return browser_mark.known_by(f"{browser_state.own_mark()}\n{who.user}\n{view.fields!r}")


def attend(who: Identity, view: View) -> None:
    """Tell the device who reads now, so that what it keeps for others, or for other rights, goes."""
    _tell({"kind": "attend", "seal": seal(who, view)})


def forget() -> None:
    """Tell the device to clear what it keeps: nobody is signed in."""
    _tell({"kind": "forget"})


def _tell(message: dict[str, str]) -> None:
    with st.container(key=f"reader_{message['kind']}"):  # Out of sight, and without room of its own.
        st.html(TELL.format(message=json.dumps(message)), unsafe_allow_javascript=True)
