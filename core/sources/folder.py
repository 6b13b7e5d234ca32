"""A folder, or a handful of uploaded files, as a dataset."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from core import contracts
from core.config import Settings, load
from core.contracts import FRAMES, SCHEMAS, Dataset
from core.contracts.errors import SourceError, closest
from core.contracts.stage_words import UNKNOWN_STAGE
from core.sources import span_ends
from core.sources.files import ENDINGS, open_frame
from core.sources.mapping import EntityMap, read_map
from core.sources.parsing import typed

ADVICE = {
    "opportunity_history": "flow, pushes and past pipeline cannot be shown.",
    "activities": "engagement and churn signals are left out.",
    "subscriptions": "recurring revenue and churn cannot be shown.",
    "transactions": "bookings are taken from won deals, and revenue cannot be shown.",
    "quotas": "attainment and coverage cannot be shown.",
    "sales_team": "teams cannot be told apart.",
    "products": "product families cannot be told apart.",
    "accounts": "segments and regions cannot be told apart.",
    "opportunities": "pipeline and forecast cannot be shown.",
}


def read_folder(
    folder: Path | str,
    mapping: Path | str | Mapping[str, Any] | None = None,
    settings: Settings | None = None,
    as_of: date | None = None,
) -> Dataset:
    """Read a folder of CSV, TSV, Parquet or XLSX files into a dataset.

    Parameters
    ----------
    folder : path
        One file per entity, named after it, unless a map names them.
    mapping : path or mapping, optional
        The column map; see `read_map`.
    settings : Settings, optional
    as_of : date, optional
        Default: `as_of` of `meta.yaml`, else the latest past-tense date in the data.

    Returns
    -------
    Dataset
        Good rows only; `rejected` holds the others, `missing` what the folder lacked.

    Raises
    ------
    SourceError
        When the folder does not exist or holds none of the entities.
    """
    path = Path(folder)
    if not path.is_dir():
        raise SourceError("There is no such folder.", str(path), "Check QUARTERDECK_DATA.")
    files = {p.name: p.read_bytes() for p in sorted(path.iterdir()) if p.suffix.lower() in ENDINGS}
    meta = path / "meta.yaml"
    facts = yaml.safe_load(meta.read_text(encoding="utf-8")) if meta.exists() else {}
    day = as_of or (date.fromisoformat(str(facts["as_of"])) if facts.get("as_of") else None)
    return read_files(files, mapping, settings, day, str(facts.get("source", path.name)))


def read_files(
    files: Mapping[str, bytes],
    mapping: Path | str | Mapping[str, Any] | None = None,
    settings: Settings | None = None,
    as_of: date | None = None,
    source: str = "Uploaded files",
) -> Dataset:
    """Read files held in memory into a dataset; see `read_folder`."""
    config = settings or load()
    plan = read_map(mapping) if mapping else _by_name(files)
    if not plan:
        raise SourceError(
            "None of the files is named after an entity.",
            ", ".join(files) or "no files",
            f"Name them {', '.join(f'{n}.csv' for n in FRAMES[:3])} and so on, or give a column map.",
        )
    raw = {name: _mapped(name, entry, files) for name, entry in plan.items()}
    raw = {name: _looked_up(frame, plan[name], raw) for name, frame in raw.items()}
    frames: dict[str, Any] = {}
    rejected, notes = [contracts.empty("rejections")], list[str]()
    for name in FRAMES:
        if name not in raw:
            frames[name] = contracts.empty(name)
            continue
        notes += _column_notes(name, raw[name], plan[name].file)
        frames[name], bad = typed(_filled(name, raw[name], config), name, plan[name].file)
        rejected.append(bad)
    undated = frames["opportunities"].filter(pl.col("created_on").is_null()).height
    if undated:
        notes.append(f"{undated:,} deals have no creation date: they are counted, but not followed over time.")
    frames, conventions = span_ends.normalised(frames, {name: entry.ends for name, entry in plan.items()})
    notes += [text for convention in conventions if (text := convention.sentence())]
    frames = _completed(frames)
    notes += [f"No {n.replace('_', ' ')} loaded: {ADVICE[n]}" for n in FRAMES if n not in raw]
    return Dataset(
        **frames, as_of=as_of or _latest(frames), source=source, rejected=pl.concat(rejected), missing=tuple(notes)
    )


def _by_name(files: Mapping[str, bytes]) -> dict[str, EntityMap]:
    maps = {}
    for file in files:
        stem = Path(file).stem.lower().replace(" ", "_").replace("-", "_")
        if stem in FRAMES:
            maps[stem] = EntityMap(file=file)
    return maps


def _mapped(name: str, entry: EntityMap, files: Mapping[str, bytes]) -> pl.DataFrame:
    if entry.file not in files:
        near = closest(entry.file, files)
        raise SourceError(
            f"The map names a file that is not there: {entry.file}.", name, f"Did you mean {near}?" if near else ""
        )
    frame = open_frame(entry.file, files[entry.file], entry.sheet)
    for ours, theirs in entry.columns.items():
        if theirs not in frame.columns:
            near = closest(theirs, frame.columns)
            raise SourceError(
                f"There is no column {theirs!r} for {ours}.", entry.file, f"Did you mean {near!r}?" if near else ""
            )
    columns = [pl.col(theirs).alias(ours) for ours, theirs in entry.columns.items()]
    used = set(entry.columns.values())
    rest = [c for c in frame.columns if c not in used and c not in entry.columns]
    frame = frame.select(*columns, *rest)
    frame = frame.with_columns(pl.col(other).alias(ours) for ours, other in entry.copies.items())
    for ours, value in entry.constants.items():
        frame = frame.with_columns(pl.lit(value).alias(ours))
    for ours, values in entry.values.items():
        if frame[ours].dtype == pl.String:
            texts = {k: None if v is None else str(v) for k, v in values.items()}
            frame = frame.with_columns(pl.col(ours).replace(texts))
    return frame


def _looked_up(frame: pl.DataFrame, entry: EntityMap, raw: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    for ours, rule in entry.lookups.items():
        other = raw[rule.entity].select(pl.col(rule.by).alias("_by"), pl.col(rule.take).alias("_take")).unique("_by")
        frame = frame.join(other, left_on=ours, right_on="_by", how="left").drop(ours).rename({"_take": ours})
    return frame


def _column_notes(name: str, frame: pl.DataFrame, file: str) -> list[str]:
    expected = SCHEMAS[name].column_names()
    notes = []
    for missing in (c for c in expected if c not in frame.columns):
        near = closest(missing, [c for c in frame.columns if c not in expected])
        if near:
            notes.append(f"{file} has no column {missing}; its column {near} looks like it.")
    return notes


def _filled(name: str, frame: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Fill what a CRM export leaves out and what follows from what it has."""
    fill: list[pl.Expr] = []
    has = frame.columns
    if name == "opportunities":
        if "currency" not in has:
            fill.append(pl.lit(settings.currency).alias("currency"))
        if "opportunity_type" not in has:
            fill.append(pl.lit("new").alias("opportunity_type"))
        if "stage" in has and "is_won" not in has:
            fill.append(pl.col("stage").is_in(settings.stages.won).alias("is_won"))
        if "stage" in has and "is_closed" not in has:
            ended = [*settings.stages.won, *settings.stages.lost]
            fill.append(pl.col("stage").is_in(ended).alias("is_closed"))
    if name == "sales_team" and "valid_from" not in has:
        fill.append(pl.lit(date(1900, 1, 1)).alias("valid_from"))
    if name == "sales_team" and "role" not in has:
        fill.append(pl.lit("rep").alias("role"))
    if name == "opportunity_history" and "is_deleted" not in has:
        fill.append(pl.lit(value=False).alias("is_deleted"))
    return frame.with_columns(fill)


