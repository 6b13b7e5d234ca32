"""Sign-ins as the pages see them: noted on every run, and ended by signing out."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import streamlit as st

from core.access import Identity
from core.config import Settings
from core.store.sign_ins import ENDED, IDLE, TOO_OLD, SignIns, key_of
from core.usage import usage_guard
from pages.ui.kit import cache

OWN = "sign_in_mark"
REASONS: Mapping[str, str] = {
    IDLE: "You have been away for a while. Sign in again to go on.",
    TOO_OLD: "Your sign-in is too old. Sign in again to go on.",
    ENDED: "Your sign-in was ended. Sign in again to go on.",
}


def limits(settings: Settings) -> tuple[timedelta, timedelta]:
    """Return how long a sign-in lasts without and with pages being opened."""
    return timedelta(minutes=settings.access.idle_minutes), timedelta(hours=settings.access.longest_hours)


def admit(settings: Settings, who: Identity) -> str:
    """Note that somebody opened a page, and return why their sign-in counts no more; empty where it does.

    Raises
    ------
    AccessError
        When somebody else took the last seat in the same moment.
    """
    device = st.context.headers.get("User-Agent") or "an unknown device"
    reason = opened(settings).seen(
        key(settings, who),
        who.user,
        device,
        st.context.ip_address or "",
        *limits(settings),
        ", ".join(who.roles),
        lambda: usage_guard.refuse_seat(settings, cache.store(settings.database), who.user),
    )
    return REASONS.get(reason, "")


def end_own(settings: Settings, who: Identity) -> None:
    """End the sign-in this page was opened with."""
    opened(settings).end(key(settings, who), who.user)


def counts(settings: Settings, user: Mapping[str, Any]) -> bool:
    """Say whether the sign-in of which an identity provider told this counts still."""
    sign_in = key_of(login_of(user), settings.access.sign_in, user.get("iat"))
    return opened(settings).counts(sign_in, *limits(settings))


def login_of(user: Mapping[str, Any]) -> str:
    """Return what an identity provider calls somebody: the mail address, else the name of the account."""
    return str(user.get("email") or user.get("sub") or "").strip().lower()


def opened(settings: Settings) -> SignIns:
    """Return the sign-ins of this installation."""
    return cache.store(settings.database).sign_ins


def key(settings: Settings, who: Identity) -> str:
    """Return the key of the sign-in behind this page; where nothing marks one, the browser's tab is its own."""
    issued = st.user.to_dict().get("iat") if settings.access.sign_in == "oidc" else None
    if issued is None:
        issued = st.session_state.setdefault(OWN, secrets.token_hex(16))
    return key_of(who.user, settings.access.sign_in, issued)
