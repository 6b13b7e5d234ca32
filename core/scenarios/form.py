"""What the controls of a scenario hold, as one value: read off the controls or a scenario, written as a link."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.localization import joined
from core.scenarios import files
from core.scenarios.data.baseline import Baseline
from core.scenarios.levers import FIRST, LEVERS, Lever, LeverSetting, Scenario

MORE = tuple(name for name in LEVERS if name not in FIRST and not name.startswith("deal_"))
SLIDERS = (*FIRST, *MORE)
SHOCK, SHOCK_KEY, MOST_SHOCK = "shared_shock", "shock", 50.0
SCOPE, FURTHER, BESIDE = "scope", "more", "also"
MOST_EXTRA = 100.0
TINY = 1e-9
NAME = "Your scenario"


def label(name: str) -> str:
    """Return what a lever, or the shock that deals share, is called on screen."""
    return "How much deals move together" if name == SHOCK else LEVERS[name].label


def scope_label(scope: str) -> str:
    """Return what a scope is called on screen.

    Examples
    --------
    >>> scope_label("all"), scope_label("segment:SMB")
    ('The whole company', 'Segment SMB')
    """
    kind, _, value = scope.partition(":")
    return "The whole company" if kind == "all" else joined(kind.capitalize(), value)


def _keys(name: str) -> tuple[str, ...]:
    lever = LEVERS[name]
    parts = {"at": lever.is_dated, "detail": bool(lever.detail), "extra": bool(lever.extra)}
    return (name, *(f"{name}_{part}" for part, is_needed in parts.items() if is_needed))


# The keys of each lever's controls: the slider's first, then those of what else the lever needs.
CONTROLS: dict[str, tuple[str, ...]] = {**{name: _keys(name) for name in SLIDERS}, SHOCK: (SHOCK_KEY,)}
KEYS = frozenset({SCOPE, FURTHER, BESIDE}.union(*CONTROLS.values()))


@dataclass(frozen=True)
class Choices:
    """What a company's data let the controls offer.

    Attributes
    ----------
    scopes, months, sources, capabilities : tuple of str
        Parts of the company, months as 2026-09 from the running one, lead sources, and what deals wait for.
    has_model : bool
        Whether open deals can be scored anew.
    """

    scopes: tuple[str, ...] = ("all",)
    months: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    has_model: bool = False

    @classmethod
    def of(cls, base: Baseline) -> Choices:
        """Return what a baseline offers."""
        months = (m.strftime("%Y-%m") for m in base.months if m >= base.as_of.replace(day=1))
        return cls(
            tuple(base.scopes),
            tuple(months),
            tuple(base.sources),
            tuple(sorted(base.unblocked)),
            base.rescore is not None,
        )

    @property
    def further(self) -> tuple[str, ...]:
        """Return the levers that can be asked for beside the first few."""
        return (*(name for name in MORE if self._is_offered(LEVERS[name])), SHOCK)

    def _is_offered(self, lever: Lever) -> bool:
        if lever.kind == "association" and not self.has_model:
            return False
        return not lever.detail or bool(self.details(lever))

    def details(self, lever: Lever) -> tuple[str, ...]:
        """Return what a lever's detail can name; empty where it has none."""
        return {"source": self.sources, "capability": self.capabilities}.get(lever.detail, ())

    def can_hold(self, s: LeverSetting, scope: str) -> bool:
        """Say whether the controls can hold a setting while they apply to a scope."""
        lever = LEVERS[s.lever]
        return (
            (s.lever in FIRST or s.lever in self.further)
            and lever.low - TINY <= s.value <= lever.high + TINY
            and s.scope == _reach(lever, scope)
            and (not lever.detail or s.detail in self.details(lever))
            and (not s.at or s.at in self.months)
            and (not lever.extra or 0.0 <= s.amount <= MOST_EXTRA)
        )


