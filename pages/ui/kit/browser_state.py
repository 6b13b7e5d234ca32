"""What is kept for a person on one browser: it outlives a reload, and others do not get it with a link."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.access import Identity
from core.config import Settings
from core.contracts.errors import QuarterdeckError
from core.store.repositories import Documents, Saved
from pages.ui.kit import cache
from pages.ui.server import browser_mark


def mark(token: str) -> str:
    """Return what a secret is known by."""
    return browser_mark.known_by(token)


def own_mark() -> str:
    """Return the mark in the cookie of the browser at hand; empty where it has none."""
    browser = getattr(st.context, "cookies", {}).get(browser_mark.NAME, "")
    return browser if isinstance(browser, str) else ""


def read(settings: Settings, who: Identity, kind: str) -> dict[str, Any] | None:
    """Return what is kept of a kind; None where nothing is, or the store does not answer."""
    saved = _saved(settings, who, kind)
    return dict(saved.payload) if saved is not None else None


def keep(settings: Settings, who: Identity, kind: str, values: Mapping[str, Any]) -> None:
    """Keep something of a kind in place of what was kept."""
    saved = _saved(settings, who, kind)
    store(settings).save(_name(kind), who.user, values, saved.version if saved is not None else None)


def store(settings: Settings) -> Documents:
    """Return where it is kept."""
    return cache.store(settings.database).preferences


def _saved(settings: Settings, who: Identity, kind: str) -> Saved | None:
    name = _name(kind)
    try:
        return next((entry for entry in store(settings).list(who.user) if entry.name == name), None)
    except QuarterdeckError:
        return None  # The address and the session still say it.


def _name(kind: str) -> str:
    browser = own_mark()
    return f"{kind} on {mark(browser)}" if browser else kind
