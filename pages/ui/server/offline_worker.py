"""The service worker that keeps the last digest a reader has seen on their device, for when there is no connection.

Source: W3C, Service Workers; W3C, Web Cryptography API.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

ADDRESS = "offline-worker.js"
SOURCE = Path(__file__).with_name(ADDRESS.replace("-", "_"))


def script(names: Iterable[str]) -> str:
    """Return the worker's source, told the pages it answers for.

    Parameters
    ----------
    names : iterable of str
        As addresses name the pages beside the first.
    """
    pages = json.dumps(["", *sorted(set(names))])
    return f"const PAGES = {pages};\n{SOURCE.read_text(encoding='utf-8')}"


def routes(names: Iterable[str]) -> list[Route]:
    """Return the route of the worker; it is asked for anew every time, so that a new version holds at once."""
    content = script(names)

    async def worker(_: Request) -> Response:
        return Response(content, media_type="text/javascript", headers={"Cache-Control": "no-cache"})

    return [Route(f"/{ADDRESS}", worker)]
