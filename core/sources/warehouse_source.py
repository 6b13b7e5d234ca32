"""A company whose tables lie in a warehouse: small ones are read whole, the large ones stay and are only counted."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from core.config import Settings
from core.contracts import FRAMES, OPTIONAL_FRAMES, RAW_FRAMES, Dataset
from core.contracts.errors import SourceError
from core.contracts.raw_rows import WarehouseTable
from core.localization import message
from core.sources import snapshot
from core.sources.engines.catalogue import source_name
from core.sources.engines.contract_columns import required_columns
from core.sources.engines.raw_tables import connected, opened, raw_rows

FILE, FIRST = "warehouse.json", 1
DAY_OF = {"opportunity_history": "valid_from", "transactions": "booked_on", "activities": "occurred_at"}
# A day ahead of all others, such as a slip of the finger, is not the last one when so few rows lie on it.
FEW_ROWS = 1


def origin(settings: Settings) -> tuple[Any, ...]:
    """Return what the rows come from, and which reading of them counts; the warehouse is not asked for it."""
    file = _file(settings)
    changed = file.stat().st_mtime_ns if file.exists() else 0
    about = settings.warehouse
    names = tuple(sorted(about.tables.items()))
    where = (settings.engine, about.url, about.db_schema, names, str(about.as_of or ""), settings.source.mapping)
    files = snapshot.folder_state(about.url, "") if settings.engine == "duckdb" else ()
    return ("warehouse", *map(str, where), ("reading", reading(settings), changed), *files)


def reading(settings: Settings) -> int:
    """Return how often the warehouse was to be read anew, beginning with 1."""
    try:
        return int(json.loads(_file(settings).read_text(encoding="utf-8"))["reading"])
    except (OSError, ValueError, KeyError, TypeError):
        return FIRST


def read_again(settings: Settings) -> int:
    """Ask for a newer reading of the warehouse, and return its number.

    Its state is then another one, as that of a folder whose files changed: pages show the last one until the newer
    can be shown, and say why where it cannot.

    Raises
    ------
    SourceError
        When the warehouse does not answer; nothing is asked for then, and pages go on with the last state.
    """
    opened(settings).check()
    number, file = reading(settings) + 1, _file(settings)
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part")
    part.write_text(json.dumps({"reading": number}), encoding="utf-8")
    part.replace(file)
    return number


def _file(settings: Settings) -> Path:
    return settings.home / FILE


def read(settings: Settings) -> Dataset:
    """Read the small tables, and count the days of the large ones where they lie.

    Parameters
    ----------
    settings : Settings
        With a warehouse.

    Returns
    -------
    Dataset
        Small tables are read like files of the same names, by the column map of the settings. The raw tables must
        have the columns of their contract; their rows stay where they are.

    Raises
    ------
    SourceError
        When the warehouse does not answer, or has none of the tables.
    ConfigError
        When what its engine needs is not installed.
    """
    from core.sources.folder import read_files

    with connected(settings) as warehouse:
        tables = {entity: warehouse.table(entity) for entity in (*FRAMES, *OPTIONAL_FRAMES)}
        there = {entity: table for entity, table in tables.items() if isinstance(table, WarehouseTable)}
        if not there:
            raise SourceError(
                message("The warehouse has none of the tables: {accounts}", accounts=tables["accounts"]),
                "the warehouse",
                "Name their schema, or each of them, under warehouse in the settings.",
            )
        days = {entity: _row_days(warehouse, entity, there[entity]) for entity in RAW_FRAMES if entity in there}
        files = {f"{entity}.parquet": _parquet(warehouse.whole(entity)) for entity in there if entity not in RAW_FRAMES}
        sentences = _left_out(warehouse, days, there)
    day = settings.warehouse.as_of or _last_day(days)
    small = read_files(files, settings.source.mapping or None, settings, day, source_name(settings.engine))
    left_there = {entity: there[entity] for entity in days}
    return _with_raw(small, settings, left_there, days, sentences)


def _row_days(warehouse: Any, entity: str, table: WarehouseTable) -> pl.DataFrame:
    missing = [name for name in required_columns(entity) if name not in table.columns]
    if missing:
        raise SourceError(
            message("The table {name} has no column {missing!r}.", name=table.name, missing=missing[0]),
            "the warehouse",
            "Make a view with the columns of docs/data-columns.md, and name it under warehouse.tables.",
        )

    def counted(rows: Any) -> Any:
        import narwhals as nw

        day = nw.col(DAY_OF[entity])
        dated = nw.from_native(rows).select(on=day.dt.date() if entity == "activities" else day)
        return dated.group_by("on").agg(n_rows=nw.len()).to_native()

    out: pl.DataFrame = warehouse.made(counted, {entity: table}).cast({"on": pl.Date, "n_rows": pl.Int64})
    return out


def _last_day(days: Mapping[str, pl.DataFrame]) -> date | None:
    """Return the last day of transactions with more than a stray row, where there are any."""
    if "transactions" not in days:
        return None
    lines = days["transactions"]
    several = lines.filter(pl.col("n_rows") > FEW_ROWS)
    last = (several if several.height else lines)["on"].max()
    return last if isinstance(last, date) else None


def _left_out(
    warehouse: Any, days: Mapping[str, pl.DataFrame], tables: Mapping[str, WarehouseTable]
) -> tuple[str, ...]:
    """Return a sentence for each raw table of which rows lack what their contract asks for."""
    sentences = []
    for entity, counted in days.items():
        total = warehouse.made(_number, {entity: tables[entity]}, is_whole=True).item()
        lacking = int(total) - int(counted["n_rows"].sum())
        if lacking:
            sentences.append(
                message(
                    "{lacking:,} rows of {name} lack a day or another value that no row may lack, and "
                    "count for nothing.",
                    lacking=lacking,
                    name=tables[entity].name,
                )
            )
    return tuple(sentences)


def _number(rows: Any) -> Any:
    import narwhals as nw

    return nw.from_native(rows).select(n_rows=nw.len()).to_native()


def _parquet(frame: pl.DataFrame) -> bytes:
    content = io.BytesIO()
    frame.write_parquet(content)
    return content.getvalue()


def _with_raw(
    small: Dataset,
    settings: Settings,
    tables: Mapping[str, WarehouseTable],
    days: Mapping[str, pl.DataFrame],
    sentences: tuple[str, ...],
) -> Dataset:
    digest = hashlib.blake2b(small.fingerprint.encode(), digest_size=12)
    digest.update(repr([part for part in origin(settings) if not str(part).startswith("('reading'")]).encode())
    digest.update(str(reading(settings)).encode())
    counts = {entity: int(counted["n_rows"].sum()) for entity, counted in days.items()}
    named = [entity.replace("_", " ") for entity in tables]
    missing = [s for s in small.missing if not any(s.startswith(f"No {name} loaded") for name in named)]
    rows: dict[str, Any] = {entity: raw_rows(settings, entity, table) for entity, table in tables.items()}
    return replace(
        small,
        **rows,
        counts={name: counts.get(name, small.row_counts[name]) for name in RAW_FRAMES},
        known_fingerprint=digest.hexdigest(),
        missing=(*missing, *sentences),
        codes=(),
        home=settings.home,
        engine=settings.engine,
    )
