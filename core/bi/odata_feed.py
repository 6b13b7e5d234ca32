"""The OData v4 feed: published tables and measures, for the keys, rows, names and rights of the API.

Source: OData Version 4.01, Part 1: Protocol, and OData JSON Format Version 4.01.
"""

from __future__ import annotations

import base64
import binascii
import math
from typing import Annotated, Any
from urllib.parse import urlencode
from xml.sax.saxutils import quoteattr

import polars as pl
from fastapi import FastAPI, Query, Request
from fastapi.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from core.api import measure_registry, paging, problems
from core.api.caller import Asking, Caller, Company
from core.api.limits import SizeLimit
from core.api.problems import ApiError
from core.bi import odata_filters
from core.bi.published import TABLES, Published, rows
from core.interactions.interaction_view import Interactions
from core.scope import Scope as CompanyScope

PAGE = 1_000
VERSION = {"OData-Version": "4.0"}
OPTIONS = {"$filter", "$select", "$orderby", "$top", "$skip", "$count", "$skiptoken", "$format"}
MEASURES = Published("Measures", "", "", ("name",))
MEASURE_COLUMNS = {
    "name": pl.String,
    "value": pl.Float64,
    "unit": pl.String,
    "sentence": pl.String,
    "formula": pl.String,
    "as_of": pl.Date,
}
TYPES = {pl.Boolean: "Edm.Boolean", pl.Date: "Edm.Date"}


def application(company: Company) -> ASGIApp:
    """Return the feed as an ASGI application that answers from what the API answers from."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.state.company = company
    problems.install(app)
    app.add_middleware(SizeLimit)
    app.add_api_route("/", _service)
    app.add_api_route("/$metadata", _metadata)
    app.add_api_route("/{name}/$count", _counted)
    app.add_api_route("/{name}", _listed)
    return BasicKeys(app)


class BasicKeys:
    """Takes a key as the password of a plain sign-in too, which is what spreadsheets and BI tools can send."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http":
            scope = {**scope, "headers": [(name, _bearer(name, value)) for name, value in scope["headers"]]}
        await self._app(scope, receive, send)


def _bearer(name: bytes, value: bytes) -> bytes:
    kind, _, sent = value.partition(b" ")
    if name != b"authorization" or kind.lower() != b"basic":
        return value
    try:
        return b"Bearer " + base64.b64decode(sent, validate=True).partition(b":")[2]
    except binascii.Error:
        return value


def _open_to(asking: Caller) -> list[Published]:
    return [*(table for table in TABLES if asking.may(table.right)), MEASURES]


def _service(asking: Asking, request: Request) -> Any:
    sets = [{"name": table.name, "kind": "EntitySet", "url": table.name} for table in _open_to(asking)]
    return _json({"@odata.context": f"{_root(request)}/$metadata", "value": sets})


def _metadata(asking: Asking) -> Response:
    types, sets = [], []
    for table in _open_to(asking):
        frame = _frame(asking, table)
        keys = "".join(f"<PropertyRef Name={quoteattr(name)}/>" for name in table.key if name in frame.columns)
        properties = "".join(
            f"<Property Name={quoteattr(name)} Type={quoteattr(_type(kind))}"
            f"{'' if name not in table.key else ' Nullable=' + chr(34) + 'false' + chr(34)}/>"
            for name, kind in frame.schema.items()
        )
        types.append(f'<EntityType Name="{table.name}Row"><Key>{keys}</Key>{properties}</EntityType>')
        sets.append(f'<EntitySet Name="{table.name}" EntityType="Quarterdeck.{table.name}Row"/>')
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>'
        '<Schema Namespace="Quarterdeck" xmlns="http://docs.oasis-open.org/odata/ns/edm">'
        f'{"".join(types)}<EntityContainer Name="Company">{"".join(sets)}</EntityContainer>'
        "</Schema></edmx:DataServices></edmx:Edmx>"
    )
    return Response(body, media_type="application/xml", headers=VERSION)


def _type(kind: pl.DataType) -> str:
    if kind.is_integer():
        return "Edm.Int64"
    if kind.is_float():
        return "Edm.Double"
    if isinstance(kind, pl.Datetime):
        return "Edm.DateTimeOffset"
    return next((name for own, name in TYPES.items() if kind == own), "Edm.String")


def _table(asking: Caller, name: str) -> Published:
    table = next((table for table in (*TABLES, MEASURES) if table.name == name), None)
    if table is None:
        names = ", ".join(entry.name for entry in _open_to(asking))
        raise ApiError(404, f"There is no entity set {name!r}.", f"Known: {names}.")
    if table.right:
        asking.need(table.right)
    return table


