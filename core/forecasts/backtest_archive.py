"""Replayed forecasts that are kept: worked out once for a state of the data, the settings and the code."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

from core.artifacts import PARQUET, RECORDS, REPLAY_DAYS, REPLAYS, open_cache, read_frame, write_frame
from core.artifacts import key as key_of
from core.config import Settings
from core.contracts import Dataset
from core.forecasts import backtest
from core.forecasts.backtest import Progress, ReplayedDay, Replays
from core.models.bundle import Bundle
from core.models.close import CloseModel

FRAMES = ("forecasts", "deals", "teams", "scores")
ABOUT = "about.json"


class ReplaysCodec:
    """Replays as files: frames as Parquet, each quarter's model as its own text.

    Parameters
    ----------
    settings : Settings
        Which the models that are read work by.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def write(self, value: Replays, folder: Path) -> None:
        """Write the replays."""
        for label in FRAMES:
            write_frame(getattr(value, label), folder / f"{label}.parquet")
        for period, model in value.twins.items():
            if model is not None:
                (folder / _file(period)).write_text(json.dumps(model.to_dict(), default=str), encoding="utf-8")
        about = {"key": value.key, "twins": [period.isoformat() for period in value.twins]}
        (folder / ABOUT).write_text(json.dumps(about), encoding="utf-8")

    def read(self, folder: Path) -> Replays:
        """Return the replays."""
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        twins = {period: self._twin(folder / _file(period)) for period in map(date.fromisoformat, about["twins"])}
        frames = {label: read_frame(folder / f"{label}.parquet") for label in FRAMES}
        return Replays(**frames, twins=twins, key=about["key"])

    def _twin(self, file: Path) -> CloseModel | None:
        if not file.exists():
            return None
        saved = json.loads(file.read_text(encoding="utf-8"))
        return CloseModel.from_dict(saved, backtest.short(self.settings))


def _file(period: date) -> str:
    return f"twin-{period}.json"


def key(data: Dataset, settings: Settings) -> str:
    """Return the name of the replays of what a dataset shows: of the company's data, the settings and the code."""
    company = data.company
    parts = (settings.models, settings.stages, settings.fiscal)
    name = key_of(REPLAYS, company, parts, "core.forecasts.backtest_archive")
    return name if data is company else f"{name}-{data.fingerprint}"


def quarters(data: Dataset, settings: Settings) -> list[date]:
    """Return the first days of the quarters that can be replayed, oldest first."""
    return backtest.quarters(data, settings)


def is_kept(data: Dataset, settings: Settings) -> bool:
    """Say whether the replays of this data are already there, in memory or on disk."""
    return open_cache(settings.home).is_kept(REPLAYS, key(data, settings))


def load_or_run(data: Dataset, settings: Settings, progress: Progress | None = None) -> Replays:
    """Return the replays of this data: from memory or disk where they are, else worked out and kept.

    Parameters
    ----------
    data : Dataset
        One person's part of the company, or the company under hidden names, is replayed with the company's
        models, and stays in memory. Nothing of a session's own data is written to disk.
    settings : Settings
        `home` is where they are kept.
    progress : callable, optional
        Called with a share in [0, 1] and what is being done, when they are worked out.
    """
    company = data.company
    name = key(company, settings)
    replays = open_cache(settings.home).get(
        REPLAYS,
        name,
        lambda: replace(backtest.run(company, settings, progress), key=name),
        ReplaysCodec(settings),
        keep=not company.is_transient,
    )
    open_cache(settings.home).get(
        RECORDS, name, lambda: backtest.record(replays), PARQUET, keep=not company.is_transient
    )
    if data is company:
        return replays
    own = key(data, settings)
    return open_cache(settings.home).get(
        REPLAYS, own, lambda: replace(backtest.run(data, settings, progress, replays.twins), key=own), keep=False
    )


def record_key(data: Dataset, settings: Settings) -> str:
    """Return the name of the record of past forecasts of the data's company; empty until they are replayed."""
    name = key(data.company, settings)
    return name if open_cache(settings.home).is_kept(RECORDS, name) else ""


def with_record(data: Dataset, settings: Settings, bundle: Bundle) -> Bundle:
    """Return models with the record of past forecasts, by which the quarter's number is corrected.

    Parameters
    ----------
    data : Dataset
        One person's part of a company goes by the company's record.
    settings : Settings
    bundle : Bundle
        The models of `data`, as they were trained.

    Returns
    -------
    Bundle
        The same until past forecasts are replayed; nothing is replayed here.
    """
    name = record_key(data, settings)
    record = open_cache(settings.home).read(RECORDS, name, PARQUET) if name else None
    if record is None or not bundle.key:
        return bundle
    return replace(bundle, record=record, key=recorded_key(bundle.key, name), whole=bundle.company)


def recorded_key(bundle_key: str, record: str) -> str:
    """Return the key of models with a record, for which neither is loaded."""
    return f"{bundle_key}+{record}" if record else bundle_key


def load_or_run_day(data: Dataset, settings: Settings, replays: Replays, day: date) -> ReplayedDay:
    """Return the forecast of one past day: that of the replays where it is among theirs, else worked out and kept.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    replays : Replays
    day : date

    Raises
    ------
    ModelError
        When the day lies outside the quarters that can be replayed.
    """
    if replays.has(day) or not replays.key:
        return backtest.on(data, settings, replays, day)
    name = key_of(REPLAY_DAYS, replays.key, day, "core.forecasts.backtest")
    is_own = data is data.company and not data.is_transient
    return open_cache(settings.home).get(
        REPLAY_DAYS, name, lambda: backtest.on(data, settings, replays, day), keep=is_own
    )
