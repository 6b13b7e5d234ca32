"""Replayed forecasts on disk: worked out once for a state of the data, the settings and the code."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path

import polars as pl
from filelock import FileLock

from core.config import Settings
from core.config.calendar import quarter_start
from core.config.kept import code, writing
from core.contracts import Dataset
from core.contracts.errors import ModelError
from core.forecasts import backtest
from core.forecasts.backtest import Progress, Replays
from core.models.close import CloseModel

KEPT = 3
REMEMBERED = 4
FRAMES = ("forecasts", "deals", "teams", "scores")
_MEMORY: dict[str, Replays] = {}


def key(data: Dataset, settings: Settings) -> str:
    """Return the name of a state: the data's fingerprint, the settings models read, and the code."""
    digest = hashlib.blake2b(digest_size=12)
    parts = (settings.models, settings.stages, settings.fiscal)
    for text in (
        data.fingerprint,
        *(p.model_dump_json() for p in parts),
        code("features", "models", "marts"),
        Path(backtest.__file__).read_text(encoding="utf-8"),
    ):
        digest.update(text.encode())
    return digest.hexdigest()


def quarters(data: Dataset, settings: Settings) -> list[date]:
    """Return the first days of the quarters that can be replayed, oldest first."""
    return backtest.quarters(data, settings)


def is_kept(data: Dataset, settings: Settings) -> bool:
    """Say whether the replays of this data are already there, in memory or on disk."""
    if key(data, settings) in _MEMORY:
        return True
    return (settings.home / "replays" / key(data, settings) / "about.json").exists()


def load_or_run(data: Dataset, settings: Settings, progress: Progress | None = None) -> Replays:
    """Return the replays of this data: from disk where they are, else worked out and kept.

    Parameters
    ----------
    data : Dataset
    settings : Settings
        `home/replays` holds one folder per state, the newest three are kept.
    progress : callable, optional

    Raises
    ------
    ModelError
        When the replays folder cannot be written to.
    """
    name = key(data, settings)
    if name not in _MEMORY:
        while len(_MEMORY) >= REMEMBERED:
            _MEMORY.pop(next(iter(_MEMORY)), None)
        _MEMORY[name] = _from_disk(name, data, settings, progress)
    return _MEMORY[name]


def day(data: Dataset, settings: Settings, when: date) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the rows of `forecasts` and `deals` of one past day.

    A day between two replayed ones is worked out with its quarter's model and kept beside them.

    Raises
    ------
    ModelError
        When the day lies outside the quarters that can be replayed.
    """
    replays = load_or_run(data, settings)
    period = quarter_start(when, settings)
    if period not in replays.twins or when > data.as_of:
        first = replays.quarters[0] if replays.quarters else None
        reach = f"Choose a day from {first:%d %B %Y} to {data.as_of:%d %B %Y}." if first else "Load a longer history."
        raise ModelError(f"The forecast of {when:%d %B %Y} cannot be replayed.", mend=reach)
    rows = replays.forecasts.filter(pl.col("day") == when)
    if rows.height:
        return rows, replays.deals.filter(pl.col("day") == when)
    folder = settings.home / "replays" / key(data, settings) / f"day-{when}"
    if not data.is_transient and (folder / "deals.parquet").exists():
        return pl.read_parquet(folder / "forecasts.parquet"), pl.read_parquet(folder / "deals.parquet")
    made, _ = backtest.one(data, settings, when, replays.twins[period], replays.scores)
    if not data.is_transient and folder.parent.exists():
        with writing(folder, "forecasts.parquet", 400) as work:
            made[0].write_parquet(work / "forecasts.parquet")
            made[1].write_parquet(work / "deals.parquet")
    return made[0], made[1]


def _from_disk(name: str, data: Dataset, settings: Settings, progress: Progress | None) -> Replays:
    company = data.whole or data.unmasked
    if company is not None:
        return backtest.run(data, settings, progress, load_or_run(company, settings, progress).twins)
    if data.is_transient:
        return backtest.run(data, settings, progress)
    folder = settings.home / "replays"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / f"{name}.lock"):
            if not (folder / name / "about.json").exists():
                _save(folder / name, backtest.run(data, settings, progress))
            return _load(folder / name, settings)
    except OSError as error:
        raise ModelError(
            "The replays cannot be kept.", str(folder), "Set QUARTERDECK_HOME to a folder you may write to."
        ) from error


def _save(folder: Path, replays: Replays) -> None:
    with writing(folder, "about.json", KEPT) as work:
        for label in FRAMES:
            getattr(replays, label).write_parquet(work / f"{label}.parquet")
        for period, model in replays.twins.items():
            if model is not None:
                text = json.dumps(model.to_dict(), default=str)
                (work / f"twin-{period}.json").write_text(text, encoding="utf-8")
        about = {"twins": [p.isoformat() for p in replays.twins]}
        (work / "about.json").write_text(json.dumps(about), encoding="utf-8")


def _load(folder: Path, settings: Settings) -> Replays:
    about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
    twins: dict[date, CloseModel | None] = {}
    for text in about["twins"]:
        file = folder / f"twin-{text}.json"
        saved = json.loads(file.read_text(encoding="utf-8")) if file.exists() else None
        twins[date.fromisoformat(text)] = CloseModel.from_dict(saved, backtest.short(settings)) if saved else None
    frames = {label: pl.read_parquet(folder / f"{label}.parquet") for label in FRAMES}
    return Replays(**frames, twins=twins)
