"""Bearer tokens of the identity provider people sign in with: checked by its keys, and mapped to a person as there.

Which provider, stands where the pages read it: the section `[auth]` of `.streamlit/secrets.toml`, with
`server_metadata_url` and `client_id`. `api_audience` there names whom access tokens for the API are made for, where
that is not the client itself. Sources: RFC 9068 (JWT access tokens), RFC 8725 (JWT best current practices).
"""

from __future__ import annotations

import threading
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from core.contracts.errors import AccessError, ConfigError
from core.sealing import tls_contexts

FILE = Path(".streamlit") / "secrets.toml"
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
OF_ID_TOKEN = ("nonce", "at_hash", "c_hash")
LEEWAY_S, KEYS_LAST_S, ASKED_AGAIN_S, TIMEOUT_S = 60, 3_600.0, 60.0, 10.0
LONGEST_TOKEN = 16_384
REFUSED = "The token is none of this installation's identity provider, or has ended."
MEND = "Ask the provider for a new one."


@dataclass(frozen=True)
class Provider:
    """An identity provider.

    Attributes
    ----------
    metadata_url : str
    audience : str
        Whom tokens must be made for.
    """

    metadata_url: str
    audience: str


@dataclass(frozen=True)
class Bearer:
    """Whom a token stands for.

    Attributes
    ----------
    user, name : str
    claims : mapping
        What the token says.
    """

    user: str
    name: str
    claims: Mapping[str, Any]


def configured(file: Path = FILE) -> Provider | None:
    """Return the provider people sign in with; None where none is set up.

    Raises
    ------
    ConfigError
        When the file cannot be read.
    """
    try:
        section = tomllib.loads(file.read_text(encoding="utf-8")).get("auth", {})
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise ConfigError("The sign-in settings cannot be read.", file.name, "Correct the file.") from error
    url = str(section.get("server_metadata_url", ""))
    audience = str(section.get("api_audience") or section.get("client_id") or "")
    return Provider(url, audience) if url and audience else None


def _fetched(url: str) -> dict[str, Any]:
    answer = httpx.get(url, timeout=TIMEOUT_S, follow_redirects=False, verify=tls_contexts.shared())
    answer.raise_for_status()
    content: dict[str, Any] = answer.json()
    return content


class BearerTokens:
    """Checks tokens of one provider, whose keys it keeps for an hour.

    Parameters
    ----------
    provider : Provider
    clock : callable
        Returns the present time in UTC.
    fetch : callable
        Returns the JSON at an address.
    """

    def __init__(
        self, provider: Provider, clock: Callable[[], datetime], fetch: Callable[[str], dict[str, Any]] = _fetched
    ) -> None:
        self.provider, self._clock, self._fetch = provider, clock, fetch
        self._lock = threading.Lock()
        self._issuer, self._keys, self._asked_at = "", KeySet([]), 0.0

    def check(self, token: str) -> Bearer:
        """Return whom a token stands for.

        Raises
        ------
        AccessError
            When it was not signed by the provider with a public key, was made by or for somebody else, has ended, does
            not hold yet, is an ID token, or names nobody; which of them is not told.
        """
        if len(token) > LONGEST_TOKEN:
            raise AccessError(REFUSED, mend=MEND)
        claims = self._verified(token)
        user = str(claims.get("email") or claims.get("sub") or "")  # As on the pages: what people cannot choose.
        if not user.strip() or claims.get("email_verified") is False:
            raise AccessError(REFUSED, mend=MEND)
        return Bearer(user.strip().lower(), str(claims.get("name") or ""), claims)

    def _verified(self, token: str) -> dict[str, Any]:
        for is_last in (False, True):
            try:
                self._ready(anew=is_last)
                decoded = jwt.decode(token, self._keys, algorithms=list(ALGORITHMS))
                claims = dict(decoded.claims)
            except (JoseError, ValueError, KeyError, TypeError) as error:
                if is_last:
                    raise AccessError(REFUSED, mend=MEND) from error
                continue  # Signed with a key that is newer than those at hand, perhaps.
            self._check_claims(claims)
            return claims
        raise AccessError(REFUSED, mend=MEND)

    def _check_claims(self, claims: Mapping[str, Any]) -> None:
        now = self._clock().timestamp()
        audiences = claims.get("aud")
        meant_for = audiences if isinstance(audiences, list) else [audiences]
        times = [claims.get(name, 0) for name in ("exp", "nbf", "iat")]
        is_good = (
            claims.get("iss") == self._issuer
            and self.provider.audience in meant_for
            and all(isinstance(value, int | float) and not isinstance(value, bool) for value in times)
            and now < times[0] + LEEWAY_S
            and max(times[1], times[2]) <= now + LEEWAY_S
            and not any(name in claims for name in OF_ID_TOKEN)
        )
        if not is_good:
            raise AccessError(REFUSED, mend=MEND)

    def _ready(self, anew: bool) -> None:
        """Have the provider's keys at hand; asked for every hour, and for an unknown key once a minute at most."""
        with self._lock:
            age = self._clock().timestamp() - self._asked_at
            if self._issuer and age < (ASKED_AGAIN_S if anew else KEYS_LAST_S):
                return
            try:
                metadata = self._fetch(self.provider.metadata_url)
                keys = KeySet.import_key_set(self._fetch(str(metadata["jwks_uri"])))  # type: ignore[arg-type]
            except (httpx.HTTPError, JoseError, ValueError, KeyError, TypeError) as error:
                if self._issuer:
                    return  # Those at hand still hold.
                raise AccessError("The identity provider does not answer.", mend="Try again in a minute.") from error
            self._issuer, self._keys, self._asked_at = str(metadata["issuer"]), keys, self._clock().timestamp()


def groups_of(claims: Mapping[str, Any], names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the groups and app roles a token names.

    Examples
    --------
    >>> groups_of({"groups": ["sales", 7], "roles": "leader"}, ("groups", "roles"))
    ('sales', 'leader')
    """
    values = [claims.get(name) for name in names]
    lists = [value if isinstance(value, list) else [value] for value in values if value]
    return tuple(value for entries in lists for value in entries if isinstance(value, str))
