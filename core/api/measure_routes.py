"""Two operations for each measure: its value with a sentence, and its rows."""

from __future__ import annotations

import inspect
import math
import types
import typing
from datetime import date
from functools import cache
from typing import Annotated, Any, Literal, Union

from fastapi import APIRouter, Query
from pydantic import BaseModel

from core.api import paging
from core.api.caller import Asking, Caller, Scoped
from core.api.measure_registry import Entry, entries
from core.api.paging import Cursor, Limit, Rows
from core.api.problems import routes_under
from core.contracts.amount_visibility import HIDDEN, spoken
from core.contracts.errors import ContractError
from core.metrics.measure import Measure
from core.scope import Scope

BOUNDS = {"days": (1, 1_000), "months": (1, 120), "quarters": (1, 40), "top": (1, 1_000)}
OWN = ("asking", "scope")
KEYWORD = inspect.Parameter.KEYWORD_ONLY


class MeasureEntry(BaseModel):
    """A measure there is."""

    name: str
    summary: str
    right: str
    path: str
    arguments: list[str]


class MeasureValue(BaseModel):
    """The value of a measure, with what it means and what it rests on."""

    name: str
    value: float | None
    unit: Literal["money", "rate", "count", "days"]
    currency: str | None
    sentence: str
    formula: str
    as_of: date
    n_rows: int
    data: str


@cache
def router() -> APIRouter:
    """Return the routes of all measures; made once, for they are the same for every application."""
    routes = routes_under("/v1/measures", "measures")

    @routes.get("", summary="Every measure there is", operation_id="measures")
    def listed(asking: Asking) -> list[MeasureEntry]:
        return [_listed(entry) for entry in entries() if asking.may(entry.right)]

    for entry in entries():
        path = f"/{entry.group}/{entry.name}"
        description, name = f"{entry.description}\n\nTakes the right `{entry.right}`.", f"{entry.group}_{entry.name}"
        routes.add_api_route(path, _value(entry), summary=entry.summary, description=description, operation_id=name)
        routes.add_api_route(
            f"{path}/rows",
            _rows(entry),
            summary=f"Rows: {entry.summary}",
            description=description,
            operation_id=f"{name}_rows",
        )
    return routes


def _listed(entry: Entry) -> MeasureEntry:
    path = f"/api/v1/measures/{entry.group}/{entry.name}"
    names = [argument.name for argument in entry.arguments]
    return MeasureEntry(
        name=f"{entry.group}.{entry.name}", summary=entry.summary, right=entry.right, path=path, arguments=names
    )


def _value(entry: Entry) -> Any:
    def value(asking: Caller, scope: Scope, **arguments: Any) -> MeasureValue:
        measure, data, currency = _measured(entry, asking, scope, arguments)
        number = measure.value if data.amounts != HIDDEN or measure.unit != "money" else None
        return MeasureValue(
            name=measure.name,
            value=None if number is None or not math.isfinite(number) else float(number),
            unit=measure.unit,
            currency=currency if measure.unit == "money" else None,
            sentence=spoken(measure.sentence(), data.amounts),
            formula=entry.description,
            as_of=data.as_of,
            n_rows=measure.frame.height,
            data=data.fingerprint,
        )

    value.__signature__ = _signature(entry, MeasureValue, {})  # type: ignore[attr-defined]
    return value


def _rows(entry: Entry) -> Any:
    def rows(
        asking: Caller,
        scope: Scope,
        limit: int = paging.USUAL_ROWS,
        cursor: str = "",
        **arguments: Any,
    ) -> Rows:
        measure, data, _ = _measured(entry, asking, scope, arguments)
        return paging.page(measure.frame, limit, cursor, data.fingerprint, data.as_of)

    pages = {"limit": (Limit, paging.USUAL_ROWS), "cursor": (Cursor, "")}
    rows.__signature__ = _signature(entry, Rows, pages)  # type: ignore[attr-defined]
    return rows


def _measured(entry: Entry, asking: Caller, scope: Scope, arguments: dict[str, Any]) -> tuple[Measure, Any, str]:
    """Return the measure of the rows the caller sees, those rows, and their currency."""
    asking.need(entry.right)
    data, settings = asking.measured(scope)
    # Of a period that is over, too, mails and meetings are those of the rows as they stand; measures look at their day.
    interactions = asking.interactions(*asking.part(scope)) if entry.takes_interactions else None
    state = interactions.fingerprint if interactions is not None else ""
    asking.mark(data, settings, state)

    def make() -> Measure:
        try:
            return entry.measured(data, settings, interactions, **arguments)
        except (KeyError, ValueError, StopIteration) as error:
            given = ", ".join(f"{name}={value}" for name, value in arguments.items())
            raise ContractError("There is nothing like that to measure.", given, entry.summary) from error

    name = f"{entry.group}.{entry.name}"
    measure = asking.result(name, data, settings, make, state, *sorted(arguments.items()))
    return measure, data, settings.currency


def _signature(entry: Entry, returns: Any, more: dict[str, tuple[Any, Any]]) -> inspect.Signature:
    """Return the signature FastAPI reads: the caller, the scope, pages, and what the measure takes."""
    own = [inspect.Parameter(name, KEYWORD, annotation=kind) for name, kind in zip(OWN, (Asking, Scoped), strict=True)]
    own += [inspect.Parameter(name, KEYWORD, default=value, annotation=kind) for name, (kind, value) in more.items()]
    given = [
        argument.replace(kind=KEYWORD, annotation=_annotated(argument, entry), default=_default(argument))
        for argument in entry.arguments
    ]
    return inspect.Signature([*own, *given], return_annotation=returns)


def _annotated(argument: inspect.Parameter, entry: Entry) -> Any:
    low, high = BOUNDS.get(argument.name, (None, None))
    annotation = _narrowed(argument.annotation)
    return Annotated[annotation, Query(ge=low, le=high)] if low is not None else Annotated[annotation, Query()]


def _narrowed(annotation: Any) -> Any:
    """Return a day where a day or its text would do: it is written as text in an address anyway."""
    if typing.get_origin(annotation) in (Union, types.UnionType) and set(typing.get_args(annotation)) == {date, str}:
        return date
    return annotation


def _default(argument: inspect.Parameter) -> Any:
    return inspect.Parameter.empty if argument.default is inspect.Parameter.empty else argument.default
