"""Reads what a link asks of the controls of a scenario; what cannot be taken becomes a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.contracts.errors import ScenarioError
from core.localization import message
from core.scenarios import files
from core.scenarios.form import (
    BESIDE,
    CONTROLS,
    FURTHER,
    MOST_EXTRA,
    MOST_SHOCK,
    SCOPE,
    SHOCK,
    SHOCK_KEY,
    Choices,
    FormValues,
    label,
    scope_label,
)
from core.scenarios.levers import FIRST, LEVERS, Lever, LeverSetting


def from_query(query: Mapping[str, Sequence[str]], choices: Choices) -> tuple[FormValues, list[str]]:
    """Return the values that a link asks for, and a sentence for each part of it that cannot be taken.

    Parameters
    ----------
    query : mapping of str to sequence of str
        As an address holds it; keys of others are not looked at.
    choices : Choices
    """
    reader = _Reader(query, choices)
    more = reader.further()
    controls: dict[str, float | str] = {}
    for name in (*FIRST, *more):
        controls |= reader.shock() if name == SHOCK else reader.controls(LEVERS[name])
    values = FormValues(reader.scope(), more, controls, reader.beside())
    return values, reader.notices


class _Reader:
    """Reads the parts of a link one by one, and notes what cannot be taken."""

    def __init__(self, query: Mapping[str, Sequence[str]], choices: Choices) -> None:
        self._query, self._choices = query, choices
        self.notices: list[str] = []

    def _last(self, key: str) -> str:
        values = self._query.get(key) or [""]
        return str(values[-1])

    def scope(self) -> str:
        asked = self._last(SCOPE)
        for scope in self._choices.scopes:
            if not asked or asked in {scope, scope_label(scope)}:
                return scope
        self.notices.append(
            message(
                "The link speaks of {asked!r}, which this data does not have; all deals are shown.", asked=asked[:40]
            )
        )
        return "all"

    def further(self) -> tuple[str, ...]:
        """Return the further levers asked for by name, or by a value for one of their controls."""
        asked = [str(name) for name in self._query.get(FURTHER) or ()]
        named = {name for name in self._choices.further if name in asked or label(name) in asked}
        unknown = [name for name in asked if name not in {*named, *map(label, named)}]
        self.notices += [
            message("The link asks for a lever {name!r}, which is not offered here.", name=name[:40])
            for name in unknown
        ]
        valued = {name for name in self._choices.further if any(key in self._query for key in CONTROLS[name])}
        return tuple(name for name in self._choices.further if name in named | valued)

    def controls(self, lever: Lever) -> dict[str, float | str]:
        scale = 100 if lever.is_relative else 1
        out: dict[str, float | str] = {}
        ends = lever.low * scale, lever.high * scale
        out |= self._number(lever.name, f"{lever.label}", ends, "0")
        if lever.is_dated:
            out |= self._choice(f"{lever.name}_at", message("{label} from", label=lever.label), self._choices.months)
        if lever.detail:
            out |= self._choice(
                f"{lever.name}_detail", message("{label} for", label=lever.label), self._choices.details(lever)
            )
        if lever.extra:
            ends, usual = (0.0, MOST_EXTRA), f"{lever.extra_default:g}"
            out |= self._number(
                f"{lever.name}_extra", message("{label}, {extra}", label=lever.label, extra=lever.extra), ends, usual
            )
        return out

    def shock(self) -> dict[str, float | str]:
        return self._number(SHOCK_KEY, label(SHOCK), (0.0, MOST_SHOCK), "what history shows")

    def _number(self, key: str, name: str, ends: tuple[float, float], usual: str) -> dict[str, float | str]:
        asked, (low, high) = self._last(key), ends
        if not asked:
            return {}
        try:
            value = float(asked)
        except ValueError:
            value = float("nan")
        if low <= value <= high:
            return {key: value}
        self.notices.append(
            message(
                "The link asks for {name} {asked!r}, which is no number from {low:g} to {high:g}; it was "
                "left at {usual}.",
                name=name,
                asked=asked[:30],
                low=low,
                high=high,
                usual=usual,
            )
        )
        return {}

    def _choice(self, key: str, name: str, offered: Sequence[str]) -> dict[str, float | str]:
        asked = self._last(key)
        if asked and asked not in offered:
            self.notices.append(
                message(
                    "The link asks for {name} {asked!r}, which this data does not have.", name=name, asked=asked[:40]
                )
            )
        chosen = asked if asked in offered else next(iter(offered), "")
        return {key: chosen} if chosen else {}

    def beside(self) -> tuple[LeverSetting, ...]:
        try:
            return files.from_link(self._last(BESIDE))
        except ScenarioError as error:
            self.notices.append(str(error))
            return ()
