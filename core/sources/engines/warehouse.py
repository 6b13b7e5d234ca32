"""One database of an engine: which tables it has, and what functions of `core.marts` make of them there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from typing import Any

import polars as pl

from core.config import Settings
from core.contracts.errors import QuarterdeckError, SourceError
from core.contracts.raw_rows import WarehouseTable
from core.localization import message
from core.sealing.secret_values import Secrets
from core.sources.engines import connections
from core.sources.engines.catalogue import require
from core.sources.engines.contract_columns import contract_types
from core.sources.engines.sql_text import named_columns, sql_of, table_sql

CONNECTORS = "connectors"
MORE = "Check its address, rights and names under warehouse in the settings."


class Warehouse:
    """A database asked in SQL; nothing is ever changed there.

    Parameters
    ----------
    settings : Settings
        Whose engine is one with a dialect.

    Raises
    ------
    ConfigError
        When the engine's driver is not installed.
    """

    def __init__(self, settings: Settings) -> None:
        self.engine, self.about = settings.engine, settings.warehouse
        self.facts = require(self.engine)
        self.zone = settings.time_zone
        self.keys = Secrets(settings.home / CONNECTORS)
        self._stays_connected = False
        self._connection: Any = None

    @contextmanager
    def connected(self) -> Iterator[Warehouse]:
        """Give the same database to one thread, which asks it over one connection, and over another after an error.

        To connect takes longer than most questions do.
        """
        warehouse = copy(self)
        warehouse._stays_connected, warehouse._connection = True, None
        try:
            yield warehouse
        finally:
            warehouse._disconnect()

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    @contextmanager
    def _open(self) -> Iterator[Any]:
        """Give a connection; a driver's words are passed on without any secret.

        Raises
        ------
        SourceError
            When the database cannot be reached, or refuses what is asked.
        """
        try:
            connection = self._connection or connections.connect(
                self.engine, self.keys.filled(self.about.url), self.zone
            )
            self._connection = None
            try:
                yield connection
            except BaseException:
                connection.close()
                raise
            if self._stays_connected:
                self._connection = connection
            else:
                connection.close()
        except QuarterdeckError:
            raise
        except Exception as error:  # Every driver raises errors of its own.
            words = self.keys.hidden(str(error).strip().split("\n")[0])[:300]
            raise SourceError(
                message("{title} does not answer: {words}", title=self.facts.title, words=words), "the warehouse", MORE
            ) from None

    def check(self) -> None:
        """Ask for nothing but an answer.

        Raises
        ------
        SourceError
            When there is none.
        """
        with self._open() as connection:
            connections.arrow_of(connection, "SELECT 1 AS n")

    def rows(self, statement: str) -> pl.DataFrame:
        """Return what a statement gives, its columns named as the statement names them.

        Raises
        ------
        SourceError
        """
        with self._open() as connection:
            answer = connections.arrow_of(connection, statement)
        frame = pl.DataFrame(pl.from_arrow(answer))
        return frame.rename(dict(zip(frame.columns, named_columns(statement, self.facts.dialect), strict=True)))

    def whole(self, entity: str) -> pl.DataFrame:
        """Return a small table with all its columns, their names in lower case."""
        with self._open() as connection:
            answer = connections.arrow_of(connection, table_sql(self.about.table(entity), self.facts.dialect))
        return pl.DataFrame(pl.from_arrow(answer)).rename(str.lower)

    def table(self, entity: str) -> WarehouseTable | str:
        """Return the table of an entity; where there is none, the database's words for it.

        Raises
        ------
        SourceError
            When the database cannot be reached at all.
        """
        name = self.about.table(entity)
        try:
            with self._open() as connection:
                answer = connections.arrow_of(connection, table_sql(name, self.facts.dialect, is_empty=True))
        except SourceError as error:
            self.check()
            return error.what
        columns = {column.lower() for column in answer.column_names}
        return WarehouseTable(name, tuple(column for column in contract_types(entity) if column in columns))

    def made(
        self, function: Callable[..., Any], tables: Mapping[str, WarehouseTable], *, is_whole: bool = False
    ) -> pl.DataFrame:
        """Return what a function of `core.marts` makes of tables, worked out by the database.

        Raises
        ------
        SourceError
        """
        return self.rows(sql_of(function, tables, self.facts.dialect, is_whole=is_whole))
