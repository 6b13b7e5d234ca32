"""Columns of money: their unit and currency, by the cell, the column for it, or the header."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from core.localization import message
from core.sources.currencies import code_of
from core.sources.findings import Findings, counted
from core.sources.money_words import ONE_SIGN
from core.sources.recognition import kind_of
from core.sources.source import Source, headers_of
from core.sources.units import unit_of

MONEY_COLUMNS = ("amount", "won_amount", "quota_amount", "amount_per_interval", "mrr_amount", "annual_amount")


def in_units(frame: pl.DataFrame, source: Source, findings: Findings) -> pl.DataFrame:
    """Multiply amounts that are written in thousands or millions, as the map or their header says."""
    for name in frame.columns:
        if kind_of(source.entity, name) != "number" or not frame.schema[name].is_numeric():
            continue
        unit = unit_of(headers_of(source, name)[0])
        factor = source.entry.units.get(name, unit.factor if unit else 1.0)
        if unit and name in MONEY_COLUMNS and name not in source.entry.units:
            findings.note(
                message(
                    "{place}: {unit}.", place=source.match.table.place, unit=unit.sentence(headers_of(source, name)[0])
                )
            )
        if factor != 1:
            frame = frame.with_columns(pl.col(name) * factor)
    return frame


def with_currency(
    frame: pl.DataFrame, currencies: Mapping[str, pl.Series], source: Source, findings: Findings
) -> pl.DataFrame:
    """Take the currency of an amount from its cell or its header where no column of its own says it.

    A cell that names another currency than the column for it is told, and the column counts; a bare sign that several
    currencies share is not another one.
    """
    written = next((currencies[c] for c in MONEY_COLUMNS if c in currencies), None)
    names = [c for c in MONEY_COLUMNS if c in frame.columns]
    unit = unit_of(headers_of(source, names[0])[0]) if names else None
    column = frame["currency"] if "currency" in frame.columns else None
    if written is not None:
        column = written if column is None else _agreed(frame, column, written, source, findings)
    if unit and unit.currency:
        empty = pl.Series("currency", [None] * frame.height, dtype=pl.String)
        column = (column if column is not None else empty).fill_null(unit.currency)
    return frame if column is None else frame.with_columns(column.alias("currency"))


def _agreed(
    frame: pl.DataFrame, column: pl.Series, written: pl.Series, source: Source, findings: Findings
) -> pl.Series:
    pairs = pl.DataFrame({"said": column, "written": written})
    different = pairs.drop_nulls().unique().filter(pl.col("said") != pl.col("written"))
    others = {
        (a, b): message("is in {b} by its cell and in {a} by its column for the currency: the column counts", b=b, a=a)
        for a, b in different.iter_rows()
        if code_of(a) and code_of(a) != b and not any({str(code_of(a)), b} <= set(group) for group in ONE_SIGN)
    }
    if not others:
        return column.fill_null(written)
    keys = {f"{a} {b}": why for (a, b), why in others.items()}
    why = pairs.select(pl.concat_str("said", "written", separator=" "))["said"]
    reasons = why.replace_strict(keys, default=None, return_dtype=pl.String)
    rows = frame.with_columns(reasons.alias("_why")).filter(pl.col("_why").is_not_null())
    findings.empty(rows, source.entity, "currency_differs", pl.format("the amount {}", "_why"), "currency")
    findings.note(
        message(
            "{place}: {amounts} another currency than the column for it; the column counts.",
            place=source.match.table.place,
            amounts=counted(rows.height, "amount names", "amounts name"),
        )
    )
    return column.fill_null(written)


def without_shares(column: pl.Series, typed: pl.Series, reasons: dict[str, str]) -> tuple[pl.Series, dict[str, str]]:
    """Read no share as an amount: 50 % is not 0.5."""
    is_share = column.str.contains("%", literal=True).fill_null(value=False) & typed.is_not_null()
    if not is_share.any():
        return typed, reasons
    texts = column.filter(is_share).str.strip_chars().unique().to_list()
    return typed.set(is_share, None), reasons | {
        t: message("reads “{t}”, which is a share and no amount", t=t[:60]) for t in texts
    }
