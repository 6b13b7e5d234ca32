"""Spark: the functions of `core.marts` on its own frames, over Parquet files or tables of its catalogue."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from core.config import Settings
from core.contracts.errors import QuarterdeckError, SourceError
from core.contracts.raw_rows import WarehouseTable
from core.localization import message
from core.sealing.secret_values import Secrets
from core.sources.engines.catalogue import require
from core.sources.engines.contract_columns import as_contract, contract_types

LOCAL = "local[*]"
CONNECTORS = "connectors"
MORE = "Check its address and names under warehouse in the settings, and that Java 17 or later is there."


class Spark:
    """One session of Spark: in this process, on a cluster, or by Spark Connect, as Databricks Connect speaks too.

    Parameters
    ----------
    url : str
        A master, such as local[4] or spark://host:7077, or sc://host for Spark Connect; empty for this machine.
    time_zone : str
        The company's, by which a moment is turned into a day.

    Raises
    ------
    ConfigError
        When PySpark is not installed.
    """

    def __init__(self, url: str, time_zone: str) -> None:
        self.facts = require("spark")
        self.url, self.zone = url or LOCAL, time_zone

    @property
    def session(self) -> Any:
        """The session, begun when it is first asked for and shared by whoever asks again."""
        from pyspark.sql import SparkSession

        builder = SparkSession.builder.appName("Quarterdeck").config("spark.ui.enabled", "false")
        builder = builder.remote(self.url) if self.url.startswith("sc://") else builder.master(self.url)
        session = builder.getOrCreate()
        session.conf.set("spark.sql.session.timeZone", self.zone)
        return session

    def of_file(self, function: Callable[..., Any], file: Path) -> pl.DataFrame:
        """Return what a function of `core.marts` makes of a Parquet file."""
        return _collected(function(self.session.read.parquet(str(file))))

    def made(
        self, function: Callable[..., Any], tables: Mapping[str, WarehouseTable], *, is_whole: bool = False
    ) -> pl.DataFrame:
        """Return what a function of `core.marts` makes of tables of the catalogue.

        Raises
        ------
        SourceError
            When Spark does not answer.
        """
        try:
            frames = [(entity, table, self.session.table(table.name)) for entity, table in tables.items()]
            rows = [frame if is_whole else as_contract(frame, entity, t.columns) for entity, t, frame in frames]
            return _collected(function(*rows))
        except QuarterdeckError:
            raise
        except Exception as error:  # Spark raises errors of its own, of Java and of Python.
            raise _refused(error) from None


def _refused(error: Exception) -> SourceError:
    words = str(error).strip().split("\n")[0][:300]
    return SourceError(message("Spark does not answer: {words}", words=words), "the warehouse", MORE)


def _collected(frame: Any) -> pl.DataFrame:
    return pl.DataFrame(pl.from_arrow(frame.toArrow()))


class Lake(Spark):
    """The tables of a company in the catalogue of Spark; see `Warehouse`, whose questions it answers alike.

    Parameters
    ----------
    settings : Settings
    """

    def __init__(self, settings: Settings) -> None:
        keys = Secrets(settings.home / CONNECTORS)
        super().__init__(keys.filled(settings.warehouse.url), settings.time_zone)
        self.about = settings.warehouse

    def check(self) -> None:
        """Ask for nothing but an answer.

        Raises
        ------
        SourceError
            When there is none.
        """
        try:
            self.session.sql("SELECT 1 AS n").collect()
        except Exception as error:  # Spark raises errors of its own, of Java and of Python.
            raise _refused(error) from None

    def whole(self, entity: str) -> pl.DataFrame:
        """Return a small table with all its columns, their names in lower case."""
        return _collected(self.session.table(self.about.table(entity))).rename(str.lower)

    def table(self, entity: str) -> WarehouseTable | str:
        """Return the table of an entity; where there is none, a sentence that says so."""
        name = self.about.table(entity)
        if not self.session.catalog.tableExists(name):
            return message("Spark's catalogue has no table {name}.", name=name)
        columns = {column.lower() for column in self.session.table(name).columns}
        return WarehouseTable(name, tuple(column for column in contract_types(entity) if column in columns))
