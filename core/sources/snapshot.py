"""A dataset as it was last read, so that a start need not parse and check the same files again."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from core.artifacts import SNAPSHOTS, key, open_cache, read_frame, write_frame
from core.config import Settings
from core.config.addresses import absolute, address
from core.contracts.dataset import FRAMES, OPTIONAL_FRAMES, RAW_FRAMES, Dataset
from core.contracts.raw_rows import RawRows
from core.sources.currency_views import raw_codes

READERS = "core.sources.folder"
MANIFEST = "dataset.json"


class DatasetCodec:
    """A dataset as one Parquet file per frame, and the rest as JSON.

    Parameters
    ----------
    home : Path, optional
        The home folder in which what is worked out of the dataset may be kept.
    """

    def __init__(self, home: Path | None = None) -> None:
        self.home = home

    def write(self, value: Dataset, folder: Path) -> None:
        """Write a dataset."""
        for name in (*FRAMES, *OPTIONAL_FRAMES):
            if name in FRAMES or value.has(name):
                write_frame(value.frame(name), folder / f"{name}.parquet")
        write_frame(value.rejected, folder / "rejected.parquet")
        write_frame(value.emptied, folder / "emptied.parquet")
        facts = {
            "as_of": value.as_of.isoformat(),
            "source": value.source,
            "missing": list(value.missing),
            "fingerprint": value.fingerprint,
            "counts": {name: n for name, n in value.row_counts.items() if name in RAW_FRAMES},
            "codes": raw_codes(value),
            "open_stages": list(value.open_stages),
            "currency": value.currency,
        }
        (folder / MANIFEST).write_text(json.dumps(facts), encoding="utf-8")

    def read(self, folder: Path) -> Dataset:
        """Return the dataset, with the fingerprint its rows had; its raw tables stay in their files."""
        facts = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        written = [n for n in (*FRAMES, *OPTIONAL_FRAMES) if n in FRAMES or (folder / f"{n}.parquet").exists()]
        frames: dict[str, Any] = {name: _frame(name, folder / f"{name}.parquet") for name in written}
        return Dataset(
            **frames,
            as_of=date.fromisoformat(facts["as_of"]),
            source=facts["source"],
            rejected=read_frame(folder / "rejected.parquet"),
            missing=tuple(facts["missing"]),
            known_fingerprint=facts["fingerprint"],
            emptied=read_frame(folder / "emptied.parquet"),
            open_stages=tuple(facts["open_stages"]),
            currency=facts["currency"],
            home=self.home,
            counts=facts["counts"],
            codes=tuple(facts["codes"]),
        )


def _frame(name: str, path: Path) -> pl.DataFrame | RawRows:
    return RawRows(pl.scan_parquet(path), file=path) if name in RAW_FRAMES else read_frame(path)


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
    return open_cache(settings.home).get(SNAPSHOTS, name, read, DatasetCodec(settings.home), about=_facts)


def name_of(origin: Any, settings: Settings) -> str:
    """Return what the snapshot of an origin is kept under; nothing is read."""
    return key(SNAPSHOTS, origin, (settings.currency, settings.time_zone, settings.stages, settings.fiscal), READERS)


def kept(name: str, settings: Settings) -> Dataset | None:
    """Return a snapshot by its name; None where there is none any more, or none that can be read."""
    return open_cache(settings.home).read(SNAPSHOTS, name, DatasetCodec(settings.home))


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
