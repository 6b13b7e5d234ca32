"""Databases as earlier commits made them: which migrations ran, in which order, and the version written down."""

from __future__ import annotations

import functools
import importlib.util
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import create_engine, text

from core.store.upgrade import MIGRATIONS

# Every order of migrations that any commit since the first release had, branches included.
HISTORY = {
    "the first store": ("0001", "0002"),
    "calls before layouts": ("0001", "0002", "0006"),
    "layouts": ("0001", "0002", "0003"),
    "reviews before layouts": ("0001", "0002", "0005"),
    "calls after layouts": ("0001", "0002", "0003", "0006"),
    "reviews and calls": ("0001", "0002", "0003", "0005", "0006"),
    "answers last": ("0001", "0002", "0003", "0005", "0006", "0004"),
    "branches without answers": ("0001", "0002", "0003", "0005", "0006", "0007"),
    "answers in order": ("0001", "0002", "0003", "0004", "0005", "0006", "0007"),
    "training without branches": ("0001", "0002", "0003", "0005", "0006", "0011"),
    "training": ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0011"),
    "capabilities": ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0011", "0012"),
    "sources": ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0011", "0012", "0013"),
}
KEPT = (
    "INSERT INTO scenarios (owner, name, payload, version, saved_at) "
    "VALUES ('ann@example.com', 'kept', '{\"a\": 1}', 1, '2026-01-02 03:04:05')"
)


@functools.cache
def scripts():
    """Return the migrations by their number."""
    out = {}
    for file in sorted((MIGRATIONS / "versions").glob("*.py")):
        spec = importlib.util.spec_from_file_location(file.stem, file)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        out[module.revision] = module
    return out


def make(url: str, order: tuple[str, ...], version: str | None = None) -> None:
    """Make a database at `url` by running migrations in an order; one scenario is saved in it."""
    if url.startswith("sqlite"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection, Operations.context(MigrationContext.configure(connection)):
        for number in order:
            scripts()[number].upgrade()
        connection.execute(sa.text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
        connection.execute(text(f"INSERT INTO alembic_version VALUES ('{version or order[-1]}')"))
        connection.execute(text(KEPT))
    engine.dispose()


def make_up_to(engine: sa.Engine, revision: str) -> None:
    """Make the tables that an empty database had after a migration."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
