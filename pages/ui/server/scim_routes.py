"""The addresses under /scim/v2 by which a company's directory provisions people and groups."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.config import Settings

if TYPE_CHECKING:
    from scim2_server.requests import ScimRequest

    from core.store import Store

ROOT = "/scim/v2"
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
MOST_BYTES = 2_000_000


def routes(settings: Settings, opened: Callable[[], Store]) -> list[Route]:
    """Return the routes; what answers them is imported with the first request.

    Parameters
    ----------
    settings : Settings
    opened : callable
        Gives the database when it is asked for.
    """

    async def answer(request: Request) -> Response:
        body = b""
        async for piece in request.stream():
            body += piece
            if len(body) > MOST_BYTES:
                return Response(status_code=413)
        return await run_in_threadpool(_answer, settings, opened, request, body)

    return [Route(ROOT, answer, methods=METHODS), Route(f"{ROOT}/{{path:path}}", answer, methods=METHODS)]


def _answer(settings: Settings, opened: Callable[[], Store], request: Request, body: bytes) -> Response:
    from core.provisioning import service

    answered = service.answer(opened(), settings, _request(request, body))
    content = b"" if answered.body is None else json.dumps(answered.body).encode()
    headers = {"Cache-Control": "no-store", **answered.headers}
    return Response(content, int(answered.status), headers)


def _request(request: Request, body: bytes) -> ScimRequest:
    from scim2_server.requests import ScimRequest

    forwarded = request.headers.get("x-forwarded-proto", "").split(",")[0].strip().lower()
    scheme = "https" if forwarded == "https" else request.url.scheme
    base = f"{scheme}://{request.headers.get('host', '')}{ROOT}"
    path = request.url.path.partition(ROOT)[2] or "/"
    return ScimRequest(request.method, base, path, dict(request.query_params), request.headers.items(), body)
