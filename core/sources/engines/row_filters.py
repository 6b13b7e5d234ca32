"""What a plan of Polars asks of rows, as a condition an engine can check itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO
from typing import Any

import polars as pl

COMPARED: dict[str, Callable[[Any, Any], Any]] = {
    "Eq": lambda left, right: left == right,
    "NotEq": lambda left, right: left != right,
    "Lt": lambda left, right: left < right,
    "LtEq": lambda left, right: left <= right,
    "Gt": lambda left, right: left > right,
    "GtEq": lambda left, right: left >= right,
}
MOST_LISTED = 10_000


def as_narwhals(predicate: pl.Expr) -> Any:
    """Return a condition that an engine checks, which lets through at least the rows of a Polars one.

    Parameters
    ----------
    predicate : pl.Expr

    Returns
    -------
    narwhals expression or None
        Comparisons, lists and spans of days joined by "and"; what else is asked is left to whoever reads the rows.
        None where nothing of it can be said.

    Examples
    --------
    >>> as_narwhals(pl.col("stage").str.starts_with("Closed")) is None
    True
    """
    try:
        return _part(json.loads(predicate.meta.serialize(format="json")))
    except (pl.exceptions.PolarsError, ValueError, KeyError, TypeError):
        return None  # A form this version of Polars writes in another way.


def _part(node: Any) -> Any:
    if "BinaryExpr" in node:
        return _binary(**node["BinaryExpr"])
    function = node.get("Function", {})
    kind = function.get("function", {}).get("Boolean") if function else None
    if isinstance(kind, dict) and "IsIn" in kind and not kind["IsIn"]["nulls_equal"]:
        return _listed(*function["input"])
    if isinstance(kind, dict) and kind.get("IsBetween", {}).get("closed") == "Both":
        value, low, high = function["input"]
        return _both(_binary(value, "GtEq", low), _binary(value, "LtEq", high))
    return None


def _binary(left: Any, op: str, right: Any) -> Any:
    if op == "And":
        return _both(_part(left), _part(right))
    column = _column(left)
    if op not in COMPARED or column is None or "Literal" not in right:
        return None
    value = _values(right)[0]
    return None if value is None else COMPARED[op](column, value)


def _both(first: Any, second: Any) -> Any:
    if first is None or second is None:
        return second if first is None else first
    return first & second


def _listed(left: Any, right: Any) -> Any:
    column = _column(left)
    if column is None or "Literal" not in right:
        return None
    values = _values(right)
    values = [value for value in (values[0] if values and isinstance(values[0], list) else values) if value is not None]
    return column.is_in(values) if 0 < len(values) <= MOST_LISTED else None


def _column(node: Any) -> Any:
    import narwhals as nw

    if "Column" in node:
        return nw.col(node["Column"])
    function = node.get("Function", {})
    if function.get("function") == {"TemporalExpr": "Date"} and "Column" in function["input"][0]:
        return nw.col(function["input"][0]["Column"]).dt.date()
    return None


def _values(node: Any) -> list[Any]:
    literal = pl.Expr.deserialize(StringIO(json.dumps(node)), format="json")
    return pl.select(literal).to_series().to_list()
