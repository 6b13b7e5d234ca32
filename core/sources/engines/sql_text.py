"""SQL of a dialect from a function written against narwhals, by SQLFrame and sqlglot; no database is asked for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import polars as pl

from core.contracts.raw_rows import WarehouseTable
from core.sources.engines.contract_columns import as_contract, contract_types

if TYPE_CHECKING:
    from sqlglot.expressions import Expression

# Names that every engine takes as they are; all others are quoted.
PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
RESERVED = frozenset({"on", "order", "group", "user", "table", "date", "timestamp"})
# What SQLFrame calls the steps of a statement, another name every time.
STEP = re.compile(r"t\d{4,}")


def sql_of(
    function: Callable[..., Any], tables: Mapping[str, WarehouseTable], dialect: str, *, is_whole: bool = False
) -> str:
    """Return what a function of `core.marts` asks of a database.

    Parameters
    ----------
    function : callable
        Takes a frame per table, in their order, and returns one.
    tables : mapping of str to WarehouseTable
        By entity.
    dialect : str
        As sqlglot calls it: postgres, snowflake, bigquery, redshift, databricks, duckdb.
    is_whole : bool
        True for the tables as they are, with rows that lack what their contract asks for.

    Returns
    -------
    str
        One statement; names in lower case are not quoted, so that each database finds them however it spells names.
    """
    text: str = statement(function, tables, is_whole=is_whole).sql(dialect=dialect, pretty=True)
    return text


def statement(
    function: Callable[..., Any], tables: Mapping[str, WarehouseTable], *, is_whole: bool = False
) -> Expression:
    """Return what a function of `core.marts` asks of any database, as sqlglot's tree; see `sql_of`."""
    import sqlglot

    frames = [_frame(entity, table, is_whole=is_whole) for entity, table in tables.items()]
    # Spark's words are SQLFrame's own, which it writes without loss.
    tree = sqlglot.parse_one(function(*frames).sql(dialect="spark", pretty=False), read="spark")
    asked: Expression = _portable(tree)
    return asked


def named_columns(text: str, dialect: str) -> tuple[str, ...]:
    """Return the names of the columns a statement gives, in order, however the database spells them."""
    import sqlglot

    tree: Any = sqlglot.parse_one(text, read=dialect)
    return tuple(tree.named_selects)


def table_sql(name: str, dialect: str, *, is_empty: bool = False) -> str:
    """Return the statement that reads a table, or none of its rows, only its columns.

    Examples
    --------
    >>> table_sql("sales.lines", "postgres", is_empty=True)
    'SELECT * FROM sales.lines WHERE 1 = 0'
    """
    from sqlglot import exp, select, to_table

    table = to_table(name, dialect=dialect)
    for part in list(table.find_all(exp.Identifier)):
        part.replace(_identifier(part.name))
    query = select("*").from_(table)
    return (query.where("1 = 0") if is_empty else query).sql(dialect=dialect)


def _identifier(name: str) -> Any:
    from sqlglot import exp

    return exp.to_identifier(name, quoted=PLAIN.fullmatch(name) is None or name in RESERVED)


def _frame(entity: str, table: WarehouseTable, *, is_whole: bool) -> Any:
    from sqlframe.standalone import StandaloneSession

    session = StandaloneSession.builder.getOrCreate()
    # Given as what they are not, so that every column is cast to what its contract says.
    kinds = {name: "bigint" if kind == pl.String else "string" for name, kind in contract_types(entity).items()}
    session.catalog.add_table(table.name, column_mapping={name: kinds[name] for name in table.columns})
    rows = session.read.table(table.name)
    return rows if is_whole else as_contract(rows, entity, table.columns)


def _portable(tree: Any) -> Any:
    """Write the parts of a statement that a dialect may lack a word for as all of them say it, and name its steps."""
    from sqlglot import exp

    for kind, rewrite in (
        (exp.Anonymous, _is_null),
        (exp.TimestampTrunc, _month),
        (exp.Case, _divided),
        (exp.SafeDivide, _division),
        (exp.TryCast, lambda node: exp.Cast(this=node.this, to=node.args["to"])),
        (exp.DataType, _moment),
    ):
        for node in reversed(list(tree.find_all(kind))):
            node.replace(rewrite(node))
    steps: dict[str, str] = {}
    for node in list(tree.find_all(exp.Identifier)):
        name = steps.setdefault(node.name, f"step_{len(steps) + 1}") if STEP.fullmatch(node.name) else node.name
        node.replace(_identifier(name))
    return tree


def _is_null(node: Any) -> Any:
    from sqlglot import exp

    return exp.paren(exp.Is(this=node.expressions[0], expression=exp.null())) if node.name.upper() == "ISNULL" else node


def _month(node: Any) -> Any:
    """Cut a day to its month; nothing else is ever cut."""
    from sqlglot import exp

    trunc: Any = exp.DateTrunc
    return trunc(this=_of_cast(node.this), unit=exp.Literal.string(node.text("unit").upper()))


def _divided(node: Any) -> Any:
    """Return the quotient out of a case that says what comes of a division by zero, which `_division` makes null."""
    from sqlglot import exp

    cases = node.args["ifs"]
    is_guard = len(cases) == 2 and isinstance(cases[0].this, exp.NEQ) and isinstance(cases[1].this, exp.EQ)
    return cases[0].args["true"] if is_guard and cases[0].this.this == cases[1].this.this else node


def _division(node: Any) -> Any:
    from sqlglot import exp

    by = node.expression.unnest()
    divisor = by if isinstance(by, exp.Literal) else exp.Nullif(this=by, expression=exp.Literal.number(0))
    above = node.this if isinstance(node.this, exp.Func | exp.Column | exp.Paren) else exp.paren(node.this)
    return exp.Div(this=above, expression=divisor)


def _moment(node: Any) -> Any:
    from sqlglot import exp

    zoned = (exp.DataType.Type.TIMESTAMPTZ, exp.DataType.Type.TIMESTAMPLTZ, exp.DataType.Type.TIMESTAMPNTZ)
    return exp.DataType.build("TIMESTAMP") if node.this in zoned else node


def _of_cast(node: Expression) -> Expression:
    from sqlglot import exp

    while isinstance(node, exp.Cast | exp.Paren | exp.TryCast):
        node = node.this
    return node
