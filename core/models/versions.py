"""The versions of the models kept on disk, and going back to an earlier one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from core.config import Settings
from core.contracts import Dataset
from core.contracts.errors import ModelError

HELD = "held.json"
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


def kept(data: Dataset, settings: Settings) -> Versions:
    """Return the versions kept on disk, newest first, with their sentence.

    Parameters
    ----------
    data : Dataset
        Not used; every call behind a page takes data and settings.
    settings : Settings
        `home/models` holds one folder per state of data, settings and code.

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
        `home/models` holds one folder per state of data, settings and code.

    Returns
    -------
    pl.DataFrame
        [version, kept_at, as_of, source, close_winner, close_auc, close_calibration_error, churn_winner,
        churn_auc, churn_calibration_error, is_held]; close is judged at 90 days, or the horizon nearest
        to it. A folder that cannot be read is left out.
    """
    folder = settings.home / "models"
    rows = [_row(p, settings) for p in folder.iterdir() if (p / "bundle.json").exists()] if folder.exists() else []
    table = pl.DataFrame([r for r in rows if r is not None], schema=SCHEMA)
    return table.sort("kept_at", "version", descending=[True, False])


def _row(folder: Path, settings: Settings) -> dict[str, Any] | None:
    file = folder / "bundle.json"
    try:
        about = json.loads(file.read_text(encoding="utf-8"))
        cards = about["cards"]
    except (OSError, ValueError, KeyError):
        return None
    out = {
        "version": folder.name,
        "as_of": str(about.get("as_of", "")),
        "source": str(about.get("source", "")),
        "kept_at": datetime.fromtimestamp(file.stat().st_mtime, UTC).replace(tzinfo=None),
        "is_held": held(settings) == folder.name,
    }
    for label in ("close", "churn"):
        card = cards.get(label) or {}
        horizons = card.get("horizons") or {}
        near = min(horizons, key=lambda days: abs(int(days) - 90), default=None)
        scores = horizons[near] if near else {}
        out |= {
            f"{label}_winner": card.get("winner"),
            f"{label}_auc": scores.get("auc"),
            f"{label}_calibration_error": scores.get("calibration_error"),
        }
    return out


def held(settings: Settings) -> str:
    """Return the version gone back to; empty when the newest serves."""
    try:
        saved = json.loads((settings.home / "models" / HELD).read_text(encoding="utf-8"))
        return str(saved["version"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def is_scheduled(settings: Settings) -> bool:
    """Say whether it was a scheduled run, not a person, that chose the version that serves."""
    try:
        saved = json.loads((settings.home / "models" / HELD).read_text(encoding="utf-8"))
        return bool(saved.get("scheduled"))
    except (OSError, ValueError, AttributeError):
        return False


def go_back(settings: Settings, version: str, scheduled: bool = False) -> None:
    """Let an earlier version serve until `return_to_newest`.

    Parameters
    ----------
    settings : Settings
    version : str
    scheduled : bool
        True where a scheduled run lets it serve on because nothing needs to be learnt anew.

    Raises
    ------
    ModelError
        When it is not kept.
    """
    folder = settings.home / "models"
    if version not in versions(settings)["version"].to_list():
        raise ModelError(f"There is no kept version {version}.", mend="Choose one that is listed.")
    work = folder / f".{HELD}"
    work.write_text(json.dumps({"version": version, "scheduled": scheduled}), encoding="utf-8")
    work.replace(folder / HELD)


def return_to_newest(settings: Settings) -> None:
    """Let the models trained on the present data serve again."""
    (settings.home / "models" / HELD).unlink(missing_ok=True)


def sentence(table: pl.DataFrame) -> str:
    """Say how many versions are kept and which serves."""
    if table.is_empty():
        return "No version is kept yet."
    back = table.filter("is_held")
    if back.height:
        row = back.row(0, named=True)
        return (
            f"An earlier version serves: that of {row['kept_at']:%d %B %Y, %H:%M}, trained on data as "
            f"of {row['as_of']}. {table.height} are kept."
        )
    if table.height == 1:
        return "One version is kept: the one trained on the present data serves."
    return f"{table.height} versions are kept; the one trained on the present data serves."
