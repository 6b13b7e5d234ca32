"""Which engine works the large tables out, and where its tables lie."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from core.contracts.errors import closest

EngineName = Literal["", "polars", "duckdb", "postgres", "snowflake", "bigquery", "redshift", "databricks", "spark"]
# Engines whose tables lie in a database: they need to know where it is.
DATABASES = ("postgres", "snowflake", "bigquery", "redshift", "databricks")


class WarehouseSettings(BaseModel):
    """Where the tables of an engine lie, what they are called, and which day they speak of."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    url: str = ""
    db_schema: str = Field(default="", alias="schema")
    tables: dict[str, str] = {}
    as_of: date | None = None

    @field_validator("as_of", mode="before")
    @classmethod
    def _none(cls, value: Any) -> Any:
        return value or None

    @field_validator("tables")
    @classmethod
    def _of_entities(cls, value: dict[str, str]) -> dict[str, str]:
        from core.contracts.dataset import FRAMES, OPTIONAL_FRAMES

        for entity in value:
            if entity not in (*FRAMES, *OPTIONAL_FRAMES):
                near = closest(entity, (*FRAMES, *OPTIONAL_FRAMES))
                hint = f"; did you mean {near!r}?" if near else ""
                raise ValueError(f"names {entity!r}, which is no table of Quarterdeck's{hint}")
        return value

    def table(self, entity: str) -> str:
        """Return what the table of an entity is called, with the schema unless its own name has one.

        Examples
        --------
        >>> lake = WarehouseSettings(schema="sales", tables={"transactions": "ledger.lines"})
        >>> lake.table("accounts"), lake.table("transactions")
        ('sales.accounts', 'ledger.lines')
        """
        name = self.tables.get(entity, entity)
        return name if "." in name or not self.db_schema else f"{self.db_schema}.{name}"
