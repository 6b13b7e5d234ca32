"""`$filter` and `$orderby` of OData as expressions over columns.

Source: OData Version 4.01, Part 2: URL Conventions, 5.1.1; read by the grammar of odata-query.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import polars as pl
from odata_query import ast
from odata_query.exceptions import ODataException
from odata_query.grammar import ODataLexer, ODataParser
from odata_query.visitor import NodeVisitor

from core.contracts.errors import ContractError

LONGEST = 4_000
Operation = Callable[[Any, Any], Any]
COMPARED: Mapping[type, Operation] = {
    ast.Eq: lambda left, right: left.eq_missing(right),
    ast.NotEq: lambda left, right: left.ne_missing(right),
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
WORKED: Mapping[type, Operation] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
}
CALLS: Mapping[str, Callable[..., pl.Expr]] = {
    "contains": lambda text, part: text.str.contains(part, literal=True),
    "startswith": lambda text, part: text.str.starts_with(part),
    "endswith": lambda text, part: text.str.ends_with(part),
    "tolower": lambda text: text.str.to_lowercase(),
    "toupper": lambda text: text.str.to_uppercase(),
    "trim": lambda text: text.str.strip_chars(),
    "length": lambda text: text.str.len_chars(),
    "concat": pl.concat_str,
    "year": lambda day: day.dt.year(),
    "month": lambda day: day.dt.month(),
    "day": lambda day: day.dt.day(),
    "round": lambda number: number.round(0),
    "floor": lambda number: number.floor(),
    "ceiling": lambda number: number.ceil(),
}


class _Expressions(NodeVisitor):
    """Turns a parsed filter into an expression; names other than the columns' are refused."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._columns = columns

    def generic_visit(self, node: Any) -> Any:
        """Refuse what is not written here."""
        raise ContractError(f"{type(node).__name__} is not taken in a filter.", "$filter")

    def visit_Identifier(self, node: ast.Identifier) -> pl.Expr:  # noqa: N802
        """Return a column."""
        return pl.col(column_of(_name(node), self._columns, "$filter"))

    def _literal(self, node: Any) -> pl.Expr:
        return pl.lit(node.py_val)

    visit_Integer = visit_Float = visit_Boolean = visit_String = visit_Date = visit_DateTime = _literal  # noqa: N815
    visit_GUID = _literal  # noqa: N815

    def visit_Null(self, node: ast.Null) -> pl.Expr:  # noqa: N802
        """Return nothing."""
        return pl.lit(None)

    def visit_Compare(self, node: ast.Compare) -> pl.Expr:  # noqa: N802
        """Return a comparison; nothing equals nothing."""
        left = self.visit(node.left)
        if isinstance(node.comparator, ast.In):
            return self._among(left, node.right)
        expression: pl.Expr = COMPARED[type(node.comparator)](left, self.visit(node.right))
        return expression

    def _among(self, left: pl.Expr, listed: Any) -> pl.Expr:
        if not isinstance(listed, ast.List):
            raise ContractError("After `in` stands a list.", "$filter")
        return left.is_in([part.py_val for part in listed.val])

    def visit_BoolOp(self, node: ast.BoolOp) -> pl.Expr:  # noqa: N802
        """Return both, or either."""
        left, right = self.visit(node.left), self.visit(node.right)
        both: pl.Expr = left & right if isinstance(node.op, ast.And) else left | right
        return both

    def visit_BinOp(self, node: ast.BinOp) -> pl.Expr:  # noqa: N802
        """Return a sum, difference, product, quotient or remainder."""
        expression: pl.Expr = WORKED[type(node.op)](self.visit(node.left), self.visit(node.right))
        return expression

    def visit_UnaryOp(self, node: ast.UnaryOp) -> pl.Expr:  # noqa: N802
        """Return the opposite."""
        inner = self.visit(node.operand)
        opposite: pl.Expr = ~inner if isinstance(node.op, ast.Not) else -inner
        return opposite

    def visit_Call(self, node: ast.Call) -> pl.Expr:  # noqa: N802
        """Return what a function of text, days or numbers gives."""
        name = _name(node.func)
        if name not in CALLS:
            raise ContractError(f"The function {name!r} is not taken.", "$filter", f"Known: {', '.join(CALLS)}.")
        return CALLS[name](*[self.visit(argument) for argument in node.args])


def _name(node: ast.Identifier) -> str:
    return ".".join((*node.namespace, node.name))


def column_of(name: str, columns: Sequence[str], where: str) -> str:
    """Return a column's name.

    Raises
    ------
    ContractError
        When there is none such.
    """
    if name not in columns:
        raise ContractError(f"{name!r} is no property.", where, f"Known: {', '.join(columns)}.")
    return name


def filtered(frame: pl.DataFrame, text: str) -> pl.DataFrame:
    """Return the rows a filter lets through.

    Raises
    ------
    ContractError
        When the filter is not one of OData, or does not fit the columns.
    """
    if not text:
        return frame
    if len(text) > LONGEST:
        raise ContractError(f"A filter has at most {LONGEST:,} letters.", "$filter")
    try:
        tree = ODataParser().parse(ODataLexer().tokenize(text))
        return frame.filter(_Expressions(frame.columns).visit(tree))
    except (ODataException, pl.exceptions.PolarsError, ValueError, TypeError, RecursionError) as error:
        raise ContractError("The filter cannot be read.", "$filter", "Write it as OData 4.01 does.") from error


def ordered(frame: pl.DataFrame, text: str) -> pl.DataFrame:
    """Return rows in the order asked for; equals stay in the order they were in.

    Raises
    ------
    ContractError
        When a part names no property, or has another word than asc or desc behind it.
    """
    names, is_descending = [], []
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, way = part.partition(" ")
        if way.strip() not in ("", "asc", "desc"):
            raise ContractError(f"{part!r} is no order.", "$orderby", "Write a property, then asc or desc.")
        names.append(column_of(name, frame.columns, "$orderby"))
        is_descending.append(way.strip() == "desc")
    if not names:
        return frame
    return frame.sort(names, descending=is_descending, maintain_order=True, nulls_last=is_descending)
