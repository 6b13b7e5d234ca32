"""Turns text columns into the types of a contract, and keeps what does not fit aside with its reason."""

from __future__ import annotations

from typing import Any

import dataframely as dy
import polars as pl

from core.contracts import SCHEMAS, Rejections

DATES = ("%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%Y/%m/%d", "%d %b %Y", "%b %d, %Y")
STAMPS = ("%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M")
TRUE, FALSE = ("true", "yes", "y", "1", "won", "x"), ("false", "no", "n", "0", "", "lost")


def number(column: pl.Expr) -> pl.Expr:
    """Read money and counts: currency signs, spaces and thousands separators are allowed."""
    bare = column.str.replace_all(r"[^\d,.\-()eE]", "").str.replace(r"^\((.*)\)$", "-$1")
    comma_last = bare.str.contains(r",\d{1,2}$") | bare.str.contains(r"\.\d{3},")
    european = bare.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)
    english = bare.str.replace_all(",", "", literal=True)
    return pl.when(comma_last).then(european).otherwise(english).cast(pl.Float64, strict=False)


def day(column: pl.Expr) -> pl.Expr:
    """Read a date written in any of the usual ways, with or without a time of day."""
    text = column.str.strip_chars()
    short = text.str.replace(r"[T ]\d{1,2}:\d{2}.*$", "")
    return pl.coalesce([short.str.to_date(f, strict=False) for f in DATES])


def moment(column: pl.Expr) -> pl.Expr:
    """Read a UTC time stamp; a bare date is its midnight."""
    text = column.str.strip_chars().str.replace(r"(Z|\+00:00)$", "")
    tries = [text.str.to_datetime(f, strict=False, time_unit="us") for f in STAMPS]
    return pl.coalesce([*tries, day(column).cast(pl.Datetime("us"))])


def typed(frame: pl.DataFrame, entity: str, file: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Parse every contract column of a frame.

    Parameters
    ----------
    frame : pl.DataFrame
        Our column names; text or typed columns; extra columns stay as they are.
    entity : str
    file : str
        Named in the rejections.

    Returns
    -------
    good : pl.DataFrame
        Rows whose every filled cell could be read, and that hold the contract.
    rejected : pl.DataFrame
        One row per broken rule.
    """
    schema = SCHEMAS[entity]
    raw = frame.with_row_index("_row", offset=2)
    for name in schema.column_names():
        if name not in raw.columns:
            raw = raw.with_columns(pl.lit(None, pl.String).alias(name))
    parsed = raw.with_columns(_parse(raw, schema, n).alias(n) for n in schema.column_names())
    bad = [_unread(raw, parsed, n, entity, file) for n in schema.column_names()]
    unread = pl.concat([b for b in bad if b.height] or [_none()])
    readable = parsed.filter(~pl.col("_row").is_in(unread["row"].implode())) if unread.height else parsed
    good, broken = _validated(readable, schema, entity, file, raw)
    extra = [c for c in frame.columns if c not in schema.column_names()]
    return good.select(*schema.column_names(), *extra), pl.concat([unread, broken])


def _none() -> pl.DataFrame:
    return pl.DataFrame(Rejections.create_empty())


def _parse(raw: pl.DataFrame, schema: type[dy.Schema], name: str) -> pl.Expr:
    wanted: Any = schema.columns()[name].dtype
    column = pl.col(name)
    if raw[name].dtype != pl.String:
        return column.cast(wanted, strict=False)
    column = pl.when(column.str.strip_chars() != "").then(column.str.strip_chars())
    if wanted == pl.String:
        return column
    if wanted == pl.Date:
        return day(column)
    if wanted == pl.Datetime:
        return moment(column)
    if wanted == pl.Boolean:
        low = column.str.to_lowercase()
        return pl.when(low.is_in(TRUE)).then(True).when(low.is_in(FALSE)).then(False)
    return number(column).cast(wanted, strict=False)


def _unread(raw: pl.DataFrame, parsed: pl.DataFrame, name: str, entity: str, file: str) -> pl.DataFrame:
    if raw[name].dtype != pl.String:
        return _none()
    filled = raw[name].str.strip_chars().fill_null("") != ""
    rows = raw.filter(filled & parsed[name].is_null())
    shown = pl.col(name).str.slice(0, 60)
    return _report(
        rows,
        entity,
        file,
        name,
        "unreadable",
        pl.format(f"{name} reads “{{}}”, which is no {_kind(parsed[name].dtype)}", shown),
    )


def _kind(dtype: pl.DataType) -> str:
    if dtype == pl.Date:
        return "date"
    if dtype == pl.Datetime:
        return "time stamp"
    return "yes or no" if dtype == pl.Boolean else "number"


def _validated(
    readable: pl.DataFrame, schema: type[dy.Schema], entity: str, file: str, raw: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    checked = readable.select("_row", *schema.column_names())
    _, failure = schema.filter(checked.drop("_row"), cast=False)
    counts = failure.counts()
    if not counts:
        return readable, _none()
    flagged = _flags(checked, schema)
    parts = []
    bad_rows: set[int] = set()
    for rule, rows in flagged.items():
        if rows:
            bad_rows |= set(rows)
            column, _, check = rule.partition("|")
            named = column if check else None
            why = _reason(column, check)
            parts.append(
                _report(raw.filter(pl.col("_row").is_in(rows)), entity, file, named, check or rule, pl.lit(why))
            )
    return readable.filter(~pl.col("_row").is_in(sorted(bad_rows))), pl.concat(parts or [_none()])


def _flags(checked: pl.DataFrame, schema: type[dy.Schema]) -> dict[str, list[int]]:
    """Return the rows that break each rule, by asking the contract about the failures alone."""
    _, failure = schema.filter(checked.drop("_row"), cast=False)
    details = failure.details()
    keys = schema.column_names()
    position = checked.with_columns(_key=pl.struct(keys).hash(3)).select("_row", "_key")
    detail = details.with_columns(_key=pl.struct(keys).hash(3))
    rules = [c for c in details.columns if c not in keys]
    out: dict[str, list[int]] = {}
    for rule in rules:
        broken = detail.filter(pl.col(rule) == "invalid")["_key"].unique()
        out[rule] = position.filter(pl.col("_key").is_in(broken.implode()))["_row"].to_list()
    return out


def _reason(column: str, check: str) -> str:
    if check == "nullability":
        return f"{column} is empty, and a row is of no use without it"
    if check.startswith("check"):
        return f"{column} holds a value outside the list of known values"
    if check.startswith(("min", "max", "inf", "nan")):
        return f"{column} is out of range"
    if column == "primary_key":
        return "the same id stands on more than one row"
    return column.replace("_", " ") + " does not hold"


def _report(rows: pl.DataFrame, entity: str, file: str, column: str | None, rule: str, reason: pl.Expr) -> pl.DataFrame:
    return rows.select(
        entity=pl.lit(entity),
        file=pl.lit(file),
        sheet=pl.lit(None, pl.String),
        row=pl.col("_row").cast(pl.Int64),
        column=pl.lit(column, pl.String),
        rule=pl.lit(rule),
        reason=reason,
        record=pl.struct(pl.exclude("_row")).struct.json_encode(),
    )
