"""Quarterdeck as an ASGI application, for `quarterdeck serve` and for any ASGI server.

While the first browser still loads its files, the rooms are imported and the executive page's numbers read.
"""

from __future__ import annotations

import functools
import os
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import Mount

from core.access.proxy_gate import gate
from core.assistants import mcp_mount
from core.config import load
from core.config.branding import BrandSettings
from core.config.tenant_name import tenant_name
from core.contracts.errors import QuarterdeckError
from core.operations import instruments, log_lines, traces
from pages.ui.kit.rooms import ROOMS
from pages.ui.server import (
    api_mount,
    draining,
    offline_worker,
    operation_routes,
    preload,
    run_watch,
    scim_routes,
    signed_downloads,
    web_manifest,
)
from pages.ui.server.browser_mark import BrowserMark
from pages.ui.server.compressed_files import CompressedFiles
from pages.ui.server.draining import Draining
from pages.ui.server.identity_header import IdentityHeader
from pages.ui.server.known_hosts import KnownHosts
from pages.ui.server.private_addresses import PrivateAddresses
from pages.ui.server.security_headers import SecurityHeaders
from pages.ui.server.sign_in_routes import WantedPage

if TYPE_CHECKING:
    from core.operations.readiness import Readiness
    from core.store import Store


@asynccontextmanager
async def ready(_: Any) -> AsyncIterator[None]:
    """Make ready beside the server, which answers at once."""
    from core.artifacts import open_cache
    from core.artifacts.session_files import SessionFiles
    from core.preparing import making, preparation
    from core.usage import usage_guard
    from pages.ui.kit import brand_look, cache, first_page, people
    from pages.ui.server import (
        early_clicks,
        freshness,
        given_back,
        patches,
        provider_client,
        sign_in_routes,
        uploads,
        warmup,
        web_bodies,
    )

    age = timedelta(hours=settings.replicas.upload_hours)
    web_bodies.BODIES.keep_in(open_cache(settings.home))
    copies = uploads.UploadCopies(lambda: SessionFiles(open_cache(settings.home)), age)
    uploads.bound(copies, lambda n_bytes: usage_guard.refuse_bytes(load(), n_bytes, opened()))
    patches.keep_caches()
    brand_look.paint(brand())
    early_clicks.keep()
    draining.install(settings.replicas.drain_seconds)
    if preparation.is_wanted():
        making.leave_to_workers(settings)
    freshness.start(lambda: cache.served(cache.settings()))
    given_back.start()
    signed_downloads.install(downloads)
    run_watch.install()
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


@functools.cache
def readiness() -> Readiness:
    """Return the checks of this replica."""
    from core.operations.readiness import Readiness

    return Readiness(settings, opened, is_leaving=draining.is_draining)


@functools.cache
def gauges() -> None:
    """Show how the installation stands beside what this process counts."""
    from core.operations.installation_gauges import InstallationGauges

    instruments.REGISTRY.register(InstallationGauges(settings, readiness(), opened, lambda: datetime.now(UTC)))


def figures() -> bytes:
    """Return everything that is counted, as Prometheus reads it."""
    gauges()
    return instruments.exposition()


log_lines.set_up()
traces.set_up()
try:
    settings = load()
    probes = operation_routes.routes(readiness, figures)
    middleware = [
        Middleware(operation_routes.CountedRequests),
        Middleware(Draining),
        Middleware(SecurityHeaders, settings.access.frame_ancestors),
        Middleware(BrowserMark),
    ]
    if settings.access.sign_in == "header":
        middleware.append(Middleware(IdentityHeader, gate(settings, os.environ)))
    if settings.access.sign_in == "oidc":
        middleware.append(Middleware(WantedPage))
    if tenant_name():
        middleware.insert(0, Middleware(KnownHosts, settings.access.hosts))
    middleware.append(Middleware(PrivateAddresses, settings.access.sign_in, settings.access.header, counts))
    middleware.append(Middleware(CompressedFiles))
except QuarterdeckError as error:
    sys.exit(f"The server does not start. {error}")  # Under the defaults instead, nobody would have to sign in.


def api() -> Any:
    """Return the API, which answers from the rows the pages show."""
    from core.api.application import application
    from pages.ui.kit import api_data, cache

    return application(cache.settings, api_data.read, lambda config: cache.store(config.database))


def feed() -> Any:
    """Return the OData feed, which answers from what the API answers from."""
    from core.bi import odata_feed

    return odata_feed.application(answers.built.state.company)


def desk() -> Any:
    """Return what knows where files lie and who may have them; read when the first file is asked for."""
    from pages.ui.kit import download_rights

    return download_rights


def embeds() -> Any:
    """Return the pages of signed links, which answer from what the API answers from."""
    from core.bi import embedded_page

    return embedded_page.application(answers.built.state.company)


def chats() -> Any:
    """Return where Slack and Teams ask, which is answered from what the API answers from."""
    from core.assistants import chat_doors

    return chat_doors.application(answers.built.state.company)


def brand() -> BrandSettings:
    """Return the brand in force, which the Admin page may change while the server runs."""
    from pages.ui.kit import brand_look

    return brand_look.in_force()[0]


answers, downloads = api_mount.ApiMount(api), signed_downloads.SignedDownloads(desk)
routes = [
    *probes,
    *web_manifest.routes(brand),
    *offline_worker.routes(file.stem for file in Path(__file__).with_name("pages").glob("*.py")),
    *preload.routes((Path(file).stem for rooms in ROOMS.values() for file, _, _ in rooms if file != "app.py"), brand),
    api_mount.route(answers),
    mcp_mount.route(lambda: answers),
    Mount("/odata", api_mount.ApiMount(feed)),
    Mount("/chat", api_mount.ApiMount(chats)),
    Mount("/embed", api_mount.ApiMount(embeds)),
    downloads.route(),
    *scim_routes.routes(settings, opened),
]
app = st.App(
    Path(__file__).with_name("app.py"),
    lifespan=ready,
    routes=routes,
    middleware=middleware,
    on_script_error=run_watch.script_failed,
)
