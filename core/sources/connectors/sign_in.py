"""Signs requests: a token, user and password, or OAuth 2.0 with tokens that expire and refresh tokens that change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import httpx

from core.contracts.errors import SourceError
from core.sealing.secret_values import Secrets
from core.sources.connectors.declaration import Auth
from core.sources.connectors.templates import fill


class SignIn:
    """What a connector's requests are signed with.

    Parameters
    ----------
    auth : Auth
    values : mapping
        The connector's values, for addresses.
    keys : Secrets
    http : httpx.Client
        Fetches tokens.
    """

    def __init__(self, auth: Auth, values: Mapping[str, Any], keys: Secrets, http: httpx.Client) -> None:
        self.auth, self.values, self.keys, self.http = auth, values, keys, http
        self.access_token = ""

    def headers(self) -> dict[str, str]:
        """Return the headers that sign a request; of OAuth a token is fetched where there is none.

        Raises
        ------
        SourceError
            When a secret is missing, or no token is given.
        """
        auth = self.auth
        if auth.kind == "token":
            return {auth.header: auth.prefix + self.keys.filled(auth.token)}
        if auth.kind == "basic":
            user, password = self.keys.filled(auth.user), self.keys.filled(auth.password)
            return {"Authorization": httpx.BasicAuth(user, password)._auth_header}
        if auth.kind == "oauth":
            return {auth.header: auth.prefix + (self.access_token or self.renewed())}
        return {}

    def can_renew(self) -> bool:
        """Say whether a refused token can be replaced by another."""
        return self.auth.kind == "oauth"

    def renewed(self) -> str:
        """Fetch another token and return it; a refresh token that was changed with it is kept.

        Raises
        ------
        SourceError
            When the system gives none.
        """
        form: dict[str, str] = {"grant_type": self.auth.grant}
        if self.auth.grant == "refresh_token":
            form["refresh_token"] = self.keys.filled(self.auth.refresh_token)
        if self.auth.scope and self.auth.grant == "client_credentials":
            form["scope"] = str(fill(self.auth.scope, self.values))
        return self._fetched(form)

    def agreed(self, code: str, redirect: str) -> None:
        """Exchange the code a person's consent gave for tokens, and keep the refresh token.

        Raises
        ------
        SourceError
            When the system gives none.
        """
        self._fetched({"grant_type": "authorization_code", "code": code, "redirect_uri": redirect})

    def _fetched(self, form: dict[str, str]) -> str:
        form |= {"client_id": self.keys.filled(self.auth.client_id)}
        if self.auth.client_secret:
            form["client_secret"] = self.keys.filled(self.auth.client_secret)
        address = str(fill(self.auth.token_url, self.values))
        try:
            answer = self.http.post(address, data=form, headers={"Accept": "application/json"})
            content = answer.json() if answer.content else {}
        except (httpx.HTTPError, ValueError) as error:
            raise SourceError(self.keys.hidden(f"No token could be fetched: {error}"), address) from None
        token = str(content.get("access_token") or "") if isinstance(content, dict) else ""
        if answer.status_code >= 400 or not token:
            reason = _reason(content)
            raise SourceError(
                self.keys.hidden(f"The system gives no token: {reason or answer.status_code}."),
                address,
                "Check the client's id and secret, or agree to the access anew.",
            )
        self.keys.hide(token)
        self._keep_rotated(content)
        self.access_token = token
        return token

    def _keep_rotated(self, content: Mapping[str, Any]) -> None:
        fresh = str(content.get("refresh_token") or "")
        name = self.auth.refresh_token[2:-1]
        if fresh and name and (not self.keys.has(name) or self.keys.value(name) != fresh):
            self.keys.keep({name: fresh})


def _reason(content: Any) -> str:
    if not isinstance(content, dict):
        return ""
    return str(content.get("error_description") or content.get("message") or content.get("error") or "")[:200]


def consent_address(auth: Auth, values: Mapping[str, Any], keys: Secrets, redirect: str, state: str) -> str:
    """Return the address at which a person agrees to the access; the system leads back to `redirect` with a code.

    Raises
    ------
    SourceError
        When the system has no such address, or the client's id is missing.
    """
    if not auth.authorize_url:
        raise SourceError("This system is not signed in to by consent.", mend="Set its secrets instead.")
    query = {
        "response_type": "code",
        "client_id": keys.filled(auth.client_id),
        "redirect_uri": redirect,
        "state": state,
    }
    if auth.scope:
        query["scope"] = str(fill(auth.scope, values))
    return f"{fill(auth.authorize_url, values)}?{urlencode(query)}"
