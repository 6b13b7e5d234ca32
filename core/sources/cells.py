"""Turns the cells of one file into our columns and their types, by one decision per column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from core.config import Settings
from core.contracts.schemas import ALL_SCHEMAS
from core.localization import message
from core.sources import amounts, column_plans, dates, ids, money_columns, periods, vocabulary
from core.sources.columns import HELPER_COLUMNS, readable
from core.sources.entities import LENGTH
from core.sources.findings import PART, Decision, Findings
from core.sources.mapping import ColumnRule, EntityMap
from core.sources.money_words import EMPTY, NOTHING
from core.sources.source import Source, headers_of
from core.sources.table import ROW

__all__ = ["Source", "read_source"]


def read_source(source: Source, settings: Settings, findings: Findings) -> pl.DataFrame:
    """Read one table's rows under our names, in the types of the contracts.

    Parameters
    ----------
    source : Source
    settings : Settings
    findings : Findings
        Takes what could not be read, and what was decided.

    Returns
    -------
    pl.DataFrame
        Our columns that the table fills, its own further columns, `_row` and `_part`.
    """
    table, entry = source.match.table, source.entry
    number = findings.place(table.file, table.sheet)
    raw = _selected(source).with_columns(pl.lit(number, pl.Int32).alias(PART))
    for note in table.notes:
        findings.note(f"{table.place}: {note}.")
    _tell_misfits(source, findings)
    raw = _replaced(raw, entry)
    if source.entity == "quotas":
        raw = periods.with_years(raw, headers_of(source, "period_start_on")[0])
    texts = [c for c in raw.columns if raw.schema[c] == pl.String and c in readable(source.entity)]
    plans = column_plans.plans_of(raw, texts, source, settings, findings)
    columns: list[pl.Series] = []
    currencies: dict[str, pl.Series] = {}
    for name in raw.columns:
        if name in texts:
            series, codes = _typed(raw, name, plans[name], source, settings, findings)
            if codes is not None:
                currencies[name] = codes
        else:
            series = _cast(raw[name], source.entity, name)
        columns.append(series.alias(name))
    frame = money_columns.in_units(pl.DataFrame(columns), source, findings)
    if source.entity == "quotas" and "period_start_on" in texts:
        frame = frame.with_columns(periods.lengths(raw["period_start_on"]).alias(LENGTH))
    return money_columns.with_currency(frame, currencies, source, findings)


def _selected(source: Source) -> pl.DataFrame:
    """Return the rows the filters keep, under our names; the table's further columns keep theirs."""
    table, entry = source.match.table, source.entry
    frame = _filtered(table.frame, source)
    chosen: list[pl.Expr] = [pl.col(ROW)]
    used: set[str] = set()
    for ours, rule in entry.columns.items():
        made, headers = _made(ours, rule, frame)
        chosen.append(made)
        used |= headers
    ignored = set(entry.ignore) | used
    names = {ROW, PART, *entry.columns}
    is_helper = source.entity in HELPER_COLUMNS
    for header in table.headers:
        if header not in ignored and not is_helper:
            chosen.append(pl.col(header).alias(header if header not in names else f"{header} (file)"))
            names.add(header)
    return frame.select(chosen)


def _made(ours: str, rule: str | ColumnRule, frame: pl.DataFrame) -> tuple[pl.Expr, set[str]]:
    if isinstance(rule, str):
        return pl.col(rule).alias(ours), {rule}
    if rule.first:
        blank = [
            pl.when(~vocabulary.is_blank(pl.col(h))).then(pl.col(h)) if frame.schema[h] == pl.String else pl.col(h)
            for h in rule.first
        ]
        mixed = len({frame.schema[h] for h in rule.first}) > 1
        return pl.coalesce([b.cast(pl.String) for b in blank] if mixed else blank).alias(ours), set(rule.first)
    if rule.join:
        parts = [pl.col(h).cast(pl.String).str.strip_chars() for h in rule.join]
        return pl.concat_str(parts, separator=rule.by).alias(ours), set()
    return pl.format("{}{}", pl.lit(rule.number), pl.col(ROW)).alias(ours), set()


def _filtered(frame: pl.DataFrame, source: Source) -> pl.DataFrame:
    for name, wanted in source.entry.filters.items():
        rule = source.entry.columns.get(name, name)
        header = rule if isinstance(rule, str) else next(iter(rule.first), name)
        if header not in frame.columns:
            continue
        is_not = isinstance(wanted, Mapping)
        listed = wanted.get("not") if isinstance(wanted, Mapping) else wanted
        values = {_folded(v) for v in (listed if isinstance(listed, list) else [listed])}
        hits = pl.Series([_folded(v) in values for v in frame[header].to_list()], dtype=pl.Boolean)
        frame = frame.filter(~hits if is_not else hits)
    return frame


def _folded(value: Any) -> str:
    return "" if value is None else str(value).strip().casefold()


def _tell_misfits(source: Source, findings: Findings) -> None:
    table = source.match.table
    part = findings.place(table.file, table.sheet)
    for is_lost, report in ((True, findings.lose), (False, findings.empty)):
        rows = [m for m in table.misfits if m.is_lost is is_lost]
        if rows:
            frame = pl.DataFrame(
                {
                    ROW: [m.row for m in rows],
                    PART: [part] * len(rows),
                    "text": [m.record for m in rows],
                    "_why": [m.reason for m in rows],
                },
                schema={ROW: pl.Int64, PART: pl.Int32, "text": pl.String, "_why": pl.String},
            )
            report(frame, source.entity, "does_not_fit", pl.col("_why"))


