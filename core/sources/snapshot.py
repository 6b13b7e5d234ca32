"""A dataset as it was last read, so that a start need not parse and check the same files again."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from core.artifacts import SNAPSHOTS, key, open_cache, read_frame, write_frame
from core.config import Settings
from core.config.addresses import absolute, address
from core.contracts.dataset import FRAMES, OPTIONAL_FRAMES, RAW_FRAMES, Dataset
from core.contracts.raw_rows import RawRows, WarehouseTable
from core.sources.currency_views import raw_codes

READERS = "core.sources.folder"
WAREHOUSE_READERS = (READERS, "core.sources.warehouse_source")
MANIFEST = "dataset.json"


class DatasetCodec:
    """A dataset as one Parquet file per frame, and the rest as JSON.

    Parameters
    ----------
    settings : Settings, optional
        Under their home what is worked out of the dataset may be kept, and their warehouse holds the raw tables that
        are left there; without them neither is so.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings

    def write(self, value: Dataset, folder: Path) -> None:
        """Write a dataset."""
        tables = {name: asdict(table) for name, table in _tables(value).items()}
        for name in (*FRAMES, *OPTIONAL_FRAMES):
            if name not in tables and (name in FRAMES or value.has(name)):
                write_frame(value.frame(name), folder / f"{name}.parquet")
        write_frame(value.rejected, folder / "rejected.parquet")
        write_frame(value.emptied, folder / "emptied.parquet")
        facts = {
            "as_of": value.as_of.isoformat(),
            "source": value.source,
            "missing": list(value.missing),
            "fingerprint": value.fingerprint,
            "counts": {name: n for name, n in value.row_counts.items() if name in RAW_FRAMES},
            "codes": raw_codes(value) if value.codes is None else value.codes,
            "tables": tables,
            "open_stages": list(value.open_stages),
            "currency": value.currency,
        }
        (folder / MANIFEST).write_text(json.dumps(facts), encoding="utf-8")

    def read(self, folder: Path) -> Dataset:
        """Return the dataset, with the fingerprint its rows had; its raw tables stay in their files."""
        facts = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        written = [n for n in (*FRAMES, *OPTIONAL_FRAMES) if n in FRAMES or (folder / f"{n}.parquet").exists()]
        tables = facts.get("tables", {})
        files = {name: folder / f"{name}.parquet" for name in written if name not in tables}
        frames: dict[str, Any] = {name: self._frame(name, file) for name, file in files.items()}
        return Dataset(
            **frames,
            **self._left_there(tables),
            as_of=date.fromisoformat(facts["as_of"]),
            source=facts["source"],
            rejected=read_frame(folder / "rejected.parquet"),
            missing=tuple(facts["missing"]),
            known_fingerprint=facts["fingerprint"],
            emptied=read_frame(folder / "emptied.parquet"),
            open_stages=tuple(facts["open_stages"]),
            currency=facts["currency"],
            home=self.settings.home if self.settings else None,
            counts=facts["counts"],
            codes=tuple(facts["codes"]),
            engine=self.settings.engine if self.settings else "",
        )

    def _frame(self, name: str, path: Path) -> pl.DataFrame | RawRows:
        if name not in RAW_FRAMES:
            return read_frame(path)
        if self.settings is None or self.settings.engine != "spark":
            return RawRows(pl.scan_parquet(path), file=path)
        from core.sources.engines.raw_tables import spark_made

        return RawRows(pl.scan_parquet(path), file=path, made=spark_made(self.settings, path))

    def _left_there(self, tables: Mapping[str, Any]) -> dict[str, Any]:
        if not tables or self.settings is None:
            return {}
        from core.sources.engines.raw_tables import raw_rows

        return {
            entity: raw_rows(self.settings, entity, WarehouseTable(table["name"], tuple(table["columns"])))
            for entity, table in tables.items()
        }


def _tables(data: Dataset) -> dict[str, WarehouseTable]:
    """Return the raw tables of a dataset that lie in a warehouse, by entity."""
    rows = {name: getattr(data, name) for name in RAW_FRAMES}
    return {name: raw.table for name, raw in rows.items() if isinstance(raw, RawRows) and raw.table is not None}


def load_or_read(origin: Any, settings: Settings, read: Callable[[], Dataset]) -> Dataset:
    """Return a dataset: from its snapshot where there is one, else read and kept.

    Parameters
    ----------
    origin : plain values
        What the rows come from, in the state it is in; see `folder_state`.
    settings : Settings
        A snapshot lies under `home`.
    read : callable
        Reads and checks the rows.

    Notes
    -----
    A snapshot stands for the origin, the currency, the time zone, the stages, the fiscal year, and the code that
    reads and checks. One process reads while others wait. Where it cannot be kept, or what is kept is damaged, the
    rows are read all the same.
    """
    name = name_of(origin, settings)
    data = open_cache(settings.home).get(SNAPSHOTS, name, read, DatasetCodec(settings), about=_facts)
    return data if data.engine == settings.engine else replace(data, engine=settings.engine)


def name_of(origin: Any, settings: Settings) -> str:
    """Return what the snapshot of an origin is kept under; nothing is read."""
    readers = WAREHOUSE_READERS if settings.has_warehouse else READERS
    return key(SNAPSHOTS, origin, (settings.currency, settings.time_zone, settings.stages, settings.fiscal), readers)


def kept(name: str, settings: Settings) -> Dataset | None:
    """Return a snapshot by its name; None where there is none any more, or none that can be read."""
    return open_cache(settings.home).read(SNAPSHOTS, name, DatasetCodec(settings))


def folder_state(folder: Path | str, mapping: str) -> tuple[Any, ...]:
    """Return the names, sizes and change times of a source's files and of the column map; nothing is read.

    Parameters
    ----------
    folder : path
        A folder, whose subfolders count too, one file, or the address of a folder in an object store.
    mapping : str
        Path or address of the column map; empty for none.
    """
    return (absolute(str(folder)), *_states(folder), *(_states(mapping) if mapping else ()))


def _states(source: Path | str) -> list[tuple[Any, ...]]:
    store = address(source)
    if store:
        from core.sources.object_store import state

        return list(state(store))
    path = Path(source)
    if not path.is_dir():
        return [_state(path, path.name)]
    files = sorted(p for pattern in ("*", "*/*") for p in path.glob(pattern) if p.is_file())
    return [_state(p, p.relative_to(path).as_posix()) for p in files]


def _state(path: Path, name: str) -> tuple[str, int, int]:
    stat = path.stat() if path.exists() else None
    return (name, stat.st_size if stat else 0, stat.st_mtime_ns if stat else 0)


def _facts(dataset: Dataset) -> dict[str, Any]:
    return {"source": dataset.source, "as_of": dataset.as_of.isoformat(), "rows": sum(dataset.row_counts.values())}
