"""Single fields of a deal written back to Salesforce and HubSpot: preview, conflict, refusal, undo, audit."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from core.contracts.errors import ConflictError, SourceError
from core.sources import source_registry
from core.sources.connectors import connector_files, write_back
from core.sources.connectors.http_client import RefusedError
from tests.sources.stub_servers import BEGIN, Book, Stub, serving
from tests.sources.test_connector_sync import settings_of
from tests.sources.test_vendor_connectors import SECRETS, connected

OWNER = "005000000000001AAA"


@pytest.fixture(params=["salesforce", "hubspot"])
def crm(request, tmp_path, monkeypatch):
    """What writes to a CRM with one deal; with the deal, the server and the trail."""
    for name, secret in SECRETS.items():
        monkeypatch.setenv(name, secret)
    settings, book = settings_of(tmp_path), Book()
    book.create("d1", BEGIN, stage="s0", amount=1000, close_on="2026-03-31", owner_id=OWNER)
    with serving(Stub()) as server, source_registry.opened(settings) as store:
        server.now = BEGIN + timedelta(hours=1)
        connected(settings, server, request.param, book)
        assert write_back.can_write(settings, "shop")
        with write_back.opened(settings, "shop", store.audit, lambda _: None) as opened:
            yield opened, book.deals["d1"], server, store.audit


def test_what_would_be_written_is_shown_beside_what_the_crm_holds(crm):
    opened, deal, _, _ = crm
    values = {"close_on": date(2026, 4, 15), "amount": 1000.0, "next_step": "Call"}
    assert opened.preview("d1", values) == [write_back.Change("d1", "close_on", "2026-03-31", "2026-04-15")]
    assert deal.values["close_on"] == "2026-03-31"


def test_fields_are_written_and_put_back(crm):
    opened, deal, _, trail = crm
    changes = opened.preview("d1", {"close_on": date(2026, 4, 15), "amount": 2500.5, "next_step": None})
    assert len(changes) == 3
    opened.write(changes, "ana")
    assert (deal.values["close_on"][:10], float(deal.values["amount"]), deal.values["next_step"] or "") == (
        "2026-04-15",
        2500.5,
        "",
    )
    entries = write_back.written(trail, "shop")
    assert [(e.field, e.user, e.is_undone) for e in entries] == [
        ("next_step", "ana", False),
        ("amount", "ana", False),
        ("close_on", "ana", False),
    ]
    opened.undo(entries[2], "ben")
    assert deal.values["close_on"][:10] == "2026-03-31"
    assert float(deal.values["amount"]) == 2500.5
    entries = write_back.written(trail, "shop")
    assert [e.is_undone for e in entries] == [False, False, True]
    assert trail.newest(1)["user"].to_list() == ["ben"]


def test_what_somebody_changed_meanwhile_is_not_overwritten(crm):
    opened, deal, _, trail = crm
    changes = opened.preview("d1", {"close_on": date(2026, 4, 15)})
    deal.values["close_on"] = "2026-05-01"
    with pytest.raises(ConflictError, match="changed close_on of this deal to 2026-05-01 meanwhile"):
        opened.write(changes, "ana")
    assert trail.newest().is_empty()


def test_what_the_crm_refuses_is_not_among_what_was_written(crm):
    opened, deal, server, trail = crm
    changes = opened.preview("d1", {"close_on": date(2026, 4, 15)})
    inner = dict(server.routes)
    for key in [k for k in inner if k[0] == "PATCH"]:
        server.routes[key] = lambda _: (400, [{"message": "close dates end quarters", "errorCode": "FIELD_CUSTOM"}], {})
    with pytest.raises(RefusedError, match="close dates end quarters"):
        opened.write(changes, "ana")
    assert write_back.written(trail, "shop") == []
    server.routes |= inner
    opened.write(changes, "ana")
    for key in [k for k in inner if k[0] == "PATCH"]:
        server.routes[key] = lambda _: (400, {"message": "locked"}, {})
    with pytest.raises(RefusedError):
        opened.undo(write_back.written(trail, "shop")[0], "ana")
    assert [e.is_undone for e in write_back.written(trail, "shop")] == [False]
    assert deal.values["close_on"][:10] == "2026-04-15"


def test_nothing_is_written_where_nothing_can_be(crm, tmp_path):
    opened, *_ = crm
    with pytest.raises(SourceError, match="stage cannot be written"):
        opened.preview("d1", {"stage": "s1"})
    with pytest.raises(SourceError, match="nothing to write"):
        opened.write([], "ana")
    settings = settings_of(tmp_path)
    connector_files.add(settings, "other", {"vendor": "pipedrive", "values": {"domain": "x.pipedrive.com"}})
    assert not write_back.can_write(settings, "other")
    assert not write_back.can_write(settings, "sample")
    with (
        pytest.raises(SourceError, match="Nothing is written back"),
        write_back.opened(settings, "other", None, lambda _: None),
    ):
        pass
