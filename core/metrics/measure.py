"""What every measure returns: a value, its unit, the rows behind it, a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Literal

import polars as pl

from core.formats import chance, compact, money, percent
from core.localization import message, message_plural

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Measure",
    "Unit",
    "brief",
    "chance",
    "compact",
    "counted",
    "left_over",
    "likely",
    "money",
    "out_of",
    "percent",
    "ratio",
    "shortened",
]

Unit = Literal["money", "rate", "count", "days"]
ROUNDING = 1e-9


@dataclass(frozen=True)
class Measure:
    """One business number that opens.

    Attributes
    ----------
    name : str
    value : float or None
        None without a denominator.
    unit : {"money", "rate", "count", "days"}
    frame : pl.DataFrame
        The rows the value was worked out from, or its trend.
    text : str
        The answer as one sentence.
    """

    name: str
    value: float | None
    unit: Unit
    frame: pl.DataFrame
    text: str

    def to_pandas(self) -> pd.DataFrame:
        """Return the rows behind the value as a pandas frame; see `core.pandas_door`."""
        return self.frame.to_pandas()

    def sentence(self) -> str:
        """Return the answer as one sentence with the number in it."""
        return self.text


def likely(rate: float) -> str:
    """Write the chance of something that can still turn out either way; never as certain, and never as impossible.

    Examples
    --------
    >>> likely(0.996), likely(0.5), likely(0.0)
    ('over 99 %', '50 %', 'under 1 %')
    """
    return chance(max(rate, 1e-9))


def counted(n: int, singular: str, many: str = "") -> str:
    """Write a number of things; `many` where an s does not make it more than one.

    Examples
    --------
    >>> counted(1, "deal"), counted(1200, "deal"), counted(2, "row is left", "rows are left")
    ('1 deal', '1,200 deals', '2 rows are left')
    """
    return message_plural(f"{{n:,}} {singular}", f"{{n:,}} {many or f'{singular}s'}", n)


def out_of(n: int, whole: int, singular: str, many: str = "") -> str:
    """Write a number of a whole with its verb.

    Examples
    --------
    >>> out_of(1, 8, "row"), out_of(3, 8, "row"), out_of(1, 1, "row")
    ('1 of 8 rows is', '3 of 8 rows are', '1 of 1 row is')
    """
    return message_plural("{n:,} of {whole} is", "{n:,} of {whole} are", n, whole=counted(whole, singular, many))


def brief(value: float) -> str:
    """Write a number of weeks and the like; below ten a decimal counts.

    Examples
    --------
    >>> brief(0.2), brief(3.0), brief(96.6)
    ('0.2', '3', '97')
    """
    return f"{value:,.1f}".removesuffix(".0") if abs(value) < 10 else f"{value:,.0f}"


def shortened(text: str, most: int) -> str:
    """Write a text on one line of at most so many letters; where it is cut, at a word, an ellipsis says so.

    Examples
    --------
    >>> shortened("Orders are  read and written", 15), shortened("Orders", 15)
    ('Orders are…', 'Orders')
    """
    line = " ".join(text.split())
    if len(line) <= most:
        return line
    cut = line[:most].rpartition(" ")[0] or line[: most - 1]
    return f"{cut.rstrip(' ,;:.-/(')}…"


def left_over(amount: float, unit: str = "") -> str:
    """Say whether parts add up to their whole; less than half a cent is nothing.

    Examples
    --------
    >>> left_over(1e-15), left_over(-2.5, "USD"), left_over(0.3)
    ('reconciled', 'USD 2.50 does not reconcile', '0.30 does not reconcile')
    """
    if abs(amount) < 0.005:
        return message("reconciled")
    return (
        message("{unit} {amount:,.2f} does not reconcile", unit=unit, amount=abs(amount))
        if unit
        else message("{unit}{amount:,.2f} does not reconcile", unit=unit, amount=abs(amount))
    )


def ratio(above: float, below: float) -> float | None:
    """Divide, or return None without a denominator: 0, below 0 and not a number are none.

    Examples
    --------
    >>> ratio(1.0, 4.0), ratio(1.0, 0.0), ratio(1.0, -4.0)
    (0.25, None, None)
    """
    return above / below if isfinite(below) and below > 0 and isfinite(above) else None


def share(part: float, whole: float) -> float | None:
    """Return a part's share of a whole, or None where it would lie outside 0 and 1, as it does with negative amounts.

    Examples
    --------
    >>> share(1.0, 4.0), share(500.0, 100.0), share(-400.0, 100.0)
    (0.25, None, None)
    """
    rate = ratio(part, whole)
    return None if rate is None or rate < 0 or rate > 1 + ROUNDING else min(rate, 1.0)


def growth_rate(now: float | None, then: float | None) -> float | None:
    """Return growth on an earlier amount; None where that is missing, 0 or below 0, for then a rate says nothing.

    Examples
    --------
    >>> growth_rate(150.0, 100.0), growth_rate(500.0, -500.0), growth_rate(5.0, 0.0)
    (0.5, None, None)
    """
    return None if now is None or then is None else ratio(now - then, then)
