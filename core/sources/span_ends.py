"""Whether a column of ends names the last day of a span or the day after it, found, told and made half-open.

Inside, every span is half-open: its end is the first day it no longer holds. Many systems write the last day instead:
a contract to 31 December, renewed on 1 January. Read as half-open, that is a day without a contract. How often an end
lies one day before the next span of the same owner begins, against how often it is that day, tells the two apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import polars as pl

from core.contracts.dataset import Dataset
from core.localization import message

Ends = Literal["inclusive", "exclusive"]
SPANS = {
    "subscriptions": ("account_id", "started_on", "ended_on"),
    "opportunity_history": ("opportunity_id", "valid_from", "valid_to"),
    "sales_team": ("rep_id", "valid_from", "valid_to"),
}
MOST_OF = 0.5


@dataclass(frozen=True)
class EndConvention:
    """How a column writes the end of a span.

    Attributes
    ----------
    entity, column : str
    n_ended : int
        Spans that end and are followed by another of the same owner, on that day or within a week.
    n_day_before, n_same_day : int
        How many of them end one day before the next begins, and on the day it begins.
    ends : {"inclusive", "exclusive"}
        What these say; exclusive where they say nothing.
    is_set : bool
        Whether the column map says so, whatever was counted.
    """

    entity: str
    column: str
    n_ended: int
    n_day_before: int
    n_same_day: int
    ends: Ends
    is_set: bool = False

    def sentence(self) -> str:
        """Say how the column is read and why; empty where there is nothing to say."""
        name = message("{column} of {entity}", column=self.column, entity=self.entity.replace("_", " "))
        counts = message(
            "{n_day_before:,} of {n_ended:,} ends lie one day before the next begins",
            n_day_before=self.n_day_before,
            n_ended=self.n_ended,
        )
        if self.is_set:
            how = "the last day itself" if self.ends == "inclusive" else "the day after the last"
            return message(
                "{name} is read as {how}, as the column map says; {counts}.", name=name, how=how, counts=counts
            )
        if self.ends == "inclusive":
            return message(
                "{name} names the last day itself: {counts}. It is read so; set ends: exclusive in "
                "the column map if these days are gaps.",
                name=name,
                counts=counts,
            )
        if self.n_day_before:
            return message(
                "{name} is read as the day after the last; {counts}, so set ends: inclusive if it names the last day.",
                name=name,
                counts=counts,
            )
        return ""


def detect(frame: pl.DataFrame, entity: str, chosen: Ends | None = None) -> EndConvention:
    """Count how the ends of an entity's spans meet the next begin, and say which convention that is.

    Parameters
    ----------
    frame : pl.DataFrame
        In the shape of the entity's contract; a subset of its columns will do.
    entity : {"subscriptions", "opportunity_history", "sales_team"}
    chosen : {"inclusive", "exclusive"}, optional
        What the column map says; it goes before what is counted.

    Returns
    -------
    EndConvention
        Inclusive when more than half of the ends that are followed within a week lie one day before.
    """
    key, begin, end = SPANS[entity]
    spans = frame.select(key, begin, end).drop_nulls().filter(pl.col(end) >= pl.col(begin)).unique()
    begins = frame.select(key, pl.col(begin).alias("next_on")).drop_nulls().unique().sort("next_on")
    met = (
        spans.filter(pl.col(end) > pl.col(begin))
        .sort(end)
        .join_asof(begins, left_on=end, right_on="next_on", by=key, strategy="forward", check_sortedness=False)
    )
    gaps = (met["next_on"] - met[end]).dt.total_days().drop_nulls()
    near = gaps.filter(gaps <= 7)
    day_before, same = int((near == 1).sum()), int((near == 0).sum())
    is_inclusive = day_before > MOST_OF * near.len()
    ends: Ends = chosen or ("inclusive" if is_inclusive else "exclusive")
    return EndConvention(entity, end, near.len(), day_before, same, ends, chosen is not None)


def half_open(frame: pl.DataFrame, entity: str, convention: EndConvention) -> pl.DataFrame:
    """Return a frame whose ends are the first day a span no longer holds: a day later where they name the last day.

    An end on the very day the next span of the same owner begins is half-open already and stays. Where people's ends
    are so, the day somebody left is too when it is the end of their span.
    """
    if convention.ends == "exclusive":
        return frame
    key, begin, end = SPANS[entity]
    begins = frame.select(pl.col(key), pl.col(begin).alias(end), meets=pl.lit(value=True)).unique()
    meets = frame.join(begins, on=[key, end], how="left", maintain_order="left")["meets"].fill_null(value=False)
    is_moved = ~meets | (frame[begin] == frame[end])
    later = pl.when(is_moved).then(pl.col(end).dt.offset_by("1d")).otherwise(end)
    if "left_on" in frame.columns and frame["left_on"].dtype == pl.Date:
        left = pl.when(pl.col("left_on") == pl.col(end)).then(later).otherwise("left_on")
        return frame.with_columns(left.alias("left_on"), later.alias(end))
    return frame.with_columns(later.alias(end))


def normalised(
    frames: Mapping[str, pl.DataFrame], chosen: Mapping[str, Ends | None] | None = None
) -> tuple[dict[str, pl.DataFrame], list[EndConvention]]:
    """Return frames with half-open spans, and how each column of ends was read.

    Parameters
    ----------
    frames : mapping of str to pl.DataFrame
        Entities by name; those without spans are passed on as they are.
    chosen : mapping, optional
        What the column map says, by entity.
    """
    out, conventions = dict(frames), []
    for entity in SPANS:
        if entity not in out or out[entity].is_empty():
            continue
        convention = detect(out[entity], entity, (chosen or {}).get(entity))
        conventions.append(convention)
        out[entity] = half_open(out[entity], entity, convention)
    return out, conventions


def of_dataset(data: Dataset, chosen: Mapping[str, Ends | None] | None = None) -> tuple[Dataset, list[EndConvention]]:
    """Return a dataset read without regard to its ends with half-open spans, and how each column of ends was read."""
    frames, conventions = normalised({name: data.frame(name) for name in SPANS}, chosen)
    changed = {name: frame for name, frame in frames.items() if frame is not data.frame(name)}
    return (data.with_frames(**changed) if changed else data), conventions
