"""Slack and Teams, and by Apprise the rest."""

from __future__ import annotations

import json
import os

import httpx

from core.alerts import address_guard
from core.alerts import message as written
from core.alerts.message import Message
from core.alerts.sending.outcome import PassingError, RefusedError, judge, seconds
from core.alerts.ways import Way
from core.contracts.errors import ContractError

SECONDS = 15
SLACK_API = "https://slack.com/api/"
SLACK_PASSING = (
    "ratelimited",
    "rate_limited",
    "fatal_error",
    "internal_error",
    "service_unavailable",
    "request_timeout",
)


def slack(way: Way, message: Message, site: str, api: str = SLACK_API) -> None:
    """Send a message to a channel of Slack, by an incoming webhook or as a bot.

    Raises
    ------
    PassingError
        When Slack is away or asks to wait; `wait` is how long.
    RefusedError
    """
    blocks = written.blocks(message, site)
    if way.secret.startswith("xoxb-"):
        _as_bot(way, message, blocks, api)
        return
    from slack_sdk.webhook import WebhookClient

    _check(way.secret, ("slack.com",))
    try:
        answer = WebhookClient(way.secret, timeout=SECONDS, retry_handlers=[]).send(text=message.title, blocks=blocks)
    except OSError as error:
        raise PassingError(f"Slack cannot be reached: {type(error).__name__}.") from error
    judge(answer.status_code, answer.body or "", _header(answer.headers))


def _as_bot(way: Way, message: Message, blocks: list[dict[str, object]], api: str) -> None:
    from slack_sdk import WebClient
    from slack_sdk.errors import SlackApiError

    client = WebClient(way.secret, base_url=api, timeout=SECONDS, retry_handlers=[])
    try:
        client.chat_postMessage(channel=way.target, text=message.title, blocks=blocks, unfurl_links=False)
    except SlackApiError as error:
        reason, status = str(error.response.get("error", "")), int(error.response.status_code)
        if status == 429 or reason in SLACK_PASSING or status >= 500:
            wait = seconds(_header(error.response.headers))
            raise PassingError(f"Slack answered {status}: {reason}", wait) from error
        raise RefusedError(f"Slack answered: {reason}") from error
    except OSError as error:
        raise PassingError(f"Slack cannot be reached: {type(error).__name__}.") from error


def _header(headers: object) -> str | None:
    given = dict(headers) if isinstance(headers, dict) else dict(getattr(headers, "items", dict)())
    value = next((value for name, value in given.items() if name.lower() == "retry-after"), None)
    return str(value[0] if isinstance(value, list) else value) if value is not None else None


def teams(way: Way, message: Message, site: str) -> None:
    """Send a message to a workflow of Teams as an Adaptive Card. Raises as `slack`."""
    body = json.dumps(written.card(message, site)).encode()
    deliver(way.secret, body, {"Content-Type": "application/json"})


def deliver(url: str, body: bytes, headers: dict[str, str]) -> None:
    """Send a body to an address. Raises as `slack`."""
    try:
        answer = address_guard.post(url, body, headers)
    except ContractError as error:
        raise RefusedError(str(error)) from error
    except httpx.HTTPError as error:
        raise PassingError(f"The other side cannot be reached: {type(error).__name__}.") from error
    judge(answer.status_code, answer.text, answer.headers.get("retry-after"))


def _check(url: str, only: tuple[str, ...]) -> None:
    try:
        address_guard.check(url, os.environ, only)
    except ContractError as error:
        raise RefusedError(str(error)) from error


def apprise(way: Way, message: Message, site: str) -> None:
    """Send a message by Apprise, where it is installed. Raises as `slack`."""
    try:
        import apprise as library
    except ImportError as error:
        raise RefusedError("Apprise is not installed: pip install quarterdeck[apprise].") from error
    sender = library.Apprise()
    if not sender.add(way.secret):
        raise RefusedError("Apprise does not know this address.")
    if not sender.notify(title=message.title, body=written.text(message, site)):
        raise PassingError("The service did not take the message.")
