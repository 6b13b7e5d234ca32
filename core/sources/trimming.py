"""Rows of a table that are none of its records: totals, titles of groups, headers said again, and the footer."""

from __future__ import annotations

import re
from dataclasses import dataclass

import polars as pl

from core.localization import joined, message, message_plural

ROW = "_row"
TOTAL_WORDS = (
    r"grand\s*totals?|sub\s*totals?|overall\s*totals?|totals?|sum|summe|gesamt(?:summe)?|zwischensumme|insgesamt|"
    r"somme|sous[- ]total|total\s+g[ée]n[ée]ral|totale|итого|всего|合計|总计|合计"
)
TOTAL = re.compile(
    rf"^(?:{TOTAL_WORDS}|count|average|avg|mean|record\s*count|rows?)\s*(\(.*\)|:.*|\d+.*)?$", re.IGNORECASE
)
TOTAL_OF_GROUP = re.compile(rf"^(?:{TOTAL_WORDS})\b.+$|^.+[\s:–-](?:{TOTAL_WORDS})$", re.IGNORECASE)
COUNTED_GROUP = re.compile(r"^.+\((\d+)(?:\s+\w+)?\)$")
FOOTER = re.compile(
    r"^(confidential information\b|copyright\b|©|grand totals?\b|report generated|generated (by|on|at)\b|"
    r"exported (by|on|at)\b|end of (report|file)|filters? applied|as of\b.*\d{4})",
    re.IGNORECASE,
)
NUMBER = re.compile(r"[-+(]?[\d.,\s]+[)%]?")
MONEY = re.compile(r"[A-Z€$£¥₹.\s]{0,6}[-(]?[\d.,\s]+[)]?[A-Z€$£¥₹%\s]{0,5}")
NUMBERED = re.compile(r" \(\d+\)$")
MOST_SUSPECTS, FEWEST_COLUMNS = 2_000, 4


@dataclass(frozen=True)
class Aside:
    """Rows that are no records.

    Attributes
    ----------
    totals, titles : list of int
        Their numbers in the file.
    end : int, optional
        Where the footer begins.
    """

    totals: list[int]
    titles: list[int]
    end: int | None


