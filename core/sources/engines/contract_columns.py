"""Tables of an engine in the shape of their contract, on any engine narwhals knows."""

from __future__ import annotations

from functools import reduce
from operator import and_
from typing import Any

import polars as pl

from core.contracts.schemas import SCHEMAS


def contract_types(entity: str) -> dict[str, pl.DataType]:
    """Return the columns of an entity with their types, in the order of its contract."""
    return {name: column.dtype for name, column in SCHEMAS[entity].columns().items()}


def required_columns(entity: str) -> tuple[str, ...]:
    """Return the columns of an entity without which a row counts for nothing; its own id is not read for that."""
    own = SCHEMAS[entity].primary_key()
    return tuple(name for name, column in SCHEMAS[entity].columns().items() if not column.nullable and name not in own)


def as_contract(native: Any, entity: str, columns: tuple[str, ...]) -> Any:
    """Return a table of an engine with the columns of its contract alone, in their types.

    Amounts that a database holds as decimals become numbers with a floating point, as they are in files, so that
    what is worked out of them is the same; each keeps its cents. Rows without what the contract asks for are left out.

    Parameters
    ----------
    native : frame of any engine narwhals knows
    entity : str
    columns : tuple of str
        Those of the contract that the table has; the others are null.

    Returns
    -------
    frame of the same engine
    """
    import narwhals as nw

    frame: Any = nw.from_native(native)
    kinds = {name: _narwhals_type(kind) for name, kind in contract_types(entity).items()}
    typed = {
        name: (nw.col(name) if name in columns else nw.lit(None)).cast(kind).alias(name) for name, kind in kinds.items()
    }
    there = [~nw.col(name).is_null() for name in required_columns(entity)]
    return frame.select(*typed.values()).filter(reduce(and_, there)).to_native()


def _narwhals_type(kind: pl.DataType) -> Any:
    import narwhals as nw

    names = {"Datetime": nw.Datetime("us"), "String": nw.String, "Float64": nw.Float64, "Date": nw.Date}
    return {**names, "Boolean": nw.Boolean, "Int64": nw.Int64}[type(kind).__name__]
