"""Reads single fields of a plan file: money, shares, days, lists; what is wrong is noted with place and mend."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

from core.compensation.pay_plan import CENTS
from core.contracts.errors import QuarterdeckError, closest

LARGEST = 10**12
LONGEST_NAME = 120


class PlanError(QuarterdeckError):
    """A file of compensation plans cannot be used; every fault is in `faults`, the first one is the message."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = tuple(faults)
        super().__init__(faults[0])


@dataclass(frozen=True)
class Fields:
    """A mapping of the file that is read field by field.

    Attributes
    ----------
    values : mapping
    where : str
        What the mapping is, for sentences: "Plan 'AE', tier 2".
    faults : list of str
        What is wrong so far, in sentences; added to.
    """

    values: Mapping[str, Any]
    where: str
    faults: list[str] = field(default_factory=list)

    def wrong(self, what: str, mend: str) -> None:
        """Note a fault."""
        self.faults.append(f"{self.where}: {what} {mend}")

    def only(self, names: Collection[str]) -> None:
        """Note every field that is not read."""
        for name in self.values:
            if name not in names:
                near = closest(str(name), names)
                hint = f"Did you mean {near!r}?" if near else f"There are: {', '.join(names)}."
                self.wrong(f"there is no field {str(name)[:40]!r}.", hint)

    def inner(self, name: str) -> Fields | None:
        """Return a mapping within; None where there is none."""
        value = self.values.get(name)
        if value is None:
            return None
        if isinstance(value, dict):
            return Fields(value, f"{self.where}, {name}", self.faults)
        self.wrong(f"{name} is no set of fields.", "Write its fields below it, each with a colon.")
        return None

    def rows(self, name: str, singular: str) -> list[Fields]:
        """Return the mappings of a list within."""
        value = self.values.get(name)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
            self.wrong(f"{name} is no list.", "Begin each entry with a dash.")
            return []
        return [Fields(row, f"{self.where}, {singular} {k}", self.faults) for k, row in enumerate(value, 1)]

    def text(self, name: str, usual: str = "") -> str:
        """Return a short text."""
        value = self.values.get(name, usual)
        if isinstance(value, str | int) and not isinstance(value, bool) and 0 < len(str(value)) <= LONGEST_NAME:
            return str(value)
        if value != usual or not usual:
            self.wrong(f"{name} is missing or too long.", f"Write up to {LONGEST_NAME} letters.")
        return usual

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        """Return one of some words, by default the first."""
        value = self.values.get(name, choices[0])
        if value not in choices:
            self.wrong(f"{name} is {str(value)[:40]!r}.", f"It can be: {', '.join(choices)}.")
            return choices[0]
        return str(value)

    def flag(self, name: str) -> bool:
        """Return yes or no, by default no."""
        value = self.values.get(name, False)
        if not isinstance(value, bool):
            self.wrong(f"{name} is {str(value)[:40]!r}.", "Write true or false.")
            return False
        return value

    def names(self, name: str, choices: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Return a list of words; a single one counts as a list of one."""
        value = self.values.get(name)
        if value is None:
            return ()
        entries = value if isinstance(value, list) else [value]
        if not all(isinstance(entry, str | int) and not isinstance(entry, bool) for entry in entries):
            self.wrong(f"{name} is no list of names.", "Write them with commas between square brackets.")
            return ()
        words = tuple(str(entry) for entry in entries)
        for word in words:
            if choices and word not in choices:
                self.wrong(f"{name} names {word[:40]!r}.", f"There are: {', '.join(choices)}.")
        return words

    def day(self, name: str, *, is_needed: bool = True) -> date | None:
        """Return a date; None where there is none."""
        value = self.values.get(name)
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        if value is not None or is_needed:
            self.wrong(f"{name} is no date.", "Write it as 2026-04-01.")
        return None

    def money(self, name: str, usual: int = 0) -> int:
        """Return an amount in whole cents."""
        if self.values.get(name) is None:
            return usual
        number = _number(self.values[name])
        if number is None or not 0 <= number <= LARGEST or (number * CENTS).denominator != 1:
            self.wrong(f"{name} is {str(self.values[name])[:40]!r}.", "Write an amount of 0 or more with two decimals.")
            return usual
        return int(number * CENTS)

    def count(self, name: str, most: int) -> int:
        """Return a whole number from 1."""
        value = self.values.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
            self.wrong(f"{name} is {str(value)[:40]!r}.", f"Write a whole number from 1 to {most:,}.")
            return 1
        return value

    def share(self, name: str, usual: Fraction | None = None, most: int = 1) -> Fraction | None:
        """Return a share, written as 6% or 0.06, of at most so many times the whole."""
        if self.values.get(name) is None:
            if usual is None:
                self.wrong(f"{name} is missing.", "Write it as 6% or 0.06.")
            return usual
        number = _number(self.values[name])
        if number is None or not 0 <= number <= most:
            self.wrong(f"{name} is {str(self.values[name])[:40]!r}.", f"Write a share from 0% to {most * 100}%.")
            return usual
        return number

    def by_type(self, name: str, types: tuple[str, ...], most: int) -> tuple[tuple[str, Fraction], ...]:
        """Return a share for some types of deals."""
        inner = self.inner(name)
        if inner is None:
            return ()
        inner.only(types)
        pairs = [(kind, inner.share(kind, most=most)) for kind in types if kind in inner.values]
        return tuple((kind, share) for kind, share in pairs if share is not None)


def _number(value: Any) -> Fraction | None:
    """Return a number or a percentage exactly as it is written; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    text = str(value).strip().replace(",", "") if isinstance(value, str) else repr(value)
    divisor = 1
    if text.endswith("%"):
        text, divisor = text[:-1].strip(), 100
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number.adjusted()) > 20:
        return None
    return Fraction(number) / divisor