def trimmed(frame: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """Cut a table where its footer begins, and leave out what is no record: empty rows, totals, titles, headers again.

    A row of totals begins with such a word, or holds nothing but numbers, and fills fewer than all of the columns; a
    deal named "Total" has an id before its name, or all of its cells. A title of a group fills one cell and stands
    above the header that is said again, or gives the number of the rows that follow.

    Returns
    -------
    frame : pl.DataFrame
    notes : list of str
        What was left out, by its rows.
    """
    texts = [c for c in frame.columns if c != ROW and frame.schema[c] == pl.String]
    if not texts or frame.is_empty():
        return frame, []
    filled = pl.sum_horizontal((pl.col(c).str.strip_chars() != "").fill_null(value=False) for c in texts)
    counted = frame.with_columns(_filled=filled)
    if len(texts) == len(frame.columns) - 1:
        counted = counted.filter(pl.col("_filled") > 0)
    counted, repeated = _without_headers(counted, texts)
    usual = float(counted["_filled"].quantile(0.9, "nearest") or 0)
    suspects = counted.filter(pl.col("_filled") <= max(1, 0.7 * len(texts))).select(ROW, "_filled", *texts)
    aside = _aside(suspects.head(MOST_SUSPECTS), counted[ROW], usual, set(repeated))
    notes: list[str] = []
    if aside.end is not None:
        cut = counted.filter(pl.col(ROW) >= aside.end).height
        counted = counted.filter(pl.col(ROW) < aside.end)
        notes.append(
            message_plural(
                "the table ends above row {end}; {n} row below it were not read",
                "the table ends above row {end}; {n} rows below it were not read",
                cut,
                end=aside.end,
            )
        )
    for rows, what, several in (
        (aside.totals, "totals", "totals"),
        (aside.titles, "a title", "titles"),
        (repeated, "the header again", "the header again"),
    ):
        if rows:
            shown = joined(*map(str, rows[:5]), by=", ") + (" and more" if len(rows) > 5 else "")
            is_one = len(rows) == 1
            notes.append(
                message("row {shown} {words}", shown=shown, words="holds " + what if is_one else "hold " + several)
                if is_one
                else message(
                    "rows {shown} {words}", shown=shown, words="holds " + what if is_one else "hold " + several
                )
            )
    left = counted.filter(~pl.col(ROW).is_in([*aside.totals, *aside.titles]))
    return left.drop("_filled"), notes


def _without_headers(frame: pl.DataFrame, texts: list[str]) -> tuple[pl.DataFrame, list[int]]:
    """Leave out rows that say the header again, as a report does on every page and a board above every group."""
    first = frame[texts[0]].str.strip_chars() == NUMBERED.sub("", texts[0])
    if not first.any():
        return frame, []
    names = {c: NUMBERED.sub("", c) for c in texts}
    alike = [pl.col(c).str.strip_chars().str.strip_chars_end("* ") == names[c] for c in texts]
    blank = [(pl.col(c).is_null() | (pl.col(c).str.strip_chars() == "")) for c in texts]
    same = [s.fill_null(value=False) | b for s, b in zip(alike, blank, strict=True)]
    is_header = pl.all_horizontal(same) & (pl.col("_filled") >= 2)
    rows = frame.filter(is_header)[ROW].to_list()
    return (frame.filter(~pl.col(ROW).is_in(rows)) if rows else frame), rows


def _aside(suspects: pl.DataFrame, numbers: pl.Series, usual: float, headers: set[int]) -> Aside:
    totals: list[int] = []
    titles: list[int] = []
    counts: dict[int, int] = {}
    end: int | None = None
    for number, _, *cells in suspects.iter_rows():
        words = [str(cell).strip() for cell in cells if cell is not None and str(cell).strip()]
        is_sparse = len(words) <= usual / 2 and len(cells) >= FEWEST_COLUMNS
        if end is None and FOOTER.match(words[0]):
            end = number
        elif _is_total(words, cells, is_sparse):
            totals.append(number)
        elif is_sparse and len(words) == 1 and headers & {number + 1, number + 2}:
            titles.append(number)
        elif is_sparse and (group := COUNTED_GROUP.match(words[0])) and _are_amounts(words[1:]):
            counts[number] = int(group[1])
    titles += _agreeing(counts, set(numbers.to_list()) - set(totals) - set(titles))
    is_above = [t for t in totals if end is None or t < end], [t for t in titles if end is None or t < end]
    return Aside(is_above[0], sorted(is_above[1]), end)


def _agreeing(counts: dict[int, int], rows: set[int]) -> list[int]:
    """Return the titles with a count, where most of them give the number of the rows up to the next one."""
    starts = sorted(counts)
    ends = [*starts[1:], max(rows, default=0) + 1]
    sizes = {a: sum(r in rows for r in range(a + 1, b)) for a, b in zip(starts, ends, strict=True)} if starts else {}
    n_right = sum(sizes[row] == n for row, n in counts.items())
    return starts if n_right > len(starts) / 2 else []


def _is_total(words: list[str], cells: list[object], is_sparse: bool) -> bool:
    if TOTAL.match(words[0]) and all(TOTAL.match(w) or _are_amounts([w]) for w in words[1:]):
        return True
    if not is_sparse:
        return False
    if TOTAL_OF_GROUP.match(words[0]) and len(words) > 1:
        return _are_amounts(words[1:])
    is_bare = not (cells[0] and str(cells[0]).strip())
    return is_bare and _are_amounts(words)


def _are_amounts(words: list[str]) -> bool:
    return all(is_number(w) or MONEY.fullmatch(w) for w in words)


def is_number(text: str) -> bool:
    """Say whether a cell holds digits, marks and nothing else."""
    return bool(NUMBER.fullmatch(text.strip()))
