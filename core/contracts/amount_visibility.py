"""How far amounts of money are shown to whoever looks: as they are, rounded to two digits, or not at all."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

import polars as pl

from core.contracts.dataset import Dataset
from core.contracts.errors import AmountsHiddenError

EXACT, ROUNDED, HIDDEN = "", "rounded", "hidden"
DIGITS = 2
REASON = "This is made of amounts of money, which are hidden from you."
NOTICES = {
    EXACT: "",
    ROUNDED: "Amounts are rounded to two digits for you; sums are those of the rounded amounts.",
    HIDDEN: "Amounts of money are hidden from you; counts, dates, chances and names are shown.",
}
READ_ONLY = "You see no exact amounts, so amounts are not entered or approved by you here."
# What nulls add up to, at the start of a sentence and inside one.
NOTHING = re.compile(r"(?P<start>(?:^|(?<=[.!?] )))?\b[A-Z]{3} -?0(?:[.,]0+)?(?![\d.,]*\d)(?: [kMB]\b)?")
WORDS = "a hidden amount"

P = ParamSpec("P")
R = TypeVar("R")


def is_money(column: str) -> bool:
    """Say whether a column holds money: `amount`, or a name that ends in it.

    Examples
    --------
    >>> is_money("mrr_amount"), is_money("amount_change_rate")
    (True, False)
    """
    return column == "amount" or column.endswith("_amount")


def visible(frame: pl.DataFrame, amounts: str) -> pl.DataFrame:
    """Return a frame whose money somebody may see.

    Parameters
    ----------
    frame : pl.DataFrame
    amounts : str
        "" leaves the frame as it is; "rounded" keeps two digits of every amount; "hidden" makes every amount null.

    Examples
    --------
    >>> visible(pl.DataFrame({"amount": [12_345.0]}), "rounded")["amount"].item()
    12000.0
    """
    money = [column for column in frame.columns if is_money(column)]
    if not (amounts and money):
        return frame
    if amounts == HIDDEN:
        return frame.with_columns(pl.lit(None, frame.schema[column]).alias(column) for column in money)
    return frame.with_columns(pl.col(money).cast(pl.Float64).round_sig_figs(DIGITS))


def without_sums(frame: pl.DataFrame, amounts: str) -> pl.DataFrame:
    """Return a frame in which money that is 0 or null throughout is null, where amounts are hidden.

    Examples
    --------
    >>> without_sums(pl.DataFrame({"lost_amount": [0.0], "cost_amount": [5.0]}), "hidden").row(0)
    (None, 5.0)
    """
    if amounts != HIDDEN:
        return frame
    numbers = [name for name in frame.columns if is_money(name) and frame.schema[name].is_numeric()]
    empty = [name for name in numbers if not (frame[name].fill_null(0) != 0).any()]
    return frame.with_columns(pl.lit(None, frame.schema[name]).alias(name) for name in empty)


def spoken(text: str, amounts: str) -> str:
    """Return a sentence in which amounts that are hidden are called so, for their sum is not 0.

    Examples
    --------
    >>> spoken("18 deals with USD 0 are due. USD 0 is open.", "hidden")
    '18 deals with a hidden amount are due. A hidden amount is open.'
    >>> spoken("USD 0 is open.", "")
    'USD 0 is open.'
    """
    if amounts != HIDDEN:
        return text
    return NOTHING.sub(lambda match: WORDS.capitalize() if match["start"] is not None else WORDS, text)


def is_shown(function: Callable[..., object], amounts: str) -> bool:
    """Say whether a function's result can be shown where amounts are as they are."""
    return amounts != HIDDEN or not getattr(function, "needs_amounts", False)


def needs_amounts(function: Callable[Concatenate[Dataset, P], R]) -> Callable[Concatenate[Dataset, P], R]:
    """Refuse data without amounts to a function whose result would be made of them and nothing else.

    Without amounts it would say that nothing was booked and that there is no forecast, which is not true.

    Raises
    ------
    AmountsHiddenError
        When amounts are hidden in the data.
    """

    @wraps(function)
    def guarded(data: Dataset, /, *args: P.args, **kwargs: P.kwargs) -> R:
        if data.amounts == HIDDEN:
            raise AmountsHiddenError(REASON)
        return function(data, *args, **kwargs)

    guarded.__dict__["needs_amounts"] = True
    return guarded
