"""A folder of Parquet files that stay where they are: DuckDB streams them, however much longer than memory they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from core.config import Settings
from core.contracts.errors import SourceError
from core.contracts.raw_rows import WarehouseTable
from core.localization import message
from core.sources.engines.contract_columns import as_contract, contract_types

OPTIONS: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "preserve_insertion_order": "false",
}
MORE = "Check warehouse.url in the settings: a folder with files such as transactions.parquet."


class ParquetFolder:
    """Tables as `transactions.parquet`, or as folders of Parquet files of that name; see `Warehouse`.

    Parameters
    ----------
    settings : Settings
        Whose `warehouse.url` is a folder.
    """

    def __init__(self, settings: Settings) -> None:
        self.about, self.folder = settings.warehouse, Path(settings.warehouse.url)

    def check(self) -> None:
        """Look whether the folder is there.

        Raises
        ------
        SourceError
            When it is not.
        """
        if not self.folder.is_dir():
            raise SourceError(message("There is no folder {folder}.", folder=self.folder), "the warehouse", MORE)

    def _files(self, entity: str) -> Path:
        name = self.about.table(entity)
        return self.folder / name / "*.parquet" if (self.folder / name).is_dir() else self.folder / f"{name}.parquet"

    def table(self, entity: str) -> WarehouseTable | str:
        """Return the table of an entity; where there is none, a sentence that says so."""
        self.check()
        files = self._files(entity)
        if not any(files.parent.glob(files.name)):
            return message("There is no file {relative_to}.", relative_to=files.relative_to(self.folder))
        columns = {column.lower() for column in pl.scan_parquet(files).collect_schema().names()}
        return WarehouseTable(str(files), tuple(column for column in contract_types(entity) if column in columns))

    def whole(self, entity: str) -> pl.DataFrame:
        """Return a small table with all its columns, their names in lower case."""
        return pl.read_parquet(self._files(entity)).rename(str.lower)

    def made(
        self, function: Callable[..., Any], tables: Mapping[str, WarehouseTable], *, is_whole: bool = False
    ) -> pl.DataFrame:
        """Return what a function of `core.marts` makes of tables.

        Raises
        ------
        SourceError
            When the files are gone, or hold what DuckDB refuses.
        """
        import duckdb

        try:
            with duckdb.connect(config=OPTIONS) as connection:
                frames = [(entity, table, connection.read_parquet(table.name)) for entity, table in tables.items()]
                rows = [frame if is_whole else as_contract(frame, entity, t.columns) for entity, t, frame in frames]
                made: pl.DataFrame = function(*rows).pl()
                return made
        except duckdb.Error as error:
            words = str(error).strip().split("\n")[0][:300]
            raise SourceError(
                message("The files cannot be read: {words}", words=words), "the warehouse", MORE
            ) from None
