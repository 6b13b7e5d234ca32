"""Quarterdeck as a server of the Model Context Protocol: an assistant's tools are operations of the API.

Each tool asks the API in this process with the key of whoever connected, so that rows, names, rights, limits and the
audit log are those of the key; the server knows nothing itself. Source: Model Context Protocol, 2025-06-18 and later.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette
from starlette.types import ASGIApp

from core import __version__
from core.assistants.confirmations import Confirmations
from core.config.branding import PRODUCT

INSTRUCTIONS = """Sales figures of one company, answered by Quarterdeck's own functions for the rows and rights of the
key. Use `ask` for a question in words; it refuses what it does not understand and names the nearest questions. Repeat
figures exactly as they are returned, with their day (`as_of`), and never work out figures of your own. Changes need the
right to write and a confirmation by the person: call once, show what would change, and call again with the token."""
SECONDS = 120.0
NO_KEY = (
    "A key is needed: send it as `Authorization: Bearer qd_…`, or start `quarterdeck mcp` with QUARTERDECK_API_KEY."
)


class ApiDoor:
    """Asks the API in this process with the caller's key.

    Parameters
    ----------
    app : ASGI application
        The API, mounted at its root.
    token : str
        The key of whoever started the server by stdio; empty where each request brings its own.
    """

    def __init__(self, app: ASGIApp, token: str = "") -> None:
        self._token = token
        self._transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)

    def key(self, context: Context[Any, Any]) -> str:
        """Return the key of a request.

        Raises
        ------
        ToolError
            When there is none.
        """
        sent = (context.headers or {}).get("authorization", "")
        token = sent.partition(" ")[2].strip() if sent.lower().startswith("bearer ") else self._token
        if not token:
            raise ToolError(NO_KEY)
        return token

    async def ask(
        self,
        context: Context[Any, Any],
        path: str,
        method: str = "GET",
        params: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return what an operation answers.

        Raises
        ------
        ToolError
            With the problem's words, where it does not.
        """
        headers = {"Authorization": f"Bearer {self.key(context)}"}
        async with httpx.AsyncClient(transport=self._transport, base_url="http://api", timeout=SECONDS) as client:
            answer = await client.request(method, path, headers=headers, params=_filled(params), json=body)
        if answer.is_error:
            problem = answer.json()
            parts = (problem.get("detail", ""), problem.get("where", ""), problem.get("mend", ""))
            raise ToolError(" ".join(part for part in parts if part) or problem.get("title", ""))
        return answer.json()


def _filled(params: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (params or {}).items() if value not in ("", None)}


def build(app: ASGIApp, token: str = "", name: str = PRODUCT) -> MCPServer[Any]:
    """Return the server.

    Parameters
    ----------
    app : ASGI application
        The API.
    token : str
        The key of whoever started the server by stdio.
    name : str
        What assistants call it.
    """
    server: MCPServer[Any] = MCPServer(
        name, instructions=INSTRUCTIONS, version=__version__, log_level="WARNING", subscriptions=False
    )
    door = ApiDoor(app, token)
    _add_measures(server, door)
    _add_deals(server, door)
    _add_scenarios(server, door, Confirmations())
    return server


def http_app(server: MCPServer[Any], path: str) -> Starlette:
    """Return the server as an ASGI application that keeps nothing between requests, so that replicas answer alike."""
    # A key in each request proves who asks; a page of another site, which the check of hosts is for, has none.
    trusted = TransportSecuritySettings(enable_dns_rebinding_protection=False)
    return server.streamable_http_app(
        streamable_http_path=path, json_response=True, stateless_http=True, transport_security=trusted
    )


