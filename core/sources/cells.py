"""Turns the cells of one file into our columns and their types, by one decision per column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from core.config import Settings
from core.contracts.schemas import ALL_SCHEMAS
from core.sources import amounts, dates, ids, periods, vocabulary
from core.sources.columns import HELPER_COLUMNS, readable
from core.sources.currencies import code_of
from core.sources.entities import LENGTH
from core.sources.findings import PART, Decision, Findings, Question, counted
from core.sources.mapping import ColumnRule, EntityMap
from core.sources.money_words import EMPTY, NOTHING, ONE_SIGN
from core.sources.recognition import TableMatch, kind_of
from core.sources.table import ROW
from core.sources.units import unit_of


@dataclass(frozen=True)
class Source:
    """One table and how it is read.

    Attributes
    ----------
    entity : str
    match : TableMatch
    entry : EntityMap
    """

    entity: str
    match: TableMatch
    entry: EntityMap

    @property
    def is_stored(self) -> bool:
        """Say whether the table's types and nulls are its own, as those of a Parquet file are."""
        return self.match.table.file.lower().endswith(".parquet")

    @property
    def history(self) -> str:
        """Return how a history is written, where a map or layout says it."""
        return self.entry.history or (self.match.layout.history if self.match.layout else "")


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
        raw = periods.with_years(raw, _headers(source, "period_start_on")[0])
    texts = [c for c in raw.columns if raw.schema[c] == pl.String and c in readable(source.entity)]
    plans = _plans(raw, texts, source, settings, findings)
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
    frame = _in_units(pl.DataFrame(columns), source, findings)
    if source.entity == "quotas" and "period_start_on" in texts:
        frame = frame.with_columns(periods.lengths(raw["period_start_on"]).alias(LENGTH))
    return _with_currency(frame, currencies, source, findings)


MONEY_COLUMNS = ("amount", "won_amount", "quota_amount", "amount_per_interval", "mrr_amount", "annual_amount")


def _in_units(frame: pl.DataFrame, source: Source, findings: Findings) -> pl.DataFrame:
    """Multiply amounts that are written in thousands or millions, as the map or their header says."""
    for name in frame.columns:
        if kind_of(source.entity, name) != "number" or not frame.schema[name].is_numeric():
            continue
        unit = unit_of(_headers(source, name)[0])
        factor = source.entry.units.get(name, unit.factor if unit else 1.0)
        if unit and name in MONEY_COLUMNS and name not in source.entry.units:
            findings.note(f"{source.match.table.place}: {unit.sentence(_headers(source, name)[0])}.")
        if factor != 1:
            frame = frame.with_columns(pl.col(name) * factor)
    return frame


def _with_currency(
    frame: pl.DataFrame, currencies: Mapping[str, pl.Series], source: Source, findings: Findings
) -> pl.DataFrame:
    """Take the currency of an amount from its cell or its header where no column of its own says it.

    A cell that names another currency than the column for it is told, and the column counts; a bare sign that several
    currencies share is not another one.
    """
    written = next((currencies[c] for c in MONEY_COLUMNS if c in currencies), None)
    names = [c for c in MONEY_COLUMNS if c in frame.columns]
    unit = unit_of(_headers(source, names[0])[0]) if names else None
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
        (a, b): f"is in {b} by its cell and in {a} by its column for the currency: the column counts"
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
        f"{source.match.table.place}: {counted(rows.height, 'amount names', 'amounts name')} another currency than "
        "the column for it; the column counts."
    )
    return column.fill_null(written)


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


def _plans(
    raw: pl.DataFrame, texts: list[str], source: Source, settings: Settings, findings: Findings
) -> dict[str, Any]:
    """Decide how every column is written; what its own cells leave open, the others of the file decide."""
    kinds = {name: _kind(source.entity, name) for name in texts}
    numbers = [n for n in texts if kinds[n] == "number"]
    styles = {n: source.entry.numbers.get(n, source.entry.numbers.get("*")) for n in numbers}
    plans: dict[str, Any] = {}
    first = {n: amounts.choose(raw[n]) for n in numbers if not styles[n]}
    marked = {n for n in first if raw[n].str.contains(r"\d[.,]\d").any()}
    sure = {first[n].style for n in marked if not first[n].is_ambiguous}
    for n in numbers:
        plans[n] = (
            amounts.AmountChoice(str(styles[n]))
            if styles[n]
            else amounts.choose(raw[n], next(iter(sure)) if len(sure) == 1 else None)
        )
        if plans[n].is_ambiguous and n in marked:
            _ask_numbers(source, n, plans[n], findings)
    days = [n for n in texts if kinds[n] in ("date", "period")]
    patterns = {n: source.entry.dates.get(n, source.entry.dates.get("*")) for n in days}
    chosen = {n: dates.choose(raw[n]) for n in days}
    default = dates.shares(list(chosen.values())) or _likely_order(raw, sure, settings)
    for n in days:
        named = patterns[n]
        if named in dates.ORDERS:
            plans[n] = dates.DateChoice(named, False, chosen[n].kinds)
        elif named:
            plans[n] = dates.DateChoice(named, False, ())
        else:
            plans[n] = dates.choose(raw[n], default)
            _tell_two_orders(source, n, plans[n], findings)
            if plans[n].is_ambiguous:
                _ask_dates(
                    source, n, plans[n], is_shared=dates.shares(list(chosen.values())) is not None, findings=findings
                )
    return {**dict.fromkeys(texts), **plans}


