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
from core.localization import message

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
                hint = (
                    message("Did you mean {near!r}?", near=near)
                    if near
                    else message("There are: {names}.", names=", ".join(names))
                )
                self.wrong(message("there is no field {name!r}.", name=str(name)[:40]), hint)

    def inner(self, name: str) -> Fields | None:
        """Return a mapping within; None where there is none."""
        value = self.values.get(name)
        if value is None:
            return None
        if isinstance(value, dict):
            return Fields(value, f"{self.where}, {name}", self.faults)
        self.wrong(message("{name} is no set of fields.", name=name), "Write its fields below it, each with a colon.")
        return None

    def rows(self, name: str, singular: str) -> list[Fields]:
        """Return the mappings of a list within."""
        value = self.values.get(name)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
            self.wrong(message("{name} is no list.", name=name), "Begin each entry with a dash.")
            return []
        return [Fields(row, f"{self.where}, {singular} {k}", self.faults) for k, row in enumerate(value, 1)]

    def text(self, name: str, usual: str = "") -> str:
        """Return a short text."""
        value = self.values.get(name, usual)
        if isinstance(value, str | int) and not isinstance(value, bool) and 0 < len(str(value)) <= LONGEST_NAME:
            return str(value)
        if value != usual or not usual:
            self.wrong(
                message("{name} is missing or too long.", name=name),
                message("Write up to {longest_name} letters.", longest_name=LONGEST_NAME),
            )
        return usual

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        """Return one of some words, by default the first."""
        value = self.values.get(name, choices[0])
        if value not in choices:
            self.wrong(
                message("{name} is {value!r}.", name=name, value=str(value)[:40]),
                message("It can be: {choices}.", choices=", ".join(choices)),
            )
            return choices[0]
        return str(value)

    def flag(self, name: str) -> bool:
        """Return yes or no, by default no."""
        value = self.values.get(name, False)
        if not isinstance(value, bool):
            self.wrong(message("{name} is {value!r}.", name=name, value=str(value)[:40]), "Write true or false.")
            return False
        return value

    def names(self, name: str, choices: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Return a list of words; a single one counts as a list of one."""
        value = self.values.get(name)
        if value is None:
            return ()
        entries = value if isinstance(value, list) else [value]
        if not all(isinstance(entry, str | int) and not isinstance(entry, bool) for entry in entries):
            self.wrong(
                message("{name} is no list of names.", name=name), "Write them with commas between square brackets."
            )
            return ()
        words = tuple(str(entry) for entry in entries)
        for word in words:
            if choices and word not in choices:
                self.wrong(
                    message("{name} names {word!r}.", name=name, word=word[:40]),
                    message("There are: {choices}.", choices=", ".join(choices)),
                )
        return words

    def day(self, name: str, *, is_needed: bool = True) -> date | None:
        """Return a date; None where there is none."""
        value = self.values.get(name)
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        if value is not None or is_needed:
            self.wrong(message("{name} is no date.", name=name), "Write it as 2026-04-01.")
        return None

    def money(self, name: str, usual: int = 0) -> int:
        """Return an amount in whole cents."""
        if self.values.get(name) is None:
            return usual
        number = _number(self.values[name])
        if number is None or not 0 <= number <= LARGEST or (number * CENTS).denominator != 1:
            self.wrong(
                message("{name} is {values!r}.", name=name, values=str(self.values[name])[:40]),
                "Write an amount of 0 or more with two decimals.",
            )
            return usual
        return int(number * CENTS)

    def count(self, name: str, most: int) -> int:
        """Return a whole number from 1."""
        value = self.values.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
            self.wrong(
                message("{name} is {value!r}.", name=name, value=str(value)[:40]),
                message("Write a whole number from 1 to {most:,}.", most=most),
            )
            return 1
        return value

    def share(self, name: str, usual: Fraction | None = None, most: int = 1) -> Fraction | None:
        """Return a share, written as 6% or 0.06, of at most so many times the whole."""
        if self.values.get(name) is None:
            if usual is None:
                self.wrong(message("{name} is missing.", name=name), "Write it as 6% or 0.06.")
            return usual
        number = _number(self.values[name])
        if number is None or not 0 <= number <= most:
            self.wrong(
                message("{name} is {values!r}.", name=name, values=str(self.values[name])[:40]),
                message("Write a share from 0% to {most}%.", most=most * 100),
            )
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
