"""The levers: what each moves, its unit, its bounds and what kind of claim it is."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from core.contracts.errors import ScenarioError, closest
from core.localization import joined, message

Unit = Literal["percent", "points", "share", "weeks", "count", "switch", "days"]
Kind = Literal["arithmetic", "assumption", "association"]
SCOPES = ("segment", "region", "family", "team", "deal", "deals")
LIMITS: dict[Unit, tuple[float, float]] = {
    "percent": (-1.0, 10.0),
    "points": (-1.0, 1.0),
    "share": (0.0, 1.0),
    "weeks": (-104.0, 104.0),
    "count": (-10_000.0, 10_000.0),
    "switch": (0.0, 1.0),
    "days": (-365.0, 365.0),
}
LONGEST = 4_000
MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


@dataclass(frozen=True)
class Lever:
    """A thing that can be moved; 0 leaves all as it is.

    Attributes
    ----------
    name, label, rule : str
        The rule says in a sentence what the lever multiplies or adds.
    unit : {"percent", "points", "share", "weeks", "count", "switch", "days"}
    low, high : float
        The ends of its slider; typed numbers may go further.
    kind : {"arithmetic", "assumption", "association"}
        Arithmetic on the company's own past; an assumption the user makes; or a past association read
        off the close model, which is no promise of an effect.
    extra : str
        What the setting's `extra` number means: elasticity, weeks, months of ramp; empty where none.
    extra_default : float
        Its value where none is given.
    detail : str
        What the setting's `detail` names: a lead source, a capability; empty where none.
    is_dated : bool
        Whether it begins with a month of its own.
    better : int
        1 where more raises bookings or revenue, -1 where less does, 0 where it depends.
    effort : float
        The default cost of one unit (1 % or one piece) in a cheapest mix.
    """

    name: str
    label: str
    rule: str
    unit: Unit = "percent"
    low: float = -0.5
    high: float = 0.5
    kind: Kind = "arithmetic"
    extra: str = ""
    extra_default: float = 0.0
    detail: str = ""
    is_dated: bool = False
    better: int = 1
    effort: float = 1.0
    scopes: tuple[str, ...] = SCOPES
    is_first: bool = False

    @property
    def is_relative(self) -> bool:
        """Say whether its value is shown times a hundred."""
        return self.unit in {"percent", "points", "share"}

    def shown(self, value: float) -> str:
        """Write a value in the lever's unit.

        Examples
        --------
        >>> LEVERS["win_rate"].shown(0.1), LEVERS["hires"].shown(3), LEVERS["slip"].shown(0.25)
        ('+10 %', '+3', '25 %')
        """
        if self.unit == "switch":
            return "on" if value else "off"
        if self.is_relative:
            word = " points" if self.unit == "points" else " %"
            return f"{value * 100:{'' if self.unit == 'share' else '+'}.{0 if _whole(value * 100) else 1}f}{word}"
        return f"{value:+g}" + (f" {self.unit}" if self.unit != "count" else "")


def _whole(value: float) -> bool:
    return abs(value - round(value)) < 0.05


_ROWS = ("segment", "region", "family", "team")
LEVERS: dict[str, Lever] = {
    lever.name: lever
    for lever in (
        Lever(
            "win_rate",
            "Win rate",
            "Multiplies each deal's chance of being won by any date, never above 100 %.",
            effort=3.0,
            is_first=True,
        ),
        Lever(
            "deal_size",
            "Deal size",
            "Multiplies the amount of every open and future deal, and its cost with it.",
            effort=3.0,
            is_first=True,
        ),
        Lever(
            "cycle",
            "Cycle length",
            "Stretches the time to a win: +10 % means a 50-day deal takes 55 days.",
            better=-1,
            effort=2.0,
            is_first=True,
        ),
        Lever(
            "creation",
            "Pipeline creation",
            "Multiplies the number of deals still to be created.",
            is_first=True,
        ),
        Lever(
            "churn",
            "Churn",
            "Multiplies the share of recurring revenue lost each month, never above all.",
            low=-1.0,
            high=1.0,
            better=-1,
            effort=2.0,
            scopes=_ROWS,
            is_first=True,
        ),
        Lever(
            "price",
            "List price",
            "Multiplies deal amounts and recurring revenue; costs and demand stay as they are.",
            low=-0.3,
            high=0.3,
            effort=4.0,
            is_first=True,
        ),
        Lever(
            "discount",
            "Discount",
            "Takes this many points more off the list price of open and future deals. The chance of a win "
            "changes by the extra wins you set: 2 means 2 % more wins per point. Without any, demand stays.",
            unit="points",
            low=-0.2,
            high=0.3,
            extra="extra wins per point, %",
            better=0,
        ),
        Lever(
            "slip",
            "Slipping deals",
            "Pushes this share of the wins expected from open deals this quarter out by the weeks given.",
            unit="share",
            low=0.0,
            high=1.0,
            extra="weeks",
            extra_default=4.0,
            better=-1,
        ),
        Lever(
            "lead_mix",
            "Lead mix",
            "Moves this share of all future deals to the source named, taken from the others in proportion; "
            "the number of deals stays. Sources win and size as each did in the past.",
            unit="points",
            low=-0.3,
            high=0.3,
            detail="source",
            better=0,
            scopes=_ROWS,
        ),
        Lever(
            "expansion",
            "Expansion",
            "Multiplies the amount of every deal with an existing customer, and the recurring revenue it adds.",
        ),
        Lever(
            "contraction",
            "Contraction",
            "Multiplies the share of recurring revenue that shrinks each month.",
            low=-1.0,
            high=1.0,
            better=-1,
            scopes=_ROWS,
        ),
        Lever(
            "hires",
            "Hires",
            "Adds reps from a month on. Ramped up, each creates as much pipeline as a rep does today and "
            "carries a quota; until then a share rising evenly over the months of ramp.",
            unit="count",
            low=0,
            high=30,
            kind="assumption",
            extra="months of ramp",
            extra_default=6.0,
            is_dated=True,
            effort=5.0,
            scopes=_ROWS,
        ),
        Lever(
            "leavers",
            "Leavers",
            "Takes reps away from a month on, with their share of new pipeline and their quota.",
            unit="count",
            low=0,
            high=30,
            kind="assumption",
            is_dated=True,
            better=-1,
            scopes=_ROWS,
        ),
        Lever(
            "quota",
            "Quota",
            "Multiplies the quota of the running quarter and those after it.",
            better=0,
            scopes=(),
        ),
        Lever(
            "deal_won",
            "Deal won",
            "Takes the deal named as won on its expected close date, at the latest by the end of the quarter.",
            unit="switch",
            low=0,
            high=1,
            kind="assumption",
            scopes=("deal", "deals"),
        ),
        Lever(
            "deal_lost",
            "Deal lost",
            "Takes the deal named as lost.",
            unit="switch",
            low=0,
            high=1,
            kind="assumption",
            better=-1,
            scopes=("deal", "deals"),
        ),
        Lever(
            "deal_moved",
            "Deal moved",
            "Moves the deal named by weeks: its chance of being won by a date is that of so many weeks before.",
            unit="weeks",
            low=-26,
            high=26,
            kind="assumption",
            better=-1,
            scopes=("deal", "deals"),
        ),
        Lever(
            "gap_closed",
            "Product gap closed",
            "From the month given, deals waiting for the capability named are won this much more often, each in "
            "proportion to the share of it that waits for it.",
            low=0.0,
            high=2.0,
            kind="assumption",
            detail="capability",
            is_dated=True,
            effort=2.0,
        ),
        Lever(
            "handover",
            "New territories",
            "From the month given, open deals that get a new owner are won this much less often. Deals still to come "
            "stay as they are: nothing here shows that even territories bring more.",
            unit="share",
            low=0.0,
            high=1.0,
            kind="assumption",
            is_dated=True,
            better=-1,
        ),
        Lever(
            "macro",
            "Market shock",
            "Raises or lowers the win chance of every open deal and the number of deals to come, all of a segment "
            "together.",
            kind="assumption",
            scopes=("segment", "region"),
        ),
        Lever(
            "meetings",
            "Meetings per week",
            "Re-scores open deals as if each had this many more meetings a week, within past range.",
            unit="count",
            low=-2,
            high=2,
            kind="association",
        ),
        Lever(
            "contacts",
            "Contacts per deal",
            "Re-scores open deals as if each had this many more contacts at the buyer, within past range.",
            unit="count",
            low=-3,
            high=5,
            kind="association",
        ),
        Lever(
            "response",
            "Days without activity",
            "Re-scores open deals as if the last contact were this many days longer ago, within past range.",
            unit="days",
            low=-30,
            high=30,
            kind="association",
            better=-1,
        ),
    )
}
FIRST = tuple(name for name, lever in LEVERS.items() if lever.is_first)


@dataclass(frozen=True)
class LeverSetting:
    """One lever moved.

    Attributes
    ----------
    lever : str
    value : float
        Relative for levers in per cent (0.1 = +10 %), else in the lever's unit; 0 changes nothing.
    scope : str
        all, or segment:, region:, family:, team: and a name, deal: and an id, deals: and ids with commas.
    at : str
        The month a dated lever begins with, as 2026-09; empty for at once.
    detail : str
        The lead source or capability meant.
    extra : float or None
        Elasticity, weeks or months of ramp; None for the lever's default.
    """

    lever: str
    value: float
    scope: str = "all"
    at: str = ""
    detail: str = ""
    extra: float | None = None

    def __post_init__(self) -> None:
        """Refuse what no slider could give."""
        if not isinstance(self.lever, str) or self.lever not in LEVERS:
            near = closest(str(self.lever)[:40], LEVERS)
            mend = (
                message("Did you mean {near!r}?", near=near)
                if near
                else message("Known: {levers}.", levers=", ".join(LEVERS))
            )
            raise ScenarioError(message("There is no lever called {lever!r}.", lever=str(self.lever)[:40]), mend=mend)
        lever = LEVERS[self.lever]
        low, high = LIMITS[lever.unit]
        if not _number(self.value, low, high):
            mend = "0.1 means +10 %." if lever.is_relative else message("Its unit is {unit}.", unit=lever.unit)
            raise ScenarioError(
                message("{label} must be a number from {low:g} to {high:g}.", label=lever.label, low=low, high=high),
                mend=mend,
            )
        if self.extra is not None and not (lever.extra and _number(self.extra, -100.0, 100.0)):
            raise ScenarioError(
                message("{label}: the extra number must lie from -100 to 100.", label=lever.label),
                mend="Or leave it out.",
            )
        kind, _, name = str(self.scope).partition(":")
        if self.scope != "all" and (kind not in SCOPES or not name or len(self.scope) > LONGEST):
            raise ScenarioError(
                message("The scope {scope!r} is not known.", scope=str(self.scope)[:40]),
                mend="Use all, or segment:, region:, family:, team:, deal: with a name.",
            )
        if self.scope != "all" and kind not in lever.scopes:
            raise ScenarioError(
                message("{label} cannot be set for one {kind}.", label=lever.label, kind=kind), mend="Use all."
            )
        if self.at and not MONTH.fullmatch(str(self.at)):
            raise ScenarioError(message("{at!r} is no month.", at=str(self.at)[:20]), mend="Write it as 2026-09.")

    @property
    def amount(self) -> float:
        """Return the extra number, the lever's default where none was given."""
        return LEVERS[self.lever].extra_default if self.extra is None else float(self.extra)

    @property
    def key(self) -> tuple[str, str, str, str, float, float]:
        """Return what settings are ordered by, so that their order in a scenario does not matter."""
        return (self.lever, self.scope, self.at, self.detail, float(self.value), self.amount)

    def words(self) -> str:
        """Say the setting in a few words."""
        lever = LEVERS[self.lever]
        parts = [lever.label if lever.unit == "switch" else joined(lever.label, lever.shown(self.value))]
        if self.detail:
            parts.append(message("for {detail}", detail=self.detail))
        if lever.extra:
            parts.append(f"({lever.extra}: {self.amount:g})")
        if self.scope != "all":
            parts.append(message("in {partition}", partition=self.scope.partition(":")[2][:60]))
        if self.at:
            parts.append(message("from {at}", at=self.at))
        return joined(*parts)


