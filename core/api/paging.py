"""Rows a page at a time: a cursor says after which row the next page begins, and of which state of the data."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Annotated, Any

import polars as pl
from fastapi import Query
from pydantic import BaseModel

from core.api.problems import ApiError

MOST_ROWS, USUAL_ROWS = 1_000, 100

Limit = Annotated[int, Query(ge=1, le=MOST_ROWS, description="Rows in a page.")]
Cursor = Annotated[str, Query(max_length=400, description="`next` of the page before; empty for the first page.")]


class Column(BaseModel):
    """A column of rows."""

    name: str
    type: str


class Rows(BaseModel):
    """A page of rows."""

    columns: list[Column]
    rows: list[dict[str, Any]]
    n_rows: int
    next: str | None = None
    as_of: str | None = None


def page(frame: pl.DataFrame, limit: int, cursor: str, state: str, as_of: object = None) -> Rows:
    """Return one page of a frame.

    Parameters
    ----------
    frame : pl.DataFrame
    limit : int
    cursor : str
        `next` of the page before; empty for the first.
    state : str
        What the frame rests on: a cursor of another state leads nowhere, for rows may have moved.
    as_of : date, optional

    Raises
    ------
    ApiError
        When the cursor is none, or of a state that is over.
    """
    begin = _begin(cursor, state)
    part = frame.slice(begin, limit)
    end = begin + part.height
    following = _written(end, state) if end < frame.height else None
    return Rows(
        columns=[Column(name=name, type=str(kind).lower()) for name, kind in frame.schema.items()],
        rows=json.loads(written(part)),
        n_rows=frame.height,
        next=following,
        as_of=None if as_of is None else str(as_of),
    )


def written(frame: pl.DataFrame) -> str:
    """Return rows as JSON: dates as ISO text, what is no number as null, lists and bytes as text where need be."""
    plain = [
        pl.col(name).fill_nan(None)
        if kind.is_float()
        else pl.col(name).dt.total_seconds()
        if kind == pl.Duration
        else pl.col(name).cast(pl.String)
        if kind in (pl.Categorical, pl.Enum, pl.Null) or kind.is_decimal()
        else pl.col(name)
        for name, kind in frame.schema.items()
        if kind not in (pl.Object, pl.Binary)
    ]
    return frame.select(plain).write_json() if plain else "[]"


def _written(number: int, state: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([number, _mark(state)]).encode()).decode()


def _begin(cursor: str, state: str) -> int:
    if not cursor:
        return 0
    try:
        number, mark = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        begin = int(number)
    except (ValueError, TypeError, binascii.Error) as error:
        raise ApiError(422, "The cursor is none of this API.", "Take `next` of the page before as it is.") from error
    if mark != _mark(state):
        raise ApiError(409, "The data have changed since the page before.", "Begin again without a cursor.")
    return max(begin, 0)


def _mark(state: str) -> str:
    return state[-16:]
