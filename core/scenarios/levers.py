"""The levers: what each moves, its unit and its bounds."""

from __future__ import annotations

import math
from dataclasses import dataclass

from core.contracts.errors import ScenarioError, closest


@dataclass(frozen=True)
class Lever:
    """A thing that can be moved; `low` and `high` are its bounds, 0 leaves all as it is."""

    name: str
    label: str
    rule: str
    low: float = -0.5
    high: float = 0.5


LEVERS: dict[str, Lever] = {
    lever.name: lever
    for lever in (
        Lever("win_rate", "Win rate", "Multiplies each deal's chance of being won by any date, never above certainty."),
        Lever("deal_size", "Deal size", "Multiplies the amount of every open and future deal."),
        Lever("cycle", "Cycle length", "Stretches the time to a win: +10 % means a 50-day deal takes 55 days."),
        Lever("creation", "Pipeline creation", "Multiplies the number of deals still to be created."),
        Lever(
            "churn", "Churn", "Multiplies the share of recurring revenue lost each month, never above all.", -1.0, 1.0
        ),
        Lever("price", "Price", "Multiplies deal amounts and recurring revenue; demand stays as it is.", -0.3, 0.3),
    )
}


@dataclass(frozen=True)
class LeverSetting:
    """One lever moved: `value` is relative (0.1 = +10 %), `scope` is all, segment:NAME or region:NAME."""

    lever: str
    value: float
    scope: str = "all"

    def __post_init__(self) -> None:
        """Refuse what no slider could give."""
        if self.lever not in LEVERS:
            near = closest(str(self.lever), LEVERS)
            mend = f"Did you mean {near!r}?" if near else f"Known: {', '.join(LEVERS)}."
            raise ScenarioError(f"There is no lever called {str(self.lever)[:40]!r}.", mend=mend)
        number = isinstance(self.value, int | float) and not isinstance(self.value, bool)
        if not number or not math.isfinite(self.value) or not -1 <= self.value <= 10:
            raise ScenarioError(f"{LEVERS[self.lever].label} must be a number from -1 to 10.", mend="0.1 means +10 %.")
        if self.scope != "all" and not str(self.scope).startswith(("segment:", "region:")):
            raise ScenarioError(
                f"The scope {str(self.scope)[:40]!r} is not known.", mend="Use all, segment:NAME or region:NAME."
            )


@dataclass(frozen=True)
class Scenario:
    """A name and the levers moved; settings of the same lever multiply, and their order does not matter."""

    name: str = "Scenario"
    levers: tuple[LeverSetting, ...] = ()