def _number(value: object, low: float, high: float) -> bool:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    return math.isfinite(value) and low <= value <= high


@dataclass(frozen=True)
class Scenario:
    """A name and the levers moved.

    Settings of the same lever multiply where it multiplies and add where it adds; neither their order
    nor that of the levers matters.

    Attributes
    ----------
    correlation : float or None
        How much deals of a quarter share one fate, from 0 to 0.9; None for what history shows.
    description : str
    """

    name: str = "Scenario"
    levers: tuple[LeverSetting, ...] = ()
    correlation: float | None = None
    description: str = ""

    def __post_init__(self) -> None:
        """Refuse a correlation that is none."""
        if self.correlation is not None and not _number(self.correlation, 0.0, 0.9):
            raise ScenarioError("The shared shock must be a number from 0 to 0.9.", mend="Leave it out for history's.")
        if len(self.levers) > 200:
            raise ScenarioError("A scenario holds at most 200 settings.", mend="Leave some out.")

    @cached_property
    def moved(self) -> tuple[LeverSetting, ...]:
        """Return the settings that change something, in an order of their own."""
        return tuple(sorted((s for s in self.levers if s.value != 0), key=lambda s: s.key))

    def of(self, *names: str) -> tuple[LeverSetting, ...]:
        """Return the settings moved of these levers."""
        return tuple(s for s in self.moved if s.lever in names)

    def only(self, names: frozenset[str]) -> Scenario:
        """Return the scenario with these levers alone."""
        return Scenario(self.name, tuple(s for s in self.levers if s.lever in names), self.correlation)

    @property
    def names(self) -> list[str]:
        """Return the levers moved, in the order of the page."""
        moved = {s.lever for s in self.moved}
        return [name for name in LEVERS if name in moved]
