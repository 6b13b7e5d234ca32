"""Dates of a column: one way of writing, decided over all of its cells."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

import polars as pl

from core.localization import message
from core.sources.money_words import EMPTY
from core.sources.month_names import MONTHS

FIRST_YEAR, LAST_YEAR = 1990, 2100
DAY_FIRST, MONTH_FIRST, YEAR_FIRST = "dd/mm/yyyy", "mm/dd/yyyy", "yyyy-mm-dd"
ORDERS = {DAY_FIRST: ("d", "m", "y"), MONTH_FIRST: ("m", "d", "y"), YEAR_FIRST: ("y", "m", "d")}
EXCEL, SECONDS, MILLIS = "Excel day numbers", "seconds since 1970", "milliseconds since 1970"
TIME = (
    r"(?:[T ,]+(?:at |um |à )?(?P<hour>\d{1,2})[:.h](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:[.,]\d+)?)?"
    r"\s*(?P<half>[AaPp]\.?\s?[Mm]\.?)?)?\s*(?P<offset>Z|z|UTC|GMT|[+\-]\d{2}:?\d{2}|[+\-]\d{2})?(?:\s*\[[\w/]+\])?$"
)
ISO = r"^(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})" + TIME
EAST = r"^(?P<y>\d{4})\s*[年년]\s*(?P<m>\d{1,2})\s*[月월]\s*(?P<d>\d{1,2})\s*[日일]?" + TIME
NUMERIC = r"^(?P<a>\d{1,2})(?P<mark>[./\-\s])\s?(?P<b>\d{1,2})[./\-\s]\s?(?P<y>\d{4}|\d{2})\.?" + TIME
COMPACT = (
    r"^(?P<y>(?:19|20)\d{2})(?P<m>0[1-9]|1[0-2])(?P<d>0[1-9]|[12]\d|3[01])"
    r"(?:T?(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})Z?)?$"
)
NAME = r"\p{L}[\p{L}.]*"
DAY_NAME = (
    rf"^(?P<d>\d{{1,2}})(?:st|nd|rd|th|er|º|ª)?[.\s\-/]*(?:de |of )?(?P<name>{NAME})"
    r"[.,\s\-/]*(?:de |of )?(?P<y>\d{4}|\d{2})" + TIME
)
NAME_DAY = rf"^(?P<name>{NAME})[.\s\-/]*(?P<d>\d{{1,2}})(?:st|nd|rd|th)?[,.\s\-/]+(?P<y>\d{{4}}|\d{{2}})" + TIME
YEAR_NAME = rf"^(?P<y>\d{{4}})[-\s](?P<name>{NAME})[-\s](?P<d>\d{{1,2}})" + TIME
PATTERNS = (ISO, EAST, COMPACT, NUMERIC, DAY_NAME, NAME_DAY, YEAR_NAME)
DOTNET = r"^/Date\((-?\d+)(?:[+-]\d{4})?\)/$"
WEEKDAY = r"^\p{L}{2,10}\.?,?\s+(?:den |le )?"


@dataclass(frozen=True)
class DateChoice:
    """How the dates of a column are written.

    Attributes
    ----------
    order : str, optional
        Of day, month and year in cells such as 03/04/2025; None where there are none.
    is_ambiguous : bool
        True where every cell could be read day first and month first.
    kinds : tuple of str
        The other ways that occur.
    n_against : int
        Cells that cannot be read under the order.
    """

    order: str | None
    is_ambiguous: bool
    kinds: tuple[str, ...]
    n_against: int = 0

    @property
    def name(self) -> str:
        """Return the order and kinds in words."""
        return ", ".join([*([self.order] if self.order else []), *self.kinds]) or "no dates"

    def with_default(self, order: str | None) -> DateChoice:
        """Return the choice with an order that something else speaks for, where the cells leave it open."""
        return replace(self, order=order) if order and self.is_ambiguous else self


def texts_of(column: pl.Series) -> pl.Series:
    """Return the different texts of a column, trimmed, without those that stand for nothing."""
    different, text = column.drop_nulls().unique().to_frame("t"), pl.col("t").str.strip_chars()
    means_nothing = text.str.to_lowercase().is_in(list(EMPTY))
    return different.select(text.filter(~means_nothing).unique().sort())["t"].alias(column.name)


def _plain(texts: pl.Series) -> pl.Series:
    text = pl.col("t")
    tidy = (
        text.str.strip_prefix("'").str.replace_all("\u202f|\u00a0", " ").str.replace_all(r"\s+", " ").str.strip_chars()
    )
    has_weekday = text.str.contains(WEEKDAY + r"(\p{L}|\d)") & text.str.contains(r"^\p{L}+\.?,?\s+\S+.*\d")
    is_month = text.str.extract(r"^(\p{L}+)", 1).str.to_lowercase().is_in(list(MONTHS)).fill_null(value=False)
    without = pl.when(has_weekday & ~is_month).then(text.str.replace(WEEKDAY, "")).otherwise(text)
    return texts.to_frame("t").select(tidy.str.strip_chars()).select(without)["t"]


def choose(column: pl.Series) -> DateChoice:
    """Decide how a column of text writes its dates, over all of its cells.

    Where the cells leave the order open, it is day first with dots, month first with slashes.
    """
    texts = _plain(texts_of(column))
    occurs = _kinds(texts)
    kinds = tuple(name for name, hits in occurs.items() if hits and name != NUMERIC)
    if not occurs[NUMERIC]:
        return DateChoice(None, False, kinds)
    parts = _taken_apart(texts, NUMERIC).filter(pl.col("a").is_not_null())
    first, second = parts["a"].cast(pl.Int32), parts["b"].cast(pl.Int32)
    day_first = int(((first > 12) & (first <= 31) & (second <= 12)).sum())
    month_first = int(((second > 12) & (second <= 31) & (first <= 12)).sum())
    if day_first or month_first:
        order = DAY_FIRST if day_first >= month_first else MONTH_FIRST
        return DateChoice(order, False, kinds, min(day_first, month_first))
    marks = parts["mark"].unique().to_list()
    return DateChoice(MONTH_FIRST if marks == ["/"] else DAY_FIRST, marks != ["."], kinds)


def _kinds(texts: pl.Series) -> dict[str, bool]:
    """Return which ways of writing occur, and whether the one does that leaves the order of day and month open."""
    text, number = pl.col("t"), _numbers(pl.col("t"))
    return (
        texts.to_frame("t")
        .select(
            (text.str.contains(ISO) | text.str.contains(COMPACT)).any().alias(YEAR_FIRST),
            (text.str.contains(DAY_NAME) | text.str.contains(NAME_DAY)).any().alias("month names"),
            number.is_between(20_000, 80_000).any().alias(EXCEL),
            number.is_between(6e8, 4.2e9).any().alias(SECONDS),
            number.is_between(6e11, 4.2e12).any().alias(MILLIS),
            text.str.contains(NUMERIC).any().alias(NUMERIC),
        )
        .row(0, named=True)
    )


def _numbers(texts: pl.Expr) -> pl.Expr:
    bare = pl.when(texts.str.contains(r"^\d{5,13}([.,]\d+)?$")).then(texts)
    return bare.str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)


def _taken_apart(texts: pl.Series, pattern: str) -> pl.DataFrame:
    return texts.to_frame("t").select(pl.col("t").str.extract_groups(pattern).alias("g")).unnest("g")


def read(
    column: pl.Series, choice: DateChoice, zone: str, pattern: str | None = None
) -> tuple[pl.Series, dict[str, str]]:
    """Read a column of dates and time stamps in the company's time.

    Parameters
    ----------
    column : pl.Series
        Text.
    choice : DateChoice
    zone : str
        The company's time zone; a stamp with an offset is moved to it, one without is taken as it stands. Where
        every stamp is a midnight, they are dates and stay.
    pattern : str, optional
        A strptime pattern, where a map names one.

    Returns
    -------
    stamps : pl.Series
        Datetime in microseconds; null where a cell is empty or cannot be read.
    reasons : dict
        Text -> why it was not read.
    """
    texts = texts_of(column)
    moments = _by_pattern(texts, pattern) if pattern else _moments(texts, choice, zone)
    year = pl.col("v").dt.year()
    is_far = ((year < FIRST_YEAR) | (year > LAST_YEAR)).fill_null(value=False)
    table = pl.DataFrame({"t": texts, "v": moments}).with_columns(is_far=is_far)
    reasons = {t: message("reads “{t}”, which is no date", t=t[:60]) for t in _where(table, pl.col("v").is_null())}
    reasons |= {
        t: message(
            "reads “{t}”, a year outside {first_year} to {last_year}",
            t=t[:60],
            first_year=FIRST_YEAR,
            last_year=LAST_YEAR,
        )
        for t in _where(table, pl.col("is_far"))
    }
    table = table.select("t", v=pl.when(~pl.col("is_far")).then("v"))
    out = column.str.strip_chars().to_frame("t").join(table, on="t", how="left", maintain_order="left")["v"]
    return out.rename(column.name), reasons


def _where(table: pl.DataFrame, condition: pl.Expr) -> list[str]:
    return table.filter(condition)["t"].to_list()


def _by_pattern(texts: pl.Series, pattern: str) -> pl.Series:
    try:
        if any(mark in pattern for mark in ("%H", "%I", "%T", "%R", "%s")):
            stamps = texts.str.to_datetime(pattern, strict=False, time_unit="us")
            return (
                stamps.dt.replace_time_zone(None)
                if isinstance(stamps.dtype, pl.Datetime) and stamps.dtype.time_zone
                else stamps
            )
        return texts.str.to_date(pattern, strict=False).cast(pl.Datetime("us"))
    except pl.exceptions.PolarsError:
        return pl.Series(texts.name, [None] * texts.len(), dtype=pl.Datetime("us"))


def _moments(texts: pl.Series, choice: DateChoice, zone: str) -> pl.Series:
    plain = _plain(texts)
    first, second, _ = ORDERS.get(choice.order or DAY_FIRST, ORDERS[DAY_FIRST])
    nothing = [None] * plain.len()
    stamps = pl.DataFrame({"v": nothing, "offset": nothing}, schema={"v": pl.Datetime("us"), "offset": pl.String})
    # Most columns are no dates, or dates of a single way of writing: what matches nowhere is not taken apart.
    text = pl.col("t").str
    occurs = plain.to_frame("t").select(text.contains(pattern).any().alias(pattern) for pattern in PATTERNS).row(0)
    for pattern in (pattern for pattern, hits in zip(PATTERNS, occurs, strict=True) if hits):
        other = _built(_groups(plain, pattern, first, second))
        stamps = stamps.select(
            v=pl.col("v").fill_null(other["v"]),
            offset=pl.when(pl.col("v").is_null()).then(other["offset"]).otherwise("offset"),
        )
    moments = _in_zone(stamps, zone)
    return moments.fill_null(_from_numbers(plain, zone)) if moments.has_nulls() else moments


def _groups(plain: pl.Series, pattern: str, first: str, second: str) -> pl.DataFrame:
    """Take texts apart by a pattern; null in every part where a text does not match."""
    groups = _taken_apart(plain, pattern)
    if "a" in groups.columns:
        groups = groups.rename({"a": first, "b": second})
    if "name" in groups.columns:
        name = pl.col("name").str.to_lowercase().str.strip_chars(".")
        groups = groups.with_columns(m=name.replace_strict(MONTHS, default=None, return_dtype=pl.Int32))
    return groups


def _built(groups: pl.DataFrame) -> pl.DataFrame:
    def part(name: str) -> pl.Expr:
        return pl.col(name).cast(pl.Int32, strict=False) if name in groups.columns else pl.lit(None, pl.Int32)

    year = part("y")
    half = pl.col("half").str.to_lowercase().str.slice(0, 1) if "half" in groups.columns else pl.lit(None, pl.String)
    hour = part("hour")
    hour = (
        pl.when((half == "p") & (hour < 12)).then(hour + 12).when((half == "a") & (hour == 12)).then(0).otherwise(hour)
    )
    fields = groups.select(
        y=pl.when(_is_short("y", groups)).then(year + 2000).otherwise(year),
        m=part("m"),
        d=part("d"),
        h=hour.fill_null(0),
        n=part("minute").fill_null(0),
        s=part("second").fill_null(0),
        offset=pl.col("offset") if "offset" in groups.columns else pl.lit(None, pl.String),
    )
    text = pl.format(
        "{}-{}-{} {}:{}:{}",
        *(pl.col(c).cast(pl.String).str.zfill(4 if c == "y" else 2) for c in ("y", "m", "d", "h", "n", "s")),
    )
    return fields.select(v=text.str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False, time_unit="us"), offset="offset")


def _is_short(name: str, groups: pl.DataFrame) -> pl.Expr:
    return pl.col(name).str.len_chars() == 2 if name in groups.columns else pl.lit(value=False)


def _in_zone(stamps: pl.DataFrame, zone: str) -> pl.Series:
    """Move stamps with an offset to a time zone, unless all of them are midnights, which are dates."""
    if not stamps["offset"].count():
        return stamps["v"]
    with_offset = stamps.filter(pl.col("offset").is_not_null() & pl.col("v").is_not_null())
    times = with_offset["v"].dt.time().unique()
    if with_offset.is_empty() or (times.len() == 1 and str(times[0]) == "00:00:00"):
        return stamps["v"]
    minutes = {text: _offset_minutes(text) for text in with_offset["offset"].unique()}
    shift = pl.col("offset").replace_strict(minutes, default=None, return_dtype=pl.Int64)
    utc = pl.col("v") - pl.duration(minutes=shift)
    local = utc.dt.replace_time_zone("UTC").dt.convert_time_zone(zone).dt.replace_time_zone(None)
    return stamps.select(pl.when(pl.col("offset").is_not_null()).then(local).otherwise("v").alias("v"))["v"]


def _offset_minutes(text: str) -> int:
    match = re.fullmatch(r"([+-])(\d{2}):?(\d{2})?", text)
    if not match:
        return 0
    minutes = int(match[2]) * 60 + int(match[3] or 0)
    return -minutes if match[1] == "-" else minutes


def _from_numbers(texts: pl.Series, zone: str) -> pl.Series:
    """Read Excel's day numbers and stamps counted from 1970; both systems write them as bare numbers."""
    number = _numbers(pl.col("t").str.extract(DOTNET, 1).fill_null(pl.col("t")))
    table = texts.to_frame("t").select(n=number)
    if not table["n"].count():
        return pl.Series("t", [None] * texts.len(), dtype=pl.Datetime("us"))
    table = table.select(
        day=pl.when(pl.col("n").is_between(20_000, 80_000)).then(((pl.col("n") - 25_569) * 86_400_000).round(0)),
        millis=pl.when(pl.col("n").is_between(6e8, 4.2e9))
        .then(pl.col("n") * 1_000)
        .when(pl.col("n").is_between(6e11, 4.2e12))
        .then("n"),
    )
    stamps = table.select(
        day=pl.col("day").cast(pl.Int64).cast(pl.Datetime("ms")).cast(pl.Datetime("us")),
        utc=pl.col("millis").cast(pl.Int64).cast(pl.Datetime("ms")).cast(pl.Datetime("us")),
    )
    is_midnight = stamps["utc"].drop_nulls().dt.time().cast(pl.String).unique().to_list() in ([], ["00:00:00"])
    local = (
        stamps["utc"]
        if is_midnight
        else stamps["utc"].dt.replace_time_zone("UTC").dt.convert_time_zone(zone).dt.replace_time_zone(None)
    )
    return stamps["day"].fill_null(local)


def is_zone(name: str) -> bool:
    """Say whether there is a time zone of that name."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def shares(choices: Sequence[DateChoice]) -> str | None:
    """Return the order that the decided ones of several columns agree on; None where they do not or there are none."""
    orders = {c.order for c in choices if c.order and not c.is_ambiguous}
    return orders.pop() if len(orders) == 1 else None
