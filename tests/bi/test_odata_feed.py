"""The OData feed: the standard's options, for the rows, names and rights of a key."""

from __future__ import annotations

import base64
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import polars as pl
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from core.api.application import application
from core.bi import odata_feed
from core.config.settings import Person
from core.store import Store

PEOPLE = {
    "boss@example.com": Person(roles=["admin"]),
    "emea@example.com": Person(roles=["leader"], regions=["EMEA"]),
    "guest@example.com": Person(roles=["presales"], mask_names=True),
}
EDM = "{http://docs.oasis-open.org/odata/ns/edm}"


@pytest.fixture(scope="module")
def feed(small, small_settings, tmp_path_factory):
    access = small_settings.access.model_copy(update={"sign_in": "header", "people": PEOPLE})
    url = f"sqlite:///{tmp_path_factory.mktemp('odata') / 'store.db'}"
    settings = small_settings.model_copy(update={"access": access, "database_url": url})
    store = Store.open(settings.database)
    api = application(lambda: settings, lambda _: small, lambda _: store, a_minute=1_000_000)
    client = TestClient(Starlette(routes=[Mount("/odata", odata_feed.application(api.state.company))]))
    keys = {user: store.api_keys.make("bi", user, "test")[0] for user in PEOPLE}

    def ask(path, who="boss@example.com", **options):
        return client.get(path, params=options, headers={"Authorization": f"Bearer {keys[who]}"})

    ask.client, ask.keys, ask.store = client, keys, store
    yield ask
    store.close()


def test_the_document_names_every_set_and_its_columns(feed, small):
    sets = feed("/odata/").json()["value"]
    assert [entry["name"] for entry in sets] == [*(table.name for table in odata_feed.TABLES), "Measures"]
    root = ET.fromstring(feed("/odata/$metadata").text)
    types = {entry.get("Name"): entry for entry in root.iter(f"{EDM}EntityType")}
    names = {entry.get("Name"): entry.get("Type") for entry in types["DealsRow"].iter(f"{EDM}Property")}
    assert names["opportunity_id"] == "Edm.String"
    assert names["amount"] == "Edm.Double"
    assert names["is_closed"] == "Edm.Boolean"
    assert set(names) <= set(small.opportunities.columns)
    assert feed("/odata/$metadata").headers["OData-Version"] == "4.0"


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("is_closed eq false", ~pl.col("is_closed")),
        ("amount gt 50000 and is_won eq true", (pl.col("amount") > 50_000) & pl.col("is_won")),
        ("not (amount ge 50000)", ~(pl.col("amount") >= 50_000)),
        ("amount eq null", pl.col("amount").is_null()),
        ("contains(tolower(stage),'won')", pl.col("stage").cast(pl.String).str.to_lowercase().str.contains("won")),
        ("year(created_on) eq 2025", pl.col("created_on").dt.year() == 2025),
        ("created_on ge 2025-06-01", pl.col("created_on") >= pl.date(2025, 6, 1)),
        ("opportunity_type in ('new','renewal')", pl.col("opportunity_type").is_in(["new", "renewal"])),
        ("amount div 2 lt 1000 or amount mul 2 gt 300000", (pl.col("amount") < 2000) | (pl.col("amount") > 150_000)),
    ],
)
def test_filters_are_those_of_the_standard(feed, small, text, expression):
    expected = small.opportunities.filter(expression).height
    assert feed("/odata/Deals/$count", **{"$filter": text}).text == str(expected)
    body = feed("/odata/Deals", **{"$filter": text, "$count": "true", "$top": "3"}).json()
    assert body["@odata.count"] == expected
    assert len(body["value"]) == min(3, expected)


