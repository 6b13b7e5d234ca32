"""Standards and their versions."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from core import yaml_text
from core.requirements.judge.limits.demand import Demand

NAMES = Path(__file__).with_name("standards.yaml")
ROMAN = {"i": 1.0, "ii": 2.0}
Rank = tuple[float, ...]


@cache
def _standards() -> dict[str, tuple[re.Pattern[str], re.Pattern[str] | None, dict[str, float], str]]:
    definitions: dict[str, dict[str, Any]] = yaml_text.parsed(NAMES.read_text(encoding="utf-8"))
    standards = {}
    for name, row in definitions.items():
        words = re.compile(rf"(?<![\w-])(?:{row['words']})(?!\w)", re.I)
        version = row.get("version")
        levels = {str(word).lower(): float(n) for word, n in (row.get("levels") or {}).items()}
        standards[name] = (words, re.compile(version, re.I) if version else None, levels, row.get("join", " "))
    return standards


def find(sentence: str) -> list[Demand]:
    """Return the standards a sentence names, each with the version it must have, if any."""
    demands = []
    for name, (words, version, levels, join) in _standards().items():
        best: Demand | None = None
        for hit in words.finditer(sentence):
            ranks = _versions(sentence[hit.end() :], version, levels) if version else []
            demand = _demand(name, ranks, sentence[hit.end() :], join)
            if best is None or (demand.rank or ()) > (best.rank or ()):
                best = demand
        if best is not None:
            demands.append(best)
    return demands


def _demand(name: str, ranks: list[tuple[str, Rank]], after: str, join: str) -> Demand:
    if not ranks:
        return Demand(name, name, rank=())
    is_any = len(ranks) > 1 and re.search(r"\bor\b|/", after[:40]) is not None
    wanted = min(ranks, key=lambda r: r[1]) if is_any else max(ranks, key=lambda r: r[1])
    return Demand(name, f"{name}{join}{wanted[0]}", rank=wanted[1])


def _versions(after: str, version: re.Pattern[str], levels: dict[str, float]) -> list[tuple[str, Rank]]:
    """Read the versions that follow a name: one, or several joined by and, or, comma, slash."""
    out: list[tuple[str, Rank]] = []
    at = 0
    while gap := re.match(r"[\s:(,/-]*(?:(?:version|ver\.?|and|or|minimum|at least|level)\s+)*", after[at:], re.I):
        hit = version.match(after, at + gap.end())
        if hit is None or not hit.group(0).strip():
            break
        parts = [p for p in hit.groups() if p]
        shown = " ".join(hit.group(0).split())
        out.append((shown, tuple(_part(p, levels) for p in parts)))
        at = hit.end()
    return out


def _part(text: str, levels: dict[str, float]) -> float:
    low = text.lower()
    if low in levels:
        return levels[low]
    if low in ROMAN:
        return ROMAN[low]
    digits = re.sub(r"[^\d.]", "", low).split(".")
    whole, rest = digits[0] or "0", "".join(digits[1:])
    return float(f"{whole}.{rest}" if rest else whole)