def _kind(entity: str, name: str) -> str:
    if (entity, name) == ("quotas", "period_start_on"):
        return "period"
    return "category" if (entity, name) in vocabulary.CATEGORIES else kind_of(entity, name)


def _likely_order(raw: pl.DataFrame, styles: set[str], settings: Settings) -> str | None:
    """Return the order of day and month that the other columns, the currency and the time zone speak for."""
    if styles == {amounts.COMMA}:
        return dates.DAY_FIRST
    if "currency" in raw.columns and raw.schema["currency"] == pl.String:
        codes = set(raw["currency"].drop_nulls().str.strip_chars().str.to_uppercase().unique().to_list())
        if codes and codes <= {"USD", "$", "US DOLLAR"}:
            return dates.MONTH_FIRST
        if codes and "USD" not in codes and len(codes) == 1:
            return dates.DAY_FIRST
    zone = settings.time_zone
    if zone.startswith(("Europe/", "Australia/", "Africa/", "Asia/")):
        return dates.DAY_FIRST
    return dates.MONTH_FIRST if zone.startswith(("America/", "US/")) else None


def _ask_dates(source: Source, name: str, choice: dates.DateChoice, *, is_shared: bool, findings: Findings) -> None:
    if is_shared:
        return
    header = ", ".join(_headers(source, name))
    findings.ask(
        Question(
            f"{source.entity}.dates.{name}",
            f"{source.match.table.place}: every date in {header} can be read day first and month first.",
            str(choice.order),
            (dates.DAY_FIRST, dates.MONTH_FIRST),
        )
    )


def _tell_two_orders(source: Source, name: str, choice: dates.DateChoice, findings: Findings) -> None:
    if choice.n_against:
        header = ", ".join(_headers(source, name))
        findings.note(
            f"{source.match.table.place}: dates in {header} are written day first and month first; they are read as "
            f"{choice.order}, and {counted(choice.n_against, 'other', 'others')} cannot be."
        )


def _ask_numbers(source: Source, name: str, choice: amounts.AmountChoice, findings: Findings) -> None:
    findings.ask(
        Question(
            f"{source.entity}.numbers.{name}",
            f"{source.match.table.place}: numbers in {', '.join(_headers(source, name))} can be read with a decimal "
            "point and with a decimal comma.",
            choice.style,
            (amounts.POINT, amounts.COMMA),
        )
    )


def _headers(source: Source, name: str) -> tuple[str, ...]:
    rule = source.entry.columns.get(name, name)
    if isinstance(rule, str):
        return (rule,)
    return rule.first or rule.join or (name,)


def _typed(
    raw: pl.DataFrame, name: str, plan: Any, source: Source, settings: Settings, findings: Findings
) -> tuple[pl.Series, pl.Series | None]:
    """Parse one column, report what could not be read, and write down the decision."""
    column, kind = raw[name], _kind(source.entity, name)
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
            typed, reasons = _without_shares(column, typed, reasons)
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


def _without_shares(column: pl.Series, typed: pl.Series, reasons: dict[str, str]) -> tuple[pl.Series, dict[str, str]]:
    """Read no share as an amount: 50 % is not 0.5."""
    is_share = column.str.contains("%", literal=True).fill_null(value=False) & typed.is_not_null()
    if not is_share.any():
        return typed, reasons
    texts = column.filter(is_share).str.strip_chars().unique().to_list()
    return typed.set(is_share, None), reasons | {t: f"reads “{t[:60]}”, which is a share and no amount" for t in texts}


def _by_words(column: pl.Series, entity: str, name: str) -> tuple[pl.Series, dict[str, str]]:
    """Read flags and categories by their words; an unknown word counts as empty and is told."""
    texts = [str(t) for t in column.drop_nulls().unique().to_list()]
    kind = vocabulary.CATEGORIES.get((entity, name))
    meanings = vocabulary.meanings(kind) if kind else {}
    allowed = sorted(set(meanings.values()))
    words: dict[str, Any] = {t: meanings.get(vocabulary.folded(t)) if kind else vocabulary.truth(t) for t in texts}
    wanted = f"one of {', '.join(allowed)}" if kind else "yes or no"
    reasons = {
        t.strip(): f"reads “{t[:60]}”, which is not {wanted}"
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
    shown = ", ".join(_headers(source, name))
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
            _headers(source, name),
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
