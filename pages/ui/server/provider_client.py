"""What the app adds to Streamlit's OpenID Connect client, so that it works with providers that keep to the standard.

OpenID Connect Core 1.0, section 5.4: with the code flow, the claims of the scopes `email` and `profile` come from the
userinfo endpoint, and an ID token need not have them. Streamlit reads the ID token alone, and asks every provider for
the prompt `select_account`, which those without a choice of accounts refuse (section 3.1.2.1).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from streamlit.web.server.starlette import starlette_auth_routes

from core.sealing import tls_contexts

logger = logging.getLogger(__name__)
CHOICE = "select_account"
# What makes an ID token valid, and for whom, is never taken from elsewhere.
OF_TOKEN = ("iss", "sub", "aud", "exp", "iat", "nbf", "nonce", "azp", "auth_time", "sid", "at_hash", "c_hash")
OF_TRUST = ("verify", "cert", "trust_env", "transport")


class StandardClient:
    """Goes before Streamlit's client in the order of its classes."""

    group_claims: tuple[str, ...] = ()
    client_kwargs: dict[str, Any]

    async def load_server_metadata(self) -> dict[str, Any]:
        """Return what the provider says of itself; ask for no choice of accounts where it says it has none."""
        metadata: dict[str, Any] = await super().load_server_metadata()  # type: ignore[misc]
        supported = metadata.get("prompt_values_supported")
        if supported and CHOICE not in supported and self.client_kwargs.get("prompt") == CHOICE:
            del self.client_kwargs["prompt"]
        return metadata

    def _get_oauth_client(self, **metadata: Any) -> Any:
        """Return a client of the provider, which reads whom to trust once unless the settings say whom."""
        if self.client_kwargs.keys().isdisjoint(OF_TRUST):
            metadata["verify"] = tls_contexts.shared()
        return super()._get_oauth_client(**metadata)  # type: ignore[misc]

    async def authorize_access_token(self, request: Any, **kwargs: Any) -> dict[str, Any]:
        """Return the tokens for a code, with the claims of the ID token and those it lacks."""
        token: dict[str, Any] = await super().authorize_access_token(request, **kwargs)  # type: ignore[misc]
        claims = token.get("userinfo")
        if claims and "access_token" in token and lacks(claims, self.group_claims):
            token["userinfo"] = merged(claims, await self._from_endpoint(token))
        return token

    async def _from_endpoint(self, token: dict[str, Any]) -> dict[str, Any]:
        """Return the claims of the userinfo endpoint; none where there is no such endpoint or it does not answer."""
        metadata = await self.load_server_metadata()
        if not metadata.get("userinfo_endpoint"):
            return {}
        try:
            answer: dict[str, Any] = await self.userinfo(token=token)  # type: ignore[attr-defined]
        except Exception as error:  # The library speaks through httpx or httpx2, each with errors of its own.
            logger.warning("The identity provider's userinfo endpoint gave no claims: %s", error)
            return {}
        return answer


def lacks(claims: Mapping[str, Any], group_claims: tuple[str, ...]) -> bool:
    """Say whether an ID token names no mail address, or none of the claims with groups.

    Examples
    --------
    >>> lacks({"sub": "1", "email": "ana@example.com"}, ("groups", "roles"))
    True
    >>> lacks({"sub": "1", "email": "ana@example.com", "roles": []}, ("groups", "roles"))
    False
    >>> lacks({"sub": "1", "email": "ana@example.com"}, ())
    False
    """
    return "email" not in claims or (bool(group_claims) and not any(claim in claims for claim in group_claims))


def merged(claims: Mapping[str, Any], answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return an ID token's claims with those it lacks; nothing is taken from an answer about somebody else.

    Examples
    --------
    >>> merged({"sub": "1", "name": "Ana"}, {"sub": "1", "name": "A.", "email": "ana@example.com"})
    {'sub': '1', 'name': 'Ana', 'email': 'ana@example.com'}
    >>> merged({"sub": "1"}, {"sub": "2", "email": "bo@example.com"})
    {'sub': '1'}
    """
    if answer and answer.get("sub") != claims.get("sub"):
        logger.warning("The identity provider's userinfo endpoint answered for somebody else; its claims do not count.")
        return dict(claims)
    return {**claims, **{k: v for k, v in answer.items() if k not in claims and k not in OF_TOKEN}}


def install(group_claims: tuple[str, ...]) -> None:
    """Let sign-ins from now on go through `StandardClient`.

    Parameters
    ----------
    group_claims : tuple of str
        Where the identity provider names groups and app roles.
    """
    original = starlette_auth_routes._create_streamlit_oauth_class
    original = getattr(original, "original", original)

    def create_class(starlette_client: Any) -> type[Any]:
        base = original(starlette_client)
        client = type("Client", (StandardClient, base.oauth2_client_cls), {"group_claims": group_claims})
        return type("Registry", (base,), {"oauth2_client_cls": client})

    vars(create_class)["original"] = original
    vars(starlette_auth_routes)["_create_streamlit_oauth_class"] = create_class
