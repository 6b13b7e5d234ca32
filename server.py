"""Quarterdeck as an ASGI application, for `quarterdeck serve` and for any ASGI server.

While the first browser still loads its files, the rooms are imported and the executive page's numbers read.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st
from starlette.middleware import Middleware

from core.access.proxy_gate import gate
from core.config import load
from core.contracts.errors import QuarterdeckError
from pages.ui.server import api_mount, preload, scim_routes
from pages.ui.server.browser_mark import BrowserMark
from pages.ui.server.identity_header import IdentityHeader
from pages.ui.server.private_addresses import PrivateAddresses
from pages.ui.server.security_headers import SecurityHeaders
from pages.ui.server.sign_in_routes import WantedPage

if TYPE_CHECKING:
    from core.store import Store


@asynccontextmanager
async def ready(_: Any) -> AsyncIterator[None]:
    """Make ready beside the server, which answers at once."""
    from pages.ui.kit import first_page, people
    from pages.ui.server import patches, provider_client, sign_in_routes, uploads, warmup

    uploads.bound()
    patches.keep_caches()
    if settings.access.sign_in == "oidc":
        provider_client.install(settings.access.group_claims)
        sign_in_routes.trim(settings.access.group_claims, lambda *who: people.known(settings).note(*who))
    threading.Thread(target=warmup.ready, args=(first_page.read,), name=warmup.NAME, daemon=True).start()
    yield


def opened() -> Store:
    """Return the database, which pages and provisioning share."""
    from pages.ui.kit import cache

    return cache.store(settings.database)


def counts(user: dict[str, Any]) -> bool:
    """Say whether a sign-in at the identity provider counts still."""
    from pages.ui.kit import sign_ins

    return sign_ins.counts(settings, user)


try:
    settings = load()
    middleware = [Middleware(SecurityHeaders, settings.access.frame_ancestors), Middleware(BrowserMark)]
    if settings.access.sign_in == "header":
        middleware.append(Middleware(IdentityHeader, gate(settings, os.environ)))
    if settings.access.sign_in == "oidc":
        middleware.append(Middleware(WantedPage))
    middleware.append(Middleware(PrivateAddresses, settings.access.sign_in, settings.access.header, counts))
except QuarterdeckError as error:
    sys.exit(f"The server does not start. {error}")  # Under the defaults instead, nobody would have to sign in.


def api() -> Any:
    """Return the API, which answers from the rows the pages show."""
    from core.api.application import application
    from pages.ui.kit import api_data, cache

    return application(cache.settings, api_data.read, lambda config: cache.store(config.database))


routes = [preload.route(), api_mount.route(api), *scim_routes.routes(settings, opened)]
app = st.App(Path(__file__).with_name("app.py"), lifespan=ready, routes=routes, middleware=middleware)
