"""Whether whoever asks for a file is the person it was made for, and may still have it."""

from __future__ import annotations

import json
from functools import cache as once

from starlette.requests import Request
from streamlit.web.server.starlette import starlette_auth_routes

from core.access import may_open
from core.artifacts import DOWNLOADS, open_cache
from core.artifacts.session_files import SessionFiles
from core.config import Settings
from core.contracts.errors import AccessError
from core.replicas import signed_files
from core.replicas.signed_files import Grant
from core.sealing.vault import Vault
from core.store.leases import SharedNotes
from core.store.sessions import Sessions
from pages.ui.kit import cache, people, sign_ins


def files() -> SessionFiles:
    """Return where files are kept until they are fetched."""
    return SessionFiles(open_cache(cache.settings().home), DOWNLOADS)


def secret() -> bytes:
    """Return what this installation signs addresses with."""
    return _secret(cache.settings().database)


@once
def _secret(url: str) -> bytes:
    return signed_files.signing_secret(SharedNotes(Sessions(cache.store(url).engine)), Vault())


def may_have(request: Request, grant: Grant) -> bool:
    """Say whether a file is for whoever asks: the person, let in still, with the right, by a sign-in that counts."""
    settings = cache.settings()
    if settings.access.sign_in == "none":
        return True  # One local user; the browser was compared.
    login, groups = _asking(request, settings)
    if not login or login != grant.user or sign_ins.opened(settings).is_ended(grant.sign_in):
        return False
    provisioned = people.provisioned(settings)
    if provisioned.is_shut_out(login):
        return False
    try:
        who = people.directory(settings).identify(login, None, (*groups, *provisioned.groups(login)))
    except AccessError:
        return False
    return may_open(who, grant.right, settings.roles)


def _asking(request: Request, settings: Settings) -> tuple[str, tuple[str, ...]]:
    """Return the sign-in name and the groups of whoever asks; no name where nobody is signed in."""
    if settings.access.sign_in == "header":
        groups = (request.headers.get(settings.access.groups_header) or "").split(",")
        return (request.headers.get(settings.access.header) or "").strip().lower(), tuple(groups)
    cookie = starlette_auth_routes._get_cookie_value_from_request(request, starlette_auth_routes.USER_COOKIE_NAME)
    try:
        user = json.loads(cookie or b"{}")
    except ValueError:
        user = {}
    login = str(user.get("email") or user.get("sub") or "").strip().lower()
    return login, people.known(settings).groups(login) if login else ()
