"""The application: every route, its document, and a page that shows the document without asking foreign hosts."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse
from starlette.routing import BaseRoute

from core import __version__
from core.api import bearer_tokens, idempotency, measure_routes, problems
from core.api.bearer_tokens import BearerTokens, Provider
from core.api.caller import Company
from core.api.clock import now
from core.api.idempotency import Idempotency, ReplayedError
from core.api.limits import RateLimit, SizeLimit
from core.api.routes import (
    alert_routes,
    assistant_routes,
    company_routes,
    engagement_routes,
    forecast_routes,
    lead_routes,
    library_routes,
    operation_routes,
    pay_routes,
    play_routes,
    project_routes,
    question_routes,
    requirement_routes,
    scenario_routes,
)
from core.config import Settings, load
from core.config.branding import PRODUCT
from core.contracts import Dataset
from core.store import Store

TITLE = PRODUCT
A_MINUTE = 6_000
CODE = re.compile(r"`([^`\n]+)`")
DESCRIPTION = """What the pages show, as an API. A key stands for a person (or a service with roles): its answers hold
the rows that person sees, names hidden where they are hidden there. Every list comes a page at a time; `next` leads to
the following one. An answer's `ETag` stands for the state of the data: sent back as `If-None-Match`, it costs nothing
while nothing has changed. Errors are problem details (RFC 9457) that say what is wrong, where, and how to mend it."""


def application(
    read: Callable[[], Settings] = load,
    data: Callable[[Settings], Dataset] | None = None,
    store: Callable[[Settings], Store] | None = None,
    a_minute: int = A_MINUTE,
    tokens: Callable[[Settings], BearerTokens | None] | None = None,
) -> FastAPI:
    """Return the API as an ASGI application.

    Parameters
    ----------
    read : callable
        Returns the settings as they stand.
    data, store : callable, optional
        Return the company's data, and the open database, of some settings; default: read and opened here.
    a_minute : int
        Requests a key may make in a minute, in this process.
    tokens : callable, optional
        Returns what checks tokens of the identity provider; default: of the one people sign in with.
    """
    app = FastAPI(routes=list(_routes()), title=TITLE, version=__version__, docs_url=None, redoc_url=None)
    app.state.company = Company(read, data or _read, store or _Stores(), RateLimit(a_minute), tokens or _Tokens())
    problems.install(app)
    app.add_exception_handler(ReplayedError, idempotency.replayed)
    app.add_middleware(Idempotency)
    app.add_middleware(SizeLimit)
    app.openapi = _document  # type: ignore[method-assign]

    @app.get("/docs", include_in_schema=False)
    def shown() -> HTMLResponse:
        return HTMLResponse(page_of(app.openapi(), read().branding.name))

    return app


@cache
def _routes() -> tuple[BaseRoute, ...]:
    """Return every route; worked out once, for none knows whose application it is in.

    `include_router` works each out again for every application, when it is first asked: nearly a second.
    """
    routers = (
        measure_routes.router(),
        company_routes.router,
        forecast_routes.router,
        scenario_routes.router,
        requirement_routes.router,
        lead_routes.router,
        pay_routes.router,
        play_routes.router,
        engagement_routes.router,
        project_routes.router,
        library_routes.router,
        question_routes.router,
        assistant_routes.router,
        operation_routes.router,
        alert_routes.router,
    )
    return tuple(route for router in routers for route in router.routes)


def _read(settings: Settings) -> Dataset:
    from core.sources import load_data

    return load_data(settings)


class _Stores:
    """Keeps the database of the settings open."""

    def __init__(self) -> None:
        self._open: dict[str, Store] = {}

    def __call__(self, settings: Settings) -> Store:
        if settings.database not in self._open:
            self._open[settings.database] = Store.open(settings.database)
        return self._open[settings.database]


class _Tokens:
    """Checks tokens of the provider people sign in with, where they do."""

    def __init__(self) -> None:
        self._checkers: dict[Provider, BearerTokens] = {}

    def __call__(self, settings: Settings) -> BearerTokens | None:
        provider = bearer_tokens.configured() if settings.access.sign_in == "oidc" else None
        if provider is None:
            return None
        return self._checkers.setdefault(provider, BearerTokens(provider, now))


@cache
def _document() -> dict[str, Any]:
    document = get_openapi(
        title=TITLE, version=__version__, routes=_routes(), description=DESCRIPTION, openapi_version="3.1.0"
    )
    document["servers"] = [{"url": "/api"}]
    for path in document["paths"].values():
        for operation in path.values():
            for answer in operation["responses"].values():
                _as_problem(answer)
    return document


def _as_problem(answer: dict[str, Any]) -> None:
    """Give a problem its own media type in the document."""
    with suppress(KeyError):
        content = answer["content"]
        if content["application/json"]["schema"].get("$ref", "").endswith("/Problem"):
            content[problems.MEDIA] = content.pop("application/json")


def page_of(document: dict[str, Any], name: str = TITLE) -> str:
    """Return a document as a page: every operation with its parameters, by kind; `name` is the brand's."""
    parts: dict[str, list[str]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            tag = (operation.get("tags") or ["other"])[0]
            parts.setdefault(tag, []).append(_operation(f"/api{path}", method, operation))
    links = " · ".join(f'<a href="#{html.escape(tag)}">{html.escape(tag)}</a>' for tag in parts)
    body = "".join(
        f'<h2 id="{html.escape(tag)}">{html.escape(tag.capitalize())}</h2>{"".join(operations)}'
        for tag, operations in parts.items()
    )
    about = _text(document["info"].get("description", ""))
    return PAGE.format(title=html.escape(f"{name} API"), about=about, links=links, body=body)


def _operation(path: str, method: str, operation: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{html.escape(p['name'])}</code></td><td>{html.escape(p.get('in', ''))}</td>"
        f"<td>{html.escape(str(p.get('description', '')))}</td></tr>"
        for p in operation.get("parameters", [])
    )
    table = f"<table><tr><th>Parameter</th><th>In</th><th>Meaning</th></tr>{rows}</table>" if rows else ""
    text = _text(operation.get("description", "")).replace("\n\n", "</p><p>")
    return (
        f"<details><summary><b>{method.upper()}</b> <code>{html.escape(path)}</code> "
        f"{html.escape(operation.get('summary', ''))}</summary><p>{text}</p>{table}</details>"
    )


def _text(words: str) -> str:
    """Return words as HTML, with what stands between backticks as code."""
    return CODE.sub(r"<code>\1</code>", html.escape(words))


PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><style>
body{{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}}
summary{{cursor:pointer;padding:.3rem 0}}table{{border-collapse:collapse;width:100%}}
td,th{{text-align:left;vertical-align:top;padding:.2rem .8rem .2rem 0}}code{{font-size:.9em}}
</style></head><body><h1>{title}</h1><p>{about}</p><p>{links} · <a href="openapi.json">openapi.json</a></p>{body}
</body></html>
"""
