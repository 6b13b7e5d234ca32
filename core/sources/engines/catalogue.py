"""The engines there are: what they are called, what they speak, and what has to be installed for them."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec

from core.contracts.errors import ConfigError
from core.localization import message


@dataclass(frozen=True)
class EngineFacts:
    """What is to be known of an engine before anything is asked of it.

    Attributes
    ----------
    title : str
        What it is called.
    dialect : str
        The SQL it speaks, by sqlglot's name; empty where it takes frames.
    extra : str
        The extra of Quarterdeck that brings what it needs; empty where nothing is missing.
    modules : tuple of str
        What has to be importable.
    address : str
        How `warehouse.url` is written; empty where it needs none.
    """

    title: str
    dialect: str = ""
    extra: str = ""
    modules: tuple[str, ...] = ()
    address: str = ""


ENGINES = {
    "": EngineFacts("Polars and DuckDB, each where it is quicker"),
    "polars": EngineFacts("Polars"),
    "duckdb": EngineFacts("DuckDB"),
    "postgres": EngineFacts(
        "PostgreSQL",
        "postgres",
        "warehouse-postgres",
        ("sqlframe", "adbc_driver_postgresql"),
        "postgresql://reader:${WAREHOUSE_PASSWORD}@host/sales",
    ),
    "redshift": EngineFacts(
        "Amazon Redshift",
        "redshift",
        "warehouse-redshift",
        ("sqlframe", "adbc_driver_postgresql"),
        "postgresql://reader:${WAREHOUSE_PASSWORD}@cluster.region.redshift.amazonaws.com:5439/sales",
    ),
    "snowflake": EngineFacts(
        "Snowflake",
        "snowflake",
        "warehouse-snowflake",
        ("sqlframe", "adbc_driver_snowflake"),
        "reader:${WAREHOUSE_PASSWORD}@account/database/schema?warehouse=reports",
    ),
    "bigquery": EngineFacts(
        "BigQuery",
        "bigquery",
        "warehouse-bigquery",
        ("sqlframe", "adbc_driver_bigquery"),
        "bigquery://project/dataset",
    ),
    "databricks": EngineFacts(
        "Databricks SQL",
        "databricks",
        "warehouse-databricks",
        ("sqlframe", "databricks.sql"),
        "databricks://token:${WAREHOUSE_TOKEN}@workspace.cloud.databricks.com/sql/1.0/warehouses/id",
    ),
    "spark": EngineFacts("Spark", "", "spark", ("pyspark",)),
}


def source_name(name: str) -> str:
    """Return what data are called that lie in an engine's tables.

    Examples
    --------
    >>> source_name("postgres")
    'Tables in PostgreSQL'
    """
    return message("Tables in {title}", title=ENGINES[name].title)


def missing_modules(name: str) -> tuple[str, ...]:
    """Return what an engine needs and this installation does not have.

    Examples
    --------
    >>> missing_modules("duckdb")
    ()
    """
    return tuple(module for module in ENGINES[name].modules if not _is_there(module))


def install_line(name: str) -> str:
    """Return the command that brings what an engine needs.

    Examples
    --------
    >>> install_line("postgres")
    'pip install "quarterdeck[warehouse-postgres]"'
    """
    return message('pip install "quarterdeck[{extra}]"', extra=ENGINES[name].extra)


def require(name: str) -> EngineFacts:
    """Return the facts of an engine that can be used here.

    Raises
    ------
    ConfigError
        When something it needs is not installed; the line that installs it is said.
    """
    missing = missing_modules(name)
    if missing:
        raise ConfigError(
            message(
                "The engine {title} needs {missing}, which is not installed.",
                title=ENGINES[name].title,
                missing=" and ".join(missing),
            ),
            "the setting engine",
            message("Run: {install_line}", install_line=install_line(name)),
        )
    return ENGINES[name]


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # The package around it is missing.
        return False
