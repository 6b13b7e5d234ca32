"""Deals, accounts, products and people: rows of the company as the caller sees them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import polars as pl
from fastapi import Path, Query
from pydantic import BaseModel

from core.api import paging
from core.api.caller import Asking, Caller, Scoped
from core.api.paging import Cursor, Limit, Rows
from core.api.problems import ApiError, routes_under
from core.contracts import Dataset
from core.scope import DIMENSIONS, Scope

router = routes_under("/v1")
Id = Annotated[str, Path(max_length=200)]


class Me(BaseModel):
    """Whose key this is, and what it sees."""

    user: str
    name: str
    roles: list[str]
    rights: list[str]
    rows: str
    names_hidden: bool
    key: str


class DataState(BaseModel):
    """The data behind the answers."""

    source: str
    as_of: date
    fingerprint: str
    currency: str
    rows: dict[str, int]
    notes: list[str]


@router.get("/me", tags=["access"], summary="Whose key this is, and what it sees", operation_id="me")
def me(asking: Asking) -> Me:
    """Return the owner of the key, the rights it has, and which rows its answers hold."""
    who = asking.identity
    areas = [f"{area}:{action}" for area in _areas() for action in ("read", "write")]
    return Me(
        user=who.user,
        name=who.name,
        roles=list(who.roles),
        rights=[right for right in areas if asking.may(right)],
        rows=who.scope(),
        names_hidden=who.is_masked,
        key=asking.key.prefix,
    )


def _areas() -> tuple[str, ...]:
    from core.access.identity import AREAS

    return AREAS


@router.get("/data", tags=["data"], summary="The data behind the answers", operation_id="data")
def state(asking: Asking) -> DataState:
    """Return the source that serves everybody, its last day and its number of rows as the caller sees them."""
    data, settings = asking.opened(Scope())
    return DataState(
        source=data.source,
        as_of=data.as_of,
        fingerprint=data.fingerprint,
        currency=settings.currency,
        rows=data.row_counts,
        notes=list(data.missing),
    )


@router.get("/scope", tags=["data"], summary="What answers can be narrowed to", operation_id="scope")
def scope(asking: Asking) -> dict[str, list[str]]:
    """Return the values of each part of a scope among the rows the caller sees."""
    from core.scope import narrowing

    data, settings = asking.opened(Scope())
    values = narrowing.choices(data, settings)
    return {name: list(values[name]) for name in DIMENSIONS}


@router.get("/deals", tags=["deals"], summary="Deals, largest amount first", operation_id="deals")
def deals(
    asking: Asking,
    scoped: Scoped,
    limit: Limit = paging.USUAL_ROWS,
    cursor: Cursor = "",
    is_open: Annotated[bool | None, Query(alias="open", description="Only open ones, or only closed ones.")] = None,
    stage: Annotated[str, Query(max_length=200)] = "",
    account_id: Annotated[str, Query(max_length=200)] = "",
    owner_id: Annotated[str, Query(max_length=200)] = "",
) -> Rows:
    """Return deals of a scope. Takes the right `pipeline:read`."""
    data, _ = asking.opened(scoped, "pipeline:read")
    rows = data.opportunities
    if is_open is not None:
        rows = rows.filter(pl.col("is_closed") != is_open)
    for column, value in (("stage", stage), ("account_id", account_id), ("owner_id", owner_id)):
        rows = rows.filter(pl.col(column) == value) if value else rows
    ordered = rows.sort("amount", "opportunity_id", descending=[True, False], nulls_last=True)
    return paging.page(ordered, limit, cursor, data.fingerprint, data.as_of)


@router.get("/deals/{opportunity_id}", tags=["deals"], summary="One deal", operation_id="deal")
def deal(opportunity_id: Id, asking: Asking) -> dict[str, Any]:
    """Return the fields of a deal. Takes the right `pipeline:read`."""
    data, _ = asking.opened(Scope(), "pipeline:read")
    return _single(data, "opportunities", "opportunity_id", opportunity_id, "deal")


@router.get(
    "/deals/{opportunity_id}/history", tags=["deals"], summary="What changed of a deal", operation_id="deal_history"
)
def deal_history(
    opportunity_id: Id,
    asking: Asking,
    limit: Limit = paging.USUAL_ROWS,
    cursor: Cursor = "",
) -> Rows:
    """Return stage, amount, close date and owner of a deal between its changes. Takes the right `pipeline:read`."""
    from core.metrics import risk

    data, settings = asking.opened(Scope(), "pipeline:read")
    _single(data, "opportunities", "opportunity_id", opportunity_id, "deal")
    frame = risk.history(data, settings, opportunity_id).frame
    return paging.page(frame, limit, cursor, data.fingerprint, data.as_of)


@router.get("/accounts", tags=["accounts"], summary="Accounts, by id", operation_id="accounts")
def accounts(
    asking: Asking,
    scoped: Scoped,
    limit: Limit = paging.USUAL_ROWS,
    cursor: Cursor = "",
) -> Rows:
    """Return accounts of a scope. Takes the right `customers:read`."""
    return _listed(asking, scoped, "accounts", "customers:read", limit, cursor)


@router.get("/accounts/{account_id}", tags=["accounts"], summary="One account", operation_id="account")
def account(account_id: Id, asking: Asking) -> dict[str, Any]:
    """Return the fields of an account. Takes the right `customers:read`."""
    data, _ = asking.opened(Scope(), "customers:read")
    return _single(data, "accounts", "account_id", account_id, "account")


@router.get("/products", tags=["data"], summary="Products, by id", operation_id="products")
def products(
    asking: Asking,
    limit: Limit = paging.USUAL_ROWS,
    cursor: Cursor = "",
) -> Rows:
    """Return the products. Takes the right `pipeline:read`."""
    return _listed(asking, Scope(), "products", "pipeline:read", limit, cursor)


@router.get("/contracts", tags=["accounts"], summary="Contract lines, by id", operation_id="contracts")
def contracts(
    asking: Asking,
    scoped: Scoped,
    limit: Limit = paging.USUAL_ROWS,
    cursor: Cursor = "",
) -> Rows:
    """Return contract lines of a scope. Takes the right `customers:read`."""
    return _listed(asking, scoped, "subscriptions", "customers:read", limit, cursor)


@router.get("/team", tags=["people"], summary="The sales team, by id and day", operation_id="team")
def team(
    asking: Asking,
    scoped: Scoped,
    limit: Limit = paging.USUAL_ROWS,
    cursor: Cursor = "",
) -> Rows:
    """Return who was in which team under whom, from when to when. Takes the right `pipeline:read`."""
    return _listed(asking, scoped, "sales_team", "pipeline:read", limit, cursor)


@router.get("/quotas", tags=["people"], summary="Quotas, by person and period", operation_id="quotas")
def quotas(
    asking: Asking,
    scoped: Scoped,
    limit: Limit = paging.USUAL_ROWS,
    cursor: Cursor = "",
) -> Rows:
    """Return quotas of a scope. Takes the right `forecast:read`."""
    return _listed(asking, scoped, "quotas", "forecast:read", limit, cursor)


@router.get("/search", tags=["data"], summary="Accounts, deals and people by words", operation_id="search")
def search(
    asking: Asking, q: Annotated[str, Query(min_length=1, max_length=120, description="Words of a name or an id.")]
) -> list[dict[str, str]]:
    """Return what holds all words, the nearest first. What the key may not read is left out."""
    from core import search as finder

    data, settings = asking.part(Scope())
    rights = {"account": "customers:read", "deal": "pipeline:read", "person": "pipeline:read"}
    hits = finder.search(data, settings, q).hits
    return [
        {"kind": hit.kind, "id": hit.key, "title": hit.title, "detail": hit.detail}
        for hit in hits
        if hit.kind in rights and asking.may(rights[hit.kind])
    ]


def _listed(
    asking: Caller,
    scoped: Scope,
    table: str,
    right: str,
    limit: int,
    cursor: str,
) -> Rows:
    data, _ = asking.opened(scoped, right)
    rows: pl.DataFrame = getattr(data, table)
    ordered = rows.sort(rows.columns[0], maintain_order=True) if rows.width else rows
    return paging.page(ordered, limit, cursor, data.fingerprint, data.as_of)


def _single(data: Dataset, table: str, column: str, key: str, noun: str) -> dict[str, Any]:
    rows: pl.DataFrame = getattr(data, table).filter(pl.col(column) == key)
    if rows.is_empty():
        raise ApiError(404, f"There is no {noun} with this id.", "It may lie outside what this key sees.")
    return paging.page(rows, 1, "", "").rows[0]
