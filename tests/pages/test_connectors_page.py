"""Connected systems on the Data page: connect a stub, sync it, see how current it is."""

from __future__ import annotations

from datetime import date, timedelta
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import pytest
from streamlit.testing.v1 import AppTest

from core.config import load
from core.sealing.secret_values import Secrets
from core.sources.connectors import connector_files, sync_run
from core.store import Store
from tests.pages.test_pages import ROOT
from tests.sources.crm_stubs import TOKEN, hubspot, zoho
from tests.sources.stub_servers import BEGIN, Book, Stub, serving


@pytest.fixture(autouse=True)
def home(settings, sample, bundle, monkeypatch, tmp_path):
    """The home of the small company with a database of its own; connectors lie elsewhere."""
    monkeypatch.setenv("QUARTERDECK_HOME", str(settings.home))
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", f"sqlite:///{tmp_path / 'store.db'}")
    monkeypatch.setattr(connector_files, "FOLDER", str(tmp_path / "connectors"))
    monkeypatch.setenv("HUBSPOT_TOKEN", TOKEN)


def opened() -> AppTest:
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).switch_page("pages/data.py").run()


def test_a_system_is_connected_and_a_sync_is_asked_for():
    test = opened()
    assert any("No system is connected yet" in m.value for m in test.markdown)
    test.selectbox(key="connect_vendor").set_value("hubspot").run()
    assert any("HUBSPOT_TOKEN (set)" in c.value.replace("\\", "") for c in test.caption)
    test.button(key="connect_add").click().run()
    assert not test.exception
    assert connector_files.names(load()) == ["HubSpot"]
    test.button(key="connector_sync").click().run()
    queue = Store.open(load().database).jobs
    assert [(job.kind, job.subject) for job in queue.recent()] == [("sync", "HubSpot")]
    assert test.button(key="connector_sync").disabled
    assert "syncing" in [
        state for frame in test.dataframe if "due_at" in frame.value.columns for state in frame.value["state"]
    ]
    job = queue.claim("w1", ["sync"])
    queue.finish(job.id, "w1", "Read.")
    test.run()
    assert not test.button(key="connector_sync").disabled
    trail = Store.open(load().database).audit.newest()
    assert trail.select("action", "target").rows() == [("sync", "connector HubSpot"), ("connect", "connector HubSpot")]


def test_a_reader_sees_how_current_systems_are_and_changes_nothing(monkeypatch):
    connector_files.add(load(), "CRM", {"vendor": "hubspot"})
    monkeypatch.setattr("pages.ui.kit.shell.Page.may", lambda _, right: right != "data:write")
    test = opened()
    assert any("One system is connected; none was synced yet" in m.value for m in test.markdown)
    assert not [b for b in test.button if b.key in ("connector_sync", "connect_add")]


def test_the_page_takes_over_what_a_system_led_back_with():
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    connector_files.add(load(), "Zoho", {"vendor": "zoho"})
    test.query_params["code"], test.query_params["state"] = "c", "Zoho:guessed"
    test.switch_page("pages/data.py").run()
    assert any("no question of yours" in e.value for e in test.error)
    assert "code" not in test.query_params


def test_consent_goes_to_the_system_and_back(monkeypatch):
    """The person follows the link, agrees there, and is led back with a code that becomes a token that is kept."""
    for name in ("ID", "SECRET"):
        monkeypatch.setenv(f"ZOHO_CLIENT_{name}", f"planted-{name}")
    with serving(Stub()) as server, serving(Stub()) as door:
        zoho(Book(), server)
        token = server.routes["POST", "/oauth/v2/token"]
        server.routes["POST", "/oauth/v2/token"] = lambda r: token(r) | {"refresh_token": "planted-refresh"}
        door.routes["GET", "/oauth/v2/auth"] = lambda r: (
            302,
            None,
            {"Location": f"http://127.0.0.1/data?code=c-{r.query['client_id']}&state={quote(r.query['state'])}"},
        )
        own = {"token_url": f"{server.url}/oauth/v2/token", "authorize_url": f"{door.url}/oauth/v2/auth"}
        connector_files.add(load(), "Zoho", {"vendor": "zoho", "base": server.url, "auth": own})
        test = opened()
        test.button(key="connector_ask").click().run()
        assert not test.error
        (link,) = [e.proto.url for e in test.get("link_button")]
        answer = httpx.get(link, follow_redirects=False)
        back = parse_qs(urlsplit(answer.headers["location"]).query)
        returned = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        returned.query_params["code"], returned.query_params["state"] = back["code"][0], back["state"][0]
        returned.switch_page("pages/data.py").run()
        assert any("Zoho may be read from now on" in s.value for s in returned.success)
        assert "code" not in returned.query_params
        assert server.requests[-1].body["code"] == "c-planted-ID"
        keys = Secrets(connector_files.folder_of(load()), {})
        assert keys.value("ZOHO_REFRESH_TOKEN") == "planted-refresh"
        assert sync_run.sync(load(), "Zoho", lambda: BEGIN).failures == []
        assert "refresh_token" in [r.body.get("grant_type") for r in server.requests if r.path.endswith("token")]


@pytest.fixture
def crm():
    """A connected HubSpot of four deals, synced once."""
    book = Book()
    for k in range(4):
        values = {"stage": "s0", "amount": 100 * k, "close_on": "2026-03-31", "owner_id": "005000000000001AAA"}
        book.create(f"d{k}", BEGIN, **values)
    with serving(Stub()) as server:
        server.now = BEGIN + timedelta(hours=1)
        hubspot(book, server)
        connector_files.add(load(), "HubSpot", {"vendor": "hubspot", "base": server.url})
        assert sync_run.sync(load(), "HubSpot", lambda: BEGIN + timedelta(days=90)).failures == []
        yield book


def test_a_close_date_is_written_back_and_undone(crm):
    test = opened()
    assert not [b for b in test.button if b.key == "write_preview"]
    test.selectbox(key="source_chosen").set_value("HubSpot").run()
    test.button(key="source_show").click().run()
    assert not test.exception
    assert any("4 deals need fixing, of 4 open ones" in m.value for m in test.markdown)
    test.selectbox(key="write_deal").set_value("d1").run()
    test.date_input(key="write_close-d1").set_value(date(2026, 5, 15)).run()
    test.button(key="write_preview").click().run()
    assert crm.deals["d1"].values["close_on"] == "2026-03-31"
    test.button(key="write_now").click().run()
    assert not test.error
    assert crm.deals["d1"].values["close_on"].startswith("2026-05-15")
    test.button(key="write_undo-0").click().run()
    assert crm.deals["d1"].values["close_on"].startswith("2026-03-31")
    assert test.button(key="write_undo-0").disabled
    trail = Store.open(load().database).audit.newest()
    assert trail["action"].to_list()[:2] == ["undo in the CRM", "write to the CRM"]


def test_who_may_not_write_sees_no_way_to(crm, monkeypatch):
    monkeypatch.setattr("pages.ui.kit.shell.Page.may", lambda _, right: right != "crm:write")
    test = opened()
    test.selectbox(key="source_chosen").set_value("HubSpot").run()
    test.button(key="source_show").click().run()
    assert any("crm:write" in c.value for c in test.caption)
    assert not [b for b in test.button if b.key == "write_preview"]