def _add_measures(server: MCPServer[Any], door: ApiDoor) -> None:
    @server.tool()
    async def list_questions(context: Context[Any, Any]) -> list[dict[str, Any]]:
        """List the questions there are answers to."""
        return list(await door.ask(context, "/v1/questions"))

    @server.tool()
    async def ask(question: str, context: Context[Any, Any]) -> dict[str, Any]:
        """Answer a question in words, such as "win rate in EMEA last quarter", with its sentence, number and rows."""
        return dict(await door.ask(context, "/v1/questions", "POST", body={"question": question}))

    @server.tool()
    async def list_measures(context: Context[Any, Any]) -> list[dict[str, Any]]:
        """List the measures, each with its name, what it means and what it takes."""
        return list(await door.ask(context, "/v1/measures"))

    @server.tool()
    async def measure(
        name: str, context: Context[Any, Any], region: str = "", team: str = "", segment: str = "", period: str = ""
    ) -> dict[str, Any]:
        """Return a measure's value, sentence and formula; its name is as `list_measures` writes it."""
        scope = {"region": region, "team": team, "segment": segment, "period": period}
        return dict(await door.ask(context, f"/v1/measures/{_path(name)}", params=scope))

    @server.tool()
    async def measure_rows(
        name: str, context: Context[Any, Any], region: str = "", period: str = "", limit: int = 100, cursor: str = ""
    ) -> dict[str, Any]:
        """Return the rows behind a measure, a page at a time; `next` is the cursor of the following page."""
        scope = {"region": region, "period": period, "limit": limit, "cursor": cursor}
        return dict(await door.ask(context, f"/v1/measures/{_path(name)}/rows", params=scope))


def _path(name: str) -> str:
    group, _, own = name.partition(".")
    return f"{quote(group, safe='')}/{quote(own, safe='')}"


def _add_deals(server: MCPServer[Any], door: ApiDoor) -> None:
    @server.tool()
    async def explain_deal(opportunity_id: str, context: Context[Any, Any]) -> dict[str, Any]:
        """Return an open deal's fields, its chance to be won, and what raises and lowers it."""
        deal = f"/v1/deals/{quote(opportunity_id, safe='')}"
        return {"deal": await door.ask(context, deal), "chance": await door.ask(context, f"{deal}/chance")}

    @server.tool()
    async def match_requirement(text: str, context: Context[Any, Any]) -> dict[str, Any]:
        """Say whether a buyer's requirement is supported, and by which capability."""
        body = await door.ask(context, "/v1/assistants/requirement", "POST", body={"text": text})
        return {"sentence": body["sentence"], "row": body["row"], "statement": body["statement"]}

    @server.tool()
    async def draft_answer(text: str, context: Context[Any, Any]) -> dict[str, Any]:
        """Draft the answer to a buyer's requirement, every sentence with its source; null where a person must."""
        body = await door.ask(context, "/v1/assistants/requirement", "POST", body={"text": text})
        return {name: body[name] for name in ("statement", "draft", "sources")}


def _add_scenarios(server: MCPServer[Any], door: ApiDoor, confirmations: Confirmations) -> None:
    @server.tool()
    async def list_levers(context: Context[Any, Any]) -> list[dict[str, Any]]:
        """List what a scenario can move."""
        return list(await door.ask(context, "/v1/scenarios/levers"))

    @server.tool()
    async def run_scenario(levers: list[dict[str, Any]], context: Context[Any, Any]) -> dict[str, Any]:
        """Run a what-if without saving it: levers as [{"lever": "win_rate", "value": 0.1}], 0.1 being +10 %."""
        return dict(await door.ask(context, "/v1/scenarios/run", "POST", body={"levers": levers}))

    @server.tool()
    async def save_scenario(
        name: str, levers: list[dict[str, Any]], context: Context[Any, Any], version: int = 0, confirmation: str = ""
    ) -> dict[str, Any]:
        """Save a scenario of the key's owner. Without a confirmation nothing is saved: show the person what would be,
        and call again with the token once they agree.
        """
        key = door.key(context)
        me = await door.ask(context, "/v1/me")
        if "scenarios:write" not in me["rights"]:
            raise ToolError("This key does not hold the right scenarios:write.")
        change = {"name": name, "levers": levers, "version": version}
        if not confirmations.is_good(confirmation, key, change):
            text = f"Nothing is saved yet. {me['user']} has to agree to {name!r} with {len(levers)} levers."
            return {"is_saved": False, "sentence": text, "confirmation": confirmations.token(key, change)}
        path, plan = f"/v1/scenarios/{quote(name, safe='')}", {"name": name, "levers": levers}
        saved = await door.ask(context, path, "PUT", {"version": version or None}, plan)
        return {"is_saved": True, "sentence": f"{name!r} is saved.", "saved": saved}
