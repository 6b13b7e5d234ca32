"""What a reader looks at, as one frozen value: its normal form, and how it is written into an address."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any, cast
from urllib.parse import parse_qsl, urlencode

from core.contracts.errors import ContractError, closest
from core.localization import message

PERIODS = ("this quarter", "last quarter", "next quarter", "this year", "last year", "custom")
DIMENSIONS = {
    "region": "Region",
    "team": "Team",
    "rep": "Rep",
    "segment": "Segment",
    "family": "Product family",
    "deal_type": "Type of deal",
    "pipeline": "Pipeline",
}
IN_ADDRESS = {"deal_type": "type", "begin": "from", "end": "to"}
LONGEST_NAME = 200


@dataclass(frozen=True)
class Scope:
    """A part of the company, a fiscal period and a currency; all empty is the whole company in this quarter.

    Attributes
    ----------
    period : str
        One of `PERIODS`.
    begin, end : date or None
        First and last day of a custom period, both included; None for every other one.
    region, segment, family, pipeline : str
        A name as the data write it; empty for all.
    team : str
        A team's name, or the id of whoever leads one; everybody below counts. Empty for all.
    rep : str
        The id of one person; empty for all.
    deal_type : str
        "new", "expansion" or "renewal"; empty for all.
    currency : str
        ISO code; empty for the currency the data are reported in.

    Examples
    --------
    >>> Scope(region="EMEA", period="next quarter").address
    'period=next+quarter&region=EMEA'
    >>> Scope.from_address("region=EMEA&list=7") == Scope(region="EMEA")
    True
    """

    period: str = PERIODS[0]
    begin: date | None = None
    end: date | None = None
    region: str = ""
    team: str = ""
    rep: str = ""
    segment: str = ""
    family: str = ""
    deal_type: str = ""
    pipeline: str = ""
    currency: str = ""

    @property
    def is_whole(self) -> bool:
        """Say whether all rows count, in the currency they are reported in; the period may be any."""
        return not self.currency and not self.parts

    @property
    def parts(self) -> dict[str, str]:
        """Return the dimensions that are narrowed, by their field's name."""
        return {name: value for name in DIMENSIONS if (value := getattr(self, name))}

    @property
    def normal(self) -> tuple[tuple[str, str], ...]:
        """Return what differs from the whole company, as (field, text) in the order of the fields.

        Two scopes that mean the same have the same normal form; values have at most 200 letters each.
        """
        default = Scope()
        return tuple(
            (field.name, _text(getattr(self, field.name)))
            for field in fields(self)
            if getattr(self, field.name) != getattr(default, field.name)
        )

    @property
    def mark(self) -> str:
        """Return twelve letters that stand for the rows and the currency, whatever the names' length; no period."""
        rows = [pair for pair in self.normal if pair[0] not in ("period", "begin", "end")]
        return hashlib.blake2b(repr(rows).encode(), digest_size=6).hexdigest()

    @property
    def address(self) -> str:
        """Return the scope as the query string of an address; empty for the whole company."""
        return urlencode(list(self.parameters.items()))

    @property
    def parameters(self) -> dict[str, str]:
        """Return the scope as parameters of an address."""
        return {IN_ADDRESS.get(name, name): text for name, text in self.normal}

    @staticmethod
    def from_address(query: str | Mapping[str, str]) -> Scope:
        """Return the scope an address names; parameters that are none of its own are passed over.

        Raises
        ------
        ContractError
            When a period is not one of those there are, or a day is not one.
        """
        given = dict(parse_qsl(query.removeprefix("?"))) if isinstance(query, str) else dict(query)
        named = {field.name: given.get(IN_ADDRESS.get(field.name, field.name), "") for field in fields(Scope)}
        return Scope.of(named)

    @staticmethod
    def of(values: Mapping[str, Any]) -> Scope:
        """Return the scope of field names and texts, in normal form: trimmed, days only where the period is custom.

        Raises
        ------
        ContractError
            When there is no such field or period, a day is not one, or a name is over 200 letters.
        """
        names = [field.name for field in fields(Scope)]
        unknown = [name for name in values if name not in names]
        if unknown:
            near = closest(unknown[0], names)
            mend = (
                message("Did you mean {near!r}?", near=near)
                if near
                else message("Known: {names}.", names=", ".join(names))
            )
            raise ContractError(message("A scope has no {unknown!r}.", unknown=unknown[0]), mend=mend)
        texts = {name: str(value or "").strip() for name, value in values.items() if name not in ("begin", "end")}
        if any(len(text) > LONGEST_NAME for text in texts.values()):
            raise ContractError(
                message("A name in the scope is over {longest_name} letters.", longest_name=LONGEST_NAME),
                mend="Choose a listed one.",
            )
        period = texts.pop("period", "").replace("-", " ") or PERIODS[0]
        if period not in PERIODS:
            raise ContractError(
                message("There is no period called {period!r}.", period=period),
                mend=message("Known: {periods}.", periods=", ".join(PERIODS)),
            )
        scope = replace(Scope(period=period), **cast("dict[str, Any]", texts))
        return scope if period != "custom" else _custom(scope, values)


PARAMETERS = tuple(IN_ADDRESS.get(field.name, field.name) for field in fields(Scope))


def _custom(scope: Scope, values: Mapping[str, Any]) -> Scope:
    begin, end = _day(values.get("begin")), _day(values.get("end"))
    if begin is None or end is None:
        raise ContractError("A custom period needs its first and last day.", mend="Write both as YYYY-MM-DD.")
    return replace(scope, begin=min(begin, end), end=max(begin, end))


def _day(value: Any) -> date | None:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value)) if value else None
    except ValueError:
        raise ContractError(
            message("{value!r} is not a day.", value=str(value)), mend="Write it as YYYY-MM-DD."
        ) from None


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
