"""Access a person agrees to in the browser: OAuth 2.0 with an authorisation code, asked once and answered once."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

import httpx

from core.config import Settings
from core.contracts.errors import AccessError, SourceError
from core.replicas import home_files
from core.sealing import tls_contexts
from core.sealing.secret_values import Secrets
from core.sources.connectors import connector_files
from core.sources.connectors.http_client import TIMEOUT, refuse_plain
from core.sources.connectors.sign_in import SignIn, consent_address
from core.sources.connectors.templates import fill

FILE = "consent.json"
PATIENCE = timedelta(minutes=15)


def ask(settings: Settings, name: str, user: str, redirect: str, clock: Callable[[], datetime]) -> str:
    """Return the address at which a person agrees that a connector reads in their name.

    Parameters
    ----------
    settings : Settings
    name : str
        Of the connector.
    user : str
        Who asks; only they can answer.
    redirect : str
        The address the system leads back to, as it is registered there.
    clock : callable
        The present time, in UTC.

    Raises
    ------
    SourceError
        When the connector is not signed in to by consent, or the client's id is missing.
    """
    connector = connector_files.connector(settings, name)
    keys = Secrets(connector_files.folder_of(settings))
    state = f"{name}:{secrets.token_urlsafe(24)}"
    address = consent_address(connector.auth, connector.values, keys, redirect, state)
    question = {"state": _hashed(state), "user": user, "redirect": redirect, "asked_at": clock().isoformat()}
    folder = connector_files.folder_of(settings, name)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(question, file)
    if shared := home_files.of(settings.home):
        shared.push(_name(name))  # The browser may come back to another server.
    return address


def finish(settings: Settings, state: str, code: str, user: str, clock: Callable[[], datetime]) -> str:
    """Exchange the code a system led back with for tokens, and return the connector's name.

    Raises
    ------
    AccessError
        When nobody asked, somebody else did, or it is more than a quarter of an hour ago.
    SourceError
        When the system gives no token, or none that can be renewed.
    """
    name = state.partition(":")[0]
    connector = connector_files.connector(settings, name)
    path = connector_files.folder_of(settings, name) / FILE
    if shared := home_files.of(settings.home):
        shared.bring(_name(name))
        shared.drop(_name(name))
    question = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    path.unlink(missing_ok=True)
    is_same = hmac.compare_digest(str(question.get("state", "")), _hashed(state)) and question.get("user") == user
    if not is_same or clock() - datetime.fromisoformat(question["asked_at"]) > PATIENCE:
        raise AccessError("This answer belongs to no question of yours.", mend="Agree to the access once more.")
    keys = Secrets(connector_files.folder_of(settings))
    refuse_plain(str(fill(connector.auth.token_url, connector.values)))
    with httpx.Client(timeout=TIMEOUT, verify=tls_contexts.shared()) as http:
        SignIn(connector.auth, connector.values, keys, http).agreed(code, question["redirect"])
    if not keys.has(connector.auth.refresh_token[2:-1]):
        raise SourceError(
            f"{name} gives no token that can be renewed.", mend="Allow offline access where the app is registered."
        )
    connector_files.share_secrets(settings)
    return name


def _name(connector: str) -> str:
    return f"{connector_files.FOLDER}/{connector}/{FILE}"


def _hashed(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()
