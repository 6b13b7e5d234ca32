"""Companies small enough to work out by hand, for the tests of this room and of the laws."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from core import contracts
from core.contracts import SCHEMAS, Dataset
from core.contracts.schemas import ALL_SCHEMAS

AS_OF = date(2026, 5, 15)
# Frames never change, and making one anew for each row took most of the time of whatever asks for companies.
EMPTY = {name: contracts.empty(name) for name in (*ALL_SCHEMAS, "rejections")}


def row(name: str, **values: Any) -> pl.DataFrame:
    """Return one row of an entity, everything not given empty."""
    return rows(name, [values])


def rows(name: str, many: list[dict[str, Any]]) -> pl.DataFrame:
    """Return the rows of an entity, everything not given empty."""
    shape = EMPTY[name].schema
    return pl.DataFrame([{column: values.get(column) for column in shape} for values in many], shape, orient="row")


def company(as_of: date = AS_OF, **frames: list[dict[str, Any]]) -> Dataset:
    """Return a dataset of the rows given; all other frames are empty."""
    whole = {name: EMPTY[name] for name in SCHEMAS if name != "rejections"}
    whole |= {name: rows(name, many) for name, many in frames.items() if many}
    return Dataset(**whole, as_of=as_of, source="By hand", rejected=EMPTY["rejections"])


def deal(opportunity_id: str, **values: Any) -> dict[str, Any]:
    """Return a deal's present state."""
    start = {
        "opportunity_id": opportunity_id,
        "opportunity_type": "new",
        "stage": "Proposal",
        "currency": "USD",
        "is_closed": False,
        "is_won": False,
    }
    return start | values


def states(opportunity_id: str, *changes: tuple[date, dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a deal's history from its changes; what a change does not name stays as it was."""
    out: list[dict[str, Any]] = []
    now: dict[str, Any] = {"opportunity_id": opportunity_id, "stage": "Proposal", "is_deleted": False}
    for k, (day, values) in enumerate(changes):
        now = now | values
        following = changes[k + 1][0] if k + 1 < len(changes) else None
        out.append(now | {"valid_from": day, "valid_to": following})
    return out


def rep(rep_id: str, team: str, since: date, until: date | None = None, **values: Any) -> dict[str, Any]:
    """Return a rep's place in a team for a span."""
    start = {
        "rep_id": rep_id,
        "rep_name": rep_id.title(),
        "role": "rep",
        "team": team,
        "region": team.split(maxsplit=1)[0],
    }
    return start | {"valid_from": since, "valid_to": until} | values
