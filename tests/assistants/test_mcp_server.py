"""Assistants are answered by the API with their key's rows and rights; changes need a right and a confirmation."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time

import httpx2
import pytest
import uvicorn
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from starlette.applications import Starlette

from core.api.application import application
from core.assistants import mcp_mount, mcp_server
from core.assistants.confirmations import SECONDS, Confirmations
from core.config.settings import Person
from core.store import Store

PEOPLE = {
    "boss@example.com": Person(roles=["admin"]),
    "emea@example.com": Person(roles=["leader"], regions=["EMEA"]),
    "guest@example.com": Person(roles=["presales"], mask_names=True),
}
TOOLS = {
    "list_questions",
    "ask",
    "list_measures",
    "measure",
    "measure_rows",
    "explain_deal",
    "match_requirement",
    "draft_answer",
    "list_levers",
    "run_scenario",
    "save_scenario",
}


@pytest.fixture(scope="module")
def company(small, small_settings, small_bundle, tmp_path_factory):
    access = small_settings.access.model_copy(update={"sign_in": "header", "people": PEOPLE})
    url = f"sqlite:///{tmp_path_factory.mktemp('mcp') / 'store.db'}"
    settings = small_settings.model_copy(update={"access": access, "database_url": url})
    store = Store.open(settings.database)
    yield application(lambda: settings, lambda _: small, lambda _: store, a_minute=1_000_000), store
    store.close()


@pytest.fixture(scope="module")
def keys(company):
    _, store = company
    made = {user: store.api_keys.make("assistant", user, "test")[0] for user in PEOPLE}
    made["reader"] = store.api_keys.make("reader", "boss@example.com", "test", ("scenarios:read", "pipeline:read"))[0]
    return made


@pytest.fixture(scope="module")
def call(company, keys):
    api, _ = company

    def called(who, tool, **arguments):
        async def run():
            async with Client(mcp_server.build(api, keys.get(who, who))) as client:
                return await client.call_tool(tool, arguments)

        return asyncio.run(run())

    return called


def _value(result):
    assert not result.is_error, result.content
    return json.loads(result.content[0].text)


def test_a_client_lists_the_tools_and_asks(company, keys, call):
    api, store = company

    async def listed():
        async with Client(mcp_server.build(api, keys["boss@example.com"])) as client:
            return {tool.name for tool in (await client.list_tools()).tools}

    assert asyncio.run(listed()) == TOOLS
    answer = _value(call("boss@example.com", "ask", question="win rate in EMEA last quarter"))
    assert answer["is_answered"]
    assert answer["scope"] == {"period": "last quarter", "region": "EMEA"}
    refused = _value(call("boss@example.com", "ask", question="who won the football match"))
    assert (refused["is_answered"], len(refused["nearest"])) == (False, 3)
    rows = store.audit.newest().filter(action="asked a question")
    assert rows["user"].to_list() == ["boss@example.com"] * 2
    assert all("API key" in detail for detail in rows["detail"])


def test_rows_rights_and_names_are_those_of_the_key(call, small):
    whole = _value(call("boss@example.com", "measure", name="pipeline.open_pipeline"))
    emea = _value(call("emea@example.com", "measure", name="pipeline.open_pipeline"))
    assert emea["value"] < whole["value"]
    asked = _value(call("emea@example.com", "ask", question="open pipeline"))
    assert asked["value"] == pytest.approx(emea["value"])
    outside = call("emea@example.com", "measure", name="pipeline.open_pipeline", region="APAC")
    assert outside.is_error
    names = set(small.accounts["account_name"])
    masked = json.dumps(_value(call("guest@example.com", "ask", question="which deals are at risk")))
    assert not [name for name in names if name in masked]
    denied = call("reader", "measure", name="recurring.mrr")
    assert denied.is_error
    assert "customers:read" in denied.content[0].text
    for token in ("qd_wrong_key", ""):
        assert call(token, "list_measures").is_error


def test_deals_requirements_and_scenarios_are_answered(call, small):
    deal = small.opportunities.filter(is_closed=False)["opportunity_id"][0]
    explained = _value(call("boss@example.com", "explain_deal", opportunity_id=deal))
    assert explained["deal"]["opportunity_id"] == deal
    assert explained["chance"]["sentence"]
    assert call("boss@example.com", "explain_deal", opportunity_id="../me").is_error
    matched = _value(call("boss@example.com", "match_requirement", text="Users must sign in by SAML single sign-on."))
    assert matched["row"]["capability_id"]
    drafted = _value(call("boss@example.com", "draft_answer", text="Users must sign in by SAML single sign-on."))
    assert set(drafted) == {"statement", "draft", "sources"}
    run = _value(call("boss@example.com", "run_scenario", levers=[{"lever": "win_rate", "value": 0.1}]))
    assert run["sentence"]


def test_a_change_needs_a_right_and_a_confirmation_of_this_very_change(company, keys):
    api, store = company
    plan = {"name": "More wins", "levers": [{"lever": "win_rate", "value": 0.1}]}

    async def run():
        async with Client(mcp_server.build(api, keys["reader"])) as client:
            assert (await client.call_tool("save_scenario", plan)).is_error
        async with Client(mcp_server.build(api, keys["boss@example.com"])) as client:
            first = _value(await client.call_tool("save_scenario", plan))
            assert not first["is_saved"]
            assert not store.scenarios.visible("boss@example.com")
            other = {**plan, "name": "Other", "confirmation": first["confirmation"]}
            assert not _value(await client.call_tool("save_scenario", other))["is_saved"]
            done = await client.call_tool("save_scenario", {**plan, "confirmation": first["confirmation"]})
            assert _value(done)["is_saved"]

    asyncio.run(run())
    assert [branch.name for branch in store.scenarios.visible("boss@example.com")] == ["More wins"]


def test_a_confirmation_ends():
    now = [0.0]
    tokens = Confirmations(lambda: now[0])
    token = tokens.token("ana", {"name": "x"})
    assert tokens.is_good(token, "ana", {"name": "x"})
    assert not tokens.is_good(token, "ben", {"name": "x"})
    assert not tokens.is_good("9999999999.ab", "ana", {"name": "x"})
    assert not tokens.is_good("", "ana", {"name": "x"})
    now[0] += SECONDS + 1
    assert not tokens.is_good(token, "ana", {"name": "x"})


@pytest.fixture(scope="module")
def address(company):
    api, _ = company
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = uvicorn.Server(
        uvicorn.Config(Starlette(routes=[mcp_mount.route(lambda: api)]), port=port, log_level="warning")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}/mcp"
    server.should_exit = True
    thread.join(10)


def test_over_http_the_key_of_each_request_counts(address, keys):
    async def asked(token):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with (
            httpx2.AsyncClient(headers=headers, timeout=60) as http,
            Client(streamable_http_client(address, http_client=http)) as client,
        ):
            return await client.call_tool("ask", {"question": "open pipeline"})

    whole = _value(asyncio.run(asked(keys["boss@example.com"])))
    emea = _value(asyncio.run(asked(keys["emea@example.com"])))
    assert emea["value"] < whole["value"]
    refused = asyncio.run(asked(""))
    assert refused.is_error
    assert "key is needed" in refused.content[0].text
