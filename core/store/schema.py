"""Steps of a migration that leave alone what is there already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Connection, inspect


def create_table(name: str, *columns: Any) -> None:
    """Create a table of a migration, unless it is there.

    Every step of every migration goes through this module, so that all of them can be run on any database:
    one whose upgrade was cut short by an earlier version, or one made while migrations stood in another order.

    Parameters
    ----------
    name : str
    *columns : sqlalchemy columns and constraints
    """
    if name not in _tables(op.get_bind()):
        op.create_table(name, *columns)


def create_index(name: str, table: str, columns: Sequence[str], only_where: sa.TextClause | None = None) -> None:
    """Create an index of a migration, unless it is there; one with a condition lets no two such rows be alike."""
    if name in {index["name"] for index in inspect(op.get_bind()).get_indexes(table)}:
        return
    only = {"sqlite_where": only_where, "postgresql_where": only_where}
    op.create_index(name, table, list(columns), unique=only_where is not None, **_given(only))


def _given(options: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def add_columns(table: str, *columns: sa.Column[Any]) -> None:
    """Add columns to a table, those that are there left out; each needs a default for the rows it has.

    Parameters
    ----------
    table : str
    *columns : sqlalchemy columns
    """
    present = {column["name"] for column in inspect(op.get_bind()).get_columns(table)}
    for column in columns:
        if column.name not in present:
            op.add_column(table, column)


def _tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())