def _replaced(raw: pl.DataFrame, entry: EntityMap) -> pl.DataFrame:
    """Apply the map's copies, constants and values."""
    raw = raw.with_columns(pl.col(other).alias(ours) for ours, other in entry.copies.items() if other in raw.columns)
    for ours, value in entry.constants.items():
        raw = raw.with_columns(pl.lit(value).alias(ours))
    for ours, values in entry.values.items():
        if ours in raw.columns and raw.schema[ours] == pl.String:
            texts = {
                k: None if v is None else str(v).lower() if isinstance(v, bool) else str(v) for k, v in values.items()
            }
            raw = raw.with_columns(pl.col(ours).str.strip_chars().replace(texts))
    return raw


def _typed(
    raw: pl.DataFrame, name: str, plan: Any, source: Source, settings: Settings, findings: Findings
) -> tuple[pl.Series, pl.Series | None]:
    """Parse one column, report what could not be read, and write down the decision."""
    column, kind = raw[name], column_plans.kind_in(source.entity, name)
    codes: pl.Series | None = None
    choice, reasons = "", dict[str, str]()
    if kind in ("date", "period"):
        is_pattern = plan.order is not None and plan.order not in dates.ORDERS
        typed, reasons = dates.read(column, plan, settings.time_zone, plan.order if is_pattern else None)
        choice = plan.name
        if kind == "period":
            typed, reasons = periods.read(column, typed, settings)
    elif kind == "number":
        typed, codes, reasons = amounts.read(column, plan, settings.currency)
        if name.endswith("amount"):
            typed, reasons = money_columns.without_shares(column, typed, reasons)
        choice = plan.style
    elif kind in ("flag", "category"):
        typed, reasons = _by_words(column, source.entity, name)
    elif source.is_stored:
        typed = column
    elif kind == "id":
        typed = ids.tidy(column)
    else:
        stripped = column.str.strip_chars()
        typed = stripped.set(stripped.is_in(NOTHING).fill_null(value=False), None)
    n_bad = _tell(raw, name, reasons, source, findings)
    typed = _cast(typed, source.entity, name)
    _write_down(source, name, kind, choice, typed, n_bad, findings)
    return typed, codes


def _by_words(column: pl.Series, entity: str, name: str) -> tuple[pl.Series, dict[str, str]]:
    """Read flags and categories by their words; an unknown word counts as empty and is told."""
    texts = [str(t) for t in column.drop_nulls().unique().to_list()]
    kind = vocabulary.CATEGORIES.get((entity, name))
    meanings = vocabulary.meanings(kind) if kind else {}
    allowed = sorted(set(meanings.values()))
    words: dict[str, Any] = {t: meanings.get(vocabulary.folded(t)) if kind else vocabulary.truth(t) for t in texts}
    wanted = message("one of {allowed}", allowed=", ".join(allowed)) if kind else "yes or no"
    reasons = {
        t.strip(): message("reads “{t}”, which is not {wanted}", t=t[:60], wanted=wanted)
        for t, value in words.items()
        if value is None and t.strip().lower() not in EMPTY
    }
    if kind and all(t == value for t, value in words.items()):
        return column, reasons
    return column.replace_strict(words, default=None, return_dtype=pl.String if kind else pl.Boolean), reasons


def _tell(raw: pl.DataFrame, name: str, reasons: Mapping[str, str], source: Source, findings: Findings) -> int:
    if not reasons:
        return 0
    rows = raw.with_columns(
        pl.col(name).str.strip_chars().replace_strict(reasons, default=None, return_dtype=pl.String).alias("_why")
    ).filter(pl.col("_why").is_not_null())
    shown = ", ".join(headers_of(source, name))
    findings.empty(rows, source.entity, "cell_emptied", pl.format(f"{shown} {{}}", pl.col("_why")), name)
    return rows.height


def _write_down(
    source: Source, name: str, kind: str, choice: str, typed: pl.Series, n_bad: int, findings: Findings
) -> None:
    table = source.match.table
    match = next((c for c in source.match.columns if c.column == name), None)
    findings.decisions.append(
        Decision(
            source.entity,
            table.file,
            table.sheet,
            name,
            headers_of(source, name),
            kind,
            choice,
            match.confidence if match else 1.0,
            match.samples if match else (),
            typed.len() - typed.null_count(),
            n_bad,
        )
    )


def _cast(series: pl.Series, entity: str, name: str) -> pl.Series:
    """Bring a typed column to the type of its contract; a time stamp becomes its day where a day is wanted."""
    schema = ALL_SCHEMAS.get(entity)
    if not schema or name not in schema.column_names():
        return series
    wanted: Any = schema.columns()[name].dtype
    if series.dtype == wanted:
        return series
    if wanted == pl.Int64 and series.dtype == pl.Float64:
        return series.round(0).cast(pl.Int64, strict=False)
    if isinstance(series.dtype, pl.Datetime) and series.dtype.time_zone:
        series = series.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    if wanted == pl.String and series.dtype == pl.Float64:
        return ids.tidy(series.cast(pl.String))
    return series.cast(wanted, strict=False)
