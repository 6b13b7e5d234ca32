"""Brings an entity to the shape of its contract; what does not hold is emptied or left out."""

from __future__ import annotations

import polars as pl

from core import contracts
from core.contracts.schemas import ALL_SCHEMAS
from core.localization import message
from core.sources.columns import READING
from core.sources.findings import PART, Findings
from core.sources.table import ROW


def shaped(frame: pl.DataFrame, entity: str) -> pl.DataFrame:
    """Give a frame every column of its contract, in its type."""
    wanted = contracts.empty(entity).schema
    frame = frame.with_columns(pl.lit(None, dtype).alias(c) for c, dtype in wanted.items() if c not in frame.columns)
    return frame.with_columns(
        pl.col(c).cast(dtype, strict=False) for c, dtype in wanted.items() if frame.schema[c] != dtype
    )


def checked(frame: pl.DataFrame | None, entity: str, findings: Findings) -> pl.DataFrame:
    """Return an entity in the shape of its contract, with the company's own columns; what does not hold is left out."""
    if frame is None:
        return contracts.empty(entity)
    schema = ALL_SCHEMAS[entity]
    names = schema.column_names()
    frame = _in_range(shaped(frame, entity), entity, findings)
    _, failure = schema.filter(frame.select(names), cast=False)
    if failure.counts():
        frame = _without_failures(frame, entity, findings)
    reading = {*READING.get(entity, {}), "currency"} - ({"currency"} if "original_amount" in frame.columns else set())
    extra = [c for c in frame.columns if c not in names and c not in reading and not c.startswith("_")]
    return frame.select(*names, *extra)


def _in_range(frame: pl.DataFrame, entity: str, findings: Findings) -> pl.DataFrame:
    """Empty optional cells outside the range or the words their contract allows."""
    for name, column in ALL_SCHEMAS[entity].columns().items():
        low, high = getattr(column, "min", None), getattr(column, "max", None)
        if not column.nullable or (low is None and high is None):
            continue
        value = pl.col(name)
        is_out = ((value < low) if low is not None else pl.lit(value=False)) | (
            (value > high) if high is not None else pl.lit(value=False)
        )
        out = frame.filter(is_out.fill_null(value=False))
        if out.height:
            if ROW in frame.columns:
                findings.empty(
                    out.head(2_000),
                    entity,
                    "out_of_range",
                    pl.format(message("{name} reads {{}}, which is out of range", name=name), name),
                    name,
                )
            frame = frame.with_columns(pl.when(~is_out.fill_null(value=False)).then(value).alias(name))
    return frame


def _without_failures(frame: pl.DataFrame, entity: str, findings: Findings) -> pl.DataFrame:
    schema = ALL_SCHEMAS[entity]
    names = schema.column_names()
    _, failure = schema.filter(frame.select(names), cast=False)
    why = ", ".join(failure.counts())
    lost = frame.join(pl.DataFrame(failure.invalid()), on=names, how="semi", nulls_equal=True)
    position = [pl.lit(None, pl.Int64).alias(ROW)] * (ROW not in lost.columns) + [pl.lit(0, pl.Int32).alias(PART)] * (
        PART not in lost.columns
    )
    findings.lose(lost.with_columns(position), entity, "contract", message("the row does not hold: {why}", why=why))
    return frame.join(pl.DataFrame(failure.invalid()), on=names, how="anti", nulls_equal=True, maintain_order="left")
