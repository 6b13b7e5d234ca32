"""What accounts and deals share when some of their fields are supposed to stand otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import polars as pl

from core.contracts.errors import ModelError, closest
from core.localization import joined, message
from core.metrics.measure import chance

ENDS = (0.01, 0.99)
STEPS = 100
Kind = Literal["number", "money", "days ahead", "choice"]


@dataclass(frozen=True)
class Field:
    """One field that can be moved: its name in words, its bounds, where it stands and the step of a slider.

    The value of a choice is the place of the chosen word among `options`; that of days ahead counts from the data's
    own date.
    """

    name: str
    label: str
    low: float
    high: float
    now: float
    step: float
    kind: Kind = "number"
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class Supposed:
    """What the model would say.

    Attributes
    ----------
    before, after : float
        The chance, as it is and as supposed.
    frame : pl.DataFrame
        The nearest real cases, with what became of them.
    warnings : tuple of str
        Where what is supposed lies outside what was seen.
    days : int
        Within how many days.
    """

    before: float
    after: float
    frame: pl.DataFrame
    warnings: tuple[str, ...]
    days: int
    event: ClassVar[str] = "chance"

    def sentence(self) -> str:
        """Say the chance before and after, and what became of the nearest real cases."""
        move = (self.after - self.before) * 100
        head = message(
            "The {event} within {days} days would be {after}, against {before} today ({move:+.1f} points).",
            event=self.event,
            days=self.days,
            after=chance(self.after),
            before=chance(self.before),
            move=move,
        )
        if self.frame.is_empty():
            return message("{head} There are no similar past cases.", head=head)
        return joined(head, self.became())

    def became(self) -> str:
        """Say what became of the nearest real cases."""
        raise NotImplementedError


def bounds(seen: pl.Series, now: float, is_money: bool = False) -> tuple[float, float, float] | None:
    """Return the least and the greatest value of a slider, and its step; None where nothing could be moved.

    Bounds are the 1st and 99th percentile of past cases, widened to where this one stands. Counts move by
    one, money by a round hundredth of the way, shares by 0.01.

    Parameters
    ----------
    seen : pl.Series
        The values of past cases; counts and days are whole numbers.
    now : float
    is_money : bool

    Examples
    --------
    >>> bounds(pl.Series([0, 1, 2, 7]), 3.0)
    (0.0, 7.0, 1.0)
    >>> bounds(pl.Series([5_000.0, 90_000.0]), 40_000.0, is_money=True)
    (5000.0, 90000.0, 100.0)
    """
    observed = seen.cast(pl.Float64).drop_nulls()
    if observed.is_empty():
        return None
    low, high = (float(observed.quantile(q) or 0.0) for q in ENDS)
    low, high = min(low, now), max(high, now)
    if is_money and high > low:
        step = float(10.0 ** np.floor(np.log10((high - low) / STEPS)))
    else:
        step = 1.0 if seen.dtype.is_integer() else 0.01 if high - low < 5 else 0.1
    low, high = float(np.floor(low / step) * step), float(np.ceil(high / step) * step)
    return (round(low, 4), round(high, 4), step) if high > low else None


def chosen(row: pl.DataFrame, editable: Mapping[str, Field], values: Sequence[tuple[str, float]]) -> dict[str, float]:
    """Return the fields that were really moved, with their new values.

    Raises
    ------
    ModelError
        When a field is not one that can be changed, or cannot have such a value.
    """
    moved: dict[str, float] = {}
    for name, value in values:
        if name not in editable:
            near = closest(name, editable)
            raise ModelError(
                message("The field {name!r} cannot be changed.", name=name),
                mend=message("Did you mean {near!r}?", near=near) if near else "",
            )
        field = editable[name]
        above = field.high if field.kind == "choice" else np.inf
        if not (0 if field.low >= 0 else -np.inf) <= value <= above or np.isinf(value):
            raise ModelError(
                message("{label} cannot be {value:g}.", label=field.label, value=value),
                mend=message("Take {low:,.10g} to {high:,.10g}.", low=field.low, high=field.high),
            )
        if abs(value - float(row[name][0])) >= editable[name].step / 2:
            moved[name] = value
    return moved


def warnings(moved: Mapping[str, float], editable: Mapping[str, Field], far: bool, noun: str) -> tuple[str, ...]:
    """Say where what is supposed lies outside what was seen of past cases."""
    out = [
        message(
            "{label} of {value:,.10g} is outside what past {noun}s had.",
            label=editable[name].label,
            value=value,
            noun=noun,
        )
        for name, value in moved.items()
        if name in editable and not editable[name].low <= value <= editable[name].high
    ]
    if far:
        out.append(message("Hardly any past {noun} looked like this, so take the number with care.", noun=noun))
    return tuple(out)
