"""Access a person agrees to in the browser."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from core.contracts.errors import AccessError, SourceError
from core.sealing.secret_values import Secrets
from core.sources.connectors import connector_files, consent, sync_run
from tests.sources.crm_stubs import zoho
from tests.sources.stub_servers import BEGIN, Book, Stub, serving
from tests.sources.test_connector_sync import settings_of


def test_consent_is_asked_once_and_answered_once(tmp_path, monkeypatch):
    for name in ("ID", "SECRET"):
        monkeypatch.setenv(f"ZOHO_CLIENT_{name}", f"planted-{name}")
    settings, at = settings_of(tmp_path), BEGIN
    with serving(Stub()) as server:
        zoho(Book(), server)
        own = {"token_url": f"{server.url}/oauth/v2/token", "authorize_url": f"{server.url}/oauth/v2/auth"}
        connector_files.add(settings, "Zoho", {"vendor": "zoho", "base": server.url, "auth": own})
        inner = server.routes["POST", "/oauth/v2/token"]
        server.routes["POST", "/oauth/v2/token"] = lambda r: inner(r) | {"refresh_token": "planted-refresh"}
        address = consent.ask(settings, "Zoho", "ana", "http://localhost/data", lambda: at)
        assert address.startswith(f"{server.url}/oauth/v2/auth?response_type=code&client_id=planted-ID")
        state = parse_qs(urlsplit(address).query)["state"][0]
        with pytest.raises(AccessError, match="no question of yours"):
            consent.finish(settings, state, "code-1", "ben", lambda: at)
        address = consent.ask(settings, "Zoho", "ana", "http://localhost/data", lambda: at)
        state = parse_qs(urlsplit(address).query)["state"][0]
        assert consent.finish(settings, state, "code-1", "ana", lambda: at) == "Zoho"
        assert server.requests[-1].body["grant_type"] == "authorization_code"
        assert server.requests[-1].body["code"] == "code-1"
        with pytest.raises(AccessError):
            consent.finish(settings, state, "code-1", "ana", lambda: at)
        keys = Secrets(connector_files.folder_of(settings), {})
        assert keys.value("ZOHO_REFRESH_TOKEN") == "planted-refresh"
        assert keys.file.stat().st_mode & 0o077 == 0
        outcome = sync_run.sync(settings, "Zoho", lambda: BEGIN)
        assert outcome.failures == []
        connector_files.add(settings, "HS", {"vendor": "pipedrive", "values": {"domain": "x"}})
        with pytest.raises(SourceError, match="signed in to by consent"):
            consent.ask(settings, "HS", "ana", "http://localhost/data", lambda: at)
        assert server.requests[-1].headers["authorization"].startswith("Zoho-oauthtoken ")
