"""An OpenAI-compatible endpoint: one question, one answer, with limits on hosts, time, bytes and tokens."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpx

from core.config.settings import LanguageModelSettings
from core.contracts.errors import ConfigError, SourceError
from core.sealing import tls_contexts
from core.sealing.secret_values import Secrets

MOST_BYTES = 256 * 1024
LETTERS_PER_TOKEN = 4
LOCAL = ("localhost", "127.0.0.1", "::1")
FILE = "quarterdeck.yaml"
LOOK = "Its own log says why."
MENDS: dict[int, str] = {
    httpx.codes.UNAUTHORIZED: f"Correct language_model.key in {FILE}.",
    httpx.codes.FORBIDDEN: f"Correct language_model.key in {FILE}.",
    httpx.codes.NOT_FOUND: f"Correct language_model.url or language_model.model in {FILE}.",
    httpx.codes.TOO_MANY_REQUESTS: "Try again in a minute.",
}


@dataclass(frozen=True)
class ModelAnswer:
    """What a language model said.

    Attributes
    ----------
    text : str
    n_tokens : int
        Of question and answer, as the endpoint counts them, else a quarter of their letters.
    """

    text: str
    n_tokens: int


class LanguageModel(Protocol):
    """Anything that answers messages; the app has `HttpModel`, tests and other rooms may bring their own."""

    name: str
    host: str

    def answer(self, messages: Sequence[dict[str, str]], most_tokens: int) -> ModelAnswer:
        """Return the answer to messages of role and content.

        Raises
        ------
        SourceError
            When there is no usable answer.
        """
        ...


class HttpModel:
    """The endpoint an administrator has set.

    Parameters
    ----------
    settings : LanguageModelSettings
    secrets : Secrets
        Holds the key that `settings.key` names.
    transport : httpx.BaseTransport, optional
        Of tests.

    Raises
    ------
    ConfigError
        When no endpoint is set, its host is none of those that may be asked, or it is not encrypted.
    """

    def __init__(
        self, settings: LanguageModelSettings, secrets: Secrets, transport: httpx.BaseTransport | None = None
    ) -> None:
        self.settings, self.secrets, self._transport = settings, secrets, transport
        self.host, self.name = checked_host(settings), settings.model

    def answer(self, messages: Sequence[dict[str, str]], most_tokens: int) -> ModelAnswer:
        """Return the answer to messages.

        The whole request has `timeout_seconds`; no redirect is followed, and an answer of more than 256 KB is dropped.

        Raises
        ------
        SourceError
            When the endpoint refuses, takes too long, or says something that is no answer.
        """
        client = httpx.Client(
            timeout=self.settings.timeout_seconds,
            follow_redirects=False,
            transport=self._transport,
            trust_env=False,
            verify=tls_contexts.shared(trust_env=False),
        )
        pool = ThreadPoolExecutor(1)
        try:
            asked = pool.submit(self._content, client, messages, most_tokens)
            content = asked.result(self.settings.timeout_seconds)
        except (TookTooLong, httpx.TimeoutException) as error:
            raise SourceError(
                f"The language model did not answer within {self.settings.timeout_seconds:g} seconds.",
                self.host,
                f"Try again, or give it more time: language_model.timeout_seconds in {FILE}.",
            ) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise SourceError(
                "The language model cannot be reached.",
                self.host,
                f"Start it, or correct language_model.url in {FILE}.",
            ) from error
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            client.close()
        return _read(content, messages, self.host)

    def _content(self, client: httpx.Client, messages: Sequence[dict[str, str]], most_tokens: int) -> bytes:
        key = self.secrets.filled(self.settings.key)
        body = {
            "model": self.settings.model,
            "messages": list(messages),
            "max_tokens": most_tokens,
            "temperature": 0,
            "stream": False,
        }
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        address = f"{self.settings.url.rstrip('/')}/chat/completions"
        with client.stream("POST", address, json=body, headers=headers) as response:
            if response.status_code != httpx.codes.OK:
                status = response.status_code
                raise SourceError(
                    f"The language model answered with status {status}.", self.host, MENDS.get(status, LOOK)
                )
            content = bytearray()
            for piece in response.iter_bytes():
                content += piece
                if len(content) > MOST_BYTES:
                    raise SourceError(f"The language model sent more than {MOST_BYTES // 1024} KB.", self.host)
        return bytes(content)


def checked_host(settings: LanguageModelSettings) -> str:
    """Return the host of the endpoint.

    Raises
    ------
    ConfigError
        When no endpoint is set, its host is none of those that may be asked, or it is not encrypted.
    """
    parts = urlsplit(settings.url)
    host = (parts.hostname or "").lower()
    if not settings.url or not settings.model:
        raise ConfigError("No language model is set.", "language_model", f"Set url, model and hosts in {FILE}.")
    if parts.username or parts.password or parts.scheme not in ("https", "http") or not host:
        raise ConfigError(
            "This is no address of an endpoint.",
            f"language_model.url in {FILE}",
            "Write it like https://models.example.com/v1.",
        )
    if host not in {name.strip().lower() for name in settings.hosts}:
        raise ConfigError(
            f"{host} is none of the hosts that may be asked.",
            f"language_model.hosts in {FILE}",
            f"Add {host} if it is yours.",
        )
    if parts.scheme == "http" and host not in LOCAL:
        raise ConfigError("The endpoint is not encrypted.", f"language_model.url in {FILE}", "Use https://.")
    return host


def _read(content: bytes, messages: Sequence[dict[str, str]], host: str) -> ModelAnswer:
    """Return the answer of a response body."""
    try:
        body: Any = json.loads(content)
        text = body["choices"][0]["message"]["content"]
    except (ValueError, KeyError, IndexError, TypeError, RecursionError) as error:
        raise SourceError("The language model said something that is no answer.", host) from error
    if not isinstance(text, str) or not text.strip():
        raise SourceError("The language model said nothing.", host)
    usage = body.get("usage") if isinstance(body.get("usage"), dict) else {}
    counted = usage.get("total_tokens")
    letters = sum(len(message["content"]) for message in messages) + len(text)
    if isinstance(counted, int) and not isinstance(counted, bool) and counted > 0:
        return ModelAnswer(text, counted)
    return ModelAnswer(text, letters // LETTERS_PER_TOKEN + 1)
