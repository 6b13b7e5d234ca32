"""The versions of the models that are kept, and going back to an earlier one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import polars as pl

from core.artifacts import MODELS, Entry, open_cache
from core.config import Settings
from core.contracts import Dataset
from core.contracts.errors import ModelError
from core.localization import message
from core.metrics.measure import counted

JUDGED_DAYS = 90
SCHEMA: dict[str, Any] = {
    "version": pl.String,
    "kept_at": pl.Datetime("us"),
    "as_of": pl.String,
    "source": pl.String,
    "close_winner": pl.String,
    "close_auc": pl.Float64,
    "close_calibration_error": pl.Float64,
    "churn_winner": pl.String,
    "churn_auc": pl.Float64,
    "churn_calibration_error": pl.Float64,
    "is_held": pl.Boolean,
}


@dataclass(frozen=True)
class Versions:
    """The kept versions, [version, kept_at, as_of, …], and what they are in a sentence."""

    frame: pl.DataFrame

    def sentence(self) -> str:
        """Say how many versions are kept, and which serves."""
        return sentence(self.frame)


@dataclass(frozen=True)
class Latest:
    """A kept version: its name, whose data it was trained on and as of which day.

    `data` is the fingerprint of that data, `kind` names the settings and the code.
    """

    name: str
    source: str
    as_of: date
    data: str
    kind: str


def kept(data: Dataset, settings: Settings) -> Versions:
    """The saved versions of the models, newest first.

    Parameters
    ----------
    data : Dataset
        Not used; every call behind a page takes data and settings.
    settings : Settings
        `home` holds one version per state of data, settings and code.

    Returns
    -------
    Versions
        frame as `versions` gives it.
    """
    return Versions(versions(settings))


def versions(settings: Settings) -> pl.DataFrame:
    """Return the versions kept on disk, newest first.

    Parameters
    ----------
    settings : Settings
        `home` holds one version per state of data, settings and code.

    Returns
    -------
    pl.DataFrame
        [version, kept_at, as_of, source, close_winner, close_auc, close_calibration_error, churn_winner,
        churn_auc, churn_calibration_error, is_held]; close is judged at 90 days, or the horizon nearest
        to it. One that is damaged is left out.
    """
    serving = held(settings)
    table = pl.DataFrame([_row(entry, serving) for entry in _entries(settings)], schema=SCHEMA)
    return table.sort("kept_at", "version", descending=[True, False])


def dated(settings: Settings) -> list[Latest]:
    """Return the kept versions by what they were trained on; what cannot be read is left out."""
    entries = []
    for entry in _entries(settings):
        with suppress(ValueError, KeyError, TypeError):
            about = entry.about
            as_of = date.fromisoformat(about["as_of"])
            entries.append(Latest(entry.key, about["source"], as_of, about["data"], about["kind"]))
    return entries


def _entries(settings: Settings) -> list[Entry]:
    return [entry for entry in open_cache(settings.home).entries(MODELS) if not entry.is_damaged]


def _row(entry: Entry, serving: str) -> dict[str, Any]:
    written = datetime.fromisoformat(entry.written_at) if entry.written_at else None
    kept_at = written.astimezone(UTC).replace(tzinfo=None) if written else None
    noted = {name: entry.about.get(name) for name in SCHEMA if name in entry.about}
    return {**noted, "version": entry.key, "kept_at": kept_at, "is_held": entry.key == serving}


def card_scores(cards: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return what a listing shows of the models' cards: per model its winner, AUC and calibration error."""
    shown: dict[str, Any] = {}
    for label in ("close", "churn"):
        card = cards.get(label) or {}
        horizons = card.get("horizons") or {}
        near = min(horizons, key=lambda days: abs(int(days) - JUDGED_DAYS), default=None)
        scores = horizons[near] if near else {}
        shown |= {
            f"{label}_winner": card.get("winner"),
            f"{label}_auc": scores.get("auc"),
            f"{label}_calibration_error": scores.get("calibration_error"),
        }
    return shown


def held(settings: Settings) -> str:
    """Return the version gone back to; empty when the newest serves."""
    return next(reversed(open_cache(settings.home).pinned(MODELS)), "")


def is_scheduled(settings: Settings) -> bool:
    """Say whether it was a scheduled run, not a person, that chose the version that serves."""
    about = open_cache(settings.home).pinned(MODELS).get(held(settings)) or {}
    return bool(about.get("scheduled"))


def go_back(settings: Settings, version: str, scheduled: bool = False) -> None:
    """Let an earlier version serve until `return_to_newest`; it is not deleted meanwhile.

    Parameters
    ----------
    settings : Settings
    version : str
    scheduled : bool
        True where a scheduled run lets it serve on because nothing needs to be learnt anew.

    Raises
    ------
    ModelError
        When it is not kept, or the choice cannot be written down.
    """
    if version not in versions(settings)["version"].to_list():
        raise ModelError(
            message("There is no kept version {version}.", version=version), mend="Choose one that is listed."
        )
    cache = open_cache(settings.home)
    earlier = [name for name in cache.pinned(MODELS) if name != version]
    with _written_down(settings):
        cache.pin(MODELS, version, scheduled=scheduled)
        for name in earlier:
            cache.unpin(MODELS, name)


def return_to_newest(settings: Settings) -> None:
    """Let the models trained on the present data serve again.

    Raises
    ------
    ModelError
        When the choice cannot be written down.
    """
    with _written_down(settings):
        open_cache(settings.home).unpin(MODELS)


@contextmanager
def _written_down(settings: Settings) -> Iterator[None]:
    """Turn a disk that cannot be written to into a sentence."""
    try:
        yield
    except OSError as error:
        raise ModelError(
            "Which version serves cannot be written down.",
            str(settings.home),
            "Set QUARTERDECK_HOME to a folder you may write to.",
        ) from error


def sentence(table: pl.DataFrame) -> str:
    """Say how many versions are kept and which serves."""
    if table.is_empty():
        return "No version is saved yet."
    back = table.filter("is_held")
    if back.height:
        row = back.row(0, named=True)
        return message(
            "An earlier version is in use: that of {day} {kept_at:%B %Y, %H:%M}, trained on data as "
            "of {as_of}. {versions} saved.",
            day=row["kept_at"].day,
            kept_at=row["kept_at"],
            as_of=row["as_of"],
            versions=counted(table.height, "version is", "versions are"),
        )
    if table.height == 1:
        return "One version is saved and in use: the one trained on today's data."
    return message("{height} versions are saved; the one trained on today's data is in use.", height=table.height)
