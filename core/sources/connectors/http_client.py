"""Asks a system over HTTP: waits as long as it says, tries again, renews a token, and names no secret in an error."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from core.contracts.errors import SourceError
from core.sealing import tls_contexts
from core.sealing.secret_values import Secrets
from core.sources.connectors.declaration import Connector
from core.sources.connectors.sign_in import SignIn
from core.sources.connectors.templates import fill

PASSING = (408, 423, 425, 429, 500, 502, 503, 504)
TIMEOUT = httpx.Timeout(60, connect=20)
WORDS = 300
LOCAL = ("localhost", "127.0.0.1", "::1")
BACKOFF = wait_exponential(multiplier=1, max=60)


class RefusedError(SourceError):
    """A system answers a request with an error that another try does not mend.

    Attributes
    ----------
    status : int
        Of HTTP.
    words : str
        What the system says, in its words.
    """

    def __init__(self, what: str, where: str, mend: str, status: int, words: str) -> None:
        self.status, self.words = status, words
        super().__init__(what, where, mend)


class _PassingError(Exception):
    """Another try may help; `wait` is how long the system asks to wait."""

    def __init__(self, text: str, wait: float | None = None) -> None:
        self.text, self.wait = text, wait
        super().__init__(text)


class HttpClient:
    """Asks one system.

    Parameters
    ----------
    connector : Connector
    keys : Secrets
    sleep : callable
        Waits so many seconds.
    """

    def __init__(self, connector: Connector, keys: Secrets, sleep: Callable[[float], None] = time.sleep) -> None:
        # What it logs of a request may hold a secret.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        self.connector, self.keys, self.sleep = connector, keys, sleep
        self.http = httpx.Client(
            timeout=TIMEOUT,
            follow_redirects=False,
            headers={"User-Agent": "Quarterdeck"},
            verify=tls_contexts.shared(),
        )
        self.base = str(fill(connector.base, connector.values)).rstrip("/")
        refuse_plain(self.base)
        self.sign_in = SignIn(connector.auth, connector.values, keys, self.http)

    def close(self) -> None:
        """Close its connections."""
        self.http.close()

    def ask(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Return the answer to a request.

        Parameters
        ----------
        method, path : str
            A path below the connector's base, or a whole address of the same host.
        query, headers : mapping, optional
        body : plain values, optional
            Sent as JSON.

        Raises
        ------
        RefusedError
            When the system refuses for good.
        SourceError
            When it cannot be reached, or keeps failing.
        """
        address = self._address(path)
        retrying = Retrying(
            retry=retry_if_exception_type(_PassingError),
            stop=stop_after_attempt(self.connector.attempts),
            wait=self._wait,
            sleep=self.sleep,
            reraise=True,
        )
        try:
            return retrying(self._asked, method, address, query, body, dict(headers or {}))
        except _PassingError as error:
            raise SourceError(
                self.keys.hidden(f"{self.connector.name} keeps failing: {error.text}"),
                self.keys.hidden(_plain(address)),
                "What was read so far is kept; the next sync goes on from there.",
            ) from None

    def _address(self, path: str) -> str:
        if not path.startswith(("http://", "https://")):
            return f"{self.base}/{path.lstrip('/')}"
        wanted, own = httpx.URL(path), httpx.URL(self.base)
        if (wanted.host, wanted.port) != (own.host, own.port):
            # The token belongs to one host: an answer cannot have it sent to another.
            raise SourceError(
                f"{self.connector.name} sends its pages to another host.", wanted.host, "Check the connector's base."
            )
        return path

    def _asked(
        self, method: str, address: str, query: Mapping[str, Any] | None, body: Any, headers: dict[str, str]
    ) -> httpx.Response:
        answer = self._sent(method, address, query, body, headers)
        if answer.status_code == 401 and self.sign_in.can_renew():
            self.sign_in.renewed()
            answer = self._sent(method, address, query, body, headers)
        if answer.status_code < 400:
            return answer
        words = self.keys.hidden(_words(answer))
        if answer.status_code in PASSING:
            wait = _asked_wait(answer)
            if wait is not None and wait > self.connector.patience_seconds:
                raise SourceError(
                    f"{self.connector.name} asks to wait {round(wait / 60) or 1} minutes: {words}",
                    self.keys.hidden(_plain(address)),
                    "What was read so far is kept; sync again later.",
                )
            raise _PassingError(f"{answer.status_code} {words}", wait)
        raise RefusedError(
            f"{self.connector.name} answers {answer.status_code}: {words}",
            self.keys.hidden(_plain(address)),
            _mend(answer.status_code),
            answer.status_code,
            words,
        )

    def _sent(
        self, method: str, address: str, query: Mapping[str, Any] | None, body: Any, headers: dict[str, str]
    ) -> httpx.Response:
        signed = {**fill(self.connector.headers, self.connector.values), **headers, **self.sign_in.headers()}
        try:
            return self.http.request(method, address, params=query or None, json=body, headers=signed)
        except httpx.TransportError as error:
            raise _PassingError(f"{type(error).__name__} {error}") from None

    def _wait(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.wait if isinstance(error, _PassingError) else None
        return asked if asked is not None else float(BACKOFF(state))


def refuse_plain(address: str) -> None:
    """Refuse to send secrets to another machine unencrypted.

    Raises
    ------
    SourceError
        When an address is neither https nor that of this machine.
    """
    url = httpx.URL(address)
    if url.scheme != "https" and url.host not in LOCAL:
        raise SourceError("A connector must speak https.", _plain(address), "Write https:// before its base.")


def content_of(answer: httpx.Response, name: str) -> Any:
    """Return the JSON of an answer; an empty one holds nothing.

    Raises
    ------
    SourceError
        When it is no JSON.
    """
    if answer.status_code == 204 or not answer.content:
        return {}
    try:
        return answer.json()
    except ValueError:
        kind = answer.headers.get("content-type", "nothing known")
        raise SourceError(f"{name} answers with {kind} instead of JSON.", _plain(str(answer.url))) from None


def _plain(address: str) -> str:
    """Return an address without what follows its path, which may hold a secret."""
    return address.partition("?")[0]


def _asked_wait(answer: httpx.Response) -> float | None:
    """Return the seconds an answer asks to wait; None where it says nothing."""
    text = answer.headers.get("retry-after", "").strip()
    if not text:
        return None
    try:
        return max(float(text), 0.0)
    except ValueError:
        pass
    try:
        until, sent = parsedate_to_datetime(text), answer.headers.get("date")
        now = parsedate_to_datetime(sent) if sent else None
        return max((until - now).total_seconds(), 0.0) if now else None
    except ValueError:
        return None


def _words(answer: httpx.Response) -> str:
    """Return what an answer says of its error, in whichever of the usual forms."""
    try:
        content = answer.json()
    except ValueError:
        return answer.reason_phrase or "no reason given"
    entry = content[0] if isinstance(content, list) and content else content
    if isinstance(entry, dict):
        inner = entry.get("error")
        parts = inner if isinstance(inner, dict) else entry
        named = [parts.get(key) for key in ("errorCode", "code", "category", "message", "error", "error_description")]
        return " ".join(str(part) for part in named if part and not isinstance(part, dict))[:WORDS]
    return str(content)[:WORDS]


def _mend(status: int) -> str:
    if status == 401:
        return "The sign-in is refused: check its secrets, or agree to the access anew."
    if status == 403:
        return "Give the sign-in the right to read this, or wait where a daily limit is used up."
    return "Check the connector's description."
