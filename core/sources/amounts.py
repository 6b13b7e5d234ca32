"""Amounts of a column: one decimal mark, decided over all of its cells; currencies as written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import polars as pl

from core.localization import message
from core.sources.money_words import CODES, DOLLARS, EMPTY, FACTORS, SYMBOLS

NO_CENTS = re.compile(r"(?<=\d)[.,][-–—−]+(?=[^\d]*$)")
LONGEST_UNIT = 12
POINT, COMMA = "1,234.56", "1.234,56"
SPACES = "[\\s\u00a0\u202f\u2009'’`]"
NUMBER = re.compile(
    r"^(?P<before>(?:[^\d.,()\-−+]|(?<=[^\W\d_])\.)*)(?P<sign>[-−+(]*)(?P<before2>(?:[^\d.,()\-−+]|(?<=[^\W\d_])\.)*)"
    r"(?P<body>[\d.,]+)(?P<after>[^\d]*)$"
)


@dataclass(frozen=True)
class AmountChoice:
    """How the numbers of a column are written.

    Attributes
    ----------
    style : str
        "1,234.56" or "1.234,56".
    is_ambiguous : bool
        True where every cell could be read either way and it makes a difference.
    has_thousandths : bool
        False where the column's decimals have one or two digits: a cell such as 1.200 then fits neither way of
        reading, and is not read.
    """

    style: str
    is_ambiguous: bool = False
    has_thousandths: bool = True


def choose(column: pl.Series, default: str | None = None) -> AmountChoice:
    """Decide the decimal mark of a column, over all of its cells.

    A mark that occurs twice in a number, or before the other one, groups thousands; one with other than three digits
    behind it, or behind a leading zero, is decimal. Where every cell has three digits behind its mark it groups
    thousands, unless the same column writes four digits and more without one: that is asked.

    Parameters
    ----------
    column : pl.Series
        Text.
    default : str, optional
        The style to take where the cells leave it open.
    """
    texts = column.drop_nulls()
    marked = texts.filter(texts.str.contains(r"[.,]")).unique()
    if marked.is_empty():
        return AmountChoice(default or POINT)
    counts = _counts(marked)
    if counts["point"] or counts["comma"]:
        style, name = (POINT, "point") if counts["point"] >= counts["comma"] else (COMMA, "comma")
        return AmountChoice(style, has_thousandths=counts[f"long_{name}"] or not counts[f"short_{name}"])
    style = COMMA if counts["only_point"] >= counts["only_comma"] else POINT
    plain_large = texts.str.contains(r"^\D*\d{4,}\D*$").any()
    if not plain_large:
        return AmountChoice(style if not (default and counts["only_point"] and counts["only_comma"]) else default)
    other = POINT if style == COMMA else COMMA
    return AmountChoice(default or other, is_ambiguous=True)


def _counts(marked: pl.Series) -> dict[str, Any]:
    """Count what the numbers with a mark say: which one is decimal, which one they have, how long their decimals are.

    Returns
    -------
    dict
        For "point" and "comma": how many say that it is decimal; "only_...", how many have it alone; "long_..." and
        "short_...", whether a number has three digits or more behind it, or one or two.
    """
    number = pl.col("t").str.replace_all(SPACES, "").str.replace(r"\p{L}\.", "")
    number = number.str.extract(r"(\d[\d.,]*\d|[.,]\d+|\d)", 1).drop_nulls()
    bare, out = pl.col("bare").str, []
    for name, mark, other in (("point", ".", ","), ("comma", ",", ".")):
        exact, has, has_other = re.escape(mark), bare.contains(mark, literal=True), bare.contains(other, literal=True)
        only, other_only = has & ~has_other, has_other & ~has
        is_last = bare.contains(rf"{exact}\d*$") & has_other
        is_single = only & (bare.count_matches(mark, literal=True) <= 1)
        is_decimal = is_single & ~bare.contains(rf"^[1-9]\d{{0,2}}{exact}\d{{3}}$")
        others_group = other_only & (bare.count_matches(other, literal=True) > 1)
        is_long = bare.contains(rf"(^0?|\d{{4,}}|[.,]\d{{3}}){exact}\d{{3,}}$") | bare.contains(rf"{exact}\d{{4,}}$")
        out += [
            (is_last | others_group | is_decimal).sum().alias(name),
            only.sum().alias(f"only_{name}"),
            is_long.any().alias(f"long_{name}"),
            bare.contains(rf"{exact}\d{{1,2}}$").any().alias(f"short_{name}"),
        ]
    return marked.to_frame("t").select(bare=number).select(out).row(0, named=True)


def read(
    column: pl.Series, choice: AmountChoice, own: str | None = None
) -> tuple[pl.Series, pl.Series | None, dict[str, str]]:
    """Read a column of numbers.

    Parameters
    ----------
    column : pl.Series
        Text.
    choice : AmountChoice
    own : str, optional
        The company's currency, which a bare $ stands for where it is a dollar.

    Returns
    -------
    values : pl.Series
        Float64; null where a cell is empty or cannot be read.
    currencies : pl.Series or None
        ISO codes as the cells hold them; None where none does.
    reasons : dict
        Text -> why it was not read.
    """
    plain = column.str.strip_chars()
    is_plain = choice.style == POINT and choice.has_thousandths
    quick = plain.cast(pl.Float64, strict=False) if is_plain else _digits_only(plain, choice.style)
    is_left = quick.is_null() | ~quick.is_finite().fill_null(value=False)
    left = plain.filter(plain.is_not_null() & is_left).unique()
    if left.is_empty():
        return quick.rename(column.name), None, {}
    parsed = {text: _parsed(text, choice, own) for text in left.to_list()}
    values = pl.Series([parsed[t][0] for t in left.to_list()], dtype=pl.Float64)
    codes = pl.Series([parsed[t][1] for t in left.to_list()], dtype=pl.String)
    table = pl.DataFrame({"t": left, "v": values, "c": codes})
    joined = plain.to_frame("t").join(table, on="t", how="left", maintain_order="left")
    out = quick.set(is_left, None).fill_null(joined["v"]).rename(column.name)
    reasons = {t: _reason(t, choice) for t, (v, _) in parsed.items() if v is None and t.lower() not in EMPTY}
    return out, joined["c"] if codes.drop_nulls().len() else None, reasons


def _digits_only(plain: pl.Series, style: str) -> pl.Series:
    """Read bare digits, and cents behind a point; what has other marks is read by the style."""
    bare = r"^[-+]?\d+(\.\d{1,2})?$" if style == POINT else r"^[-+]?\d+$"
    return plain.set(~plain.str.contains(bare), None).cast(pl.Float64, strict=False)


def _reason(text: str, choice: AmountChoice) -> str:
    mark = re.escape("." if choice.style == POINT else ",")
    if not choice.has_thousandths and re.search(rf"(?<!\d)[1-9]\d{{0,2}}{mark}\d{{3}}(?![\d.,])", text):
        return message("reads “{text}”, which groups thousands otherwise than the rest of its column", text=text[:60])
    return message("reads “{text}”, which is no number", text=text[:60])


def _parsed(text: str, choice: AmountChoice, own: str | None) -> tuple[float | None, str | None]:
    bare = NO_CENTS.sub("", re.sub(SPACES, "", text))
    match = NUMBER.match(bare)
    if text.lower() in EMPTY:
        return None, None
    if not match:
        return _scientific(bare), None
    after = match["after"].strip(")").rstrip("-−")
    ends_negative = match["after"].rstrip().endswith(("-", "−"))
    words = [w for w in (match["before"], match["before2"], after) if w]
    code, factor, is_percent = None, 1.0, False
    for word in words:
        meaning = _meaning(word, own)
        if meaning is None:
            return None, None
        code, factor, is_percent = code or meaning[0], factor * meaning[1], is_percent or meaning[2]
    value = _number(match["body"], choice)
    if value is None:
        return None, None
    is_negative = "-" in match["sign"] or "−" in match["sign"] or "(" in match["sign"] or ends_negative
    return (-1 if is_negative else 1) * value * factor / (100 if is_percent else 1), code


def _scientific(text: str) -> float | None:
    if re.fullmatch(r"[-+]?\d+([.,]\d+)?[eE][-+]?\d+", text):
        return float(text.replace(",", "."))
    return None


def _meaning(word: str, own: str | None, parts: int = 3) -> tuple[str | None, float, bool] | None:
    """Return the currency, factor and whether it is a percentage; None for a word that means nothing.

    A word of at most three parts, such as k€, is read part by part; a long one is a text.
    """
    if word == "%":
        return None, 1.0, True
    if word in SYMBOLS:
        code = SYMBOLS[word]
        return (own if word == "$" and own in DOLLARS else code), 1.0, False
    if word.upper() in CODES:
        return word.upper(), 1.0, False
    low = word.lower().rstrip(".")
    if low in FACTORS:
        return None, FACTORS[low], False
    for size in range(1, len(word) if parts > 1 and len(word) <= LONGEST_UNIT else 0):
        first, second = _meaning(word[:size], own, 1), _meaning(word[size:], own, parts - 1)
        if first and second:
            return first[0] or second[0], first[1] * second[1], first[2] or second[2]
    return None


def _number(body: str, choice: AmountChoice) -> float | None:
    """Read digits and marks; a number that holds both marks says itself which is decimal."""
    decimal = "." if choice.style == POINT else ","
    if "." in body and "," in body:
        decimal = max(".,", key=body.rfind)
    other = "," if decimal == "." else "."
    whole, _, rest = body.partition(decimal)
    is_grouped = other not in whole or re.fullmatch(rf"\d{{1,3}}(\{other}\d{{2,3}})*\{other}\d{{3}}", whole)
    is_doubted = not choice.has_thousandths and len(rest) == 3 and re.fullmatch(r"[1-9]\d{0,2}", whole)
    if decimal in rest or other in rest or not is_grouped or is_doubted:
        return None
    digits = whole.replace(other, "")
    return float(f"{digits or '0'}.{rest or '0'}") if digits or rest else None
