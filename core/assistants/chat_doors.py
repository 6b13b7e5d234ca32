"""The question box in Slack and Teams: a signed request of either, answered for the person it comes from."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
from typing import Any
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from core.alerts.sending import chat
from core.alerts.sending.outcome import PassingError, RefusedError
from core.api.caller import Company
from core.api.clock import now
from core.api.limits import RateLimit, SizeLimit
from core.assistants import chat_people, chat_signatures
from core.assistants.chat_answers import Asked, answer, as_slack, as_teams

SLACK_SECRET, TEAMS_SECRET = "QUARTERDECK_SLACK_SIGNING_SECRET", "QUARTERDECK_TEAMS_SECRET"
A_MINUTE, LARGEST = 30, 64 * 1024
SLACK_WAITS_S, TEAMS_WAITS_S = 2.0, 4.0
RESPONSE_HOSTS = ("https://hooks.slack.com/",)
AT = re.compile(r"<at[^>]*>.*?</at>|&nbsp;")
TAG = re.compile(r"<[^>]+>")
LATE = "That takes a moment. The answer follows."
LATE_TEAMS = "That takes longer than Teams waits. Ask once more in a minute, when it is worked out."
logger = logging.getLogger(__name__)


def application(company: Company, wait: float | None = None) -> Starlette:
    """Return both doors as an ASGI application that answers from what the API answers from.

    Parameters
    ----------
    company : Company
    wait : float, optional
        Seconds an answer may take; default as long as either service waits.
    """
    limit = RateLimit(A_MINUTE)

    async def slack(request: Request) -> Response:
        body = await request.body()
        if not chat_signatures.is_slack(os.environ.get(SLACK_SECRET, ""), request.headers, body, now()):
            return PlainTextResponse("Not signed by Slack.", 401)
        form = {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
        mark = chat_people.mark_of("slack", form.get("team_id", ""), form.get("user_id", ""))
        asked = Asked(mark, form.get("text", "").strip(), is_open=False)
        work = asyncio.ensure_future(run_in_threadpool(answer, company, asked, request, limit, as_slack))
        text = await _in_time(work, SLACK_WAITS_S if wait is None else wait)
        if text is not None:
            return JSONResponse(_slack_message(text))
        later = BackgroundTask(_follow, work, form.get("response_url", ""))
        return JSONResponse(_slack_message(LATE), background=later)

    async def teams(request: Request) -> Response:
        body = await request.body()
        if not chat_signatures.is_teams(os.environ.get(TEAMS_SECRET, ""), request.headers, body):
            return PlainTextResponse("Not signed by Teams.", 401)
        asked = _of_teams(body)
        if asked is None:
            return PlainTextResponse("This is no message, or an old one.", 400)
        work = asyncio.ensure_future(run_in_threadpool(answer, company, asked, request, limit, as_teams))
        text = await _in_time(work, TEAMS_WAITS_S if wait is None else wait)
        return JSONResponse({"type": "message", "text": LATE_TEAMS if text is None else text})

    app = Starlette(
        routes=[Route("/slack", slack, methods=["POST"]), Route("/teams", teams, methods=["POST"])],
    )
    app.add_middleware(SizeLimit, most=LARGEST)
    return app


def _of_teams(body: bytes) -> Asked | None:
    """Return what an activity of Teams asks; None where it is no message of the last five minutes."""
    try:
        activity = json.loads(body)
        sender, tenant = activity["from"], activity.get("channelData", {}).get("tenant", {}).get("id", "")
        person = str(sender.get("aadObjectId") or sender["id"])
        text = TAG.sub(" ", AT.sub(" ", str(activity.get("text", "")))).strip()
        is_message = activity.get("type") == "message"
        is_new = chat_signatures.is_recent(str(activity.get("timestamp", "")), now())
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return (
        Asked(chat_people.mark_of("teams", str(tenant), person), text, is_open=True) if is_message and is_new else None
    )


async def _in_time(work: asyncio.Future[str], seconds: float) -> str | None:
    try:
        return await asyncio.wait_for(asyncio.shield(work), seconds)
    except TimeoutError:
        return None


async def _follow(work: asyncio.Future[str], url: str) -> None:
    """Send an answer that took its time to where Slack said it may follow."""
    text = await work
    if not url.startswith(RESPONSE_HOSTS):
        logger.warning("A late answer was not sent: its address is not Slack's.")
        return
    body = json.dumps(_slack_message(text)).encode()
    try:
        await run_in_threadpool(chat.deliver, url, body, {"Content-Type": "application/json"})
    except (PassingError, RefusedError) as error:
        logger.warning("A late answer was not sent: %s", error)


def _slack_message(text: str) -> dict[str, Any]:
    # Only who asked sees it: others in the channel may see other rows.
    return {"response_type": "ephemeral", "text": text, "mrkdwn": True}
