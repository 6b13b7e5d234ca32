"""A demand held against what the catalogue commits to; each comparison is a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from core.formats import long_day
from core.localization import message
from core.requirements.judge.limits import data_regions
from core.requirements.judge.limits.demand import Demand
from core.requirements.judge.limits.demands_of_text import demands

Verdict = Literal["met", "partial", "unclear", "late"]
OWN = (
    "retention",
    "deletion",
    "rate limit",
    "file size",
    "storage",
    "idle time-out",
    "delay of data",
    "advance notice",
)
READY = ("available", "limited", "partner")


@dataclass(frozen=True)
class Comparison:
    """One demand and what came of it.

    Attributes
    ----------
    measure : str
    verdict : {"met", "partial", "unclear", "late"}
        unclear where nothing is stated: then one has to ask, not assume.
    text : str
        The sentence.
    capability_id : str, optional
        Where the commitment stands.
    asked, committed : str
        Both as written, such as "99.99 % uptime" and "99.9 %"; committed is empty where nothing is stated.
    ratio : float, optional
        How many times more is asked for than is committed; of a rate, how many times less may fail.
    """

    measure: str
    verdict: Verdict
    text: str
    capability_id: str | None = None
    asked: str = ""
    committed: str = ""
    ratio: float | None = None


@dataclass(frozen=True)
class Stated:
    """What the catalogue commits to: per capability, and the product-wide best of each measure.

    A commitment is read from `commitments` first; a measure not named there from `limit`, then from
    the description. Product-wide are all measures but those that belong to one capability, such as
    retention, rate limit or file size. What is planned or not available commits to nothing.
    """

    own: Mapping[str, tuple[Demand, ...]]
    wide: Mapping[str, tuple[tuple[Demand, str], ...]]

    def of(self, capability_id: str, measure: str) -> list[tuple[Demand, str]]:
        """Return the commitments to a measure: the capability's own, else the product's."""
        own = [(d, capability_id) for d in self.own.get(capability_id, ()) if d.measure == measure]
        return own or list(self.wide.get(measure, ()))


def stated(capabilities: Iterable[Mapping[str, Any]]) -> Stated:
    """Read what capabilities commit to.

    Parameters
    ----------
    capabilities : iterable of mappings
        With capability_id, status, name, commitments, limit, description.
    """
    own: dict[str, tuple[Demand, ...]] = {}
    wide: dict[str, list[tuple[Demand, str]]] = {}
    for row in capabilities:
        by_measure: dict[str, list[Demand]] = {}
        for column in ("commitments", "limit", "description", "name"):
            here: dict[str, list[Demand]] = {}
            for demand in demands(str(row.get(column) or "")):
                here.setdefault(demand.measure, []).append(demand)
            by_measure = here | by_measure
        if row["status"] not in READY:
            continue
        key = str(row["capability_id"])
        own[key] = tuple(d for ones in by_measure.values() for d in ones)
        for demand in own[key]:
            if demand.measure not in OWN:
                wide.setdefault(demand.measure, []).append((demand, key))
    return Stated(own, {measure: tuple(ones) for measure, ones in wide.items()})


def compare(text: str, capability: Mapping[str, Any], commitments: Stated) -> tuple[Comparison, ...]:
    """Hold what a requirement demands against what we commit to.

    Parameters
    ----------
    text : str
        The requirement.
    capability : mapping
        capability_id, name, status and available_on of its counterpart.
    commitments : Stated

    Returns
    -------
    tuple of Comparison
        One per demand; empty where the text demands nothing measurable.
    """
    comparisons = [
        _comparison(demand, capability, commitments) for demand in demands(text) if _speaks(demand, capability)
    ]
    is_ready = capability["status"] in READY
    return tuple(c for c in comparisons if is_ready or c.verdict != "unclear" or c.measure == "needed by")


def _speaks(demand: Demand, capability: Mapping[str, Any]) -> bool:
    """A date matters only where something is still to come."""
    return demand.kind != "date" or capability["status"] == "roadmap"


def _comparison(demand: Demand, capability: Mapping[str, Any], commitments: Stated) -> Comparison:
    if demand.kind == "date":
        return _dated(demand, capability.get("available_on"))
    key = str(capability["capability_id"])
    matches = commitments.of(key, demand.measure)
    if demand.kind == "region":
        return _placed(demand, matches, key)
    if not matches:
        name = demand.measure if demand.kind == "quantity" else demand.phrase
        of = (
            message(" for {name}", name=capability["name"])
            if demand.measure in OWN or demand.kind != "standard"
            else ""
        )
        return Comparison(
            demand.measure,
            "unclear",
            message("{asks}; unclear: we state no {name}{of}", asks=_asks(demand), name=name, of=of),
            None,
        )
    return _measured(demand, matches, key) if demand.kind == "quantity" else _versioned(demand, matches, key)


def _asks(demand: Demand) -> str:
    word = f"{demand.measure[0].upper()}{demand.measure[1:]}: " if demand.kind in ("quantity", "region") else ""
    return message("{word}asks for {phrase}", word=word, phrase=demand.phrase)


def _tell(demand: Demand, commits: str, verdict: Verdict, source: str, key: str) -> Comparison:
    cited = "" if source == key else f" ({source})"
    text = message(
        "{asks}, we commit {commits}{cited}: {verdict}",
        asks=_asks(demand),
        commits=commits,
        cited=cited,
        verdict=verdict,
    )
    return Comparison(demand.measure, verdict, text, source, _named(demand, demand.phrase), _named(demand, commits))


def _named(demand: Demand, phrase: str) -> str:
    """Write an asked or committed value so that it says what it measures."""
    if demand.kind == "standard" or demand.measure.split()[-1] in phrase:
        return phrase
    return (
        message("data in {phrase}", phrase=phrase)
        if demand.kind == "region"
        else message("{measure} of {phrase}", measure=demand.measure, phrase=phrase)
    )


def _measured(demand: Demand, matches: list[tuple[Demand, str]], key: str) -> Comparison:
    values = [(d, source) for d, source in matches if d.value is not None]
    best, source = (max if demand.is_more_better else min)(values, key=lambda pair: pair[0].value or 0.0)
    asked, given = demand.value or 0.0, best.value or 0.0
    slack = 1e-9 * max(abs(asked), abs(given))
    is_met = given >= asked - slack if demand.is_more_better else given <= asked + slack
    verdict: Verdict = "met" if is_met else "partial"
    ratio = None if is_met else _ratio(asked, given, is_rate="%" in demand.phrase)
    return replace(_tell(demand, best.phrase, verdict, source, key), ratio=ratio)


def _ratio(asked: float, given: float, *, is_rate: bool) -> float | None:
    """Return how many times more is asked for than given; null where it cannot be divided."""
    if is_rate:
        asked, given = 100 - asked, 100 - given
    least, most = sorted((abs(asked), abs(given)))
    return most / least if least else None


def _versioned(demand: Demand, matches: list[tuple[Demand, str]], key: str) -> Comparison:
    best, source = max(matches, key=lambda pair: pair[0].rank or ())
    asked, given = demand.rank or (), best.rank or ()
    if asked and not given:
        text = message(
            "{asks}; unclear: we commit {phrase} and state no version", asks=_asks(demand), phrase=best.phrase
        )
        return Comparison(demand.measure, "unclear", text, source)
    is_met = all(g >= a for a, g in zip(asked, given, strict=False)) and len(given) >= len(asked)
    return _tell(demand, best.phrase, "met" if is_met or not asked else "partial", source, key)


def _placed(demand: Demand, matches: list[tuple[Demand, str]], key: str) -> Comparison:
    if not matches:
        return Comparison("region", "unclear", message("{asks}; unclear: we state no region", asks=_asks(demand)), None)
    committed, source = matches[0]
    ours = committed.names
    inside = [data_regions.lies_in(name, ours) for name in demand.names]
    if any(inside) if demand.is_any else all(inside):
        return _tell(demand, ", ".join(ours), "met", source, key)
    if any(data_regions.holds(name, ours) for name in demand.names):
        text = message(
            "{asks}; unclear: we commit {ours} and do not name the country", asks=_asks(demand), ours=", ".join(ours)
        )
        return Comparison("region", "unclear", text, source)
    return _tell(demand, ", ".join(ours), "partial", source, key)


def _dated(demand: Demand, planned: date | None) -> Comparison:
    if planned is None:
        return Comparison(
            "needed by",
            "unclear",
            message("Needed by {phrase}; unclear: the roadmap has no date for it", phrase=demand.phrase),
        )
    is_late = demand.on is not None and planned > demand.on
    word = "late" if is_late else "in time"
    text = message(
        "Needed by {phrase}, planned for {planned}: {word}", phrase=demand.phrase, planned=long_day(planned), word=word
    )
    return Comparison("needed by", "late" if is_late else "met", text)
