"""Webhooks by the Standard Webhooks convention: an id, a time and a signature over both and the body."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from standardwebhooks.webhooks import Webhook

from core.alerts.sending.chat import deliver
from core.alerts.ways import Way


def send(way: Way, event_id: str, kind: str, happened_at: str, content: dict[str, Any], now: datetime) -> None:
    """Send an event.

    Parameters
    ----------
    way : Way
        A webhook.
    event_id : str
        The same with every attempt, so that the other side can tell copies.
    kind : str
        Such as "deal.slipped".
    happened_at : str
        The time of the event.
    content : dict
    now : datetime
        Of this attempt, in UTC; it is signed too, and the other side refuses old ones.

    Raises
    ------
    PassingError, RefusedError
        As `chat.slack`.
    """
    body = json.dumps({"type": kind, "timestamp": happened_at, "data": content}, ensure_ascii=False)
    deliver(way.target, body.encode(), signed(way.secret, event_id, body, now))


def signed(secret: str, event_id: str, body: str, now: datetime) -> dict[str, str]:
    """Return the headers of a body."""
    return {
        "Content-Type": "application/json",
        "webhook-id": event_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(event_id, now, body),
    }