def test_rows_are_selected_ordered_and_paged_to_the_last(feed, small, monkeypatch):
    monkeypatch.setattr(odata_feed, "PAGE", 100)
    options = {"$select": "opportunity_id,amount", "$orderby": "amount desc,opportunity_id"}
    seen, body = [], feed("/odata/Deals", **options).json()
    while True:
        seen += body["value"]
        if "@odata.nextLink" not in body:
            break
        headers = {"Authorization": f"Bearer {feed.keys['boss@example.com']}"}
        body = feed.client.get(body["@odata.nextLink"], headers=headers).json()
    assert len(seen) == len({row["opportunity_id"] for row in seen}) == small.opportunities.height
    assert set(seen[0]) == {"opportunity_id", "amount"}
    amounts = [row["amount"] for row in seen if row["amount"] is not None]
    assert amounts == sorted(amounts, reverse=True)
    assert len(feed("/odata/Deals", **{"$top": "5", "$skip": "2"}).json()["value"]) == 5


def test_rows_names_and_rights_are_those_of_the_key(feed, small):
    emea = feed("/odata/Accounts", "emea@example.com").json()["value"]
    assert {row["region"] for row in emea} == {"EMEA"}
    guest = feed("/odata/Deals", "guest@example.com")
    names = set(small.opportunities["opportunity_name"].drop_nulls()) | set(small.accounts["account_name"])
    assert guest.status_code == 200
    assert not [name for name in names if f'"{name}"' in guest.text]
    sets = [entry["name"] for entry in feed("/odata/", "guest@example.com").json()["value"]]
    for table in odata_feed.TABLES:
        status = feed(f"/odata/{table.name}", "guest@example.com").status_code
        assert status == (200 if table.name in sets else 403), table.name
    assert feed.client.get("/odata/").status_code == 401
    basic = base64.b64encode(f"excel:{feed.keys['emea@example.com']}".encode()).decode()
    counted = feed.client.get("/odata/Accounts/$count", headers={"Authorization": f"Basic {basic}"})
    assert counted.text == str(len(emea))
    assert feed.client.get("/odata/", headers={"Authorization": "Basic ?"}).status_code == 401
    assert "read the OData feed" in feed.store.audit.newest()["action"].to_list()


def test_the_guide_s_addresses_answer(feed):
    guide = (Path(__file__).parents[2] / "docs" / "bi.md").read_text(encoding="utf-8")
    addresses = re.findall(r"^\| `(/odata/[^`]*)`", guide, re.M)
    assert len(addresses) == 7
    for address in addresses:
        path, _, query = address.partition("?")
        options = dict(part.split("=", 1) for part in query.split("&") if part)
        answer = feed(path, **options)
        assert answer.status_code == 200, (address, answer.text)


def test_measures_are_a_set_of_their_own(feed):
    rows = {row["name"]: row for row in feed("/odata/Measures").json()["value"]}
    assert rows["winrate.win_rate"]["unit"] == "rate"
    assert rows["pipeline.open_pipeline"]["sentence"]
    assert len(rows) >= 25


@pytest.mark.parametrize(
    ("path", "options", "status"),
    [
        ("/odata/Nothing", {}, 404),
        ("/odata/Deals", {"$filter": "amount gt"}, 422),
        ("/odata/Deals", {"$filter": "secret eq 1"}, 422),
        ("/odata/Deals", {"$filter": "substring(stage,1) eq 'x'"}, 422),
        ("/odata/Deals", {"$filter": "amount eq 'text'"}, 422),
        ("/odata/Deals", {"$filter": "a" * 5000}, 422),
        ("/odata/Deals", {"$orderby": "amount sideways"}, 422),
        ("/odata/Deals", {"$select": "secret"}, 422),
        ("/odata/Deals", {"$top": "-1"}, 422),
        ("/odata/Deals", {"$expand": "Accounts"}, 501),
        ("/odata/Deals", {"$format": "xml"}, 415),
        ("/odata/Deals", {"$skiptoken": "x"}, 422),
    ],
)
def test_what_is_not_taken_is_said(feed, path, options, status):
    answer = feed(path, **options)
    assert answer.status_code == status, answer.text
    assert answer.json()["detail"]
