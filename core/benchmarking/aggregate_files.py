"""Files of aggregates from others: checked when they come in, and set beside the company's own figures."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from typing import Any, Literal

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.config import Settings
from core.contracts import Dataset
from core.contracts.errors import SourceError
from core.localization import message, message_plural
from core.metrics.benchmarks import compared
from core.metrics.measure import Measure, counted
from core.store.repositories import Saved

MOST_BYTES, MOST_GROUPS = 200_000, 100
STRICT = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
FIGURES = {
    "win rate": "win_rate",
    "slip rate": "slip_rate",
    "sales cycle": "mean_cycle_days",
    "deal size": "mean_deal_amount",
}
BESIDE: dict[str, Any] = {
    "group": pl.String,
    "figure": pl.String,
    "own_value": pl.Float64,
    "own_low": pl.Float64,
    "own_high": pl.Float64,
    "others_value": pl.Float64,
    "n_files": pl.Int64,
    "n_others_deals": pl.Int64,
    "is_outside": pl.Boolean,
}


class Group(BaseModel):
    """One group of a file."""

    model_config = STRICT

    group: str = Field(min_length=1, max_length=80)
    n_deals: int = Field(ge=5, le=10_000_000)
    win_rate: float = Field(ge=0, le=1)
    slip_rate: float = Field(ge=0, le=1)
    mean_cycle_days: float | None = Field(None, ge=0, le=3_650)
    mean_deal_amount: float | None = Field(None, ge=0, le=1e12)


class AggregateFile(BaseModel):
    """A file of aggregates, as `noisy_aggregates.content` writes it."""

    model_config = STRICT

    format: Literal["quarterdeck benchmark 1"]
    as_of: date
    months: int = Field(ge=1, le=60)
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    k: int = Field(ge=5, le=1_000)
    epsilon: float = Field(gt=0, le=10)
    groups: tuple[Group, ...] = Field(min_length=1, max_length=MOST_GROUPS)


def read(content: bytes) -> AggregateFile:
    """Read a file of aggregates.

    Raises
    ------
    SourceError
        When it is no such file; the message says where it is not.
    """
    if len(content) > MOST_BYTES:
        raise SourceError("The file is too large for aggregates.", mend="Ask for a benchmark file of Quarterdeck.")
    try:
        file = AggregateFile.model_validate(json.loads(content))
    except (ValueError, RecursionError) as error:
        raise _refused(error) from error
    names = [group.group.casefold() for group in file.groups]
    if len(set(names)) < len(names):
        raise SourceError("A group stands in the file twice.", "groups", "Ask for the file again.")
    return file


def _refused(error: Exception) -> SourceError:
    if not isinstance(error, ValidationError):
        return SourceError("The file cannot be read as JSON.", mend="Ask for a benchmark file of Quarterdeck.")
    fault = error.errors()[0]
    location = ", ".join(
        message("number {part}", part=part + 1) if isinstance(part, int) else part for part in fault["loc"]
    )
    return SourceError(
        message("This is no benchmark file: {msg}.", msg=fault["msg"]), location, "Ask for the file again."
    )


def beside(data: Dataset, settings: Settings, files: Iterable[Saved], months: int = 12) -> Measure:
    """The company's own segments beside those of others who sent a file.

    Formula: a file's figure counts by its deals; others' figure is the mean over files. Groups are matched by name,
    whatever its case. Amounts in another currency than the reporting one are left out. Outside means that the others'
    figure lies outside the own one's 95 % interval; the noise of the files is not in it.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    files : iterable of Saved
        What was imported; the payload holds the file.
    months : int
        Of the own figures.

    Returns
    -------
    Measure
        Unit count. Value: figures outside; None where nothing matches. Frame: group, figure, own_value, own_low,
        own_high, others_value, n_files, n_others_deals, is_outside.
    """
    others = _others([AggregateFile.model_validate(saved.payload["file"]) for saved in files], settings.currency)
    own = compared(data, settings, "segment", months).frame.with_columns(key=pl.col("group").str.to_lowercase())
    both = own.join(others, on=["key", "figure"]).select(
        "group",
        "figure",
        "others_value",
        "n_files",
        "n_others_deals",
        own_value="value",
        own_low="low",
        own_high="high",
        is_outside=(pl.col("others_value") < pl.col("low")) | (pl.col("others_value") > pl.col("high")),
    )
    frame = both.select(*BESIDE).sort("figure", "group")
    if frame.is_empty():
        return Measure("Figures outside", None, "count", frame, "No file of others names a segment of yours.")
    n, n_files = int(frame["is_outside"].sum()), max(frame["n_files"].to_list())
    text = message_plural(
        "{figures} of {height:,} differs from those of {files} by more than chance in your own explains.",
        "{figures} of {height:,} differ from those of {files} by more than chance in your own explains.",
        n,
        figures=counted(n, "figure"),
        height=frame.height,
        files=counted(n_files, "file"),
    )
    return Measure("Figures outside", float(n), "count", frame, text)


def _others(files: list[AggregateFile], currency: str) -> pl.DataFrame:
    rows = [
        (group.group.lower(), figure, getattr(group, column), group.n_deals)
        for file in files
        for group in file.groups
        for figure, column in FIGURES.items()
        if figure != "deal size" or file.currency == currency
    ]
    shape = {"key": pl.String, "figure": pl.String, "value": pl.Float64, "n_deals": pl.Int64}
    frame = pl.DataFrame(rows, schema=shape, orient="row").drop_nulls("value")
    weighted = (pl.col("value") * pl.col("n_deals")).sum() / pl.col("n_deals").sum()
    return frame.group_by("key", "figure").agg(
        others_value=weighted, n_files=pl.len().cast(pl.Int64), n_others_deals=pl.col("n_deals").sum()
    )