def _completed(frames: dict[str, Any]) -> dict[str, Any]:
    """Give every deal without a history what is sure of it: when it began, when it ended, where it stands.

    What a closed deal's stage, amount and expected close were while it was open is not known, and is
    not made up: its open span has the stage "Not known" and neither amount nor date.
    """
    deals, history = frames["opportunities"], frames["opportunity_history"]
    bare = deals.join(history, on="opportunity_id", how="anti").filter(pl.col("created_on").is_not_null())
    columns = [
        "opportunity_id",
        "valid_from",
        "valid_to",
        "stage",
        "forecast_category",
        "amount",
        "close_on",
        "owner_id",
        "is_deleted",
    ]
    begun = pl.col("created_on").alias("valid_from")
    forever = pl.lit(None, pl.Date).alias("valid_to")
    alive = pl.lit(value=False).alias("is_deleted")
    running = bare.filter(~pl.col("is_closed")).with_columns(begun, forever, alive)
    over = bare.filter("is_closed")
    before = over.with_columns(
        begun,
        alive,
        valid_to=pl.max_horizontal("created_on", "close_on"),
        stage=pl.lit(UNKNOWN_STAGE),
        forecast_category=pl.lit(None, pl.String),
        amount=pl.lit(None, pl.Float64),
        close_on=pl.lit(None, pl.Date),
    )
    after = over.with_columns(forever, alive, valid_from=pl.max_horizontal("created_on", "close_on"))
    spans = [part.select(columns) for part in (running, before, after)]
    return {**frames, "opportunity_history": pl.concat([history, *spans], how="diagonal")}


def _latest(frames: dict[str, pl.DataFrame]) -> date:
    closed = frames["opportunities"].filter("is_closed")["close_on"].max()
    stamps = [
        closed,
        frames["opportunities"]["created_on"].max(),
        frames["transactions"]["booked_on"].max(),
        frames["activities"]["occurred_at"].dt.date().max(),
        frames["subscriptions"]["started_on"].max(),
    ]
    days = [d for d in stamps if isinstance(d, date)]
    return max(days) if days else date(1970, 1, 1)
