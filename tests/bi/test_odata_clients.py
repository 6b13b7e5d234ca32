"""The OData feed as clients read it that nobody here wrote: python-odata, and requests in the form of Power Query's."""

from __future__ import annotations

import base64
import io
from datetime import timedelta
from urllib.parse import unquote, urlsplit

import polars as pl
import pytest
import requests
from odata import ODataService
from odata.flags import ODataServerFlags
from odata.metadata import MetaData
from odata.property import FloatProperty
from requests.adapters import BaseAdapter
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from core.api.application import application
from core.bi import odata_feed
from core.store import Store

SITE = "http://testserver/odata/"
# Written after what Microsoft documents of the connector and its query folding; none was recorded from Power Query.
MASHUP = {
    "User-Agent": "Microsoft.Data.Mashup (https://go.microsoft.com/fwlink/?LinkID=304225)",
    "OData-MaxVersion": "4.0",
    "MaxDataServiceVersion": "3.0",
    "Accept": "application/json;odata.metadata=minimal;q=1.0,application/json;odata=minimalmetadata;q=0.9,"
    "application/atomsvc+xml;q=0.8,application/atom+xml;q=0.8,application/xml;q=0.7,text/plain;q=0.7",
    "Accept-Encoding": "gzip, deflate",
}


class Bridge(BaseAdapter):
    """Brings what `requests` sends to an application in this process."""

    def __init__(self, client):
        super().__init__()
        self._client, self.urls = client, []

    def send(self, request, **_):
        self.urls.append(unquote(request.url))
        answer = self._client.request(request.method, request.url, headers=dict(request.headers), content=request.body)
        response = requests.Response()
        response.status_code, response.url, response.request = answer.status_code, request.url, request
        response.headers.update(answer.headers)
        response.raw = io.BytesIO(answer.content)
        return response

    def close(self):
        self._client.close()


@pytest.fixture(scope="module")
def client(small, small_settings, tmp_path_factory):
    url = f"sqlite:///{tmp_path_factory.mktemp('odata_clients') / 'store.db'}"
    settings = small_settings.model_copy(update={"database_url": url})
    store = Store.open(settings.database)
    api = application(lambda: settings, lambda _: small, lambda _: store, a_minute=1_000_000)
    opened = TestClient(Starlette(routes=[Mount("/odata", odata_feed.application(api.state.company))]))
    opened.key = store.api_keys.make("bi", "local", "test")[0]
    yield opened
    store.close()


@pytest.fixture
def bridge(client):
    return Bridge(client)


@pytest.fixture
def service(client, bridge, monkeypatch):
    # It takes doubles for text, which are the usual numbers of OData.
    monkeypatch.setitem(MetaData.property_types, "Edm.Double", FloatProperty)
    session = requests.Session()
    session.mount("http://", bridge)
    session.auth = ("excel", client.key)
    flags = ODataServerFlags()
    return ODataService(SITE, session=session, reflect_entities=True, quiet_progress=True, server_flags=flags)


def test_another_client_makes_its_classes_from_the_document_and_finds_the_same_rows(service, small, monkeypatch):
    deals = service.entities["Deals"]
    assert {"Accounts", "Deals", "Measures"} <= set(service.entities)
    day = small.as_of - timedelta(days=365)
    expected = small.opportunities.filter(~pl.col("is_closed") & (pl.col("amount") > 20_000)).sort(
        "amount", descending=True
    )
    query = service.query(deals).filter(deals.is_closed == False).filter(deals.amount > 20_000)  # noqa: E712
    rows = query.order_by(deals.amount.desc()).limit(5).all()
    assert [row.amount for row in rows] == expected["amount"].head(5).to_list()
    assert {row.opportunity_id for row in rows} <= set(expected["opportunity_id"])
    recent = service.query(deals).raw({"$filter": f"created_on ge {day}", "$count": "true"})
    assert len(recent) == small.opportunities.filter(pl.col("created_on") >= day).height
    monkeypatch.setattr(odata_feed, "PAGE", 100)
    every = [row.opportunity_id for row in service.query(deals).all()]
    assert sorted(every) == sorted(small.opportunities["opportunity_id"])


def test_power_query_s_requests_are_answered(client, small, monkeypatch):
    basic = base64.b64encode(f":{client.key}".encode()).decode()
    headers = MASHUP | {"Authorization": f"Basic {basic}"}

    def get(address, **more):
        return client.get(address, headers=headers | more)

    assert client.get("/odata/", headers=MASHUP).headers["WWW-Authenticate"]
    service = get("/odata/")
    assert service.headers["OData-Version"] == "4.0"
    assert service.headers["Content-Type"].startswith("application/json")
    document = get("/odata/$metadata", Accept="application/xml")
    assert document.headers["Content-Type"].startswith("application/xml")
    assert len(get("/odata/Deals?$top=1000").json()["value"]) == min(1_000, small.opportunities.height)
    year = small.as_of.year - 1
    folded = (
        f"/odata/Deals?$filter=created_on%20ge%20{year}-01-01%20and%20created_on%20lt%20{year + 1}-01-01"
        "&$select=opportunity_id%2Ccreated_on%2Camount&$orderby=created_on%20desc%2Copportunity_id&$count=true"
    )
    body = get(folded).json()
    own = small.opportunities.filter(pl.col("created_on").dt.year() == year)
    assert body["@odata.count"] == own.height
    assert set(body["value"][0]) == {"opportunity_id", "created_on", "amount"}
    assert get(f"/odata/Deals/$count?$filter=created_on%20ge%20{year}-01-01").text.isdigit()
    monkeypatch.setattr(odata_feed, "PAGE", 50)
    n_pages, n_rows, address = 0, 0, folded
    while address:
        body = get(address).json()
        n_pages, n_rows = n_pages + 1, n_rows + len(body["value"])
        address = body.get("@odata.nextLink", "")
        assert not address or "$skiptoken" in unquote(urlsplit(address).query)
    assert (n_pages, n_rows) == (-(-own.height // 50), own.height)
