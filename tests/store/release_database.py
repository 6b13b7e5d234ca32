"""Writes what the present version makes of an empty database, with a row in every table, into a file that stays.

Run `python -m tests.store.release_database` at the end of a release. The file is SQLite's own statements, called after
the newest migration; later versions upgrade it in `test_upgrade.py`. It needs so little of the store that it also ran
on earlier commits: with PYTHONPATH at one of them, and the folder to write to as its argument.
"""

from __future__ import annotations

import sqlite3
import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa

FOLDER = Path(__file__).resolve().parents[1] / "fixtures" / "databases"
AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
ANN, BEA = "ann@example.com", "bea@example.com"
LONG, FEW = "Größe “ä” 1 €", 3
EXAMPLES: tuple[tuple[type, object], ...] = (
    (sa.JSON, {"numbers": [1, 2.5], "text": LONG}),
    (sa.Boolean, True),
    (sa.Integer, 1),
    (sa.Float, 1234.5),
    (sa.LargeBinary, b"\x00\x01" + LONG.encode()),
    (sa.DateTime, AT),
    (sa.Date, AT.date()),
)


def value(column: sa.Column) -> object:
    """Return something a column may hold, the same at every run; what belongs to another table is its first row."""
    kind = column.type
    if column.foreign_keys:
        return value(next(iter(column.foreign_keys)).column)
    if isinstance(kind, sa.Text):
        return f"{column.name}: {LONG}"
    for type_, example in EXAMPLES:
        if isinstance(kind, type_):
            return example
    return column.name[: kind.length]


def fill(url: str) -> None:
    """Save what people save, by the store's own functions, then a row into every table that is still empty."""
    from core.store import Store
    from core.store.tables import Base

    store = Store.open(url, lambda: AT)
    for name, owner in (("Plan", ANN), ("Plan, cautious", BEA)):
        store.scenarios.save(name, owner, {"win_rate": 5, "text": LONG})
    for n in range(FEW):
        store.audit.add(ANN, "tried", f"thing {n}", LONG)
    with store.engine.begin() as connection:
        for table in Base.metadata.sorted_tables:
            if not connection.scalar(sa.select(sa.func.count()).select_from(table)):
                connection.execute(table.insert().values({c.name: value(c) for c in table.columns}))
    store.close()


def statements(file: Path) -> tuple[str, str]:
    """Return the newest migration of a SQLite file, and the statements that make it anew."""
    connection = sqlite3.connect(file)
    (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    text = "\n".join(connection.iterdump())
    connection.close()
    return revision, f"{text}\n"


def main(folder: Path = FOLDER) -> Path:
    """Write the file and return its path."""
    with TemporaryDirectory() as name:
        file = Path(name) / "q.db"
        fill(f"sqlite:///{file}")
        revision, text = statements(file)
    target = folder / f"{revision}.sql"
    target.write_text(text, encoding="utf-8")
    return target


if __name__ == "__main__":
    sys.stdout.write(f"{main(Path(sys.argv[1]) if sys.argv[1:] else FOLDER)}\n")