@dataclass(frozen=True)
class FormValues:
    """What the controls hold.

    Attributes
    ----------
    scope : str
        What the sliders apply to.
    more : tuple of str
        The further levers asked for, the shared shock among them.
    controls : mapping of str to float or str
        Values by the key of their control, sliders on their own scale: 10 for 10 %.
    beside : tuple of LeverSetting
        What no slider holds: levers of another part of the company, named deals, values beyond the ends.
    """

    scope: str = "all"
    more: tuple[str, ...] = ()
    controls: Mapping[str, float | str] = field(default_factory=dict)
    beside: tuple[LeverSetting, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Return the levers that have a control, in the order of the page."""
        return (*FIRST, *self.more)

    def scenario(self) -> Scenario:
        """Return the scenario these values make; a slider at 0, or without what it needs, makes no setting."""
        settings = (self._setting(LEVERS[name]) for name in self.names if name != SHOCK)
        shock = self.controls.get(SHOCK_KEY) if SHOCK in self.more else None
        correlation = None if shock is None else round(float(shock) / 100, 4)
        return Scenario(NAME, (*(s for s in settings if s is not None), *self.beside), correlation)

    def _setting(self, lever: Lever) -> LeverSetting | None:
        value = float(self.controls.get(lever.name) or 0.0)
        at, detail = (str(self.controls.get(f"{lever.name}_{part}") or "") for part in ("at", "detail"))
        extra = self.controls.get(f"{lever.name}_extra")
        if not value or (lever.detail and not detail):
            return None
        size = round(value / 100, 6) if lever.is_relative else value
        amount = None if extra is None else float(extra)
        return LeverSetting(lever.name, size, _reach(lever, self.scope), at, detail, amount)

    def query(self) -> dict[str, list[str]]:
        """Return the values as a link holds them, by its keys; a slider at 0 is left out."""
        own = [(name, key) for name in self.names for key in CONTROLS[name] if key in self.controls]
        out = {key: [_written(self.controls[key])] for name, key in own if key != name or self.controls[key]}
        if self.more:
            out[FURTHER] = [label(name) for name in self.more]
        if self.scope != "all":
            out[SCOPE] = [scope_label(self.scope)]
        if self.beside:
            out[BESIDE] = [files.to_link(self.beside)]
        return out


def from_controls(state: Mapping[str, Any]) -> FormValues:
    """Return the values that the controls' state holds.

    Parameters
    ----------
    state : mapping
        By the keys of the controls; whatever else it holds is not looked at.
    """
    more = tuple(state.get(FURTHER) or ())
    states = {key: state.get(key) for name in (*FIRST, *more) for key in CONTROLS[name]}
    controls = {key: value for key, value in states.items() if value not in {None, ""}}
    return FormValues(state.get(SCOPE) or "all", more, controls, tuple(state.get(BESIDE) or ()))


def from_scenario(plan: Scenario, choices: Choices) -> FormValues:
    """Return the values that show a scenario; what the controls cannot hold stands beside them.

    The controls apply to the part of the company that most settings speak of.
    """
    scopes = [s.scope for s in plan.levers if s.lever in SLIDERS]
    scope = max(dict.fromkeys(scopes), key=scopes.count) if scopes else "all"
    scope = scope if scope in choices.scopes else "all"
    moved = [s.lever for s in plan.levers]
    fitting = [s for s in plan.levers if moved.count(s.lever) == 1 and choices.can_hold(s, scope)]
    controls = {key: value for s in fitting for key, value in _controls(s, choices).items()}
    more = [s.lever for s in fitting if s.lever in MORE]
    if plan.correlation is not None and plan.correlation * 100 <= MOST_SHOCK:
        more.append(SHOCK)
        controls[SHOCK_KEY] = round(plan.correlation * 100, 4)
    return FormValues(scope, tuple(more), controls, tuple(s for s in plan.levers if s not in fitting))


def _reach(lever: Lever, scope: str) -> str:
    """Return the scope a lever takes while the controls apply to one; the whole where it knows no such part."""
    return scope if scope == "all" or scope.partition(":")[0] in lever.scopes else "all"


def _controls(s: LeverSetting, choices: Choices) -> dict[str, float | str]:
    """Return what a lever's controls show for a setting."""
    lever = LEVERS[s.lever]
    out: dict[str, float | str] = {s.lever: round(s.value * (100 if lever.is_relative else 1), 4) + 0.0}
    if lever.is_dated and choices.months:
        out[f"{s.lever}_at"] = s.at or choices.months[0]
    if lever.detail:
        out[f"{s.lever}_detail"] = s.detail
    if lever.extra:
        out[f"{s.lever}_extra"] = s.amount
    return out


def _written(value: float | str) -> str:
    """Write a value so that it is read back as exactly the same."""
    short = value if isinstance(value, str) else f"{value:g}"
    return short if isinstance(value, str) or float(short) == value else repr(value)
