"""What a connector has brought, as a folder of tables that is read like any other folder of exports."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

import polars as pl
import yaml

from core.sources.connectors.deal_spans import spans
from core.sources.connectors.declaration import Connector
from core.sources.connectors.sync_state import SyncState

TABLES, HISTORY = "tables", "opportunity_history"
MOST_FOLDERS = 6


def publish(connector: Connector, state: SyncState, folder: Path, number: int, as_of: date, time_zone: str) -> Path:
    """Write the tables of a connector into a folder of their own, which is there whole or not at all.

    Parameters
    ----------
    connector : Connector
    state : SyncState
    folder : Path
        Of the connector.
    number : int
        Of the sync, for the folder's name.
    as_of : date
        The day the tables speak of.
    time_zone : str
        Whose days histories are cut by.

    Returns
    -------
    Path
        The folder of this sync's tables; the newest six are kept.
    """
    final, part = folder / TABLES / f"{number:06d}", folder / TABLES / f"{number:06d}.part"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    for name, table in connector.tables.items():
        if table.table and state.count(name):
            _write(_frames(state.live(name)), part / f"{table.table}.parquet")
        if table.track and not table.history_of:
            _write(spans(state.histories(name, table.track), table.track, time_zone), part / f"{HISTORY}.parquet")
    facts = {"as_of": as_of.isoformat(), "source": connector.name}
    (part / "meta.yaml").write_text(yaml.safe_dump(facts, allow_unicode=True), encoding="utf-8")
    os.replace(part, final)
    return final


def tidy(folder: Path, needed: Iterable[Path]) -> None:
    """Delete the tables of older syncs but the newest six and those that are needed."""
    every = sorted(p for p in (folder / TABLES).iterdir() if p.is_dir() and not p.name.endswith(".part"))
    keep = {*every[-MOST_FOLDERS:], *needed}
    for path in every:
        if path not in keep:
            shutil.rmtree(path, ignore_errors=True)


def _frames(rows: Iterator[str]) -> Iterator[pl.DataFrame]:
    return (pl.read_ndjson(io.BytesIO(lines.encode()), infer_schema_length=None) for lines in rows)


def _write(frames: Iterator[pl.DataFrame], path: Path) -> None:
    """Write frames whose columns may differ as one Parquet file, without holding them all."""
    parts = []
    for k, frame in enumerate(frames):
        parts.append(path.with_name(f".{path.stem}.{k}"))
        frame.write_parquet(parts[-1], compression="lz4")
    if not parts:
        return
    lazy = pl.concat([pl.scan_parquet(part) for part in parts], how="diagonal_relaxed")
    empty = [name for name, kind in lazy.collect_schema().items() if kind == pl.Null]
    lazy.with_columns(pl.col(empty).cast(pl.String)).sink_parquet(path)
    for part in parts:
        part.unlink()
