"""Periods as people write them, by the fiscal calendar: Q1 2025, FY25 Q1, 2025-Q1, Jan 2025, 2025-01, H1 2025, FY25."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

import polars as pl

from core.config import Settings
from core.config.calendar import add_quarters, is_weekly, quarter_months, year_start
from core.localization import message
from core.sources.dates import FIRST_YEAR, LAST_YEAR
from core.sources.money_words import EMPTY
from core.sources.month_names import MONTHS

QUARTERS = {"month": 1, "period": 1, "quarter": 1, "half": 2, "year": 4}
MOST = {"month": 12, "period": 12, "quarter": 4, "half": 2, "year": 1}
WORDS = {
    "quarter": r"(?:fq|q|qtr|quarter|quartal|trimestre|trim|t|kvartal|k|квартал)",
    "half": r"(?:fh|h|hy|half|half[- ]year|halbjahr|hj|semester|semestre|s)",
    "period": r"(?:fp|p|period|periode)",
    "month": r"(?:m|month|monat|mois)",
}
FISCAL = r"(?:fy|fiscal year|fiscal|gj|geschäftsjahr|of|year)?"
YEAR = r"(?P<y>\d{4}|\d{2})"
GAP = r"[\s\-/_.,]*"
MONTH = (
    re.compile(r"^(?P<y>\d{4})[-/. ](?P<n>\d{1,2})$"),
    re.compile(r"^(?P<n>\d{1,2})[-/. ](?P<y>\d{4})$"),
    re.compile(r"^(?P<y>(?:19|20)\d{2})(?P<n>\d{2})$"),
)
NAMED = (
    re.compile(rf"^(?P<name>[^\W\d_]+)\.?{GAP}{FISCAL}\s*{YEAR}$"),
    re.compile(rf"^(?P<y>\d{{4}}){GAP}(?P<name>[^\W\d_]+)\.?$"),
)
TWO_YEARS = re.compile(rf"^{FISCAL}\s*(?P<y>\d{{4}})\s*[/–-]\s*(?P<next>\d{{4}}|\d{{2}})$")
ONE_YEAR = re.compile(r"^(?:(?P<fiscal>fy|fiscal year|gj|geschäftsjahr|year)\s*)?(?P<y>\d{4}|\d{2})$")


@dataclass(frozen=True)
class Period:
    """A period of a fiscal or calendar year.

    Attributes
    ----------
    kind : str
        "month" of the calendar, "period", "quarter", "half" or "year" of the fiscal year.
    number : int
        From 1.
    year : int
        Of a fiscal year the one it ends in.
    """

    kind: str
    number: int
    year: int


def parse(text: str) -> Period | None:
    """Return the period a text names; None where it names none.

    Examples
    --------
    >>> parse("Q1 2025"), parse("FY25 Q1") == parse("2025-Q1") == parse("1Q25") == parse("Q1'25"), parse("Q5 2025")
    (Period(kind='quarter', number=1, year=2025), True, None)
    >>> parse("Jan 2025") == parse("2025-01") == parse("202501"), parse("2H25"), parse("FY2024/25"), parse("2025")
    (True, Period(kind='half', number=2, year=2025), Period(kind='year', number=1, year=2025), Period(kind='year', \
number=1, year=2025))
    """
    plain = re.sub(r"['’`]", "", text.strip().lower())
    for kind, word in WORDS.items():
        for pattern in (
            rf"^{FISCAL}\s*{YEAR}{GAP}{word}{GAP}(?P<n>\d{{1,2}})$",
            rf"^{word}{GAP}(?P<n>\d{{1,2}}){GAP}{FISCAL}\s*{YEAR}$" if kind in ("period", "month") else "",
            rf"^{word}{GAP}(?P<n>\d){GAP}{FISCAL}\s*{YEAR}$",
            rf"^(?P<n>\d)\.?\s*{word}{GAP}{FISCAL}\s*{YEAR}$",
        ):
            if pattern and (match := re.match(pattern, plain)):
                return _valid(kind, int(match["n"]), match["y"])
    return _month(plain) or _year(plain)


def _month(plain: str) -> Period | None:
    for pattern in MONTH:
        match = pattern.match(plain)
        if match and 1 <= int(match["n"]) <= 12:
            return _valid("month", int(match["n"]), match["y"])
    for pattern in NAMED:
        match = pattern.match(plain)
        if match and match["name"] in MONTHS:
            return _valid("month", MONTHS[match["name"]], match["y"])
    return None


def _year(plain: str) -> Period | None:
    if match := TWO_YEARS.match(plain):
        following = int(match["y"]) + 1
        return _valid("year", 1, str(following)) if following % 100 == int(match["next"]) % 100 else None
    match = ONE_YEAR.match(plain)
    return _valid("year", 1, match["y"]) if match and (match["fiscal"] or len(match["y"]) == 4) else None


def _valid(kind: str, number: int, digits: str) -> Period | None:
    year = int(digits) + (2000 if len(digits) == 2 else 0)
    return Period(kind, number, year) if 1 <= number <= MOST[kind] and FIRST_YEAR <= year <= LAST_YEAR else None


def first_day(period: Period, settings: Settings) -> date:
    """Return the first day of a period by the fiscal calendar.

    A month of the calendar is that month; where the fiscal year is made of weeks, the period that holds its middle.
    """
    if period.kind == "month":
        return date(period.year, period.number, 15 if is_weekly(settings) else 1)
    begin = year_start(date(period.year, 1, 15), settings)  # Which lies in that fiscal year whatever month it begins.
    if period.kind == "period":
        quarter = add_quarters(begin, (period.number - 1) // 3, settings)
        return quarter_months(quarter, settings)[(period.number - 1) % 3]
    return add_quarters(begin, (period.number - 1) * QUARTERS[period.kind], settings)


def read(column: pl.Series, stamps: pl.Series, settings: Settings) -> tuple[pl.Series, dict[str, str]]:
    """Read a column of periods.

    Parameters
    ----------
    column : pl.Series
        Text.
    stamps : pl.Series
        What was read of the column as dates; null where a cell holds none.
    settings : Settings

    Returns
    -------
    starts : pl.Series
        Datetime; null where a cell is empty or names no period.
    reasons : dict
        Text -> why it was not read.
    """
    texts = column.str.strip_chars()
    others = texts.filter(texts.is_not_null() & stamps.is_null()).unique().to_list()
    periods = {t: parse(t) for t in others if t.lower() not in EMPTY}
    starts = {t: first_day(p, settings) for t, p in periods.items() if p}
    begun = texts.replace_strict(starts, default=None, return_dtype=pl.Date).cast(pl.Datetime("us"))
    reasons = {
        t: message("reads “{t}”, which is no date, month, quarter, half-year or year", t=t[:60])
        for t, period in periods.items()
        if period is None
    }
    return stamps.cast(pl.Datetime("us")).fill_null(begun).rename(column.name), reasons


def lengths(column: pl.Series) -> pl.Series:
    """Return how many quarters each text of a column spans: 4 for a year, 2 for a half-year, else 1."""
    texts = column.cast(pl.String).str.strip_chars()
    spans = {t: QUARTERS[p.kind] for t in texts.drop_nulls().unique().to_list() if (p := parse(t))}
    return texts.replace_strict(spans, default=1, return_dtype=pl.Int64)


def with_years(frame: pl.DataFrame, header: str) -> pl.DataFrame:
    """Put the year of one column and the quarter or month of another together to one period.

    Parameters
    ----------
    frame : pl.DataFrame
        With `period_year`; `period_start_on` may be missing, then the year is the period.
    header : str
        Of the column of periods: it says whether a bare number is a quarter or a month.
    """
    if "period_year" not in frame.columns:
        return frame
    year = pl.col("period_year").cast(pl.String).str.strip_chars().str.replace(r"\.0$", "")
    if "period_start_on" not in frame.columns:
        return frame.with_columns(year.alias("period_start_on")).drop("period_year")
    part = pl.col("period_start_on").cast(pl.String).str.strip_chars().str.replace(r"\.0$", "")
    mark = "Q" if re.search(r"q|trim|kvart", header.lower()) else "M"
    has_year = part.str.contains(r"\d{4}|\d[./-]\d+[./-]\d") | part.str.to_lowercase().str.contains(r"fy\s*\d{2}")
    numbered = pl.when(part.str.contains(r"^\d{1,2}$")).then(pl.lit(mark) + part).otherwise(part)
    whole = pl.when(has_year).then(part).otherwise(numbered + " " + year)
    return frame.with_columns(pl.coalesce(whole, part, year).alias("period_start_on")).drop("period_year")
