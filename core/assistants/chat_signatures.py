"""Whether a request came from Slack or Teams, as they sign it.

Source: Slack, "Verifying requests from Slack" (v0); Microsoft Teams, "Create Outgoing Webhooks" (HMAC).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

WINDOW = timedelta(minutes=5)


def is_slack(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> bool:
    """Say whether Slack signed a request within the last five minutes.

    Formula: `v0=` and the HMAC-SHA256 of `v0:timestamp:body` under the app's signing secret, in hexadecimal.

    Parameters
    ----------
    secret : str
        The app's signing secret; with an empty one nothing is Slack's.
    headers : mapping
        With names in lower case.
    body : bytes
        As it came.
    now : datetime
        With a time zone.
    """
    stamp = headers.get("x-slack-request-timestamp", "")
    if not secret or not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
        return False
    if abs(now.timestamp() - int(stamp)) > WINDOW.total_seconds():
        return False
    digest = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(f"v0={digest}".encode(), headers.get("x-slack-signature", "").encode())


def is_teams(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Say whether Teams signed a request.

    Formula: `HMAC` and the HMAC-SHA256 of the body under the webhook's token, which is base64, in base64.

    Parameters
    ----------
    secret : str
        The security token Teams showed when the outgoing webhook was made; with an empty one nothing is Teams'.
    headers : mapping
        With names in lower case.
    body : bytes
        As it came.
    """
    try:
        key = base64.b64decode(secret, validate=True)
    except (binascii.Error, ValueError):
        return False
    digest = base64.b64encode(hmac.new(key, body, hashlib.sha256).digest())
    return bool(key) and hmac.compare_digest(b"HMAC " + digest, headers.get("authorization", "").encode())


def is_recent(stamp: str, now: datetime) -> bool:
    """Say whether an activity of Teams, whose signature has no time of its own, was sent in the last five minutes.

    Parameters
    ----------
    stamp : str
        Its `timestamp`, such as 2026-05-18T09:00:00.000Z.
    now : datetime
        With a time zone.
    """
    try:
        at = datetime.fromisoformat(stamp.replace("Z", "+00:00"))
    except ValueError:
        return False
    return abs(now - (at if at.tzinfo else at.replace(tzinfo=UTC))) <= WINDOW