def _frame(asking: Caller, table: Published) -> pl.DataFrame:
    data, settings = asking.part(CompanyScope())
    if table is not MEASURES:
        frame = rows(data, table)
        stamps = [name for name, kind in frame.schema.items() if isinstance(kind, pl.Datetime)]
        return frame.with_columns(pl.col(name).dt.strftime("%Y-%m-%dT%H:%M:%SZ") for name in stamps)
    interactions = asking.interactions(data, settings)
    given = (interactions.fingerprint, *sorted(_rights(asking)))
    return asking.result("OData measures", data, settings, lambda: _measures(asking, interactions), *given)


def _rights(asking: Caller) -> set[str]:
    return {entry.right for entry in measure_registry.entries() if asking.may(entry.right)}


def _measures(asking: Caller, interactions: Interactions) -> pl.DataFrame:
    data, settings = asking.part(CompanyScope())
    values = []
    for entry in measure_registry.entries():
        if not asking.may(entry.right) or any(argument.default is argument.empty for argument in entry.arguments):
            continue
        measure = entry.measured(data, settings, interactions)
        number = measure.value if measure.value is not None and math.isfinite(measure.value) else None
        name = f"{entry.group}.{entry.name}"
        values.append((name, number, measure.unit, measure.sentence(), entry.description, data.as_of))
    return pl.DataFrame(values, MEASURE_COLUMNS, orient="row")


def _listed(
    name: str,
    asking: Asking,
    request: Request,
    where: Annotated[str, Query(alias="$filter", max_length=odata_filters.LONGEST)] = "",
    select: Annotated[str, Query(alias="$select", max_length=odata_filters.LONGEST)] = "",
    order: Annotated[str, Query(alias="$orderby", max_length=odata_filters.LONGEST)] = "",
    top: Annotated[int | None, Query(alias="$top", ge=0)] = None,
    skip: Annotated[int, Query(alias="$skip", ge=0)] = 0,
    count: Annotated[bool, Query(alias="$count")] = False,
    token: Annotated[str, Query(alias="$skiptoken", max_length=400)] = "",
) -> Any:
    _only_known(request)
    table = _table(asking, name)
    data, _ = asking.part(CompanyScope())
    frame = odata_filters.ordered(odata_filters.filtered(_frame(asking, table), where), order)
    whole = frame.height
    frame = frame.slice(skip) if top is None else frame.slice(skip, top)
    if select and select != "*":
        parts = [part.strip() for part in select.split(",")]
        frame = frame.select([odata_filters.column_of(part, frame.columns, "$select") for part in parts])
    page = paging.page(frame, PAGE, token, data.fingerprint)
    if not token:
        asking.audit("read the OData feed", name, where[:200])
    body: dict[str, Any] = {"@odata.context": f"{_root(request)}/$metadata#{name}"}
    if count:
        body["@odata.count"] = whole
    body["value"] = page.rows
    if page.next:
        asked = {key: value for key, value in request.query_params.items() if key != "$skiptoken"}
        body["@odata.nextLink"] = f"{_root(request)}/{name}?{urlencode({**asked, '$skiptoken': page.next})}"
    return _json(body)


def _counted(
    name: str,
    asking: Asking,
    request: Request,
    where: Annotated[str, Query(alias="$filter", max_length=odata_filters.LONGEST)] = "",
) -> Response:
    _only_known(request)
    frame = odata_filters.filtered(_frame(asking, _table(asking, name)), where)
    return PlainTextResponse(str(frame.height), headers=VERSION)


def _only_known(request: Request) -> None:
    """Refuse options of OData that are not taken, which the standard asks for; passed over they would mislead."""
    unknown = [name for name in request.query_params if name.startswith("$") and name not in OPTIONS]
    if unknown:
        raise ApiError(501, f"{unknown[0]} is not taken.", f"Known: {', '.join(sorted(OPTIONS))}.")
    if request.query_params.get("$format", "json").partition(";")[0] not in ("json", "application/json"):
        raise ApiError(415, "The feed is written as JSON.", "Leave $format out.")


def _root(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}{request.scope.get('root_path', '')}"


def _json(body: dict[str, Any]) -> Response:
    import json

    text = json.dumps(body, ensure_ascii=False, allow_nan=False)
    return Response(text, media_type="application/json;odata.metadata=minimal", headers=VERSION)
