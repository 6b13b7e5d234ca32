"""How large a gap is, and what closing it takes: effort in person-weeks and, kept apart from it, time to delivery."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.config import Settings
from core.localization import message
from core.requirements.judge.limits import Comparison

SIZES = ("small", "medium", "large")
PART = re.compile(r"[,;]|\b(?:and|or|sowie|und|oder|et|ou|y|o)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Effort:
    """What closing a gap takes.

    Attributes
    ----------
    size : str
        small, medium or large.
    low, high : float
        Person-weeks, least and most.
    weeks : tuple of float
        Calendar weeks until it is delivered, least and most.
    """

    size: str
    low: float
    high: float
    weeks: tuple[float, float]

    @property
    def middle(self) -> float:
        """Return the person-weeks that sums are made of."""
        return (self.low + self.high) / 2

    @property
    def words(self) -> str:
        """Return the person-weeks in words."""
        return _between(self.low, self.high, "person-week")

    @property
    def timeline(self) -> str:
        """Return the calendar weeks in words."""
        return _between(*self.weeks, "week")


def gap_size(text: str, asked: Sequence[Comparison], settings: Settings) -> str:
    """Say how large a gap is.

    Where less is committed than asked for, how many times more is asked decides, and another region is large;
    else how many things the row asks for: one and one more for each comma, "and" or "or".

    Parameters
    ----------
    text : str
    asked : sequence of Comparison
    settings : Settings
        `requirements.size`.

    Examples
    --------
    >>> from core.config import load
    >>> gap_size("Commission plans", (), load()), gap_size("Plans, statements, disputes and payouts", (), load())
    ('small', 'large')
    """
    short = [c for c in asked if c.verdict == "partial"]
    ratios = [c.ratio for c in short if c.ratio is not None]
    bounds = settings.requirements.size
    if any(c.measure == "region" for c in short):
        return SIZES[2]
    if ratios:
        return _sized(max(ratios), bounds["ratio"])
    return SIZES[1] if short else _sized(1 + len(PART.findall(text.strip(" .;,"))), bounds["parts"])


def _sized(value: float, bounds: tuple[float, float]) -> str:
    return SIZES[sum(value > bound for bound in bounds)]


def gap_effort(
    text: str,
    gap_type: str,
    way: str,
    priority: str,
    capability: Mapping[str, Any],
    asked: Sequence[Comparison],
    settings: Settings,
) -> Effort:
    """Return what closing a gap takes.

    Effort goes by what has to be done and by size, a capability's own estimate first; how much the buyer
    cares changes only when it is delivered.

    Parameters
    ----------
    text : str
    gap_type, way : str
        The kind of gap, and what has to be done: missing, partial, limit, roadmap, partner, unclear.
    priority : str
    capability : mapping
        effort_weeks of the counterpart; empty where there is none.
    asked : sequence of Comparison
    settings : Settings
        `requirements.effort`, `.effort_spread`, `.size` and `.weeks`.
    """
    rules = settings.requirements
    size = gap_size(text, asked, settings)
    low, high = rules.effort.get(way, rules.effort[gap_type])[size]
    estimate = capability.get("effort_weeks")
    if estimate and gap_type != "unclear":
        low, high = (float(estimate) * (1 + sign * rules.effort_spread) for sign in (-1, 1))
    return Effort(size, low, high, rules.weeks[gap_type][priority])


def _between(low: float, high: float, noun: str) -> str:
    if low == high:
        return f"{low:.3g} {noun}{'' if low == 1 else 's'}"
    return message("{low:.3g} to {high:.3g} {noun}s", low=low, high=high, noun=noun)
