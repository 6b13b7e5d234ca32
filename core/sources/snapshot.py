"""A dataset as it was last read, so that a start need not parse and check the same files again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
from filelock import FileLock

from core.config import Settings
from core.config.kept import code, writing
from core.contracts.dataset import FRAMES, OPTIONAL_FRAMES, Dataset

KEPT = 3


def load_or_read(folder: Path, mapping: str, settings: Settings, read: Callable[[], Dataset]) -> Dataset:
    """Return the dataset of a folder: from its snapshot when no file has changed, else read and kept.

    Parameters
    ----------
    folder : Path
    mapping : str
        Path of the column map; empty for none.
    settings : Settings
        `home/snapshots` holds the newest three.
    read : callable
        Reads the folder.

    Notes
    -----
    A snapshot stands for the names, sizes and change times of the files and of the map, the currency, the time zone,
    the stages, the fiscal year, and the code that reads and checks. One process writes while others wait. Where it
    cannot be kept, the dataset is returned all the same.
    """
    path = settings.home / "snapshots" / _key(folder, mapping, settings)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{path}.lock"):
            if not (path / "about.json").exists():
                _save(path, read())
            return _load(path)
    except OSError:
        return read()


def _key(folder: Path, mapping: str, settings: Settings) -> str:
    digest = hashlib.blake2b(digest_size=12)
    files = sorted(p for p in folder.iterdir() if p.is_file()) if folder.is_dir() else []
    for path in [*files, *([Path(mapping)] if mapping else [])]:
        stat = path.stat() if path.exists() else None
        digest.update(f"{path.name}:{stat.st_size if stat else 0}:{stat.st_mtime_ns if stat else 0};".encode())
    for text in (
        str(folder.absolute()),
        settings.currency,
        settings.time_zone,
        settings.stages.model_dump_json(),
        settings.fiscal.model_dump_json(),
        code("sources", "contracts"),
    ):
        digest.update(text.encode())
    return digest.hexdigest()


def _save(path: Path, dataset: Dataset) -> None:
    about = {
        "as_of": dataset.as_of.isoformat(),
        "source": dataset.source,
        "missing": list(dataset.missing),
        "fingerprint": dataset.fingerprint,
        "open_stages": list(dataset.open_stages),
        "currency": dataset.currency,
    }
    with writing(path, "about.json", KEPT) as work:
        for name in (*FRAMES, *OPTIONAL_FRAMES):
            if name in FRAMES or dataset.has(name):
                dataset.frame(name).write_parquet(work / f"{name}.parquet", compression="lz4")
        dataset.rejected.write_parquet(work / "rejected.parquet")
        dataset.emptied.write_parquet(work / "emptied.parquet")
        (work / "about.json").write_text(json.dumps(about), encoding="utf-8")


def _load(path: Path) -> Dataset:
    about = json.loads((path / "about.json").read_text(encoding="utf-8"))
    written = [name for name in (*FRAMES, *OPTIONAL_FRAMES) if name in FRAMES or (path / f"{name}.parquet").exists()]
    frames: dict[str, Any] = {name: pl.read_parquet(path / f"{name}.parquet") for name in written}
    return Dataset(
        **frames,
        as_of=date.fromisoformat(about["as_of"]),
        source=about["source"],
        rejected=pl.read_parquet(path / "rejected.parquet"),
        missing=tuple(about["missing"]),
        known_fingerprint=about["fingerprint"],
        emptied=pl.read_parquet(path / "emptied.parquet"),
        open_stages=tuple(about["open_stages"]),
        currency=about["currency"],
    )
